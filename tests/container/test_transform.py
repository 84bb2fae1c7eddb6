from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import container_bindings, descriptors, payloads

from gamutmeta.container import Binding, Payload, transform_payload
from gamutmeta.container.transform import SOFT_GATE, edited_size, softened
from gamutmeta.errors import LimitError, PayloadError, PhotoError
from gamutmeta.model.descriptor import Descriptor, FourierXY, Grid, Head, Rgb

FLIPS = ("horizontal", "vertical", "transpose", "transverse")
ROTATIONS = (90, 180, 270)
DIRECTIONS = st.sampled_from([{"flip": flip} for flip in FLIPS] + [{"rotate": degrees} for degrees in ROTATIONS])
MODEL = Descriptor(Head.SRGB_EXCESS, grid=Grid(1, 2, 2), hidden=(), bias=False, gate=0)


def payload_of(width: int, height: int, descriptor: Descriptor = MODEL) -> Payload:
    from gamutmeta.container import Tensor  # noqa: PLC0415 - one use

    tensors = tuple(Tensor(np.zeros(spec.shape, np.int8), 1.0) for spec in descriptor.tensor_specs())
    return Payload(width, height, Binding("rgb8", bytes(16)), descriptor, tensors)


def affine_of(payload: Payload) -> tuple[float, ...]:
    return payload.descriptor.affine or (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


@st.composite
def boxes(draw: st.DrawFn, width: int, height: int) -> tuple[int, int, int, int]:
    left, upper = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    return left, upper, draw(st.integers(left + 1, width)), draw(st.integers(upper + 1, height))


@st.composite
def edits(draw: st.DrawFn, width: int, height: int) -> dict[str, Any]:
    crop = {"crop": draw(boxes(width, height))} if draw(st.booleans()) else {}
    return crop | draw(st.just({}) | DIRECTIONS)


def test_a_crop() -> None:
    cropped = transform_payload(payload_of(80, 40), crop=(20, 10, 60, 15))
    assert affine_of(cropped) == (0.5, 0.0, 0.25, 0.0, 0.125, 0.25)
    assert (cropped.width, cropped.height) == (40, 5)
    assert cropped.descriptor.gate == 0


def test_a_crop_of_all_is_no_edit() -> None:
    assert transform_payload(payload_of(80, 40), crop=(0, 0, 80, 40)) == payload_of(80, 40)


@pytest.mark.parametrize(
    ("edit", "corner"),
    [
        ({"rotate": 90}, (1, 0)),
        ({"rotate": 180}, (1, 1)),
        ({"rotate": 270}, (0, 1)),
        ({"flip": "horizontal"}, (1, 0)),
        ({"flip": "vertical"}, (0, 1)),
        ({"flip": "transpose"}, (0, 0)),
        ({"flip": "transverse"}, (1, 1)),
    ],
)
def test_where_the_upper_left_corner_was(edit: dict[str, Any], corner: tuple[int, int]) -> None:
    edited = transform_payload(payload_of(80, 40), **edit)
    affine = affine_of(edited)
    assert (affine[2], affine[5]) == corner
    is_turned = edit in ({"rotate": 90}, {"rotate": 270}, {"flip": "transpose"}, {"flip": "transverse"})
    assert (edited.width, edited.height) == ((40, 80) if is_turned else (80, 40))


def test_a_resize_keeps_the_place_and_softens_the_gate() -> None:
    small = transform_payload(payload_of(80, 40), resize=(31, 17))
    assert (small.width, small.height, small.descriptor) == (31, 17, replace(MODEL, gate=SOFT_GATE))
    assert transform_payload(payload_of(80, 40), resize=(80, 40)) == payload_of(80, 40)
    assert transform_payload(payload_of(80, 40), crop=(1, 2, 21, 12), resize=(20, 10)).descriptor.gate == 0


@pytest.mark.parametrize("gate", [None, 1, 32])
def test_other_gates_stay(gate: int | None) -> None:
    payload = payload_of(80, 40, replace(MODEL, gate=gate))
    assert transform_payload(payload, resize=(31, 17)).descriptor.gate == gate
    assert softened(payload) == payload


@pytest.mark.parametrize("descriptor", [Descriptor(), Descriptor(Head.SRGB_EXCESS, rgb=Rgb(1))])
def test_a_model_that_sees_no_position_stays(descriptor: Descriptor) -> None:
    payload = payload_of(80, 40, descriptor)
    edited = transform_payload(payload, crop=(20, 10, 60, 15), rotate=90)
    assert edited == payload.bind(5, 40, payload.binding)


def test_the_order_is_crop_resize_rotate_flip() -> None:
    payload = payload_of(80, 40)
    at_once = transform_payload(payload, crop=(3, 5, 53, 25), resize=(25, 10), rotate=90, flip="vertical")
    one_by_one = payload
    steps: list[dict[str, Any]] = [
        {"crop": (3, 5, 53, 25)},
        {"resize": (25, 10)},
        {"rotate": 90},
        {"flip": "vertical"},
    ]
    for step in steps:
        one_by_one = transform_payload(one_by_one, **step)
    np.testing.assert_allclose(affine_of(at_once), affine_of(one_by_one), atol=1e-7)
    assert (at_once.width, at_once.height, at_once.descriptor.gate) == (10, 25, SOFT_GATE)
    assert (one_by_one.width, one_by_one.height, one_by_one.descriptor.gate) == (10, 25, SOFT_GATE)


@given(st.data(), st.integers(1, 5000), st.integers(1, 5000))
def test_a_crop_of_a_crop_is_a_crop(data: st.DataObject, width: int, height: int) -> None:
    left, upper, right, lower = outer = data.draw(boxes(width, height))
    a, b, c, d = inner = data.draw(boxes(right - left, lower - upper))
    payload = payload_of(width, height)
    twice = transform_payload(transform_payload(payload, crop=outer), crop=inner)
    once = transform_payload(payload, crop=(left + a, upper + b, left + c, upper + d))
    assert (twice.width, twice.height) == (once.width, once.height)
    np.testing.assert_allclose(affine_of(twice), affine_of(once), atol=2e-7)


@given(st.lists(DIRECTIONS, max_size=12))
def test_turns_and_flips_are_those_of_arrays(directions: list[dict[str, Any]]) -> None:
    # Every composition is one of eight; all of them are exact.
    of_array = {90: np.rot90, 180: lambda m: np.rot90(m, 2), 270: lambda m: np.rot90(m, -1)} | {
        "horizontal": np.fliplr,
        "vertical": np.flipud,
        "transpose": np.transpose,
        "transverse": lambda m: np.rot90(m, 2).T,
    }
    payload = payload_of(2, 3)
    u, v = np.meshgrid([0.25, 0.75], [1 / 6, 0.5, 5 / 6])
    for direction in directions:
        payload = transform_payload(payload, **direction)
        ((_, name),) = direction.items()
        u, v = of_array[name](u), of_array[name](v)
    assert u.shape == (payload.height, payload.width)
    a, b, c, d, e, f = affine_of(payload)
    x, y = np.meshgrid(
        (np.arange(payload.width) + 0.5) / payload.width, (np.arange(payload.height) + 0.5) / payload.height
    )
    np.testing.assert_allclose(a * x + b * y + c, u, atol=1e-12)
    np.testing.assert_allclose(d * x + e * y + f, v, atol=1e-12)


@given(st.data(), payloads(descriptors().map(lambda model: replace(model, affine=None))))
def test_any_payload_can_be_edited_and_written(data: st.DataObject, payload: Payload) -> None:
    binding = data.draw(container_bindings(payload.descriptor))
    for _ in range(3):
        payload = transform_payload(payload, **data.draw(edits(payload.width, payload.height)), binding=binding)
    assert payload.binding == binding
    assert Payload.from_bytes(payload.to_bytes()) == payload


def test_an_edit_of_an_edit_far_outside_is_refused() -> None:
    model = Descriptor(Head.SRGB_EXCESS, xy=FourierXY(1), bias=False, affine=(16.0, 0.0, 16.0, 0.0, 1.0, 0.0))
    with pytest.raises(PayloadError) as caught:
        transform_payload(payload_of(80, 40, model), flip="horizontal")
    assert caught.value.field == "descriptor.affine"


def test_pictures_that_no_reader_takes_are_refused() -> None:
    with pytest.raises(LimitError):
        transform_payload(payload_of(80, 40), resize=(1 << 16, 1 << 15))


@pytest.mark.parametrize(
    "edit",
    [
        {"crop": (0, 0, 81, 40)},
        {"crop": (0, 0, 80, 41)},
        {"crop": (-1, 0, 80, 40)},
        {"crop": (0, -1, 80, 40)},
        {"crop": (5, 0, 5, 40)},
        {"crop": (0, 9, 80, 8)},
        {"crop": (0, 0, 8.0, 8)},
        {"crop": (0, 0, 8)},
        {"resize": (0, 5)},
        {"resize": (5, -1)},
        {"resize": (5.5, 5)},
        {"resize": (5, 5, 5)},
        {"rotate": 45},
        {"rotate": 0},
        {"flip": "sideways"},
    ],
)
def test_edits_that_cannot_be_done(edit: dict[str, Any]) -> None:
    with pytest.raises(PhotoError):
        transform_payload(payload_of(80, 40), **edit)
    with pytest.raises(PhotoError):
        edited_size((80, 40), **edit)
