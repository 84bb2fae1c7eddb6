"""What other software does to JPEGs with extended samples: whether these survive, and whether the payload is used."""

import tempfile
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

import gamutmeta.demo
from benchmarks.arrays import Codes, Wide
from benchmarks.interop.operations import KINDS, Operation, Place, ToolError
from benchmarks.interop.outcome import XMP, exif_for, fate_of
from benchmarks.interop.tools import TOOLS
from gamutmeta.color.icc import profile_bytes
from gamutmeta.color.sycc import outside
from gamutmeta.errors import GamutMetaError
from gamutmeta.fit.config import PRESETS
from gamutmeta.measure.quality import measure
from gamutmeta.photo.pixels import decode_sycc
from gamutmeta.photo.read import read_photo
from gamutmeta.photo.wide import WideImage
from gamutmeta.pipeline.expand import expand
from gamutmeta.pipeline.reduce import reduce
from gamutmeta.pipeline.srgb_file import SrgbFile

CARRIERS: Final = ("app11", "com")

# Large enough for half of it to be known again.
_BOX = np.s_[24:376, 40:560]
QUICK: Final = replace(PRESETS["balanced"], name="quick", steps=400, batch=1024, network_rate=1e-2)

_FAR = 24
"""Codes outside the RGB cube, beyond coding noise."""

Samples = Literal["exact", "kept", "clipped", "none"]
Use = Literal["exact", "alike", "refused", "dropped", "moved", "damaged"]


@dataclass(frozen=True, slots=True)
class ExtendedSample:
    """A JPEG with extended samples and a payload in each carrier, its twin without, and what is known about it."""

    data: dict[str, bytes]
    twin: bytes
    container: bytes
    samples: Codes
    expanded: Wide
    wide: Wide

    @property
    def figures(self) -> dict[str, float]:
        """PSNR out of gamut in dB: as viewers show it, of the samples alone, and with the payload."""
        file = SrgbFile.read(self.data["app11"])
        pictures = {
            "clipped": file.clipped(),
            "samples": expand(self.twin, samples="extended").array,
            "payload": self.expanded,
        }
        return {name: round(measure(self.wide, array, strict=True).psnr_og, 1) for name, array in pictures.items()}


@cache
def photograph() -> Wide:
    """A part of the demonstration's photograph, 520 x 352 pixels."""
    return np.ascontiguousarray(read_photo(Path(gamutmeta.demo.__file__).with_name("carrots.tif")).array[_BOX])


@cache
def extended_sample() -> ExtendedSample:
    """The demonstration's photograph at quality 95, 4:4:4, with EXIF, XMP and ICC profile."""
    piece = photograph()
    result = reduce(WideImage(piece, exif=exif_for("jpeg"), xmp=XMP), preset=QUICK, format="jpeg", device="cpu")
    data = {carrier: result.to_bytes(carrier) for carrier in CARRIERS}
    twin = result.to_bytes("sidecar")
    return ExtendedSample(data, twin, result.payload.to_bytes(), decode_sycc(twin), expand(data["app11"]).array, piece)


@dataclass(frozen=True, slots=True)
class Survival:
    """One operation on one JPEG with extended samples.

    Attributes:
        carrier, tool, version, kind, operation: as of :class:`benchmarks.interop.outcome.Outcome`.
        samples: the YCbCr samples are "exact" (or those of a part, after a crop), still outside sRGB but others
            ("kept"), "clipped"; "none" if the result is no JPEG with such samples.
        use: of the payload: "exact" if the restored photograph is that of the untouched file; "alike" if the picture
            was known again by its likeness; "refused"; "dropped", "moved" or "damaged".
        code: the error's code where it is not used.
        psnr_og: dB of the restored photograph, out of gamut; None where it is not restored, was turned, or has another
            size.
        psnr_og_samples: the same of the samples alone.
    """

    carrier: str
    tool: str
    version: str
    kind: str
    operation: str
    samples: Samples
    use: Use
    code: str | None = None
    psnr_og: float | None = None
    psnr_og_samples: float | None = None


