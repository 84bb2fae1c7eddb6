"""JPEGs that other encoders write, with a payload put into them: who reads them still, and what rewriting does.

jpegli writes an ordinary JPEG. libultrahdr writes one with a second picture behind it, a gain map, and an index of
both; its own program is in no package, but imagecodecs and pyvips bring the library.
"""

import io
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from PIL import Image

from benchmarks.arrays import Codes, Wide
from benchmarks.interop.extended import QUICK, photograph
from benchmarks.interop.libraries import JPEGLI_REWRITTEN, library, module
from benchmarks.interop.operations import COMMANDS, Operation, Place, ToolError
from benchmarks.interop.outcome import fate_of, pixels_of
from benchmarks.interop.tools import TOOLS
from gamutmeta import carriers
from gamutmeta.errors import GamutMetaError, ProfileError
from gamutmeta.measure.quality import measure
from gamutmeta.photo.pixels import decode_srgb
from gamutmeta.photo.wide import WideImage
from gamutmeta.pipeline.expand import expand
from gamutmeta.pipeline.reduce import reduce
from gamutmeta.pipeline.srgb_file import SrgbFile

CARRIERS: Final = ("app11", "com")
SAMPLES: Final[dict[int, Literal["plain", "extended"]]] = {1: "plain", 2: "extended"}
"""Version of the payload -> what makes it for a file that stays as it is coded."""


@cache
def _codes() -> Codes:
    """The photograph, clipped."""
    return decode_srgb(reduce(WideImage(photograph()), preset=QUICK, format="png", device="cpu").to_bytes("sidecar"))


def _by_jpegli() -> bytes:
    codes = _codes()
    return bytes(module("pyjpegli").encode(codes, codes.shape[1], codes.shape[0], quality=95))


def _by_ultrahdr() -> bytes:
    """Half a stop above the clipped picture, in linear light: libultrahdr makes the base of it."""
    encoded = _codes() / 255
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4) * 1.5
    return bytes(module("imagecodecs").ultrahdr_encode(np.dstack([linear, np.ones_like(linear[..., 0])]).astype("f2")))


def _by_vips() -> bytes:
    """The clipped picture as base, with the gain map of the other file."""
    pyvips = module("pyvips")
    other = pyvips.Image.new_from_buffer(_by_ultrahdr(), "")
    image = pyvips.Image.new_from_array(_codes()).copy(interpretation="srgb")
    for name in other.get_fields():
        if name.startswith("gainmap"):
            image.set_type(other.get_typeof(name), name, other.get(name))
    return bytes(image.uhdrsave_buffer(Q=95))


@dataclass(frozen=True, slots=True)
class Writer:
    """An encoder; `needs` are the tools without which it cannot be asked."""

    tool: str
    label: str
    write: Callable[[], bytes]
    needs: tuple[str, ...]


WRITERS: Final = (
    Writer("jpegli", "pyjpegli.encode(RGB, quality=95)", _by_jpegli, ("jpegli",)),
    Writer("imagecodecs", "imagecodecs.ultrahdr_encode(HDR)", _by_ultrahdr, ("imagecodecs",)),
    Writer("pyvips", "image.uhdrsave(OUT, Q=95)", _by_vips, ("pyvips", "imagecodecs")),
)


def _gain_map(pyvips: Any, source: str, _: str) -> Any:
    return np.frombuffer(pyvips.Image.new_from_file(source).get("gainmap-data"), np.uint8)


def _ultrahdr_rewritten(codecs: Any, source: str, target: str) -> None:
    Path(target).write_bytes(codecs.ultrahdr_encode(codecs.ultrahdr_decode(Path(source).read_bytes())))


def _uhdrsave(pyvips: Any, source: str, target: str) -> None:
    pyvips.Image.new_from_file(source).uhdrsave(target, Q=95)


def _of_programs(*labels: str) -> tuple[Operation, ...]:
    return tuple(operation for operation in COMMANDS if operation.label in labels)


_EDITED = _of_programs(
    "exiftool -q -overwrite_original -EXIF:Artist=Somebody OUT",
    'exiv2 -M "set Exif.Image.Artist Somebody" OUT',
    "jpegtran -copy all -outfile OUT IN",
)
# fmt: off
_HDR = (
    library("imagecodecs", "read", "imagecodecs.ultrahdr_decode(IN)",
            lambda codecs, i, _: codecs.ultrahdr_decode(Path(i).read_bytes()), "imagecodecs"),
    library("pyvips", "read", 'Image.new_from_file(IN).get("gainmap-data")', _gain_map, "pyvips"),
    *_EDITED,
    library("imagecodecs", "resave", "imagecodecs.ultrahdr_encode(imagecodecs.ultrahdr_decode(IN))",
            _ultrahdr_rewritten, "imagecodecs"),
    library("pyvips", "resave", "Image.new_from_file(IN).uhdrsave(OUT, Q=95)", _uhdrsave, "pyvips"),
)
# fmt: on
THEN: Final[dict[str, tuple[Operation, ...]]] = {
    "jpegli": (*JPEGLI_REWRITTEN, *_EDITED),
    "imagecodecs": (),
    "pyvips": _HDR,
}
"""Tool of the writer -> what is then done to its file with the payload."""


