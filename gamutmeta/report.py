"""The result for one file: the figures that the command prints, and its JSON object."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Report"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Figures of one file; None where a figure does not apply.

    Attributes:
        file: the input.
        output: what was written.
        carrier: where the payload is stored ("app11", "com", "itxt", "tiff", "sidecar").
        preset: of the fit.
        model: the architecture in one line.
        payload_bytes: the whole container.
        file_bytes: the whole sRGB file.
        psnr, psnr_og: restored against original, linear ProPhoto, dB: all pixels, out-of-gamut pixels (nan if there are
            none, and then left out of JSON).
        psnr_clip, psnr_clip_og: the same for clipping without the payload.
        og_percent: share of out-of-gamut pixels.
        seconds: wall-clock time of the whole operation.
        fit_seconds: the part of it spent on the fit.
        device: where the fit ran.
        notes: what was assumed, left out or found, for people.
        skipped: True if it was already done; the figures are from then.
    """

    file: str | None = None
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
    seconds: float | None = None
    fit_seconds: float | None = None
    device: str | None = None
    notes: tuple[str, ...] = ()
    skipped: bool | None = None

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Report:
        """Read what :meth:`to_json` gives, also that of earlier versions, where an infinite PSNR was the string "inf".

        Figures of other versions that this one does not know are left out.
        """
        known = {field.name: values[field.name] for field in fields(cls) if field.name in values}
        infinite = {
            name: math.inf for name, value in known.items() if name.startswith("psnr") and value in {None, "inf"}
        }
        return cls(**(known | infinite | {"notes": tuple(known.get("notes", ()))}))

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


def _json_value(value: object) -> object:
    if isinstance(value, float):
        return None if math.isinf(value) else round(value, 4)
    return list(value) if isinstance(value, tuple) else value
