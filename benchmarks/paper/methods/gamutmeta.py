"""gamutmeta's own presets, as its users get them, on the codes and with the adaptation of the protocol."""

from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from benchmarks.arrays import Codes, Wide
from benchmarks.paper.method import Clipped, Metadata, Method, Setting, clip_codes, steps_note
from gamutmeta.choices import Device
from gamutmeta.container import Payload
from gamutmeta.fit.config import preset_named
from gamutmeta.model.expand import expand as expand_pixels
from gamutmeta.photo.pixels import decode_srgb, decode_sycc
from gamutmeta.photo.wide import WideImage
from gamutmeta.pipeline.reduce import reduce


@dataclass(frozen=True, slots=True)
class Preset(Clipped):
    """One row: a preset by name, with another cap than its own where `max_bytes` says so."""

    key: str
    title: str
    preset: str
    max_bytes: int | None = None
    group: str = "ours"

    def fit(self, wide: Wide, codes: Codes, setting: Setting) -> Metadata:
        """Bytes of the container, seconds of the fit.

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
            samples="plain",  # as every method gets them
            device=cast("Device", setting.device),
            seed=setting.seed,
            rounding=setting.rounding,
        )
        if result.coded is not None and not np.array_equal(decode_srgb(result.coded), codes):
            raise ValueError("the codes are neither clipped nor those of a JPEG of quality 95, 4:4:4")
        note = "; ".join([f"{result.report.model}, {steps_note(steps, full)}", *result.report.notes])
        return Metadata(result.payload.to_bytes(), result.report.fit_seconds or 0.0, note)

    def expand(self, codes: Codes, data: bytes, setting: Setting) -> Wide:
        return _expanded(codes, data, setting)


@dataclass(frozen=True, slots=True)
class Own:
    """One row with a picture of its own: one with a shoulder, or a JPEG whose samples hold colours outside sRGB.

    Of such a JPEG (quality 95, 4:4:4, as the protocol's) the reader's codes are YCbCr samples; how much larger it is
    than a plain one says `benchmarks/results/extended.md`.
    """

    key: str
    title: str
    preset: str = "balanced"
    max_bytes: int | None = None
    visible_change: float = 0.0
    group: str = "ours"

    @property
    def shows_own_codes(self) -> bool:
        """A JPEG with extended samples looks like the plain one."""
        return self.visible_change > 0

    @property
    def codings(self) -> tuple[str, ...]:
        return ("rounded",) if self.visible_change > 0 else ("jpeg",)

    def reduce(self, wide: Wide, setting: Setting) -> tuple[Codes, Metadata]:
        config = preset_named(self.preset)
        if self.max_bytes is not None:
            config = config.within(self.max_bytes)
        steps = max(1, round(config.steps * setting.quick))
        result = reduce(
            WideImage(wide),
            preset=replace(config, steps=steps, adaptation=setting.adaptation),
            format="png" if self.visible_change > 0 else "jpeg",
            visible_change=self.visible_change,
            device=cast("Device", setting.device),
            seed=setting.seed,
        )
        note = "; ".join([f"{result.report.model}, {steps_note(steps, config.steps)}", *result.report.notes])
        codes = result.pixels if result.coded is None else decode_sycc(result.coded)
        return codes, Metadata(result.payload.to_bytes(), result.report.fit_seconds or 0.0, note)

    def expand(self, codes: Codes, data: bytes, setting: Setting) -> Wide:
        return _expanded(codes, data, setting)


def _expanded(codes: Codes, data: bytes, setting: Setting) -> Wide:
    del setting  # the adaptation is the payload's
    payload = Payload.from_bytes(data)
    return expand_pixels(payload.descriptor, payload.weights(), codes)


def methods() -> list[Method]:
    """The rows, smallest first; the paper's model as gamutmeta stores it, and what version 1 cannot do, come last."""
    return [
        Preset("gamutmeta-small", "gamutmeta small, at most 1,500 bytes", "small"),
        Preset("gamutmeta-balanced", "gamutmeta balanced, at most 6,000 bytes", "balanced"),
        Preset("gamutmeta-best-6000", "gamutmeta best, at most 6,000 bytes", "best", 6_000),
        Preset("gamutmeta-best", "gamutmeta best, at most 16,000 bytes", "best"),
        Preset("gamutmeta-paper", "gamutmeta paper", "paper"),
        Own("gamutmeta-shoulder-half", "gamutmeta balanced, visible change 0.5", visible_change=0.5),
        Own("gamutmeta-shoulder", "gamutmeta balanced, visible change 1.0", visible_change=1.0),
        Own("gamutmeta-extended-400", "gamutmeta, extended samples, at most 400 bytes", max_bytes=400),
        Own("gamutmeta-extended-small", "gamutmeta small, extended samples, at most 1,500 bytes", "small"),
        Own("gamutmeta-extended", "gamutmeta balanced, extended samples, at most 6,000 bytes"),
    ]
