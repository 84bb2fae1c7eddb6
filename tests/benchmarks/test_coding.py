from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from carrots import QUICK

from benchmarks.rd.coding import CODINGS, Coding, added_bytes, coding_named
from gamutmeta.carriers import MAX_CONTAINER
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.photo.wide import WideImage
from gamutmeta.reduction import reduce

if TYPE_CHECKING:
    from numpy.typing import NDArray


@pytest.mark.parametrize("coding", CODINGS, ids=lambda coding: coding.name)
def test_codes_and_bytes_are_those_of_a_reduction(coding: Coding, wide: NDArray[np.uint16]) -> None:
    reduction = reduce(WideImage(wide), preset=QUICK, device="cpu", **coding.options)
    with_payload, without = reduction.to_bytes(), reduction.to_bytes("sidecar")
    assert added_bytes(coding.format, len(reduction.payload.to_bytes())) == len(with_payload) - len(without)
    codes = coding.decoded(wide, Adaptation.BRADFORD)
    assert codes.dtype == np.uint8
    if coding.format == "png":
        np.testing.assert_array_equal(codes, reduction.pixels)
    else:
        assert without == reduction.coded
        assert (codes != reduction.pixels).any()


def test_every_size_is_charged() -> None:
    assert added_bytes("jpeg", 0) == 0
    assert added_bytes("jpeg", 3) >= 3
    assert added_bytes("png", 3_000) > 4_000  # base64
    twice = added_bytes("jpeg", 2 * MAX_CONTAINER)
    assert twice == 2 * added_bytes("jpeg", MAX_CONTAINER)
    assert added_bytes("jpeg", MAX_CONTAINER + 1) > added_bytes("jpeg", MAX_CONTAINER)


def test_names() -> None:
    assert coding_named("JPEG q90 4:2:0").options == {"format": "jpeg", "quality": 90, "subsampling": "4:2:0"}
    with pytest.raises(StopIteration):
        coding_named("GIF")
