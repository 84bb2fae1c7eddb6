from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from gamutmeta.color.cicp import VideoCurve, cicp_space, code_points
from gamutmeta.color.spaces import DISPLAY_P3, PROPHOTO, REC2020, SPACES, SRGB, RgbSpace, conversion_matrix

if TYPE_CHECKING:
    from types import ModuleType


@pytest.mark.parametrize(("codes", "space"), [((1, 13), SRGB), ((12, 13), DISPLAY_P3)])
@pytest.mark.parametrize("video", VideoCurve)
def test_known_spaces(codes: tuple[int, int], space: RgbSpace, video: VideoCurve) -> None:
    assert cicp_space(*codes, video) is space


@pytest.mark.parametrize("code", [1, 6, 14, 15])
def test_video_by_kind_of_file(code: int) -> None:
    assert cicp_space(9, code, VideoCurve.CAMERA) is REC2020
    assert cicp_space(1, code, VideoCurve.SRGB) is SRGB
    # What Chromium 156 shows of code 128 in a PNG and in an AVIF.
    half = np.array([128 / 255])
    for video, light in ((VideoCurve.DISPLAY, 0.1912), (VideoCurve.SRGB, 0.2159), (VideoCurve.CAMERA, 0.2616)):
        space = cicp_space(12, code, video)
        assert space is not None
        assert space.decode(half)[0] == pytest.approx(light, abs=1e-4)


@pytest.mark.parametrize("codes", [(2, 2), (2, 13), (1, 2), (0, 0), (1, 16), (9, 18), (23, 13), (255, 255), (-1, 13)])
def test_unspecified_and_unsupported(codes: tuple[int, int]) -> None:
    assert cicp_space(*codes) is None


@pytest.mark.parametrize(
    ("transfer", "half"), [(4, 0.5**2.2), (5, 0.5**2.8), (8, 0.5), (1, 0.5**2.4), (6, 0.5**2.4), (13, 0.2140)]
)
def test_transfer_characteristics(transfer: int, half: float) -> None:
    space = cicp_space(12, transfer)
    assert space is not None
    assert space.primaries == DISPLAY_P3.primaries
    assert space.decode(np.array([0.5]))[0] == pytest.approx(half, abs=1e-4)
    assert space.encode(space.decode(np.array([-0.3, 0, 0.7, 1]))) == pytest.approx([-0.3, 0, 0.7, 1], abs=1e-9)


@pytest.mark.parametrize(
    ("transfer", "name"),
    [(7, "SMPTE 240M"), (9, "H.273 Log"), (10, "H.273 Log Sqrt"), (17, "ST 428-1"), (4, "BT.470 M"), (8, "Linear")],
)
def test_curves_are_those_of_colour_science(transfer: int, name: str, colour: ModuleType) -> None:
    oracle = {
        "SMPTE 240M": colour.models.eotf_SMPTE240M,
        "H.273 Log": colour.models.oetf_inverse_H273_Log,
        "H.273 Log Sqrt": colour.models.oetf_inverse_H273_LogSqrt,
        "ST 428-1": colour.models.eotf_H273_ST428_1,
        "BT.470 M": lambda e: e**2.2,
        "Linear": lambda e: e,
    }[name]
    space = cicp_space(1, transfer)
    assert space is not None
    encoded = np.linspace(0.01, 1, 100)
    light = space.decode(encoded)
    assert light == pytest.approx(oracle(encoded), abs=2e-4)
    assert space.encode(light) == pytest.approx(encoded, abs=1e-6)
    assert space.decode(encoded.astype(np.float32)).dtype == np.float32
    assert space.decode(np.array([0.0]))[0] == 0


@pytest.mark.parametrize("code", [1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 22])
def test_primaries_are_those_of_colour_science(code: int, colour: ModuleType) -> None:
    space = cicp_space(code, 13)
    assert space is not None
    told = colour.models.COLOUR_PRIMARIES_ITUTH273[code]
    assert np.allclose(space.primaries, told, atol=2e-3)
    whites = {4: (0.310, 0.316), 8: (0.310, 0.316), 10: (1 / 3, 1 / 3), 11: (0.314, 0.351)}
    assert space.white == whites.get(code, (0.3127, 0.329))
    matrix = conversion_matrix(space, PROPHOTO)
    assert matrix.sum(axis=1) == pytest.approx([1, 1, 1])
    # colour-science cannot make the matrix of XYZ as an RGB space, which is the identity.
    by_hand = {"matrix_RGB_to_XYZ": np.eye(3)} if code == 10 else {}
    oracle = colour.matrix_RGB_to_RGB(
        colour.RGB_Colourspace("", space.primaries, space.white, **by_hand),
        colour.RGB_Colourspace("", PROPHOTO.primaries, PROPHOTO.white),
        "Bradford",
    )
    assert matrix == pytest.approx(oracle, abs=2e-4)


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
        assert cicp_space(*expected, VideoCurve.CAMERA) == SPACES[space]
