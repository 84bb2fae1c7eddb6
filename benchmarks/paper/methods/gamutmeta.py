"""gamutmeta's own presets, as its users get them, on the codes and with the adaptation of the protocol."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.paper.method import Metadata, Method, Setting, clip_codes
from gamutmeta.color.srgb_codes import Rounding
from gamutmeta.container import Payload
from gamutmeta.fit.config import preset_named
from gamutmeta.model.expand import expand as expand_pixels
from gamutmeta.photo.pixels import decode_srgb
from gamutmeta.photo.wide import WideImage
from gamutmeta.reduction import reduce

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Preset", "methods"]


@dataclass(frozen=True, slots=True)
class Preset:
    """One row.

    Attributes:
        key, title: of the row.
        preset: by name.
        max_bytes: another cap than the preset's own.
    """

    key: str
    title: str
    preset: str
    max_bytes: int | None = None
    group: str = "ours"

    def reduce(self, wide: NDArray[np.uint16], setting: Setting) -> tuple[NDArray[np.uint8], Metadata]:
        """See :class:`~benchmarks.paper.method.Method`."""
        codes = clip_codes(wide, setting)
        return codes, self.fit(wide, codes, setting)

    def fit(self, wide: NDArray[np.uint16], codes: NDArray[np.uint8], setting: Setting) -> Metadata:
        """See :class:`~benchmarks.paper.method.FittedMethod`; bytes of the container, seconds of the fit.

        Raises:
            ValueError: for codes that are neither clipped nor those of the JPEG protocol.
        """
        is_clipped = np.array_equal(codes, clip_codes(wide, setting))
        config = preset_named(self.preset)
        if self.max_bytes is not None:
            config = config.within(self.max_bytes)
        full = config.steps
        steps = max(1, round(full * setting.quick))
        result = reduce(
            WideImage(wide),
            preset=replace(config, steps=steps, adaptation=setting.adaptation),
            format="png" if is_clipped else "jpeg",
            device=setting.device,
            seed=setting.seed,
            rounding=Rounding.TRUNCATE if setting.truncate else Rounding.HALF_EVEN,
        )
        if result.coded is not None and not np.array_equal(decode_srgb(result.coded), codes):
            raise ValueError("the codes are neither clipped nor those of a JPEG of quality 95, 4:4:4")
        how = f"{full:,} steps" if steps == full else f"quick: {steps:,} of {full:,} steps"
        note = "; ".join([f"{result.report.model}, {how}", *result.report.notes])
        return Metadata(result.payload.to_bytes(), result.report.fit_seconds or 0.0, note)

    def expand(self, codes: NDArray[np.uint8], data: bytes, setting: Setting) -> NDArray[np.uint16]:
        """See :class:`~benchmarks.paper.method.Method`; the adaptation is the payload's."""
        del setting
        payload = Payload.from_bytes(data)
        return expand_pixels(payload.descriptor, payload.weights(), codes)


def methods() -> list[Method]:
    """The rows, smallest first; the paper's model as gamutmeta stores it is the last."""
    return [
        Preset("gamutmeta-small", "gamutmeta small, at most 1,500 bytes", "small"),
        Preset("gamutmeta-balanced", "gamutmeta balanced, at most 6,000 bytes", "balanced"),
        Preset("gamutmeta-best-6000", "gamutmeta best, at most 6,000 bytes", "best", 6_000),
        Preset("gamutmeta-best", "gamutmeta best, at most 16,000 bytes", "best"),
        Preset("gamutmeta-paper", "gamutmeta paper", "paper"),
    ]
