from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from icc_builder import cicp_tag, curv, gamma_curv, gray_profile, lut_profile, matrix_profile, para

from gamutmeta.color.icc import profile_bytes
from gamutmeta.color.icc_hdr import decode_hlg, decode_pq, dynamic_range_of
from gamutmeta.color.spaces import SPACES

SCALE = np.linspace(0, 1, 4096)


def sampled(values: np.ndarray) -> bytes:
    return curv(np.rint(values * 65535).astype(int).tolist())


def test_curves_are_those_of_the_standard(colour: Any) -> None:
    encoded = np.linspace(0, 1, 101)
    assert np.allclose(decode_pq(encoded), colour.models.eotf_BT2100_PQ(encoded) / 10_000, atol=1e-9)
    assert np.allclose(decode_hlg(encoded), colour.models.oetf_inverse_BT2100_HLG(encoded), atol=1e-7)


@pytest.mark.parametrize("entries", [64, 1024, 4096])
@pytest.mark.parametrize(
    ("decode", "kind"), [(decode_pq, "PQ"), (decode_hlg, "HLG"), (lambda e: decode_hlg(e) ** 1.2, "HLG")]
)
@pytest.mark.parametrize("grey", [False, True])
def test_curves(decode: object, kind: str, entries: int, *, grey: bool) -> None:
    curve = sampled(decode(np.linspace(0, 1, entries)))  # type: ignore[operator]
    assert dynamic_range_of(gray_profile(curve) if grey else matrix_profile(curve)) == kind


@pytest.mark.parametrize(("code", "kind"), [(16, "PQ"), (18, "HLG"), (13, None), (1, None)])
def test_tag(code: int, kind: str | None) -> None:
    extra = {"cicp": cicp_tag(9, code)}
    assert dynamic_range_of(lut_profile(extra=extra)) == kind
    assert dynamic_range_of(matrix_profile(gamma_curv(2.2), extra=extra)) == kind


def test_all_others_have_none() -> None:
    for name in SPACES:
        assert dynamic_range_of(profile_bytes(name)) is None
    for curve in (curv([]), *(gamma_curv(g) for g in (1, 1.8, 2.2, 2.4, 2.6, 3, 4, 5)), para(0, [6.0])):
        assert dynamic_range_of(matrix_profile(curve)) is None
    assert dynamic_range_of(lut_profile()) is None
    assert dynamic_range_of(b"nonsense") is None
    assert dynamic_range_of(matrix_profile(b"damaged!")) is None
    assert dynamic_range_of(matrix_profile(curv([]), extra={"cicp": b"cicp"})) is None
