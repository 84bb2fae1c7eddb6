from __future__ import annotations

import io

import numpy as np
import pytest
from carrots import CARROTS
from matplotlib import pyplot as plt
from PIL import Image

from gamutmeta import plot
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.errors import PhotoError
from gamutmeta.measure.colormap import heat_colours
from gamutmeta.measure.difference import color_differences, scale_end
from gamutmeta.photo.read import read_photo
from gamutmeta.photo.wide import WideImage

ORIGINAL = WideImage(read_photo(CARROTS).array[290:354, 500:596])
CLIPPED = ORIGINAL.convert("srgb")


def turned(orientation: int) -> bytes:
    image = Image.new("L", (1, 1))
    image.getexif()[0x0112] = orientation
    return image.getexif().tobytes()


def test_the_error_map() -> None:
    axes = plot.error_map(ORIGINAL, CLIPPED)
    (image,) = axes.get_images()
    expected = color_differences(ORIGINAL.array, [CLIPPED.convert("prophoto").array], Adaptation.BRADFORD)
    (errors,) = expected.errors
    assert np.array_equal(np.asarray(image.get_array()), errors)
    assert image.get_clim() == (0, scale_end(errors))
    assert axes.get_title() == f"CIEDE2000: mean {errors.mean():.2f}, out of gamut {errors[expected.og].mean():.2f}"
    bar = axes.figure.axes[1]
    assert bar.get_ylabel() == "CIEDE2000"
    colours = image.to_rgba(np.array([[0.0, scale_end(errors)]]), bytes=True)[0, :, :3]
    assert np.array_equal(colours, heat_colours(np.array([0.0, 1.0])))


def test_error_maps_on_one_scale_upright_and_in_given_axes() -> None:
    exif = turned(6)
    axes = plt.subplots()[1]
    assert plot.error_map(WideImage(ORIGINAL.array, exif=exif), ORIGINAL, top=3, ax=axes) is axes
    (image,) = axes.get_images()
    assert np.asarray(image.get_array()).shape == (96, 64)
    assert image.get_clim() == (0, 3)


def test_a_map_of_colours_inside_srgb_names_one_mean() -> None:
    grey = WideImage(np.full((4, 4, 3), 30_000, np.uint16))
    assert plot.error_map(grey, grey).get_title() == "CIEDE2000: mean 0.00"


def test_what_cannot_be_compared() -> None:
    with pytest.raises(PhotoError, match="96x64 and 96x63 pixels cannot be compared; resize or crop"):
        plot.error_map(ORIGINAL, WideImage(ORIGINAL.array[:63]))
    for top in (0, -1, float("nan")):
        with pytest.raises(PhotoError, match="top: the end of the scale must be above 0"):
            plot.error_map(ORIGINAL, CLIPPED, top=top)
    assert not plt.get_fignums()


def test_side_by_side() -> None:
    axes = plot.side_by_side(
        CLIPPED, WideImage(ORIGINAL.array, exif=turned(6)), titles=["clipped", "original"], side=48
    )
    assert [panel.get_title() for panel in axes] == ["clipped", "original"]
    shapes = [np.asarray(panel.get_images()[0].get_array()).shape for panel in axes]
    assert shapes == [(32, 48, 3), (48, 32, 3)]


def test_the_numbers_are_those_of_the_space() -> None:
    for space in ("display-p3", "srgb"):
        (axes,) = plot.side_by_side(ORIGINAL, space=space)
        assert np.array_equal(axes.get_images()[0].get_array(), np.asarray(ORIGINAL.to_pillow(space)))


def test_a_saved_figure_can_have_the_profile() -> None:
    (axes,) = plot.side_by_side(ORIGINAL)
    file = io.BytesIO()
    profile = ORIGINAL.convert("display-p3").icc_profile
    axes.figure.savefig(file, format="png", pil_kwargs={"icc_profile": profile})
    assert Image.open(file).info["icc_profile"] == profile


def test_what_cannot_be_shown() -> None:
    with pytest.raises(PhotoError, match="at least one photograph"):
        plot.side_by_side()
    with pytest.raises(PhotoError, match="titles: 1 for 2 photographs"):
        plot.side_by_side(CLIPPED, ORIGINAL, titles=["one"])
    with pytest.raises(PhotoError, match="unknown colour space"):
        plot.side_by_side(ORIGINAL, space="p4")
    assert not plt.get_fignums()
