"""spec/gamutmeta.ksy, compiled to Python and JavaScript, reads what the package reads and refuses what it refuses."""

from __future__ import annotations

import base64
import importlib.util
import json
import operator
import shutil
import subprocess
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgpack
import numpy as np
import pytest
from hypothesis import given, settings
from spec_text import SPEC, hex_example, json_form, table
from strategies import container_of, container_resealed, payloads

from gamutmeta import carriers
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.container import DEFAULT_LIMITS, Binding, Payload, Tensor, decode, encode
from gamutmeta.container.header import split_sections
from gamutmeta.errors import CarrierError, PayloadError
from gamutmeta.model.descriptor import Descriptor, FourierXY, Grid, Head, Rgb, RgbSource

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from types import ModuleType

NODE, NPM = shutil.which("node"), shutil.which("npm")
needs_node = pytest.mark.skipif(NODE is None or NPM is None, reason="needs Node.js and npm")
pytestmark = needs_node

KAITAI = SPEC / "kaitai"
KEYS = sorted(row[0].strip("`") for row in table("keys") + table("keys-2"))
LEFT_TO_THE_CALLER = ("checksum", "header.tensor_length", "tensors")
"""Fields of the package's errors that the grammar cannot check."""


@dataclass
class Reading:
    """What a reader says of a container; `error` alone if it refuses."""

    descriptor: dict[str, Any] | None = None
    frame: bytes = b""
    checksum: int = 0
    error: str | None = None
    field: str | None = None


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of compile.mjs and read.mjs with what they import: spec/kaitai, or a copy of it."""
    assert NPM
    if (KAITAI / "node_modules" / "kaitai-struct-compiler").is_dir():
        return KAITAI
    # A copy, since several test processes may be at it at once.
    copy = tmp_path_factory.mktemp("spec")
    shutil.copy(SPEC / "gamutmeta.ksy", copy)
    shutil.copytree(KAITAI, copy / "kaitai")
    subprocess.run([NPM, "ci", "--no-audit", "--no-fund"], cwd=copy / "kaitai", check=True, timeout=300)
    return copy / "kaitai"


@pytest.fixture(scope="session")
def compiled(tools: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the parsers in both languages."""
    assert NODE
    target = tmp_path_factory.mktemp("kaitai")
    for language in ("python", "javascript"):
        subprocess.run([NODE, tools / "compile.mjs", language, target], check=True, timeout=120)
    return target


@pytest.fixture(scope="session")
def parser(compiled: Path) -> ModuleType:
    """The parser in Python."""
    found = importlib.util.spec_from_file_location("gamutmeta_kaitai", compiled / "gamutmeta.py")
    assert found
    assert found.loader
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def read_python(parser: ModuleType, data: bytes) -> Reading:
    from kaitaistruct import KaitaiStructError  # noqa: PLC0415 - beside the parser that needs it

    try:
        container = parser.Gamutmeta.from_bytes(data)
    except (KaitaiStructError, EOFError, UnicodeDecodeError) as error:
        return Reading(error=f"{type(error).__name__}: {error}")
    said = {key: getattr(container.descriptor, key) for key in KEYS if hasattr(container.descriptor, key)}
    frame = container.tensors.whole if container.compressed_length else b""
    assert zlib.crc32(container.checked_bytes) == zlib.crc32(data[:-4])
    entries = {key: PLAIN.get(key, operator.attrgetter("value"))(value) for key, value in said.items()}
    return Reading(entries, frame, container.checksum)


PLAIN: dict[str, Callable[[Any], Any]] = {
    "aff": lambda value: [coefficient.value for coefficient in value.coefficients],
    "bias": lambda _: False,
    "grid": lambda value: [value.channels.value, value.height.value, value.width.value],
    "jpeg": lambda value: value.digest.hex().upper(),
    "like": lambda value: value.likeness.hex().upper(),
    "mlp": lambda value: [width.value for width in value.widths],
    "q": lambda value: [encoding_of(encoding) for encoding in value.encodings],
    "rgb8": lambda value: value.digest.hex().upper(),
    "shl": lambda value: shoulder_of(value).hex().upper(),
    "t": lambda _: False,
}


def shoulder_of(value: Any) -> bytes:
    ends = [end for channel in value.channels for end in (channel.dark, channel.bright)]
    return bytes(byte for end in ends for byte in (end.num_codes, end.growth))


def encoding_of(encoding: Any) -> Any:
    if encoding.format == 0xA3:
        return encoding.float16
    return encoding.scale if encoding.format == 0xCA else encoding.exponent


