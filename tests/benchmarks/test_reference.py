from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pytest
import torch

from benchmarks.rd.coding import coding_named
from benchmarks.rivals.plain import PlainReference
from benchmarks.rivals.reference import Reference, Training, coordinates, octaves
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.quality import measure
from gamutmeta.fit.threads import single_threaded
from gamutmeta.model.descriptor import Descriptor
from gamutmeta.model.expand import expand

if TYPE_CHECKING:
    from numpy.typing import NDArray

STEPS = 40


@pytest.fixture(scope="module")
def paper_codes(wide: NDArray[np.uint16]) -> NDArray[np.uint8]:
    return coding_named("PNG").decoded(wide, Adaptation.CAT02)


@pytest.fixture(scope="module")
def training(wide: NDArray[np.uint16], paper_codes: NDArray[np.uint8]) -> Training:
    training = Training(steps=STEPS)
    with single_threaded():
        training(wide, paper_codes, 0)
    return training


def test_octaves_are_exact_multiples_of_pi() -> None:
    found = octaves(torch.tensor([[0.25, -1.0]])).numpy()[0]
    assert found.shape == (48,)
    # sin(pi/4), sin(pi/2), sin(pi), ... of the first input, then the same of the second; then the cosines.
    np.testing.assert_allclose(found[:3], [0.5**0.5, 1, 0], atol=1e-6)
    np.testing.assert_allclose(found[12:24], 0, atol=2e-3)
    np.testing.assert_allclose(found[24 + 12 : 24 + 15], [-1, 1, 1], atol=1e-6)


def test_coordinates_end_at_the_borders() -> None:
    assert coordinates(np.arange(3), 3).tolist() == [-1, 0, 1]
    assert coordinates(np.arange(1), 1).tolist() == [-1]


@pytest.mark.parametrize("dtype", ["float32", "float16", "int8"])
def test_better_than_clipping(
    wide: NDArray[np.uint16],
    paper_codes: NDArray[np.uint8],
    training: Training,
    dtype: Literal["float32", "float16", "int8"],
) -> None:
    data = Reference(training, dtype).fit(wide, paper_codes, None, 0).data
    assert len(data) <= 4_960 * {"float32": 4, "float16": 2, "int8": 1}[dtype] + 13
    # Another object restores it, which has never seen the photograph.
    restored = measure(wide, Reference(Training(), dtype).expand(paper_codes, data), Adaptation.CAT02)
    clipped = measure(wide, expand(Descriptor(adaptation=Adaptation.CAT02), {}, paper_codes), Adaptation.CAT02)
    assert restored.psnr_og > clipped.psnr_og + 3


@pytest.mark.parametrize("batch", [1 << 18, 1_000])
def test_the_expansion_is_that_of_the_plain_network(
    wide: NDArray[np.uint16], paper_codes: NDArray[np.uint8], training: Training, batch: int
) -> None:
    data = Reference(training, "float32").fit(wide, paper_codes, None, 0).data
    plain = PlainReference(training, batch=batch).expand(paper_codes, data).astype(int)
    assert (plain != Reference(training, "float32").expand(paper_codes, data)).mean() < 0.01
    assert np.abs(plain - Reference(training, "float32").expand(paper_codes, data)).max() <= 2


def test_one_training_serves_all_number_types(
    wide: NDArray[np.uint16], paper_codes: NDArray[np.uint8], training: Training
) -> None:
    before, _ = training(wide, paper_codes, 0)
    assert training(wide, paper_codes, 0)[0] is before
    one, other = Training(steps=1), Training(steps=1)
    for found, wanted in zip(one(wide, paper_codes, 7)[0], other(wide, paper_codes, 7)[0], strict=True):
        np.testing.assert_array_equal(found, wanted)
    assert (one(wide, paper_codes, 8)[0][0] != other(wide, paper_codes, 7)[0][0]).any()
    assert (one(wide, paper_codes.copy(), 7)[0][0] == other(wide, paper_codes, 7)[0][0]).all()


def test_training_leaves_the_random_numbers_of_others_alone(
    wide: NDArray[np.uint16], paper_codes: NDArray[np.uint8]
) -> None:
    torch.manual_seed(1)
    wanted = torch.rand(3)
    torch.manual_seed(1)
    Training(steps=1)(wide, paper_codes, 5)
    assert torch.equal(torch.rand(3), wanted)


def test_names() -> None:
    assert Reference(Training(), "int8").name == "reference int8"
    assert Reference(Training(Adaptation.BRADFORD), "int8").name == "reference int8, Bradford"
