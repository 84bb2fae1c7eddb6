"""What became of a file: the messages, the picture, the payload, and what gamutmeta says afterwards."""

import io
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import tifffile
from click.testing import CliRunner
from numpy.typing import NDArray
from PIL import Image

import gamutmeta.demo
from benchmarks.arrays import Codes, Wide
from benchmarks.interop.operations import Operation, Place, ToolError
from benchmarks.interop.tools import TOOLS
from gamutmeta import carriers
from gamutmeta.carriers import HostFormat
from gamutmeta.carriers.container_bytes import to_text
from gamutmeta.choices import Carrier
from gamutmeta.cli import app
from gamutmeta.color.icc import profile_bytes
from gamutmeta.errors import CarrierError, UnsupportedFileError
from gamutmeta.fit.config import PRESETS
from gamutmeta.formats.png import iter_chunks
from gamutmeta.photo.read import read_photo
from gamutmeta.photo.wide import WideImage
from gamutmeta.pipeline.expand import expand
from gamutmeta.pipeline.reduce import reduce

CARRIERS: Final[dict[Carrier, HostFormat]] = {"app11": "jpeg", "com": "jpeg", "itxt": "png", "tiff": "tiff"}
"""Carrier inside a file -> kind of file."""

HOSTS: Final[dict[HostFormat, tuple[str, ...]]] = {"jpeg": ("app11", "com"), "png": ("itxt",), "tiff": ("tiff",)}

SUFFIXES: Final[dict[HostFormat, str]] = {"jpeg": ".jpg", "png": ".png", "tiff": ".tif"}

XMP = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
    'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="3"/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
).encode()

_BOX = np.s_[290:354, 500:596]
"""64 x 96 pixels of the demonstration's photograph with carrots in them: whole blocks, so that a JPEG can be turned."""

# The model is real, but what becomes of it does not hang on how good it is.
_FIT: Final = replace(PRESETS["balanced"], name="quick", steps=160, batch=1024, network_rate=2e-2)


@dataclass(frozen=True, slots=True)
class Sample:
    """A file with a payload, its twin without, and what is known about it.

    That is the payload, the decoded picture, uint8 (H, W, 3), and the restored photograph, uint16 (H, W, 3).
    """

    carrier: Carrier
    host: HostFormat
    data: bytes = field(repr=False)
    twin: bytes = field(repr=False)
    container: bytes = field(repr=False)
    pixels: Codes = field(repr=False)
    expanded: Wide = field(repr=False)


@cache
def sample(carrier: Carrier) -> Sample:
    """A reduced photograph with EXIF, XMP and ICC profile. JPEG: quality 95, 4:4:4; TIFF: deflated."""
    host = CARRIERS[carrier]
    piece = read_photo(Path(gamutmeta.demo.__file__).with_name("carrots.tif")).array[_BOX]
    photo = WideImage(piece, exif=exif_for(host), xmp=XMP)
    reduction = reduce(photo, preset=_FIT, format=host, samples="plain", device="cpu")
    data, twin = reduction.to_bytes(carrier), reduction.to_bytes("sidecar")
    pixels = np.asarray(Image.open(io.BytesIO(twin)))
    return Sample(carrier, host, data, twin, reduction.payload.to_bytes(), pixels, expand(data).array)


def exif_for(host: HostFormat) -> bytes:
    """All that the standard requires, and an artist.

    Without a directory of its own in a TIFF: Pillow 13.0 fails to save one again.
    """
    exif = Image.Exif()
    exif.update({271: "Maker", 272: "Model", 282: 72.0, 283: 72.0, 296: 2, 315: "Artist"})
    if host != "tiff":
        exif[531] = 1
        exif.get_ifd(0x8769).update({36864: b"0232", 40960: b"0100", 40961: 1, 40962: 96, 40963: 64})
    return exif.tobytes()


# --- what became of them ---------------------------------------------------------------------------------------------