def read_javascript(tools: Path, compiled: Path, containers: Sequence[bytes]) -> list[Reading]:
    assert NODE
    lines = "".join(base64.b64encode(data).decode() + "\n" for data in containers)
    command = [NODE, tools / "read.mjs", compiled]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=True, timeout=120)
    # JavaScript writes large floats as integers of other value.
    answers = [json.loads(line, parse_int=float) for line in done.stdout.splitlines()]
    assert len(answers) == len(containers)
    return [Reading(**answer | {"frame": base64.b64decode(answer.get("frame", ""))}) for answer in answers]


def read_ours(data: bytes) -> Reading:
    try:
        decode(data)
    except PayloadError as error:
        return Reading(error=error.code, field=error.field)
    sections = split_sections(data, DEFAULT_LIMITS)
    return Reading(json_form(msgpack.unpackb(sections.descriptor)), sections.frame, int.from_bytes(data[-4:], "big"))


def assert_agree(ours: Reading, theirs: Reading, data: bytes) -> None:
    if ours.error is None:
        assert theirs == ours, data.hex()
    elif not (ours.field or "").startswith(LEFT_TO_THE_CALLER):
        assert theirs.error is not None, (ours, data.hex())


def of_two_bytes(container: bytes) -> list[bytes]:
    """Every byte of a container changed, with the checksum made right."""
    altered = []
    for position in range(len(container) - 4):
        for change in (0x01, 0x10, 0x80, 0xFF):
            data = bytearray(container)
            data[position] ^= change
            altered.append(container_resealed(bytes(data)))
    return altered


def with_entries(*names: str, version: int | None = None, **changes: Any) -> bytes:
    """Example container-2 (or the named one) with another descriptor around the same frame, and of another version."""
    data = hex_example(names[0] if names else "container-2")
    sections = split_sections(data, DEFAULT_LIMITS)
    entries = {k: v for k, v in (msgpack.unpackb(sections.descriptor) | changes).items() if v is not None}
    packed = msgpack.packb(dict(sorted(entries.items())), use_single_float=True)
    versions = (version or sections.version,) * 2
    return container_of(packed, sections.tensor_length, sections.frame, versions=versions)


IDENTITY = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]
MANY = encode(decode(hex_example("container-2")))
LIKENESS = bytes(range(71))


def with_all_keys() -> bytes:
    """Of version 2: a map of 16."""
    model = Descriptor(
        Head.SRGB_EXCESS,
        Grid(1, 2, 2),
        FourierXY(1),
        Rgb(1, RgbSource.WIDE, identity=False),
        (2,),
        bias=False,
        gate=3,
        adaptation=Adaptation.CAT02,
        affine=(0.5, 0.0, 0.0, 0.0, 0.5, 0.0),
    )
    tensors = [Tensor(np.ones(spec.shape, np.int8), 0.5) for spec in model.tensor_specs()]
    return encode(Payload(4, 3, Binding("jpeg", bytes(16)), model, tuple(tensors), LIKENESS))


