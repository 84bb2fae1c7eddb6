from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from gamutmeta.fit.network import Batch, Problem  # noqa: E402
from gamutmeta.fit.protection import ALLOWED_DB, Protection  # noqa: E402
from gamutmeta.fit.samples import Samples  # noqa: E402

CLIPPED = 1.0
"""Squared error of clipping over the picture's in-gamut pixels."""
ALLOWED = CLIPPED * (10 ** (ALLOWED_DB / 10) - 1)
PIXELS_PER_SAMPLE = 2.0
HALF = torch.tensor([True, True, False, False])


def protection_of(clipped: float = CLIPPED) -> Protection:
    nothing = np.zeros((0, 3))
    return Protection(
        Samples(
            codes=nothing.astype(np.uint8),
            row=np.zeros(0, np.int32),
            column=np.zeros(0, np.int32),
            wide=nothing.astype(np.float32),
            og=np.zeros(0, np.bool_),
            weight=np.zeros(0, np.float32),
            pixels_per_sample=PIXELS_PER_SAMPLE,
            clipped_in_gamut_error=clipped,
        ),
    )


def problem_of(in_gamut: torch.Tensor) -> Problem:
    number = torch.arange(len(in_gamut))
    nothing = torch.zeros(len(in_gamut), 3)
    weight = torch.full((len(in_gamut),), 0.5)
    return Problem(Batch(number, number, nothing, nothing, nothing, in_gamut, weight))


def harm(total: float) -> torch.Tensor:
    """Errors of four samples, two of them in gamut, that make so much of it on the whole picture."""
    each = total / PIXELS_PER_SAMPLE / 0.5 / 2
    return torch.tensor([each, each, 99.0, 99.0])


def test_nothing_happens_while_the_loss_is_allowed() -> None:
    protection = protection_of()
    protection.update(problem_of(HALF), harm(0.9 * ALLOWED))
    assert protection.weight == 1
    assert protection.weights(problem_of(HALF)).tolist() == [0.5] * 4


def test_harm_raises_the_weight_of_in_gamut_samples_only() -> None:
    protection = protection_of()
    protection.update(problem_of(HALF), harm(1.5 * ALLOWED))
    assert protection.weight == pytest.approx(1.5**2, rel=1e-4)
    assert protection.weights(problem_of(HALF)).tolist() == pytest.approx([0.5 * 2.25] * 2 + [0.5] * 2, rel=1e-4)


def test_arrays_of_numpy_are_weighed_alike_and_stay_in_single_precision() -> None:
    protections = [protection_of(), protection_of()]
    protections[1]._each = np.float64(PIXELS_PER_SAMPLE)
    torchs = problem_of(HALF)
    every = torchs.everything
    arrays = SimpleNamespace(in_gamut=every.in_gamut.numpy(), target=every.target.numpy(), weight=every.weight.numpy())
    numpys = SimpleNamespace(everything=arrays)
    protections[0].update(torchs, harm(1.5 * ALLOWED))
    protections[1].update(numpys, harm(1.5 * ALLOWED).numpy())
    weights = protections[1].weights(numpys)
    assert weights.dtype == np.float32
    assert weights.tolist() == pytest.approx(protections[0].weights(torchs).tolist(), rel=1e-6)


def test_the_weight_grows_to_a_bound_and_falls_again() -> None:
    protection = protection_of()
    for _ in range(3):
        protection.update(problem_of(HALF), harm(50 * ALLOWED))
    bound = protection.weight
    assert 4 <= bound <= 10
    protection.update(problem_of(HALF), harm(0.5 * ALLOWED))
    assert 1 <= protection.weight < bound
    protection.update(problem_of(HALF), harm(0.0))
    assert protection.weight == 1


def test_a_picture_without_in_gamut_pixels_has_nothing_to_protect() -> None:
    protection = protection_of(0.0)
    protection.update(problem_of(torch.tensor([False] * 4)), harm(1.0))
    assert protection.weight == 1
