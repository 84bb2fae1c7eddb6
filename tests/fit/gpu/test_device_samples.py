from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from fit.test_engine import colourful  # noqa: E402

from gamutmeta.color.gamut import reduce_to_codes  # noqa: E402
from gamutmeta.errors import FitError  # noqa: E402
from gamutmeta.fit.config import PRESETS  # noqa: E402
from gamutmeta.fit.gpu import device_samples  # noqa: E402
from gamutmeta.fit.gpu.device_samples import DeviceCandidates  # noqa: E402
from gamutmeta.fit.samples import HostCandidates, Survey, draw_samples  # noqa: E402

if TYPE_CHECKING:
    from gamutmeta.model.descriptor import Descriptor

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
WIDE = colourful(90, 131)
ON_DEVICE = partial(DeviceCandidates, device=DEVICE)


def model(name: str) -> tuple[Descriptor, np.ndarray]:
    descriptor = PRESETS[name].descriptor(WIDE.shape[1], WIDE.shape[0], 0)
    codes, _ = reduce_to_codes(WIDE, descriptor.adaptation)
    return descriptor, codes


@pytest.mark.parametrize("name", ["balanced", "paper"])
@pytest.mark.parametrize("strip", [1000, 1 << 22])
def test_densities_are_those_of_the_host(name: str, strip: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_samples, "_STRIP_PIXELS", strip)
    descriptor, codes = model(name)
    survey = Survey.of(descriptor, codes, WIDE)
    there, here = ON_DEVICE(survey, codes, WIDE), HostCandidates(survey, codes, WIDE)
    found, expected = there._density.cpu().numpy(), here._density.ravel()
    assert np.mean(found != expected) < 0.001
    assert np.abs(found.astype(int) - expected).max() <= 1
    assert len(np.unique(expected)) > (3 if name == "balanced" else 1)
    np.testing.assert_array_equal(there.levels(), np.bincount(found, minlength=256))


@pytest.mark.parametrize("name", ["balanced", "paper"])
def test_the_draw_is_as_likely(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_samples, "_STRIP_PIXELS", 5000)
    descriptor, codes = model(name)
    here = draw_samples(descriptor, codes, WIDE, 2000, np.random.default_rng(0))
    there, again = (
        draw_samples(descriptor, codes, WIDE, 2000, np.random.default_rng(0), candidates=ON_DEVICE) for _ in range(2)
    )
    np.testing.assert_array_equal(there.codes, again.codes)
    assert len(there) == pytest.approx(len(here), rel=0.1)
    assert there.og.mean() == pytest.approx(here.og.mean(), abs=0.05)
    np.testing.assert_allclose(np.sort(np.unique(there.weight / there.weight.min())).max(),
                               (here.weight / here.weight.min()).max(), rtol=1e-5)  # fmt: skip
    np.testing.assert_array_equal(there.codes, codes[there.row, there.column])
    places = there.row * WIDE.shape[1] + there.column
    assert len(np.unique(places)) == len(places)
    assert np.any(np.diff(places) < 0)


def test_all_are_drawn_if_there_are_not_too_many() -> None:
    descriptor, codes = model("balanced")
    here, there = (
        draw_samples(descriptor, codes, WIDE, 1 << 20, np.random.default_rng(0), candidates=kind)
        for kind in (None, ON_DEVICE)
    )
    assert sorted(zip(here.row, here.column, strict=True)) == sorted(zip(there.row, there.column, strict=True))


def test_candidates_that_were_all_missed_are_taken() -> None:
    descriptor, codes = model("balanced")
    candidates = ON_DEVICE(Survey.of(descriptor, codes, WIDE), codes, WIDE)
    at, density = candidates.pick(np.zeros(256, np.float32), 7, np.random.default_rng(0))
    assert len(at) == 7
    assert density.all()


def test_nothing_to_fit() -> None:
    descriptor, codes = model("balanced")
    grey = np.full_like(codes, 128)
    with pytest.raises(FitError, match="nothing to fit"):
        draw_samples(descriptor, grey, WIDE, 100, np.random.default_rng(0), candidates=ON_DEVICE)
