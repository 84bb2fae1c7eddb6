"""The command `validate`: stages, codes, notes, and files that carry nothing."""

from __future__ import annotations

import json
import shutil
import struct
import warnings
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from gamutmeta import carriers
from gamutmeta.cli import app
from gamutmeta.container import Payload, Tensor, encode
from gamutmeta.errors import GamutMetaError
from gamutmeta.model.descriptor import Descriptor, Head, Rgb
from gamutmeta.photo.pixels import decode_srgb, encode_srgb_file
from gamutmeta.pipeline import validate
from gamutmeta.pipeline.binding import binding_of_file
from gamutmeta.pipeline.expand import expand
from gamutmeta.pipeline.validate import STAGES, Validation, validate_file

VECTORS = Path(__file__).resolve().parents[2] / "spec" / "vectors"
MODEL = Descriptor(Head.SRGB_EXCESS, rgb=Rgb(0), gate=0)
TENSORS = (Tensor(np.arange(9, dtype=np.int8).reshape(3, 3), 0.0078125), Tensor(np.arange(3, dtype=np.int8), 0.0078125))
PIXELS = np.arange(16 * 24 * 3, dtype=np.uint32).reshape(16, 24, 3).astype(np.uint8)


def files() -> dict[str, bytes]:
    """A file of each kind, with its payload."""
    made = {}
    for kind, suffix in (("jpeg", "jpg"), ("png", "png"), ("tiff", "tif")):
        host = encode_srgb_file(PIXELS, kind)  # type: ignore[arg-type]
        made[suffix] = carriers.embed(host, container_for(host))
    return made


def container_for(host: bytes) -> bytes:
    height, width = decode_srgb(host).shape[:2]
    return encode(Payload(width, height, binding_of_file(host), MODEL, TENSORS))


FILES = files()
BY_HAND = (
    "expand/edge-tiff-",
    "expand/mutant-colours-",
    "expand/mutant-samples-",
    "expand/reading-frame-",
    "expand/reading-samples-",
)
"""Vectors of files that libjpeg or Pillow do not decode; the pixels come with them."""


def examined(path: Path, data: bytes) -> Validation:
    path.write_bytes(data)
    return validate_file(path)


def stage_of(validation: Validation, name: str) -> Any:
    return next(stage for stage in validation.stages if stage.stage == name)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["validate", *map(str, arguments)], catch_exceptions=False)


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_the_command_notes_what_the_decoder_warns_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decode = validate.decode_for

    def decode_and_warn(payload: Payload, data: bytes, **options: Any) -> Any:
        warnings.warn("odd metadata", UserWarning, stacklevel=1)
        return decode(payload, data, **options)

    monkeypatch.setattr(validate, "decode_for", decode_and_warn)
    with pytest.warns(UserWarning, match="odd metadata"):
        assert stage_of(examined(tmp_path / "x.png", FILES["png"]), "picture").notes == ()
    (line,) = lines(run("--json", tmp_path / "x.png"))
    assert line["stages"][-1]["notes"] == ["decoding the picture gave a warning: odd metadata"]


@pytest.mark.parametrize("suffix", FILES)
def test_files_as_they_are_written(tmp_path: Path, suffix: str) -> None:
    found = examined(tmp_path / f"x.{suffix}", FILES[suffix])
    assert found.is_good
    assert [stage.stage for stage in found.stages] == list(STAGES)
    assert all((stage.result, stage.notes) == ("ok", ()) for stage in found.stages)


