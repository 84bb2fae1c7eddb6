"""Vectors of the arithmetic: every head, gate, input, encoding, geometry and size. All files are bare containers."""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING

from spec.vectors.recipes.models import Encoding, Model, shapes, weights
from spec.vectors.recipes.pictures import all_codes, flat, primaries, saturated
from spec.vectors.recipes.stream import Stream

if TYPE_CHECKING:
    from spec.vectors.recipes.messages import Value
    from spec.vectors.recipes.pictures import Picture
    from spec.vectors.recipes.suite import Suite

__all__ = ["add"]

_PICTURE = saturated(17, 13)
_FIFTH = struct.unpack("<f", struct.pack("<f", 0.2))[0]
_SEVENTH = struct.unpack("<f", struct.pack("<f", 1 / 7))[0]

_PLAIN: dict[str, Value] = {"head": 2, "gate": 0, "grid": (3, 4, 5), "rgb": 1, "mlp": (8,)}
"""What photographs get, but smaller."""


def add(suite: Suite) -> None:
    """Add all of them."""
    _clip(suite)
    _heads_and_gates(suite)
    _inputs(suite)
    _layers(suite)
    _encodings(suite)
    _affines(suite)
    _sizes(suite)
    _limits(suite)
    _overflow(suite)


def _model(suite: Suite, name: str, model: Model, picture: Picture, rationale: str, *tags: str) -> None:
    container = model.container(picture)
    suite.expands(name, container, picture, container, rationale, *tags)


def _random(
    suite: Suite, name: str, entries: dict[str, Value], rationale: str, *tags: str, picture: Picture = _PICTURE
) -> None:
    _model(suite, name, weights(name, entries), picture, rationale, *tags)


def _clip(suite: Suite) -> None:
    for cat, adaptation in enumerate(("bradford", "cat02")):
        model = Model({"cat": cat})
        for picture in (all_codes(), primaries()):
            _model(
                suite,
                f"clip-{adaptation}-{picture.name}",
                model,
                picture,
                f"Without a model expansion is curve, matrix ({adaptation}), curve and rounding, for {picture.name}.",
                "head-clip",
                f"cat-{adaptation}",
            )


def _heads_and_gates(suite: Suite) -> None:
    for gate in (None, 0, 1, 2, 32, 127, 128, 255):
        entries: dict[str, Value] = {"head": 2, "rgb": 1, "mlp": (6,)}
        if gate is not None:
            entries["gate"] = gate
        name = "none" if gate is None else str(gate)
        meaning = {
            None: "no gate lets the model act on every code",
            0: "gate 0 lets it act on codes 0 and 255 alone",
            1: "gate 1 is the narrowest with a slope and equals gate 0",
            255: "gate 255 is the widest and weakens the middle codes only in part",
        }.get(gate, f"gate {gate} falls linearly from both ends")
        _random(
            suite,
            f"gate-{name}",
            entries,
            f"Head srgb-excess: {meaning}.",
            "head-srgb-excess",
            f"gate-{name}",
            picture=all_codes(),
        )
    _random(
        suite,
        "gate-0-grid",
        _PLAIN,
        "What a photograph in a PNG gets: grid, colour, one hidden layer, gate 0.",
        "head-srgb-excess",
        "gate-0",
    )
    for cat in (0, 1):
        _random(
            suite,
            f"residual-cat-{cat}",
            {"head": 1, "cat": cat, "xy": 3, "rgb": 2, "mlp": (8,)},
            "Head wide-residual adds the outputs to clipped linear ROMM RGB.",
            "head-wide-residual",
            f"cat-{'cat02' if cat else 'bradford'}",
        )
        _random(
            suite,
            f"excess-cat-{cat}",
            {**_PLAIN, "cat": cat, "gate": 32},
            "Head srgb-excess adds the gated outputs to linear sRGB before the matrix of either adaptation.",
            "head-srgb-excess",
            f"cat-{'cat02' if cat else 'bradford'}",
        )
    _random(
        suite,
        "paper",
        {"head": 1, "cat": 1, "xy": 12, "rgb": 12, "src": 1, "t": False, "mlp": (32, 32), "bias": False},
        "The architecture of the paper: 120 features, two hidden layers of 32, no biases, CAT02.",
        "head-wide-residual",
        "paper",
    )