FULL = with_all_keys()
WRONG = [
    b"",
    MANY[:5],
    MANY + b"\0",
    with_entries(w=1 << 16, h=1 << 16),
    with_entries(w=1 << 31, h=1),
    with_entries(rgb8=bytes(16)),
    with_entries(jpeg=None),
    with_entries(x=1),
    with_entries(w=None),
    with_entries(h=None),
    with_entries(head=None),
    with_entries(head=1),
    with_entries(rgb=None, t=False),
    with_entries(rgb=None, src=1),
    with_entries(rgb=0, t=False),
    with_entries(q=[4, 5, 4, 5]),
    with_entries(q=[4, 5, 4, 5, "f32"]),
    with_entries(q=[4, 5, 4, 5, 127]),
    with_entries(q=[4, 5, 4, 5, -121]),
    with_entries(q=[4, 5, 4, 5, 0.25]),
    with_entries(q=[4, 5, 4, 5, 1e-39]),
    with_entries(q=[4, 5, 4, 5, float("inf")]),
    with_entries(q=[4, 5, 4, 5, -0.3]),
    with_entries(aff=IDENTITY),
    with_entries(aff=[0.5, -0.0, 0.25, 0.0, 1.0, 0.0]),
    with_entries(aff=[0.5, 17.0, 0.25, 0.0, 1.0, 0.0]),
    with_entries(aff=[0.5, float("nan"), 0.25, 0.0, 1.0, 0.0]),
    with_entries(grid=None, xy=None, q=[5, 4, 5, 4]),
    with_entries(grid=[1, 1, 3]),
    with_entries(grid=[1, 257, 256]),
    with_entries(grid=[254, 2, 2]),
    with_entries(mlp=[]),
    with_entries(mlp=[1] * 8),
    with_entries(mlp=[257]),
    with_entries(bias=True),
    with_entries("container-1", gate=256),
    with_entries("container-1", rgb=17),
    with_entries("container-1", rgb=None),
    with_entries("container-1", version=2),
    with_entries("container-3", version=1),
    with_entries("container-3", version=3),
    with_entries("container-3", smp=0),
    with_entries("container-3", smp=2),
    with_entries("container-3", smp=True),
    with_entries("container-3", smp=[1]),
    with_entries("container-3", smp=None),
    with_entries("container-3", jpeg=None, rgb8=bytes(16)),
    with_entries("container-3", head=1),
    with_entries("container-3", gate=0),
    with_entries("container-3", src=1),
    with_entries("container-4", version=1),
    with_entries("container-4", smp=None),
    with_entries("container-4", jpeg=None, rgb8=bytes(16)),
    with_entries("container-2", like=LIKENESS, version=1),
    with_entries("container-2", like=LIKENESS[1:], version=2),
    with_entries("container-5", version=1),
    with_entries("container-5", like=None),
    with_entries("container-5", like=LIKENESS[1:]),
    with_entries("container-5", like=LIKENESS + b"\0"),
    with_entries("container-5", like=LIKENESS.hex()[:71]),
    with_entries("container-5", like=71),
    with_entries("container-6", version=1),
    with_entries("container-7", version=1),
    with_entries("container-6", shl=None),
    with_entries("container-7", shl=None),
    with_entries("container-6", head=1, gate=None),
    with_entries("container-6", src=1),
    with_entries("container-6", smp=1, gate=None, rgb8=None, jpeg=bytes(16)),
    with_entries("container-7", smp=1, rgb8=None, jpeg=bytes(16)),
    with_entries("container-7", shl=12),
    with_entries("container-7", shl="twelve bytes"),
    *(
        with_entries("container-7", shl=bytes(pairs))
        for pairs in (
            [],
            [4, 16] * 5,
            [4, 16] * 7,
            [0] * 12,
            [9, 1, *[0] * 10],
            [0, 1, *[4, 16] * 5],
            [*[4, 16] * 5, 4, 0],
            [4, 223, *[0] * 10],
            [*[0] * 10, 4, 83],
            [8, 44, *[0] * 10],
            [*[0] * 10, 8, 23],
            [*[0] * 6, 3, 170, *[0] * 4],
        )
    ),
    container_resealed(FULL.replace(b"\xde\0\x10", b"\xde\0\x0f")),
    container_resealed(FULL.replace(b"\xde\0\x10", b"\xde\0\x11")),
]


def test_wrong_ones(tools: Path, compiled: Path, parser: ModuleType) -> None:
    for data, script in zip(WRONG, read_javascript(tools, compiled, WRONG), strict=True):
        assert read_ours(data).error is not None
        assert read_python(parser, data).error is not None, data.hex()
        assert script.error is not None, data.hex()


@pytest.mark.parametrize(
    "name", ["container-1", "container-2", "container-3", "container-4", "container-5", "all keys"]
)
def test_the_examples_and_every_byte_of_them_changed(
    tools: Path, compiled: Path, parser: ModuleType, name: str
) -> None:
    data = FULL if name == "all keys" else hex_example(name)
    containers = [data, *of_two_bytes(data)]
    assert read_ours(data).error is None
    for container, script in zip(containers, read_javascript(tools, compiled, containers), strict=True):
        ours = read_ours(container)
        assert_agree(ours, read_python(parser, container), container)
        assert_agree(ours, script, container)


def test_every_payload(tools: Path, compiled: Path, parser: ModuleType) -> None:
    containers = []

    @settings(deadline=None)
    @given(payloads())
    def check(payload: Payload) -> None:
        data = encode(payload)
        assert read_python(parser, data) == read_ours(data)
        containers.append(data)

    check()
    for data, script in zip(containers, read_javascript(tools, compiled, containers), strict=True):
        assert_agree(read_ours(data), script, data)


def container_vectors() -> list[bytes]:
    """The containers of all vectors, sound or not, as far as they can be extracted."""
    index = SPEC / "vectors" / "index.json"
    found = []
    for vector in json.loads(index.read_text(encoding="utf-8"))["vectors"]:
        data = (index.parent / vector["file"]).read_bytes()
        if data.startswith(carriers.MAGIC):
            found.append(data)
            continue
        try:
            found.append(carriers.extract(data).container)
        except CarrierError:
            continue
    return found


def test_vectors(tools: Path, compiled: Path, parser: ModuleType) -> None:
    containers = container_vectors()
    assert containers
    for data, script in zip(containers, read_javascript(tools, compiled, containers), strict=True):
        ours = read_ours(data)
        assert_agree(ours, read_python(parser, data), data)
        assert_agree(ours, script, data)


def test_the_tools_are_locked() -> None:
    lock = json.loads((KAITAI / "package-lock.json").read_text(encoding="utf-8"))
    wanted = json.loads((KAITAI / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert lock["packages"][""]["dependencies"] == wanted
    assert {name: lock["packages"][f"node_modules/{name}"]["version"] for name in wanted} == wanted
