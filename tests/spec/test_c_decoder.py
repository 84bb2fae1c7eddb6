"""The decoder in C passes the vectors, reads no byte that is not its own, and answers whatever it is given."""

from __future__ import annotations

import base64
import ctypes
import json
import random
import re
import struct
import subprocess
import sys
import threading
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import zstandard

from gamutmeta.errors import GamutMetaError
from gamutmeta.formats.jpeg import make_segment
from gamutmeta.pipeline.binding import binding_of_codes, binding_of_jpeg
from gamutmeta.pipeline.conformance import answer, extract_container, read_ppm
from spec.conformance import FOLDER
from spec.program import Program
from tests.fuzz.mutations import container as containers
from tests.fuzz.mutations import files, png, raw
from tests.spec.c_decoder import DECODERS, builder, built

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = DECODERS.parents[1]
VECTORS = json.loads((FOLDER / "index.json").read_bytes())["vectors"]
BY_ID = {vector["id"]: vector for vector in VECTORS}


def sanitized() -> Path:
    """The program with checks of every access and of undefined behaviour, if the compiler has them."""
    built("program")  # so that a missing libzstd is not taken for missing sanitizers
    flags = builder().SANITIZERS
    if not builder().links((*flags, *builder().libraries())):
        pytest.skip("the compiler has no sanitizers")
    return built("program", *flags)