def _inputs(suite: Suite) -> None:
    grid: dict[str, Value] = {"grid": (2, 3, 4)}
    place: dict[str, Value] = {"xy": 2}
    colour: dict[str, Value] = {"rgb": 2}
    for name, inputs in {
        "grid": grid,
        "xy": place,
        "rgb": colour,
        "grid-xy": grid | place,
        "grid-rgb": grid | colour,
        "xy-rgb": place | colour,
        "grid-xy-rgb": grid | place | colour,
    }.items():
        for head, title in ((1, "residual"), (2, "excess")):
            _random(
                suite,
                f"inputs-{title}-{name}",
                {"head": head, "mlp": (5,), **inputs},
                f"The inputs {name} in their order, head {'wide-residual' if head == 1 else 'srgb-excess'}.",
                "inputs",
                *inputs,
            )
    for source in (0, 1):
        for octaves, identity in ((0, True), (1, False), (4, True), (4, False)):
            entries: dict[str, Value] = {"head": 2, "rgb": octaves, "mlp": (6,)}
            if source:
                entries["src"] = 1
            if not identity:
                entries["t"] = False
            _random(
                suite,
                f"rgb-{'wide' if source else 'code'}-{octaves}-{'t' if identity else 'no-t'}",
                entries,
                f"Colour of {'clipped linear ROMM RGB' if source else 'the 8-bit code'} in {octaves} octaves, "
                f"{'with' if identity else 'without'} t itself.",
                "rgb",
                f"src-{source}",
                f"t-{identity}".lower(),
            )
    highest: dict[str, dict[str, Value]] = {
        "xy": {"head": 1, "xy": 16, "mlp": (4,)},
        "rgb-code": {"head": 2, "rgb": 16, "mlp": (4,)},
        "rgb-wide": {"head": 1, "rgb": 16, "src": 1, "mlp": (4,)},
    }
    for name, entries in highest.items():
        _random(
            suite,
            f"octaves-16-{name}",
            entries,
            "The highest octave magnifies the last bit of its argument 32,768 times, which is why arguments are exact.",
            "octaves",
        )
    for channels, height, width in ((1, 2, 2), (1, 2, 9), (1, 9, 2), (6, 13, 17), (4, 29, 31)):
        _random(
            suite,
            f"grid-{channels}x{height}x{width}",
            {"head": 2, "grid": (channels, height, width)},
            f"A grid of {channels} channels with {height} nodes down and {width} across, straight into the outputs.",
            "grid",
        )


def _layers(suite: Suite) -> None:
    for name, hidden in {"none": (), "one-unit": (1,), "three": (5, 7, 3), "seven": (4, 5, 6, 7, 6, 5, 4)}.items():
        for bias in (True, False):
            entries: dict[str, Value] = {"head": 1, "rgb": 1, "xy": 1, "mlp": hidden}
            if not bias:
                entries["bias"] = False
            _random(
                suite,
                f"layers-{name}-{'bias' if bias else 'no-bias'}",
                entries,
                f"Hidden layers of {hidden or 'no'} units, {'with' if bias else 'without'} biases.",
                "layers",
                "bias" if bias else "no-bias",
            )