@pytest.mark.parametrize(
    ("stage", "alter", "code", "field"),
    [
        ("carrier", lambda c: b"\0" + c, "carrier", None),
        ("container", lambda c: c[:-1] + b"\0", "payload.checksum", "checksum"),
        ("container", lambda c: c[:40], "payload", "descriptor"),
        ("descriptor", lambda c: resealed(c.replace(b"\xa4head\x02", b"\xa4head\x03")), "payload", "descriptor.head"),
        ("tensors", lambda c: resealed(c.replace(b"\x28\xb5\x2f\xfd", b"\x28\xb5\x2f\xfe")), "payload", "tensors"),
    ],
)
def test_errors_end_the_examination(tmp_path: Path, stage: str, alter: Any, code: str, field: str | None) -> None:
    host = carriers.strip(FILES["png"])
    payload = alter(carriers.extract(FILES["png"]).container)
    # Past embed, which would refuse some of them.
    fake = carriers.embed(host, carriers.MAGIC + bytes(len(payload) - 8))
    text = carriers.container_bytes.to_text(carriers.MAGIC + bytes(len(payload) - 8))
    data = with_chunk_text(fake, text, carriers.container_bytes.to_text(payload))
    found = examined(tmp_path / "x.png", data)
    assert not found.is_good
    at = STAGES.index(stage)
    assert [each.result for each in found.stages] == ["ok"] * at + ["error"] + ["skipped"] * (4 - at)
    bad = found.stages[at]
    assert (bad.code, bad.field) == (code, field)
    assert bad.message


def with_chunk_text(png: bytes, old: bytes, new: bytes) -> bytes:
    at = png.index(b"iTXt")
    length = int.from_bytes(png[at - 4 : at], "big")
    chunk = png[at : at + 4 + length].replace(old, new)
    return b"".join(
        (
            png[: at - 4],
            struct.pack(">I", len(chunk) - 4),
            chunk,
            struct.pack(">I", zlib.crc32(chunk)),
            png[at + length + 8 :],
        )
    )


def resealed(container: bytes) -> bytes:
    return container[:-4] + struct.pack(">I", zlib.crc32(container[:-4]))


def test_another_picture(tmp_path: Path) -> None:
    host = encode_srgb_file(PIXELS[::-1], "png")
    found = examined(tmp_path / "x.png", carriers.embed(host, carriers.extract(FILES["png"]).container))
    assert (stage_of(found, "picture").result, stage_of(found, "picture").code) == ("error", "binding")
    assert [stage.result for stage in found.stages[:4]] == ["ok"] * 4


def test_a_jpeg_that_is_cut_off(tmp_path: Path) -> None:
    found = examined(tmp_path / "x.jpg", FILES["jpg"][:-2])
    assert stage_of(found, "picture").code == "carrier"