def is_asked(operation: Operation) -> bool:
    """Whether an operation writes a JPEG from one."""
    return "jpeg" in operation.hosts and operation.kind not in {"read", "convert"}


def examine_extended(operation: Operation, carrier: str) -> Survival | None:
    """Let a tool loose on a JPEG with extended samples; None if the tool is not installed.

    Raises:
        ToolError: the tool fails.
    """
    version = TOOLS[operation.tool].version()
    if version is None:
        return None
    given = extended_sample()
    with tempfile.TemporaryDirectory() as folder:
        place = Place(*(Path(folder) / name for name in ("in.jpg", "out.jpg", "twin.jpg", "new.xmp", "new.icc")))
        for path, content in (
            (place.source, given.data[carrier]),
            (place.twin, given.twin),
            (place.xmp, XMP.replace(b'"3"', b'"5"')),
            (place.icc, profile_bytes("display-p3")),
        ):
            path.write_bytes(content)
        work = operation.run(place)
        if work.result is None:
            raise ToolError(f"{operation.label}: no file was written")
        data = work.result.read_bytes()
    about = carrier, operation.tool, version, operation.kind, operation.label
    samples, alone = _samples(given, data)
    if operation.kind == "turn":
        alone = None  # it lies elsewhere
    return Survival(*about, samples=samples, psnr_og_samples=alone, **_use(given, data))


def _samples(given: ExtendedSample, data: bytes) -> tuple[Samples, float | None]:
    try:
        held = decode_sycc(data)
    except GamutMetaError:
        return "none", None
    alone = _quality(given, expand(data, samples="extended").array)
    if _is_part(held, given.samples):
        return "exact", alone
    return ("kept" if _far(held) > _far(given.samples) / 2 else "clipped"), alone


def _is_part(held: Codes, whole: Codes) -> bool:
    """Whether samples are those of a picture, or of whole blocks of it."""
    height, width = held.shape[:2]
    return any(
        np.array_equal(whole[top : top + height, left : left + width], held)
        for top in range(0, whole.shape[0] - height + 1, 8)
        for left in range(0, whole.shape[1] - width + 1, 8)
    )


def _far(samples: Codes) -> float:
    return float(outside(samples, _FAR).mean())


def _use(given: ExtendedSample, data: bytes) -> dict[str, Any]:
    fate, _ = fate_of(given.container, data)
    if fate in {"dropped", "moved"}:
        return {"use": fate, "code": "carrier.none"}
    try:
        restored = expand(data)
    except GamutMetaError as error:
        return {"use": "refused" if error.code == "binding" else "damaged", "code": error.code}
    exact = np.array_equal(restored.array, given.expanded)
    return {"use": "exact" if exact else "alike", "psnr_og": _quality(given, restored.array)}


def _quality(given: ExtendedSample, array: Wide) -> float | None:
    return round(measure(given.wide, array, strict=True).psnr_og, 1) if array.shape == given.wide.shape else None


def extended_table(rows: list[dict[str, Any]]) -> list[list[str]]:
    """The cells of the page's table, a line for each operation in the order of the kinds."""
    found: dict[tuple[str, str, str], dict[str, dict[str, Any]]] = {}
    for kind in KINDS:
        for row in rows:
            if row["kind"] == kind:
                found.setdefault((KINDS[kind], row["tool"], row["operation"]), {})[row["carrier"]] = row
    lines = []
    for (what, tool, operation), fates in found.items():
        first = fates[CARRIERS[0]]
        samples = first["samples"] + ("" if first["psnr_og_samples"] is None else f", {first['psnr_og_samples']} dB")
        lines.append([what, tool, operation, samples, *(_cell(fates[carrier]) for carrier in CARRIERS)])
    return lines


def _cell(row: dict[str, Any]) -> str:
    figure = "" if row["psnr_og"] is None else f", {row['psnr_og']} dB"
    return {
        "exact": "used, exact",
        "alike": f"used, alike{figure}",
        "refused": "refused",
        "dropped": "dropped",
        "moved": "moved",
        "damaged": f"damaged: `{row['code']}`",
    }[str(row["use"])]
