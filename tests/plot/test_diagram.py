from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from matplotlib import pyplot as plt

from gamutmeta import plot
from gamutmeta.color.spaces import PROPHOTO, SPACES
from gamutmeta.errors import PhotoError
from gamutmeta.photo.wide import WideImage
from gamutmeta.plot.diagram import chromaticities, triangle

if TYPE_CHECKING:
    from types import ModuleType

    from numpy.typing import NDArray

RED = np.zeros((2, 2, 3), np.uint16) + np.array([65_535, 0, 0], np.uint16)


@pytest.mark.parametrize("name", ["srgb", "display-p3", "rec2020", "adobe-rgb"])
def test_triangles_of_d65_spaces_are_their_primaries(name: str) -> None:
    assert np.allclose(triangle(SPACES[name]), SPACES[name].primaries)


def test_the_triangle_of_prophoto_is_adapted(colour: ModuleType) -> None:
    adapt = colour.adaptation.matrix_chromatic_adaptation_VonKries(
        colour.xy_to_XYZ(PROPHOTO.white), colour.xy_to_XYZ((0.3127, 0.3290)), "Bradford"
    )
    expected = [colour.XYZ_to_xy(adapt @ colour.xy_to_XYZ(corner)) for corner in PROPHOTO.primaries]
    assert np.allclose(triangle(PROPHOTO), expected, atol=1e-4)


@pytest.mark.parametrize("name", SPACES)
def test_a_primary_lies_on_its_corner_and_grey_on_the_white(name: str) -> None:
    def only(array: NDArray[np.uint16]) -> NDArray[np.float64]:
        (point,) = chromaticities(WideImage(array, name))
        return point

    assert np.abs(only(RED) - triangle(SPACES[name])[0]).max() < 0.0011
    assert np.abs(only(np.full((3, 3, 3), 20_000, np.uint16)) - (0.3127, 0.3290)).max() < 0.0011


def test_dark_pixels_have_no_chromaticity() -> None:
    assert chromaticities(WideImage(np.zeros((4, 4, 3), np.uint16))).shape == (0, 2)


def test_the_diagram() -> None:
    wide, narrow = WideImage(RED), WideImage(RED, "srgb")
    axes = plot.chromaticity(wide, narrow, labels=["wide", "narrow"], spaces=["srgb", "prophoto"])
    words = [text.get_text() for text in axes.get_legend().get_texts()]
    assert words == ["wide", "narrow", "sRGB", "ROMM RGB (ProPhoto)", "white, D65"]
    drawn = [np.asarray(points.get_offsets()) for points in axes.collections]
    assert np.allclose(drawn[0], chromaticities(wide))
    assert np.allclose(drawn[1], chromaticities(narrow))
    assert np.allclose(axes.patches[1].get_xy()[:3], triangle(SPACES["srgb"]))
    axes.figure.canvas.draw()
    given = plt.subplots()[1]
    assert plot.chromaticity(ax=given) is given


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"labels": ["a", "b"]}, "labels: 2 for 1 photographs"),
        ({"spaces": ["p4"]}, "unknown colour space 'p4'"),
    ],
)
def test_what_cannot_be_drawn(arguments: dict[str, list[str]], problem: str) -> None:
    with pytest.raises(PhotoError, match=problem):
        plot.chromaticity(WideImage(RED), **arguments)
    assert not plt.get_fignums()


def test_too_many_photographs() -> None:
    with pytest.raises(PhotoError, match="at most 6 photographs, not 7"):
        plot.chromaticity(*[WideImage(RED)] * 7)
