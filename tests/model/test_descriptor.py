from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from strategies import descriptors

from gamutmeta.color.adaptation import Adaptation
from gamutmeta.errors import PayloadError
from gamutmeta.fit.config import PRESETS
from gamutmeta.model.descriptor import Descriptor, FourierXY, Grid, Head, Rgb, RgbSource, SampleCoding

PLACED = {"head": Head.SRGB_EXCESS, "grid": Grid(1, 2, 2)}
HALF = (0.5, 0.0, 0.25, 0.0, 0.5, 0.25)
SYCC = SampleCoding.SYCC


def test_the_papers_model_has_the_papers_size() -> None:
    paper = PRESETS["paper"].descriptor(4000, 3000, None)
    assert paper.layer_widths == (120, 32, 32, 3)
    assert paper.parameter_count == 4960
    assert paper.adaptation is Adaptation.CAT02
    assert [spec.name for spec in paper.tensor_specs()] == ["weight0", "weight1", "weight2"]


def test_the_grid_model() -> None:
    descriptor = PRESETS["balanced"].descriptor(4000, 3000, 0)
    assert descriptor.grid == Grid(3, 96, 128)
    assert descriptor.layer_widths == (24, 24, 24, 3)
    assert descriptor.tensor_specs()[0].shape == (96, 128, 3)


def test_a_small_picture_gets_a_small_grid() -> None:
    descriptor = PRESETS["balanced"].descriptor(48, 12, 0)
    assert descriptor.grid == Grid(3, 4, 14)


def test_an_empty_model_has_no_tensors() -> None:
    empty = Descriptor()
    assert empty.is_empty
    assert empty.tensor_specs() == ()
    assert empty.layer_widths == ()


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"head": Head.CLIP, "hidden": (8,)}, "descriptor.head"),
        ({"head": Head.CLIP, "bias": False}, "descriptor.head"),
        ({"head": Head.CLIP, "gate": 0}, "descriptor.head"),
        ({"head": Head.SRGB_EXCESS}, "descriptor.inputs"),
        ({"head": Head.SRGB_EXCESS, "grid": Grid(0, 2, 2), "rgb": Rgb(0)}, "descriptor.grid"),
        ({"head": Head.SRGB_EXCESS, "grid": Grid(1, 1, 2)}, "descriptor.grid"),
        ({"head": Head.SRGB_EXCESS, "xy": FourierXY(17)}, "descriptor.xy"),
        ({"head": Head.SRGB_EXCESS, "rgb": Rgb(17)}, "descriptor.rgb"),
        ({"head": Head.SRGB_EXCESS, "xy": FourierXY(1), "rgb": Rgb(0, identity=False)}, "descriptor.rgb"),
        ({"head": Head.SRGB_EXCESS, "rgb": Rgb(1), "hidden": (0,)}, "descriptor.hidden"),
        ({"head": Head.SRGB_EXCESS, "rgb": Rgb(1), "gate": 256}, "descriptor.gate"),
        ({"head": Head.WIDE_RESIDUAL, "rgb": Rgb(1), "gate": 0}, "descriptor.gate"),
        ({"head": Head.SRGB_EXCESS, "rgb": Rgb(1), "hidden": (np.int64(8),)}, "descriptor"),
        ({**PLACED, "affine": (1.0, 0.0, 0.0, 0.0, 1.0)}, "descriptor.affine"),
        ({**PLACED, "affine": (1, 0, 0, 0, 2, 0)}, "descriptor.affine"),
        ({**PLACED, "affine": (0.1, 0.0, 0.0, 0.0, 1.0, 0.0)}, "descriptor.affine"),
        ({**PLACED, "affine": (float("nan"), 0.0, 0.0, 0.0, 1.0, 0.0)}, "descriptor.affine"),
        ({**PLACED, "affine": (1.0, 0.0, -float("inf"), 0.0, 1.0, 0.0)}, "descriptor.affine"),
        ({**PLACED, "affine": (1.0, 0.0, 0.0, 16.5, 1.0, 0.0)}, "descriptor.affine"),
        ({"affine": (0.1, 0.0, 0.0, 0.0, 1.0, 0.0)}, "descriptor.affine"),
        ({"samples": SYCC, "gate": 0}, "descriptor.head"),
        ({"samples": SYCC, "head": Head.SRGB_EXCESS, "rgb": Rgb(1), "gate": 0}, "descriptor.gate"),
        ({"samples": SYCC, "head": Head.SRGB_EXCESS, "rgb": Rgb(1, RgbSource.WIDE)}, "descriptor.samples"),
        ({"samples": SYCC, "head": Head.WIDE_RESIDUAL, "rgb": Rgb(1)}, "descriptor.samples"),
    ],
)
def test_parts_that_do_not_make_a_model(arguments: dict[str, object], field: str) -> None:
    with pytest.raises(PayloadError) as caught:
        Descriptor(**arguments)  # type: ignore[arg-type]
    assert caught.value.field == field


@given(descriptors())
def test_shapes_chain(descriptor: Descriptor) -> None:
    specs = {spec.name: spec.shape for spec in descriptor.tensor_specs()}
    widths = descriptor.layer_widths
    for k in range(len(widths) - 1):
        assert specs[f"weight{k}"] == (widths[k + 1], widths[k])
        assert (f"bias{k}" in specs) == descriptor.bias
    assert descriptor.parameter_count == sum(int(np.prod(shape)) for shape in specs.values())


def test_affines_have_one_form() -> None:
    assert Descriptor(**PLACED, affine=(1.0, -0.0, 0.0, 0.0, 1.0, -0.0)) == Descriptor(**PLACED)
    assert Descriptor(**PLACED, affine=HALF).affine == HALF
    assert Descriptor(Head.SRGB_EXCESS, xy=FourierXY(1), affine=HALF).affine == HALF
    assert Descriptor(Head.SRGB_EXCESS, rgb=Rgb(1), affine=HALF).affine is None
    assert Descriptor(affine=HALF) == Descriptor()
    turned = Descriptor(**PLACED, affine=(-0.0, 1.0, 0.0, 1.0, -0.0, 0.0)).affine
    assert str(turned) == "(0.0, 1.0, 0.0, 1.0, 0.0, 0.0)"


def test_one_line_for_people() -> None:
    assert str(Descriptor(**PLACED, affine=HALF)).endswith(", bradford, affine (0.5 0 0.25; 0 0.5 0.25)")
    text = str(Descriptor(head=Head.SRGB_EXCESS, grid=Grid(4, 30, 40), rgb=Rgb(2), hidden=(24, 24), gate=32))
    assert text == "grid 40x30x4 + rgb-code K=2 -> MLP 19x24x24x3 -> srgb-excess (gate 32), bradford"
    assert "fourier-xy K=12 + rgb-wide K=12" in str(PRESETS["paper"].descriptor(8, 8, None))
    assert str(Descriptor()) == "empty model (clipping), bradford"
    assert str(Descriptor(samples=SYCC)) == "empty model (the YCbCr samples alone), bradford"
    of_samples = str(Descriptor(Head.SRGB_EXCESS, rgb=Rgb(1), samples=SYCC))
    assert of_samples == "ycc-code K=1 -> MLP 9x3 -> srgb-excess on YCbCr samples (no gate), bradford"
    assert RgbSource.WIDE == "wide"