Fate = Literal["kept", "dropped", "moved", "changed"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One operation on one file.

    Attributes:
        carrier: where the payload lay.
        tool, version, kind, operation: what was done.
        messages: complaints that the file without the payload does not get.
        fails: what the tool said when it failed on this file, but not on the one without the payload.
        equal: the result has the same pixels as the result for the file without the payload; None if there is none.
        picture: the result against the file that was handed in: the "same" pixels, or "changed" ones.
        payload: "kept" byte for byte; "dropped"; "moved" to a place where it is not looked for; "changed". None if
            nothing was written.
        place: where it was moved to.
        info, expand: "ok", or the code of the error with which gamutmeta answers.
        exact: the restored photograph is exactly the one that the untouched file gives; None if there is none.
        forced: the same with ``--force``, if it was refused without.
    """

    carrier: Carrier
    tool: str
    version: str
    kind: str
    operation: str
    messages: list[str]
    fails: str | None = None
    equal: bool | None = None
    picture: Literal["same", "changed"] | None = None
    payload: Fate | None = None
    place: str | None = None
    info: str | None = None
    expand: str | None = None
    exact: bool | None = None
    forced: bool | None = None

    @property
    def verdict(self) -> str:
        """The outcome in a few words."""
        if self.fails is not None:
            return f"fails: {self.fails}"
        if self.payload is None:
            return "reads it"
        if self.payload == "dropped":
            return "dropped"
        if self.payload == "moved":
            return f"moved to {self.place}"
        if self.expand == "ok":
            return "kept" if self.payload == "kept" else "changed, and still valid"
        why = "coded anew" if self.picture == "same" else "edited"
        return f"kept, refused: {why}" if self.expand == "binding" else f"damaged: {self.expand}"


@dataclass(frozen=True, slots=True)
class _Result:
    """What an operation left of a file: the bytes of the result, its pixels, or the error."""

    messages: tuple[str, ...] = ()
    suffix: str = ""
    data: bytes | None = None
    pixels: NDArray[Any] | None = None
    fails: str | None = None


def examine(operation: Operation, carrier: Carrier) -> Outcome | None:
    """Let a tool loose on a file with a payload, and on the same file without; None if the tool is not installed.

    Raises:
        ToolError: the tool fails even without a payload.
    """
    version = TOOLS[operation.tool].version()
    if version is None:
        return None
    given = sample(carrier)
    plain = _run_on_twin(operation, given.host)
    if plain.fails is not None:
        raise ToolError(f"{operation.label}: {plain.fails}")
    result = _run(operation, given, given.data)
    facts: dict[str, Any] = {}
    if result.fails is None and result.pixels is not None and plain.pixels is not None:
        facts["equal"] = np.array_equal(result.pixels, plain.pixels)
    if result.data is not None and operation.kind != "read":
        facts |= _judge(given, result)
    messages = sorted(set(result.messages) - set(plain.messages))
    about = carrier, operation.tool, version, operation.kind, operation.label, messages, result.fails
    return Outcome(*about, **facts)


@cache
def _run_on_twin(operation: Operation, host: carriers.HostFormat) -> _Result:
    given = sample(carriers.carrier_for(host))
    return _run(operation, given, given.twin)


def _run(operation: Operation, given: Sample, data: bytes) -> _Result:
    suffix = SUFFIXES[given.host]
    with tempfile.TemporaryDirectory() as folder:
        names = (f"in{suffix}", f"out{suffix}", f"twin{suffix}", "new.xmp", "new.icc")
        place = Place(*(Path(folder) / name for name in names))
        for path, content in (
            (place.source, data),
            (place.twin, given.twin),
            (place.xmp, XMP.replace(b'"3"', b'"5"')),
            (place.icc, profile_bytes("display-p3")),
        ):
            path.write_bytes(content)
        try:
            work = operation.run(place)
        except ToolError as error:
            return _Result(fails=str(error))
        if work.result is None:
            return _Result(tuple(work.messages))
        return _Result(tuple(work.messages), work.result.suffix, work.result.read_bytes(), pixels_of(work.result))


def pixels_of(path: Path) -> NDArray[Any]:
    """The pixels of a file that a tool wrote, or the array it gave."""
    if path.suffix in (".npy", ".tif"):
        # Pillow would turn a TIFF upright.
        array: NDArray[Any] = np.load(path) if path.suffix == ".npy" else tifffile.imread(path)
        return array
    with Image.open(path) as image:
        return np.asarray(image)


def _judge(given: Sample, result: _Result) -> dict[str, Any]:
    """The fate of picture and payload, and the answers of the commands."""
    data, pixels = result.data, result.pixels
    assert data is not None  # noqa: S101 - the caller has looked
    same = pixels is not None and pixels.dtype == np.uint8 and np.array_equal(pixels, given.pixels)
    fate, place = fate_of(given.container, data)
    facts: dict[str, Any] = {"picture": "same" if same else "changed", "payload": fate, "place": place}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"x{result.suffix}"
        path.write_bytes(data)
        facts["info"] = _answer("info", str(path))
        facts["expand"] = _answer("expand", str(path), "-o", f"{folder}/y.tif")
    if facts["expand"] == "ok":
        facts["exact"] = np.array_equal(expand(data).array, given.expanded)
    elif facts["expand"] == "binding":
        facts["forced"] = np.array_equal(expand(data, check=False).array, given.expanded)
    return facts


def fate_of(container: bytes, data: bytes) -> tuple[Fate, str | None]:
    """What became of a payload in the file that a tool wrote, and where it was moved to."""
    try:
        return ("kept" if carriers.extract(data).container == container else "changed"), None
    except (LookupError, UnsupportedFileError):
        place = next((place for place, value in _places(data) if _holds(value, container)), None)
        return "dropped" if place is None else "moved", place
    except CarrierError:
        return "changed", None


def _holds(value: bytes, container: bytes) -> bool:
    return container in value or to_text(container) in value


def _places(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The texts in a file, inflated, and their names; the whole file comes last."""
    if data.startswith(b"\x89PNG"):
        chunks = {data[c.data_start : c.data_end].partition(b"\0")[0]: c.type.decode() for c in iter_chunks(data)}
        with Image.open(io.BytesIO(data)) as image:
            image.load()  # texts may come behind the picture
            for name, value in image.info.items():
                if isinstance(name, str) and isinstance(value, str):
                    yield f"{chunks.get(name.encode(errors='replace'), '?')} `{name}`", value.encode(errors="replace")
    elif data.startswith((b"II", b"MM")):
        with tifffile.TiffFile(io.BytesIO(data)) as tiff:
            for tag in tiff.pages.first.tags:
                value = tag.value
                if isinstance(value, str | bytes):
                    yield f"tag `{tag.name}`", value if isinstance(value, bytes) else value.encode(errors="replace")
    yield "an unknown place", data


def _answer(*arguments: str) -> str:
    """The error's code that a command answers with, or "ok"."""
    ran = CliRunner().invoke(app, [*arguments, "--json"])
    answer = json.loads(ran.stdout)
    return str(answer["error"]["code"]) if ran.exit_code else "ok"
