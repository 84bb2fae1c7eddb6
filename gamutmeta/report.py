"""The result for one file: the figures that the command prints, and its JSON object."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MapFigures", "Report"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MapFigures:
    """What a gain map shows on screens without headroom, where a browser applies it. Peak 1, in dB.

    Attributes:
        map_bytes: all that it adds to the file: the second picture with its metadata, and two segments.
        p3_psnr_og, p3_psnr_og_plain: linear Display P3, on a screen with that space, over the out-of-gamut pixels: with
            the map and without it, against the photograph clipped to Display P3.
        p3_psnr_ig, p3_psnr_ig_plain: the same over the in-gamut pixels.
        srgb_psnr: 8-bit codes on an sRGB screen, with the map against the picture without it.
        srgb_codes: the largest difference there, in 8-bit codes.
    """

    map_bytes: int
    p3_psnr_og: float
    p3_psnr_og_plain: float
    p3_psnr_ig: float
    p3_psnr_ig_plain: float
    srgb_psnr: float
    srgb_codes: int

    def to_json(self) -> dict[str, object]:
        """All of it, as JSON values; figures of no pixels are left out, and an infinite PSNR is null."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {key: _json_value(value) for key, value in values.items() if not math.isnan(value)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> MapFigures:
        """Read what :meth:`to_json` gives."""
        found = {field.name: values.get(field.name, math.nan) for field in fields(cls)}
        known: dict[str, Any] = {key: math.inf if value in _INFINITE else value for key, value in found.items()}
        return cls(**known)


_TOLD = ("file", "output", "payload_bytes", "file_bytes", "psnr_clip_og", "psnr_og", "seconds", "skipped")
"""What a report's short form tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Figures of one file; None where a figure does not apply.

    Attributes:
        file: the input.
        base: the sRGB picture that the payload was fitted to, where it was not made here.
        output: what was written.
        carrier: where the payload is stored ("app11", "com", "itxt", "tiff", "sidecar").
        preset: of the fit.
        model: the architecture in one line.
        payload_bytes: the whole container.
        file_bytes: the whole sRGB file.
        psnr, psnr_og: restored against original, linear ProPhoto, dB: all pixels, out-of-gamut pixels (nan if there are
            none, and then left out of JSON).
        psnr_clip, psnr_clip_og: the same for clipping without the payload; for a base, read as the sRGB picture it is.
        og_percent: share of out-of-gamut pixels.
        visible_change, visible_change_99: of the sRGB picture against exact clipping, CIEDE2000, mean and 99th
            percentile over the pixels; where a change was allowed.
        seconds: wall-clock time of the whole operation.
        fit_seconds: the part of it spent on the fit.
        device: where the fit ran.
        notes: what was assumed, left out or found, for people.
        skipped: True if it was already done; the figures are from then.
        gain_map: what the gain map shows with which browsers show Display P3 colours; None without one.
    """

    file: str | None = None
    base: str | None = None
    output: str | None = None
    carrier: str | None = None
    preset: str | None = None
    model: str | None = None
    payload_bytes: int | None = None
    file_bytes: int | None = None
    psnr: float | None = None
    psnr_og: float | None = None
    psnr_clip: float | None = None
    psnr_clip_og: float | None = None
    og_percent: float | None = None
    visible_change: float | None = None
    visible_change_99: float | None = None
    seconds: float | None = None
    fit_seconds: float | None = None
    device: str | None = None
    notes: tuple[str, ...] = ()
    skipped: bool | None = None
    gain_map: MapFigures | None = None

    def __repr__(self) -> str:
        known = {name: getattr(self, name) for name in _TOLD}
        notes = {} if not self.notes else {"notes": f"<{len(self.notes)}>"}
        facts = {name: f"{value:.4g}" if isinstance(value, float) else repr(value) for name, value in known.items()}
        told = {name: fact for name, fact in facts.items() if known[name] is not None} | notes
        return f"Report({', '.join(f'{name}={fact}' for name, fact in told.items())})"

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Report:
        """Read what :meth:`to_json` gives, also that of earlier versions, where an infinite PSNR was the string "inf".

        Figures of other versions that this one does not know are left out.

        Raises:
            ValueError: a figure is of another type.
        """
        known = {field.name: values[field.name] for field in fields(cls) if field.name in values}
        infinite = {name: math.inf for name, value in known.items() if name.startswith("psnr") and value in _INFINITE}
        known |= infinite
        for name, value in known.items():
            if not _is_of(name, value):
                raise ValueError(f"{name} of a report cannot be {value!r}")
        found = known.get("gain_map")
        gain_map = None if found is None else MapFigures.from_json(found)
        return cls(**(known | {"notes": tuple(known.get("notes", ())), "gain_map": gain_map}))

    def to_json(self) -> dict[str, object]:
        """The figures that apply, as JSON values; an infinite PSNR (no error at all) is null.

        So every figure has one type, and becomes a column of numbers in tables.
        """
        return {
            field.name: _json_value(value)
            for field in fields(self)
            if (value := getattr(self, field.name)) is not None
            and value != ()
            and not (isinstance(value, float) and math.isnan(value))
        }


_INFINITE = (None, "inf")
"""An infinite PSNR, now and in earlier versions."""

_NUMBERS = {"payload_bytes", "file_bytes"}
_TEXTS = {"file", "base", "output", "carrier", "preset", "model", "device"}


def _is_of(name: str, value: object) -> bool:
    """Whether a figure that was read is of its type."""
    if name == "notes":
        return isinstance(value, list | tuple) and all(isinstance(note, str) for note in value)
    if name in _TEXTS:
        return isinstance(value, str)
    if name == "skipped":
        return isinstance(value, bool)
    if name == "gain_map":
        return isinstance(value, dict) and all(
            figure in _INFINITE or _is_of("psnr", figure) for figure in value.values()
        )
    kinds = int if name in _NUMBERS else int | float
    return isinstance(value, kinds) and not isinstance(value, bool)


def _json_value(value: object) -> object:
    if isinstance(value, MapFigures):
        return value.to_json()
    if isinstance(value, float):
        return None if math.isinf(value) else round(value, 4)
    return list(value) if isinstance(value, tuple) else value