@pytest.mark.parametrize("suffix", sorted(FILES))
def test_what_is_valid_expands_however_much_is_missing(tmp_path: Path, suffix: str) -> None:
    data = FILES[suffix]
    answers = set()
    for missing in {*range(40), *range(40, len(data), max(1, len(data) // 30))}:
        found = examined(tmp_path / f"x.{suffix}", data[: len(data) - missing])
        try:
            wide = expand(data[: len(data) - missing], threads=1)
        except GamutMetaError:
            wide = None
        assert found.is_good == (wide is not None), (missing, str(found))
        answers.add(found.is_good)
    assert answers == {True, False}


def test_a_png_without_its_end_expands_and_says_so() -> None:
    wide = expand(FILES["png"][:-12])
    assert "without IEND" in wide.notes[0]
    assert wide.notes[1:] == ()


def test_a_picture_that_cannot_be_decoded(tmp_path: Path) -> None:
    data = FILES["png"]
    at = data.index(b"IDAT")
    found = examined(tmp_path / "x.png", data[: at + 10] + bytes(len(data) - at - 10))
    assert stage_of(found, "picture").code == "photo"


@pytest.mark.parametrize(
    ("name", "stage", "note"),
    [
        ("extract-jpeg-app11-before-scan.jpg", "carrier", "behind the first table"),
        ("extract-jpeg-app11-first.jpg", "carrier", "before an APP0"),
        ("extract-jpeg-neighbours-within-c2pa.jpg", "carrier", "that belong together"),
        ("extract-jpeg-neighbours-within-icc.jpg", "carrier", "that belong together"),
        ("extract-jpeg-neighbours-mpf.jpg", "carrier", "MPF"),
        ("extract-jpeg-box-instance-0211.jpg", "carrier", "0x0211, not 0x4761"),
        ("extract-jpeg-box-long-length.jpg", "carrier", "64-bit length"),
        ("extract-jpeg-box-free-box-before.jpg", "carrier", "further boxes"),
        ("extract-jpeg-box-private.jpg", "carrier", "description box"),
        ("extract-jpeg-app11-before-com.jpg", "carrier", "in a comment as well"),
        ("extract-jpeg-com-line-breaks.jpg", "carrier", "not as it is written"),
        ("extract-png-compressed.png", "carrier", "compressed"),
        ("extract-png-language.png", "carrier", "not as it is written"),
        ("extract-png-text-line-breaks.png", "carrier", "not as it is written"),
        ("extract-png-neighbours-behind.png", "carrier", "directly before the picture"),
        ("extract-png-before-and-behind.png", "carrier", "behind the picture as well"),
        ("extract-tiff-unsorted.tif", "carrier", "not sorted"),
        ("extract-tiff-pages-each.tif", "carrier", "further page"),
        ("extract-tiff-field-and-strangers.tif", "carrier", "no payload has tag 65357"),
        ("expand-container-newer-writer-ignorable-flag.gmt", "container", "used version 7"),
        ("expand-container-ignorable-flags.gmt", "container", "0xff"),
        ("expand-frame-size-in-8-bytes.gmt", "tensors", "takes 8 bytes where 1 would do"),
        ("expand-frame-raw-bytes.gmt", "tensors", "would do"),
    ],
)
def test_departures_that_readers_put_up_with(name: str, stage: str, note: str) -> None:
    found = validate_file(VECTORS / "files" / name)
    assert any(note in said for said in stage_of(found, stage).notes)
    assert stage_of(found, stage).result == "ok"


def test_a_payload_behind_the_scan(tmp_path: Path) -> None:
    data = FILES["jpg"]
    start = data.index(b"\xff\xeb")
    segment = data[start : start + 2 + int.from_bytes(data[start + 2 : start + 4], "big")]
    found = examined(tmp_path / "x.jpg", data[:-2] + segment + data[-2:])
    assert stage_of(found, "carrier").notes == (
        "there is a payload behind the start of scan as well, which is not read",
    )
    assert found.is_good


def test_an_odd_offset(tmp_path: Path) -> None:
    data = bytearray(FILES["tif"])
    at = data.index(carriers.MAGIC)
    end = at + len(carriers.extract(FILES["tif"]).container)
    moved = len(data) | 1
    entry = bytes(data).index(struct.pack("<HHII", 65_357, 1, end - at, at))
    data += bytes(moved - len(data)) + data[at:end]
    data[entry + 8 : entry + 12] = struct.pack("<I", moved)
    found = examined(tmp_path / "x.tif", bytes(data))
    assert stage_of(found, "carrier").notes == ("the value does not lie at a multiple of 2 bytes",)
    assert found.is_good


@pytest.mark.filterwarnings("ignore:Corrupt EXIF:UserWarning")  # as Pillow says of one of them
@pytest.mark.parametrize("every", [pytest.param(1, marks=pytest.mark.slow, id="every"), pytest.param(7, id="some")])
def test_vectors_of_a_reader_are_judged_alike(every: int) -> None:
    """What must be extracted or expanded passes the stages that its operation is about, and what must not fails one."""
    for vector in json.loads((VECTORS / "index.json").read_bytes())["vectors"][::every]:
        found = validate_file(VECTORS / vector["file"])
        stages = STAGES[:1] if vector["operation"] == "extract" else STAGES
        codes = [stage.code for stage in found.stages if stage.stage in stages and stage.code]
        # A payload by itself has no picture beside it, so that nothing is said about the binding.
        skipped = stage_of(found, "picture").result == "skipped"
        if codes == ["photo"] and vector["id"].startswith(BY_HAND):
            continue
        if vector["result"] == "ok":
            assert not codes or vector["id"].endswith(("bigtiff-big-endian", "by-hand")), vector["id"]
        elif vector["id"] == "expand/order-size-damaged-jpeg":
            # The size is that of the decoded pixels here, and there are none.
            assert codes == ["carrier"]
        elif not (skipped and vector["error"] == "binding"):
            assert codes == [vector["error"]], vector["id"]


def test_sidecars_and_their_pictures(tmp_path: Path) -> None:
    host = carriers.strip(FILES["jpg"])
    picture, sidecar = tmp_path / "x.jpg", tmp_path / "x.jpg.gamut"
    picture.write_bytes(host)
    sidecar.write_bytes(container_for(host))
    for path in (picture, sidecar):
        found = validate_file(path)
        assert found.is_good
        assert found.carrier == "sidecar"
        assert all(stage.result == "ok" for stage in found.stages)
    picture.write_bytes(encode_srgb_file(PIXELS[::-1], "jpeg"))
    assert stage_of(validate_file(sidecar), "picture").code == "binding"
    picture.unlink()
    alone = validate_file(sidecar)
    assert alone.is_good
    assert stage_of(alone, "picture").result == "skipped"


def test_json_has_one_object_per_file(tmp_path: Path) -> None:
    good, none, gone = tmp_path / "good.png", tmp_path / "none.png", tmp_path / "gone.png"
    good.write_bytes(FILES["png"])
    none.write_bytes(carriers.strip(FILES["png"]))
    result = run(good, none, gone, "--json")
    assert result.exit_code == 1
    first, second, third = lines(result)
    assert first == {
        "file": str(good),
        "valid": True,
        "carrier": "itxt",
        "payload_bytes": len(carriers.extract(FILES["png"]).container),
        "stages": [{"stage": stage, "result": "ok"} for stage in STAGES],
    }
    assert second["valid"] is False
    assert "carrier" not in second
    assert second["stages"][0]["code"] == "carrier.none"
    assert second["stages"][1] == {"stage": "container", "result": "skipped", "message": "the carrier has an error"}
    assert third["error"]["code"] == "os"


def test_people_read_a_table(tmp_path: Path) -> None:
    shutil.copy(VECTORS / "files" / "expand-container-newer-writer-ignorable-flag.gmt", tmp_path / "x.gamut")
    (tmp_path / "bad.gamut").write_bytes(carriers.MAGIC + bytes(30))
    result = run(tmp_path / "x.gamut", tmp_path / "bad.gamut")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[:4] == [
        str(tmp_path / "x.gamut"),
        f"  carrier     ok       sidecar, {(tmp_path / 'x.gamut').stat().st_size} bytes",
        "  container   ok",
        "              note     the writer used version 7 of the format; this reader knows 2",
    ]
    assert "  container   error    payload field header.total_length: 0 bytes" in result.stdout
    assert "(payload)" in result.stdout
    assert result.stderr == "1 of 2 files failed\n"


def test_folders_are_searched(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("a.jpg", "sub/b.JPG", ".hidden.jpg", "note.txt"):
        (tmp_path / name).write_bytes(FILES["jpg"])
    result = run(tmp_path, "--json")
    assert result.exit_code == 0
    assert [line["file"] for line in lines(result)] == [str(tmp_path / "a.jpg"), str(tmp_path / "sub" / "b.JPG")]


def test_a_folder_without_pictures_is_wrong_usage(tmp_path: Path) -> None:
    result = run(tmp_path)
    assert result.exit_code == 2
    assert "contains no file" in result.stderr


def test_help_says_what_it_does() -> None:
    text = CliRunner().invoke(app, ["validate", "--help"]).stdout
    for word in ("carrier", "container", "descriptor", "tensors", "exit code", "--json", "Examples"):
        assert word in text