@dataclass(frozen=True, slots=True)
class Written:
    """What became of one payload in a file of another encoder.

    Attributes:
        writer, wrote: tool and label of the :class:`Writer`.
        tool, version, operation: what was done to the file then; empty where the payload was only put in.
        format: version of the payload.
        carrier: where it lies.
        verdict: of the operation in a few words.
        psnr_og: dB of the base as it is shown and of the restored photograph, out of gamut; None for operations.
    """

    writer: str
    wrote: str
    tool: str
    version: str
    operation: str
    format: int
    carrier: str
    verdict: str
    psnr_og: tuple[float, float] | None = None


@cache
def _file(writer: Writer) -> bytes:
    return writer.write()


@cache
def _with_payload(writer: Writer, form: int) -> dict[str, bytes] | str:
    """The file of an encoder with a payload in each carrier, or why there can be none."""
    try:
        wide, base = WideImage(photograph()), _file(writer)
        result = reduce(wide, preset=QUICK, base=base, samples=SAMPLES[form], device="cpu")
    except GamutMetaError as error:
        return "refused: not sRGB" if isinstance(error, ProfileError) else f"refused: `{error.code}`"
    return {carrier: result.to_bytes(carrier) for carrier in CARRIERS}


def examine_written(writer: Writer, form: int, carrier: str) -> list[Written]:
    """All that is known of one payload; empty if a tool is not installed.

    Raises:
        ToolError: a tool fails with the very file of the encoder.
    """
    if any(TOOLS[name].version() is None for name in writer.needs):
        return []
    about = writer.tool, writer.label
    files = _with_payload(writer, form)
    if isinstance(files, str):
        return [Written(*about, "", "", "", form, carrier, files)]
    data = files[carrier]
    container = carriers.extract(data).container
    shown, restored = SrgbFile.read(data).clipped(), expand(data).array
    quality = tuple(round(measure(photograph(), array, strict=True).psnr_og, 1) for array in (shown, restored))
    found = [Written(*about, "", "", "", form, carrier, "valid", quality)]  # type: ignore[arg-type]
    for operation in THEN[writer.tool]:
        version = TOOLS[operation.tool].version()
        if version is not None:
            verdict = _verdict(operation, _file(writer), data, container, restored)
            found.append(Written(*about, operation.tool, version, operation.label, form, carrier, verdict))
    return found


def _verdict(operation: Operation, plain: bytes, data: bytes, container: bytes, restored: Wide) -> str:
    try:
        left = _run(operation, data, plain)
    except ToolError as error:
        _run(operation, plain, plain)
        return f"fails: {error}"
    if operation.kind == "read":
        return "the same" if np.array_equal(left, _run(operation, plain, plain)) else "different"
    after = left.tobytes()
    fate, _ = fate_of(container, after)
    if fate == "kept":
        try:
            fate += "" if np.array_equal(expand(after).array, restored) else ", used as alike"  # type: ignore[assignment]
        except GamutMetaError as error:
            return f"kept, refused: `{error.code}`"
    return fate + ("" if _pictures(plain) == 1 else f", {'with' if _pictures(after) > 1 else 'without'} gain map")


def _pictures(data: bytes) -> int:
    """How many pictures a JPEG has by its index, those that are there."""
    with Image.open(io.BytesIO(data)) as image:
        count = getattr(image, "n_frames", 1)
        try:
            image.seek(count - 1)
            image.load()
        except (EOFError, OSError, SyntaxError, ValueError):  # all of them Pillow's
            return 1
        return int(count)


def _run(operation: Operation, data: bytes, twin: bytes) -> Any:
    """What an operation leaves: pixels that it read, or the bytes of the file that it wrote, uint8."""
    with tempfile.TemporaryDirectory() as folder:
        place = Place(*(Path(folder) / name for name in ("in.jpg", "out.jpg", "twin.jpg", "new.xmp", "new.icc")))
        place.source.write_bytes(data)
        place.twin.write_bytes(twin)
        result = operation.run(place).result
        if result is None:
            raise ToolError("no file was written")
        return pixels_of(result) if operation.kind == "read" else np.frombuffer(result.read_bytes(), np.uint8)


def written_table(rows: list[dict[str, Any]]) -> list[list[str]]:
    """The cells of the page's table: writer, what was done then, and a column for each version and carrier."""
    found: dict[tuple[str, str, str, str], dict[tuple[int, str], str]] = {}
    for row in rows:
        what = row["writer"], row["wrote"], row["tool"], row["operation"]
        figure = "" if row["psnr_og"] is None else ", {:.1f} -> {:.1f} dB".format(*row["psnr_og"])
        found.setdefault(what, {})[row["format"], row["carrier"]] = row["verdict"] + figure
    columns = [(form, carrier) for form in SAMPLES for carrier in CARRIERS]
    return [[*what, *(fates[column] for column in columns)] for what, fates in found.items()]