def _encodings(suite: Suite) -> None:
    entries: dict[str, Value] = {"head": 2, "grid": (2, 3, 3), "rgb": 0, "mlp": (4,)}
    count = len(shapes(entries))
    mixes: dict[str, list[Encoding]] = {
        "f16": ["f16"] * count,
        "scale": [*(_FIFTH / 16, 0.03125 * _FIFTH, _SEVENTH / 16, _FIFTH / 64, _SEVENTH / 256)][:count],
        "mixed": [*("f16", 7, _SEVENTH / 8, 7, "f16", 8)][:count],
        "mixed-reverse": [*(7, "f16", 8, "f16", _FIFTH / 16, "f16")][:count],
    }
    for name, encode in mixes.items():
        _model(
            suite,
            f"encoding-{name}",
            weights(f"encoding-{name}", entries, encode),
            _PICTURE,
            "Tensors as int8 with a power of two, as int8 with another scale, and as float16, in one model.",
            "encoding",
            *{"f16" if e == "f16" else "int8-power" if isinstance(e, int) else "int8-scale" for e in encode},
        )
    flat_entries: dict[str, Value] = {"head": 1, "rgb": 0, "bias": False}
    lowest = Model(flat_entries, (9,), (struct.pack("9b", -128, 127, 0, -128, -128, 127, 1, -1, -128),))
    _model(
        suite, "int8-minus-128", lowest, _PICTURE, "The code -128 is a code like any other.", "encoding", "int8-power"
    )
    halves = (0x0001, 0x8001, 0x03FF, 0x83FF, 0x0400, 0x8400, 0x3555, 0xB555, 0x8000)
    tiny = Model(flat_entries, ("f16",), (struct.pack("<9H", *halves),))
    _model(
        suite,
        "f16-subnormal",
        tiny,
        _PICTURE,
        "Subnormal float16 numbers, the smallest normal ones and minus zero keep their values.",
        "encoding",
        "f16",
    )
    largest = Model(
        {"head": 1, "rgb": 0, "mlp": (3,), "bias": False},
        ("f16", 23),
        (
            struct.pack("<9H", 0x7BFF, 0, 0, 0, 0xFBFF, 0, 0, 0, 0x7BFF),
            struct.pack("9b", *(100, 0, 0, 0, 99, 0, 0, 0, -98)),
        ),
    )
    _model(
        suite, "f16-largest", largest, _PICTURE, "The largest float16 numbers, 65504, are finite.", "encoding", "f16"
    )
    # Codes 0 and 255 alone make it through the gate, so that no number on the way is subnormal.
    largest_float, smallest_float = (
        struct.unpack("<f", struct.pack("<I", bits))[0] for bits in (0x7B7FFFFF, 0x00800001)
    )
    for name, exponents, codes in (
        ("smallest", (126, -112), (96, 60)),
        ("largest", (-120, 126), (3, 9)),
        ("smallest-float", (smallest_float, -112), (96, 60)),
        ("largest-float", (largest_float, 126), (3, 9)),
        ("minus-32", (-32, 44), (96, 60)),
        ("minus-33", (-33, 45), (96, 60)),
    ):
        first, second = codes
        rows = (first, -first // 3, first // 3), (second, second // 2, -second // 3)
        matrices = [b"".join(struct.pack("3b", *row[k:], *row[:k]) for k in range(3)) for row in rows]
        _model(
            suite,
            f"scale-{name}",
            Model({"head": 2, "gate": 0, "rgb": 0, "mlp": (3,), "bias": False}, exponents, matrices),
            primaries(),
            f"A scale at an end of its range or of a form ({name}), and a second layer that brings it back.",
            "encoding",
            "int8-power",
        )


def _affines(suite: Suite) -> None:
    turned = math.cos(math.radians(15)), math.sin(math.radians(15))
    for name, numbers in {
        "crop": (0.5, 0.0, 0.25, 0.0, _FIFTH, _SEVENTH),
        "flip-horizontal": (-1.0, 0.0, 1.0, 0.0, 1.0, 0.0),
        "flip-vertical": (1.0, 0.0, 0.0, 0.0, -1.0, 1.0),
        "turn-90": (0.0, -1.0, 1.0, 1.0, 0.0, 0.0),
        "turn-180": (-1.0, 0.0, 1.0, 0.0, -1.0, 1.0),
        "turn-270": (0.0, 1.0, 0.0, -1.0, 0.0, 1.0),
        "transpose": (0.0, 1.0, 0.0, 1.0, 0.0, 0.0),
        "crop-turned": (0.0, -0.5, 0.75, 0.25, 0.0, _FIFTH),
        "rotation": (turned[0], -turned[1], 0.125, turned[1], turned[0], -0.0625),
        "skew": (1.0, 0.25, 0.0, 0.0, 1.0, 0.0),
        "beyond-the-edge": (4.0, 0.0, -1.5, 0.0, 3.0, -1.0),
        "far-away": (16.0, -16.0, 16.0, 16.0, 16.0, -16.0),
        "one-point": (0.0, 0.0, 0.5, 0.0, 0.0, 0.25),
        "one-line": (0.5, 0.0, 0.25, 1.0, 0.0, 0.0),
    }.items():
        rounded = tuple(struct.unpack("<f", struct.pack("<f", number))[0] for number in numbers)
        for inputs in ({"grid": (3, 4, 5)}, {"xy": 3}):
            kind = next(iter(inputs))
            entries: dict[str, Value] = {"head": 2, "gate": 32, "rgb": 1, "mlp": (6,), "aff": rounded, **inputs}
            _random(
                suite,
                f"affine-{name}-{kind}",
                entries,
                f"Positions of {kind} go through the affine {name}; grid and octaves go on beyond the edge.",
                "affine",
                kind,
            )


def _sizes(suite: Suite) -> None:
    for width, height in ((1, 1), (1, 9), (9, 1), (2, 2), (64, 3), (3, 65), (127, 1), (128, 1), (255, 1), (1, 256)):
        _random(
            suite,
            f"size-{width}x{height}",
            {**_PLAIN, "xy": 2, "gate": 32},
            f"Pixel centres of a picture of {width} x {height} pixels.",
            "size",
            picture=saturated(width, height),
        )


def _limits(suite: Suite) -> None:
    wide: dict[str, Value] = {"head": 1, "rgb": 16, "t": False, "xy": 16, "mlp": (256,) * 7, "grid": (96, 2, 2)}
    sparse = _sparse("limits-layers", wide)
    frame = suite.bases.zstd("limits-layers", sparse.raw, 19)
    picture = saturated(9, 7)
    container = sparse.container(picture, frame=frame)
    suite.expands(
        "limits-layers",
        container,
        picture,
        container,
        "The largest network that readers take: 8 weight matrices, 256 features, hidden layers of 256 units.",
        "limits",
        "layers",
    )
    rests: tuple[dict[str, Value], ...] = ({"rgb": 0}, {"rgb": 0}, {"bias": False})
    for (name, channels, down, across), rest in zip(
        (
            ("limits-grid", 15, 256, 256),
            ("limits-grid-long", 1, 2, 32_768),
            ("limits-parameters", 16, 71, 923),
        ),
        rests,
        strict=True,
    ):
        entries: dict[str, Value] = {"head": 2, "gate": 32, "grid": (channels, down, across), **rest}
        small = weights(name, {**entries, "grid": (channels, 2, 2)})
        model = Model(entries, small.encodings, (_smooth_grid(channels, down, across), *small.tensors[1:]))
        container = model.container(picture, frame=suite.bases.zstd(name, model.raw, 19))
        suite.expands(
            name,
            container,
            picture,
            container,
            f"{down * across:,} nodes of {channels} channels, {len(model.raw):,} numbers: as many as readers take.",
            "limits",
            "grid",
        )


def _sparse(name: str, entries: dict[str, Value]) -> Model:
    """A large model whose matrices have four numbers in each row, so that it is small once compressed."""
    stream = Stream(name)
    encodings: list[Encoding] = []
    tensors = []
    for shape in shapes(entries):
        if len(shape) == 2:
            rows = bytearray(shape[0] * shape[1])
            for row in range(shape[0]):
                places = (row + 37 * k for k in range(4))
                for place, code in zip(places, stream.integers(32, 63, 4), strict=True):
                    rows[row * shape[1] + place % shape[1]] = code if stream.take(1)[0] & 1 else 256 - code
            tensors.append(bytes(rows))
            encodings.append(6)
        else:
            tensors.append(struct.pack(f"{math.prod(shape)}b", *stream.integers(-16, 16, math.prod(shape))))
            encodings.append(7)
    return Model(entries, encodings, tensors)


def _smooth_grid(channels: int, height: int, width: int) -> bytes:
    """A grid of slow ramps that differ by channel, so that it compresses."""
    node = [
        bytes((((channel * 7 + step * 3) % 120 + 256 - 60) % 256) for channel in range(channels)) for step in range(40)
    ]
    return b"".join(
        node[(y // 32 + x // 512 if width > 256 else y // 32 + x // 32) % 40]
        for y in range(height)
        for x in range(width)
    )


def _overflow(suite: Suite) -> None:
    picture = primaries()
    # One input feature per unit, so that the order of summation plays no part.
    first = struct.pack("9b", *(127, 0, 0, 0, 127, 0, 0, 0, 127))
    for name, second, what in (
        ("to-infinity", (127, 0, 0, 0, 127, 0, 0, 0, 127), "to infinity, which the clamp takes to white"),
        (
            "to-minus-infinity",
            (-127, 0, 0, 0, -127, 0, 0, 0, -127),
            "to minus infinity, which the clamp takes to black",
        ),
    ):
        model = Model(
            {"head": 1, "rgb": 0, "mlp": (3,), "bias": False},
            (-120, -120),
            (first, struct.pack("9b", *second)),
        )
        _model(suite, f"overflow-{name}", model, picture, f"Numbers that overflow {what}.", "overflow")
    zero = Model(
        {"head": 1, "rgb": 0, "mlp": (3, 3), "bias": False},
        (-120, -120, 0),
        (first, first, struct.pack("9b", *(0, 0, 0, 0, 1, 0, 0, 0, 0))),
    )
    _model(
        suite,
        "overflow-times-zero",
        zero,
        picture,
        "Infinity times a weight of 0 is not a number, and what is not a number becomes black.",
        "overflow",
    )
    back = Model(
        {"head": 1, "rgb": 0, "mlp": (1, 1, 1), "bias": False},
        (-120, -120, 126, 126),
        (struct.pack("3b", 20, 0, 0), b"\x08", b"\x01", struct.pack("3b", 1, -1, 2)),
    )
    _model(
        suite,
        "overflow-not-brought-back",
        back,
        picture,
        "A number that overflows single precision is infinite, and no small weight brings it back.",
        "overflow",
    )
    unit = (1, 0, 0, 0, 1, 0, 0, 0, 1)
    for name, second, third, colour, rationale in (
        (
            "beside-the-gate",
            (0, 0, 0, 127, 0, 0, 0, 0, 0),
            unit,
            (255, 128, 0),
            "The gate is shut for green alone; 0 times infinity is not a number, and the matrix spreads it.",
        ),
        (
            "behind-the-gate",
            (127, 0, 0, 0, 127, 0, 0, 0, 127),
            unit,
            (200, 128, 254),
            "Where the gate is shut for all channels the pixel stays as it is, even if an output is infinite.",
        ),
        (
            "not-a-number-behind-the-gate",
            (127, 0, 0, 0, 127, 0, 0, 0, 127),
            (0,) * 9,
            (200, 128, 254),
            "Where the gate is shut for all channels the pixel stays as it is, even if no output is a number.",
        ),
    ):
        model = Model(
            {"head": 2, "gate": 0, "rgb": 0, "mlp": (3, 3), "bias": False},
            (-120, -120, 0),
            (first, struct.pack("9b", *second), struct.pack("9b", *third)),
        )
        _model(suite, f"overflow-{name}", model, flat(3, 2, colour), rationale, "overflow", "gate-0")
