from __future__ import annotations

import numpy as np
import pytest

from gamutmeta.color.cicp import cicp_space, code_points
from gamutmeta.color.spaces import DISPLAY_P3, PROPHOTO, REC2020, SPACES, SRGB, RgbSpace, conversion_matrix


@pytest.mark.parametrize(
    ("codes", "space"),
    [((1, 13), SRGB), ((12, 13), DISPLAY_P3), ((9, 1), REC2020), ((9, 14), REC2020), ((9, 15), REC2020)],
)
def test_known_spaces(codes: tuple[int, int], space: RgbSpace) -> None:
    assert cicp_space(*codes) is space


@pytest.mark.parametrize("codes", [(2, 2), (2, 13), (1, 2), (0, 0), (1, 16), (9, 18), (22, 13), (255, 255), (-1, 13)])
def test_unspecified_and_unsupported(codes: tuple[int, int]) -> None:
    assert cicp_space(*codes) is None


@pytest.mark.parametrize(
    ("transfer", "half"), [(4, 0.5**2.2), (5, 0.5**2.8), (8, 0.5), (1, 0.2597), (6, 0.2597), (13, 0.2140)]
)
def test_transfer_characteristics(transfer: int, half: float) -> None:
    space = cicp_space(12, transfer)
    assert space is not None
    assert space.primaries == DISPLAY_P3.primaries
    assert space.decode(np.array([0.5]))[0] == pytest.approx(half, abs=1e-4)
    assert space.encode(space.decode(np.array([-0.3, 0, 0.7, 1]))) == pytest.approx([-0.3, 0, 0.7, 1], abs=1e-9)


def test_primaries_are_usable() -> None:
    space = cicp_space(6, 1)
    assert space is not None
    assert conversion_matrix(space, PROPHOTO).sum(axis=1) == pytest.approx([1, 1, 1])
    assert space.to_xyz()[1, 0] == pytest.approx(0.2124, abs=1e-3)


def test_is_one_object_per_pair() -> None:
    assert cicp_space(1, 8) is cicp_space(1, 8)
    assert cicp_space(1, 8) != cicp_space(9, 8)


@pytest.mark.parametrize(
    ("space", "bits", "expected"),
    [
        ("srgb", 8, (1, 13)),
        ("display-p3", 12, (12, 13)),
        ("rec2020", 10, (9, 14)),
        ("rec2020", 12, (9, 15)),
        ("prophoto", 10, None),
        ("adobe-rgb", 10, None),
    ],
)
def test_code_points_of_known_spaces(space: str, bits: int, expected: tuple[int, int] | None) -> None:
    assert code_points(space, bits) == expected
    if expected is not None:
        assert cicp_space(*expected) == SPACES[space]
