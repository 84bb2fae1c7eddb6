"""Fits a model to a picture as a reader will decode it, and measures what it restores."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gamutmeta.model.descriptor import SampleCoding
from gamutmeta.pipeline.model_quality import measure_models
from gamutmeta.runtime.memory import trim_heap

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gamutmeta.color.shoulder import Shoulder
    from gamutmeta.container import Payload
    from gamutmeta.fit.config import FitConfig
    from gamutmeta.fit.engine import FitResult
    from gamutmeta.measure.quality import Quality
    from gamutmeta.pipeline.options import ReduceOptions

_PIXELS = 1 << 20
"""That are measured first to compare two models."""

_CLEARLY = 0.5
"""dB, on some strips: then nobody needs to know how much it is on all of them."""

__all__ = ["best_payload", "fit_model", "is_better", "measured"]


def fit_model(
    original: NDArray[np.uint16],
    codes: NDArray[np.uint8],
    held: NDArray[np.uint8] | None,
    config: FitConfig,
    options: ReduceOptions,
    *,
    gate: int | None,
    shoulder: Shoulder | None = None,
) -> FitResult:
    """Fit to the YCbCr samples `held` of an extended JPEG, or else to the sRGB `codes`, with a gate of that width.

    Raises:
        MissingExtraError: if torch is needed and not installed.
        FitError, DeviceError: as for :func:`gamutmeta.fit.engine.fit`.
    """
    from gamutmeta.fit.engine import fit  # noqa: PLC0415 - where nothing is outside sRGB, nothing is fitted

    samples = SampleCoding.SRGB if held is None else SampleCoding.SYCC
    result = fit(
        codes if held is None else held,
        original,
        config,
        gate=gate,
        samples=samples,
        shoulder=shoulder,
        device=options.device,
        seed=options.seed,
    )
    trim_heap()
    return result


def measured(
    payload: Payload, original: NDArray[np.uint16], codes: NDArray[np.uint8], *, threads: int | None = None
) -> Quality:
    """How well a payload restores the original from the samples that it takes."""
    model, adaptation = (payload.descriptor, payload.weights()), payload.descriptor.adaptation
    return measure_models(original, codes, [model], adaptation, threads=threads)[0]


def is_better(restored: Quality, clipped: Quality) -> bool:
    """Whether to store the model: it is better on the out-of-gamut pixels, and not worse in any other figure.

    Without such pixels their figure is no number, and the other one decides: a base may differ inside sRGB alone.
    """
    return restored.psnr > clipped.psnr and not restored.psnr_og <= clipped.psnr_og


def _is_clearly_better(
    fitted: Payload, alone: Payload, original: NDArray[np.uint16], codes: NDArray[np.uint8], apart: int
) -> bool:
    """Whether some strips, so far `apart`, tell that a model is better than none."""
    models = [(payload.descriptor, payload.weights()) for payload in (fitted, alone)]
    restored, held = measure_models(original, codes, models, fitted.descriptor.adaptation, apart=apart)
    return restored.psnr > held.psnr + _CLEARLY and restored.psnr_og > held.psnr_og + _CLEARLY


def best_payload(
    empty: Payload, fitted: Payload | None, clipped: Quality, original: NDArray[np.uint16], codes: NDArray[np.uint8]
) -> tuple[Payload, Quality, list[str]]:
    """The payload that is kept, how well it restores, and what is to be told of the choice.

    Args:
        empty: the payload that means clipping.
        fitted: the one with the model, if there is one.
        clipped: the figures of clipping.
        original: the photograph.
        codes: the samples that the fitted model takes.
    """
    if fitted is None:
        return empty, clipped, []
    restored = measured(fitted, original, codes)
    if fitted.descriptor.samples is SampleCoding.SYCC:
        alone = replace(
            empty, descriptor=replace(empty.descriptor, samples=SampleCoding.SYCC), likeness=fitted.likeness
        )
        apart = 1 + codes.shape[0] * codes.shape[1] // _PIXELS
        if apart == 1 or not _is_clearly_better(fitted, alone, original, codes, apart):
            held = measured(alone, original, codes)
            if is_better(held, clipped) and not is_better(restored, held):
                note = "the fitted model was not better than the JPEG's samples alone: the payload contains no model"
                return alone, held, [note]
    if is_better(restored, clipped):
        return fitted, restored, []
    return empty, clipped, ["the fitted model was not better than clipping: the payload contains no model"]