def run_vectors(program: Path, *options: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "spec.conformance", "--json", *options, "--", str(program)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert not done.stderr
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("checks", ["optimised", "sanitized"])
def test_passes_the_vectors(checks: str) -> None:
    result = run_vectors(sanitized() if checks == "sanitized" else built("program"))
    assert result["failures"] == []
    assert result["ending"] is None
    assert result["passed"] == len(VECTORS)
    assert result["largest_difference"] <= 1


# The library


def library() -> Any:
    gm = ctypes.CDLL(str(built("library")))
    gm.gm_code.restype = ctypes.c_char_p
    gm.gm_likeness.restype = ctypes.POINTER(ctypes.c_uint8)
    return gm


def parsed(gm: Any, container: bytes) -> tuple[int, ctypes.c_void_p]:
    payload = ctypes.c_void_p()
    return gm.gm_parse(container, ctypes.c_size_t(len(container)), ctypes.byref(payload)), payload


def pixels_of(vector: dict[str, Any]) -> tuple[bytes, np.ndarray[Any, Any]]:
    file = (FOLDER / vector["file"]).read_bytes()
    return file, read_ppm((FOLDER / vector["pixels"]).read_bytes())


def expected_of(vector: dict[str, Any]) -> np.ndarray[Any, Any]:
    _, size, _, samples = (FOLDER / vector["expected"]).read_bytes().split(b"\n", 3)
    width, height = map(int, size.split())
    return np.frombuffer(samples, ">u2").reshape(height, width, 3).astype(np.int32)


def test_the_example_calls_it() -> None:
    (code,) = re.findall(r"```python example=ctypes\n(.*?)```", (DECODERS / "README.md").read_text(), re.DOTALL)
    assert len(code.splitlines()) < 13
    vector = BY_ID["expand/png-grid-gate-0"]
    file, codes = pixels_of(vector)
    height, width, _ = codes.shape
    names = {"library": str(built("library")), "file": file, "codes": codes.tobytes()}
    names |= {"width": width, "height": height}
    exec(code, names)  # noqa: S102 - our own README
    assert names["status"] == 0
    rows = np.array(names["rows"]).reshape(height, width, 3)
    assert np.abs(rows - expected_of(vector)).max() <= 1


def test_rows_by_themselves_are_those_of_the_whole() -> None:
    gm = library()
    vector = BY_ID["expand/png-grid-gate-0"]
    file, codes = pixels_of(vector)
    height, width, _ = codes.shape
    status, payload = parsed(gm, extract_container(file))
    assert status == 0

    def rows(first: int, count: int, room: int) -> np.ndarray[Any, Any]:
        samples = np.full((room, width, 3), 7, np.uint16)
        part = np.ascontiguousarray(codes[first : first + count])
        gm.gm_expand_rows(payload, width, height, first, count, part.tobytes(), samples.ctypes.data_as(ctypes.c_void_p))
        return samples

    whole = rows(0, height, height)
    found: dict[int, np.ndarray[Any, Any]] = {}
    threads = [
        threading.Thread(target=lambda y=y: found.__setitem__(y, rows(y, 1, 1)))  # type: ignore[misc]
        for y in range(height)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert np.array_equal(np.concatenate([found[y] for y in range(height)]), whole)
    # Rows behind the last are left out.
    assert np.array_equal(rows(height - 1, 9, 3)[1:], np.full((2, width, 3), 7))
    assert np.array_equal(rows(height, 1, 1), np.full((1, width, 3), 7))
    gm.gm_free(payload)


def test_it_tells_of_a_payload() -> None:
    gm = library()
    for name, wants_ycc, has_likeness in (
        ("expand/png-grid-gate-0", 0, False),
        ("expand/sycc-colour", 1, False),
        ("expand/like-png", 0, True),
    ):
        file, codes = pixels_of(BY_ID[name])
        container = extract_container(file)
        status, payload = parsed(gm, container)
        assert status == 0
        assert (gm.gm_width(payload), gm.gm_height(payload)) == (codes.shape[1], codes.shape[0])
        assert gm.gm_wants_ycc(payload) == wants_ycc
        likeness = gm.gm_likeness(payload)
        assert bool(likeness) == has_likeness
        if has_likeness:
            assert bytes(likeness[:71]) in container
        gm.gm_free(payload)
    assert gm.gm_code(2) == b"payload.checksum"
    assert gm.gm_code(10) == b"binding"


def test_work_is_the_multiply_adds_of_the_network() -> None:
    gm = library()
    example = re.search(r"```hex example=container-2\n(.*?)```", (ROOT / "spec/gamutmeta-1.md").read_text(), re.DOTALL)
    assert example is not None
    status, payload = parsed(gm, bytes.fromhex(example[1]))
    assert status == 0
    # One channel of the grid, two octaves of the position, colour and one octave of it: 18 inputs, 2 hidden, 3 outputs.
    assert gm.gm_work(payload) == 18 * 2 + 2 * 3
    gm.gm_free(payload)


def test_no_payload_is_left_of_a_bad_container() -> None:
    gm = library()
    payload = ctypes.c_void_p(1)
    assert gm.gm_parse(b"", ctypes.c_size_t(0), ctypes.byref(payload)) == 1
    assert payload.value is None
    gm.gm_free(payload)
    # A file is never taken for a container without its magic, but a library can be given anything.
    container = bytearray(extract_container(pixels_of(BY_ID["expand/png-grid-gate-0"])[0]))
    container[7] ^= 1
    assert parsed(gm, containers.sealed(bytes(container)))[0] == 1
    assert parsed(gm, b"\x89GMTXXXX")[0] == 1


# The program


def test_it_expands_a_picture_with_its_sidecar(tmp_path: Path) -> None:
    vector = BY_ID["expand/png-grid-gate-0"]
    file, _ = pixels_of(vector)
    (tmp_path / "ä x.png").write_bytes(file)
    (tmp_path / "x.gamut").write_bytes(extract_container(file))
    pixels, result = str(FOLDER / vector["pixels"]), tmp_path / "wide.ppm"
    for carriers in ([], [str(tmp_path / "x.gamut")]):
        command = [str(built("program")), str(tmp_path / "ä x.png"), *carriers, pixels, str(result)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        head, samples = result.read_bytes()[:20], np.frombuffer(result.read_bytes().split(b"\n", 3)[3], ">u2")
        assert head.startswith(b"P6\n")
        assert np.abs(samples.astype(int) - expected_of(vector).ravel()).max() <= 1
        result.unlink()
    done = subprocess.run([*command[:2], pixels, "/nowhere/x.ppm"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "cannot be written" in done.stderr
    done = subprocess.run([command[0], pixels, pixels, str(result)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, f"{pixels}: carrier.unsupported\n")
    assert not result.exists()


def test_paths_are_json(tmp_path: Path) -> None:
    file = (FOLDER / BY_ID["extract/jpeg-com-usual"]["file"]).read_bytes()
    program = Program([str(sanitized())], 60)
    for name in ("ä", "日本", "😀", 'a "quoted" one', "back\\slash", "tab\tand\nline", "plain"):
        (tmp_path / name).write_bytes(file)
        asked = {"id": f'\\{name}"', "operation": "extract", "file": str(tmp_path / name)}
        assert program.ask(asked)["container"] == answer(asked)["container"]
    assert program.finish() is None


@pytest.mark.parametrize("line", ["", "{}", '{"id": "x"}', '{"id": "x', '{"id": "x", "operation": ', "\\", '"id":"\\'])
def test_lines_that_are_no_requests_end_it(line: str) -> None:
    done = subprocess.run([str(sanitized())], input=f"{line}\n".encode(), capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"no request" in done.stderr


# Hostile bytes


BOX = "75756964001100108000 00AA00389B71 03 67616D75746D65746100 {:08X} 75756964 A6BEBB6856DB46F0A99D639F47F4C052"


def in_jpeg(container: bytes, host: bytes) -> bytes:
    """A container in an APP11 segment, whatever it holds."""
    size = len(container)
    box = b"JP\x47\x61\0\0\0\1" + (size + 67).to_bytes(4, "big") + b"jumb\0\0\0\x23jumd"
    return host[:2] + make_segment(0xEB, box + bytes.fromhex(BOX.format(size + 24)) + container) + host[2:]


def bound_anew(container: bytes, vector: dict[str, Any]) -> bytes:
    """A container with the digest of a vector's picture, in that if it is a JPEG: what is behind the binding counts."""
    host, codes = pixels_of(vector)
    is_jpeg = host.startswith(b"\xff\xd8\xff")
    key, of = (
        (b"\xa4jpeg\xc4\x10", binding_of_jpeg) if is_jpeg else (b"\xa4rgb8\xc4\x10", lambda _: binding_of_codes(codes))
    )
    at = container.find(key) + len(key)
    if at < len(key):
        return container
    try:
        container = containers.sealed(container[:at] + of(host).digest + container[at + 16 :])
    except GamutMetaError:  # of a JPEG that is damaged
        return container
    return in_jpeg(container, host) if is_jpeg and len(container) <= 61_440 else container


def questions(folder: Path, count: int) -> Iterator[dict[str, str]]:
    """Mutated files of the vectors, as requests; every second one has a container that fits its picture."""
    rng = random.Random(21)  # noqa: S311 - the same every time
    expanding = [vector for vector in VECTORS if vector["operation"] == "expand" and "pixels" in vector]
    sound = [vector for vector in expanding if vector["result"] == "ok"]
    file = folder / "mutated"
    for number in range(count):
        vector = rng.choice(expanding if number % 2 else sound)
        data = (FOLDER / vector["file"]).read_bytes()
        if number % 2:
            data = files.mutated(data, rng, (FOLDER / rng.choice(VECTORS)["file"]).read_bytes())
        else:
            data = bound_anew(containers.mutated(extract_container(data), rng), vector)
        file.write_bytes(data)
        yield {"id": "x", "operation": "expand", "file": str(file), "pixels": str(FOLDER / vector["pixels"])}


@pytest.mark.parametrize("count", [300, pytest.param(20_000, marks=pytest.mark.slow)])
def test_it_inflates_what_zlib_inflates(count: int, tmp_path: Path) -> None:
    rng = random.Random(7)  # noqa: S311 - the same every time
    container = extract_container(pixels_of(BY_ID["expand/png-grid-gate-0"])[0])
    header = (FOLDER / BY_ID["expand/png-grid-gate-0"]["file"]).read_bytes()[:33]
    program, file, sound = Program([str(sanitized())], 60), tmp_path / "x.png", 0
    for _ in range(count):
        text = base64.b64encode(container) + bytes(rng.choices(b"\t\n\r ", k=rng.choice((0, 3, 300))))
        coder = zlib.compressobj(
            rng.randrange(10), zlib.DEFLATED, rng.randrange(9, 16), rng.randrange(1, 10), rng.randrange(5)
        )
        stream = coder.compress(text) + coder.flush()
        if rng.randrange(4):
            at = rng.randrange(min(len(stream), rng.choice((8, 60, 10_000))))
            stream = raw.altered(stream, rng) if rng.randrange(2) else stream[:at] + rng.randbytes(1) + stream[at + 1 :]
        file.write_bytes(header + png.chunk(b"zTXt", b"gamutmeta\0\0" + stream) + png.chunk(b"IEND", b""))
        question = {"id": "x", "operation": "extract", "file": str(file)}
        said, right = program.ask(question), answer(question)
        if {said.get("error"), right.get("error")} != {"carrier", "carrier.too-large"}:  # both are right then (B.1, 5)
            assert said.get("error") == right.get("error"), stream.hex()
            assert said.get("container") == right.get("container")
        sound += "container" in said
    assert program.finish() is None
    assert count / 8 < sound < count


def likeness_decides(file: bytes, said: str | None) -> bool:
    """Whether the package may go on where a likeness is alike (7.2 of version 2); the decoder in C does not look."""
    try:
        return said == "binding" and b"\xa4like\xc4\x47" in extract_container(file)
    except GamutMetaError:
        return False


def frame_decides(file: bytes, said: str | None, right: str | None) -> bool:
    """Whether the libraries differ on a frame (6.4, step 4): one refuses it, the other one goes on."""
    try:
        container = extract_container(file)
    except GamutMetaError:
        return False
    of_descriptor, size, length = struct.unpack_from(">3I", container.ljust(28), 16)
    frame = container[28 + of_descriptor :][:length]
    zstd, room = library(), ctypes.create_string_buffer(min(size, 1 << 20))
    zstd.ZSTD_decompress.restype = ctypes.c_size_t
    c_takes = zstd.ZSTD_decompress(room, ctypes.c_size_t(len(room)), frame, ctypes.c_size_t(len(frame))) == size
    try:
        package_takes = len(zstandard.ZstdDecompressor().decompress(frame, max_output_size=1 << 20)) == size
    except zstandard.ZstdError:
        package_takes = False
    return c_takes != package_takes and (right if c_takes else said) == "payload"


@pytest.mark.parametrize("count", [1_000, pytest.param(40_000, marks=pytest.mark.slow)])
def test_mutated_files_get_the_answer_of_the_package(count: int, tmp_path: Path) -> None:
    program = Program([str(sanitized())], 60)
    expanded = 0
    for number, question in enumerate(questions(tmp_path, count)):
        answers = program.ask(question), answer(question)
        said, right = (one.get("error") for one in answers)
        if said != right:
            file = Path(question["file"]).read_bytes()
            assert likeness_decides(file, said) or frame_decides(file, said, right), (number, said, answers[1])
        expanded += "samples" in answers[0]
    assert program.finish() is None
    assert expanded > count / 50


@pytest.mark.parametrize(("at", "byte"), [(1, 0x55), (2, 0x10)], ids=["a reserved bit", "a bit too few"])
def test_it_goes_by_its_library_where_a_frame_is_faulty(at: int, byte: int, tmp_path: Path) -> None:
    """Libraries before 1.5.6 take reserved bits, and sequences that read more bits than there are."""
    vector = BY_ID["expand/frame-one-sequence"]
    container = bytearray((FOLDER / vector["file"]).read_bytes())
    assert not frame_decides(bytes(container), None, "payload")
    container[container.index(b"\x01\x54\x04\x02\x1f") + at] = byte
    file = tmp_path / "x.gmt"
    file.write_bytes(containers.sealed(bytes(container)))
    question = {"id": "x", "operation": "expand", "pixels": str(FOLDER / vector["pixels"]), "file": str(file)}
    program = Program([str(sanitized())], 60)
    said, right = (one.get("error") for one in (program.ask(question), answer(question)))
    assert program.finish() is None
    assert "payload" in {said, right}
    assert (said != right) == frame_decides(file.read_bytes(), said, right)
