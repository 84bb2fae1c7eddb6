"""Reduction with a shoulder: a second fit, to the picture whose last codes reach beyond the ends of sRGB."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gamutmeta.color.shoulder import stretch_picture
from gamutmeta.container import Payload
from gamutmeta.measure.visible import MEAN_SHARE, VisibleChange, visible_change
from gamutmeta.model.descriptor import Descriptor
from gamutmeta.pipeline.binding import binding_of_codes
from gamutmeta.pipeline.fitted import fit_model, is_better, measured

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gamutmeta.color.shoulder import Shoulder
    from gamutmeta.fit.config import FitConfig
    from gamutmeta.measure.quality import Quality
    from gamutmeta.pipeline.options import ReduceOptions

__all__ = ["Shouldered", "Tried", "with_shoulder"]

_SHARES = (0.97, 0.85, 0.7)
"""Shares of the budget with which a shoulder is chosen, until the whole picture stays within it."""


class Shouldered(NamedTuple):
    """A picture with a shoulder.

    Attributes:
        pixels: sRGB, uint8 (H, W, 3).
        payload: bound to it.
        quality: how well it restores.
        change: how much of the shoulder is seen.
    """

    pixels: NDArray[np.uint8]
    payload: Payload
    quality: Quality
    change: VisibleChange


class Tried(NamedTuple):
    """What came of looking for a shoulder.

    Attributes:
        found: the picture with the best one; None where none pays.
        seconds: of the fit.
        note: why none was used, for people; empty if one was.
        of_fit: notes of the fit.
    """

    found: Shouldered | None
    seconds: float
    note: str
    of_fit: tuple[str, ...] = ()


def with_shoulder(
    original: NDArray[np.uint16],
    pixels: NDArray[np.uint8],
    without: tuple[Payload, Quality],
    config: FitConfig,
    options: ReduceOptions,
) -> Tried:
    """Look for the best shoulder within the visible change that the options allow, and fit a model to it.

    Args:
        original: the photograph, ROMM RGB, uint16 (H, W, 3).
        pixels: exactly clipped, sRGB, uint8 (H, W, 3).
        without: a payload with a model for these pixels, and how well the photograph is restored without a shoulder.
        config: of the fit.
        options: of the reduction.

    Raises:
        GamutMetaError: as for :func:`gamutmeta.pipeline.fitted.fit_model`.
    """
    if config.model != "grid":
        return Tried(None, 0.0, f"the preset {config.name} knows no shoulder: the picture is exactly clipped")
    fitted, kept = without
    chosen = _chosen(original, pixels, fitted, options.visible_change)
    if chosen is None:
        why = "no shoulder within the visible change would restore more"
        return Tried(None, 0.0, f"{why}: the picture is exactly clipped")
    shoulder, codes, change = chosen
    height, width = codes.shape[:2]
    binding = binding_of_codes(codes)
    result = fit_model(original, codes, None, config, options, gate=0, shoulder=shoulder)
    alone = Descriptor(adaptation=config.adaptation, shoulder=shoulder)
    payloads = [
        Payload(width, height, binding, result.descriptor, result.tensors),
        Payload(width, height, binding, alone, ()),
    ]
    candidates = [(payload, measured(payload, original, codes)) for payload in payloads]
    payload, quality = max(candidates, key=lambda candidate: candidate[1].psnr_og)
    if not is_better(quality, kept):
        return Tried(None, result.seconds, "a shoulder restored no more: the picture is exactly clipped", result.notes)
    return Tried(Shouldered(codes, payload, quality, change), result.seconds, "", result.notes)


def _chosen(
    original: NDArray[np.uint16], pixels: NDArray[np.uint8], fitted: Payload, budget: float
) -> tuple[Shoulder, NDArray[np.uint8], VisibleChange] | None:
    """The shoulder, the picture with it, and how much is seen, which the choice knows from some pixels only."""
    from gamutmeta.fit.shoulder import choose_shoulder  # noqa: PLC0415 - for those only who ask for a shoulder

    model = fitted.descriptor, fitted.weights()
    for share in _SHARES:
        shoulder = choose_shoulder(original, pixels, model, share * budget)
        if shoulder is None:
            return None
        codes = stretch_picture(original, pixels, fitted.descriptor.adaptation, shoulder)
        change = visible_change(codes, pixels)
        if change.percentile_99 <= budget and change.mean <= MEAN_SHARE * budget:
            return shoulder, codes, change
    return None
