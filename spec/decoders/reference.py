"""Expands gamutmeta payloads: a second decoder of ../gamutmeta-1.md and ../gamutmeta-2.md, to be read beside the text.

    reference.py FILE PIXELS.ppm OUT.ppm    expands the 8-bit PIXELS of FILE to 16-bit ROMM RGB;
                                            the container is in FILE, or else in FILE.gamut. PIXELS
                                            are Y, Cb, Cr instead of R, G, B if the payload is for those
    reference.py                            answers the conformance runner (E.2) on standard input and output

The way from a file to its container is in extractor.py, from there to the payload in container.py; here are expansion
(7), binding (8.2) and the program. Section numbers stand in brackets, those of version 2 behind "2:". All is written to
explain, not to be fast.
"""

# ruff: noqa: INP001 -- a program that stands alone, in no package
from __future__ import annotations

import base64
import hashlib
import json
import math
import operator
import re
import struct
import sys
from array import array
from ctypes import c_float
from pathlib import Path
from typing import TYPE_CHECKING, Any

from container import decode, shapes, stretched
from extractor import GamutError, coded_digest, contradicts_itself, extract, has_ycc_samples, is_jpeg, require

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def f32(value: float) -> float:
    """Rounds to float32; what is too large becomes infinite (7.2)."""
    return c_float(value).value


# Colour: sections 7.3, 7.4, 7.8, 7.10


def curve(e: float) -> float:
    """The curve of sRGB (7.3), below 0 as an odd function (2:6.2)."""
    v = abs(e) / 12.92 if abs(e) <= 0.04045 else ((abs(e) + 0.055) / 1.055) ** 2.4
    return f32(math.copysign(v, e))


LINEAR = [curve(c / 255) for c in range(256)]
BRADFORD = (
    (0.5292804059761249, 0.33015298571181434, 0.14056660831206078),
    (0.09836622197088576, 0.8734639545069693, 0.02816982352214535),
    (0.016875340921386827, 0.11765941425612081, 0.8654652448224927),
)
CAT02 = (
    (0.5287719224894508, 0.3340050509488782, 0.13738087897706106),
    (0.09754009358934167, 0.8789413649183315, 0.023397035718273604),
    (0.016356963885516492, 0.10659493821303578, 0.8772228272131068),
)
MATRICES = [[[f32(entry) for entry in row] for row in matrix] for matrix in (BRADFORD, CAT02)]


def to_romm(cat: int, linear: Sequence[float]) -> list[float]:
    """Linear ROMM RGB from linear sRGB, in the order of operations that is prescribed (7.4)."""
    products = ([f32(entry * n) for entry, n in zip(row, linear, strict=True)] for row in MATRICES[cat])
    return [f32(f32(r + g) + b) for r, g, b in products]


def numbers(y: int, cb: int, cr: int) -> tuple[int, int, int]:
    """R', G' and B' of YCbCr samples, in 64ths of a code (2:6.1)."""
    b, r = cb - 128, cr - 128
    green = round(64 * -0.344136 * b) + round(64 * -0.714136 * r)
    return 64 * y + round(64 * 1.402 * r), 64 * y + green, 64 * y + round(64 * 1.772 * b)


def linear_srgb(d: dict[str, Any], codes: bytes) -> list[float]:
    """Linear sRGB of the codes of a pixel: R, G, B, or Y, Cb, Cr, which are not clamped (2:6)."""
    if d["smp"] == 1:
        return [curve(n / (64 * 255)) for n in numbers(*codes)]
    if d["shl"] is not None:
        return [shouldered(d["shl"][4 * k : 4 * k + 4], c) for k, c in enumerate(codes)]
    return [LINEAR[c] for c in codes]


def shouldered(ends: bytes, code: int) -> float:
    """Linear sRGB of a code of a channel with a shoulder, given both of its ends (2:C.1)."""
    dark, dark_growth, bright, bright_growth = ends
    if code < dark:
        return stretched(dark, dark_growth, is_bright=False)[dark - 1 - code] / 2**20
    if code > 255 - bright:
        return stretched(bright, bright_growth, is_bright=True)[code - (256 - bright)] / 2**20
    return LINEAR[code]


def gates(d: dict[str, Any], codes: bytes) -> list[float]:
    """What the model may do to each channel (7.8), with a shoulder counted from its codes (2:C.3)."""
    if d["gate"] is None:
        return [1.0, 1.0, 1.0]
    counts = [max(n - 1, 0) for n in (d["shl"] or bytes(12))[::2]]
    distances = (max(min(c - counts[2 * k], 255 - counts[2 * k + 1] - c), 0) for k, c in enumerate(codes))
    return [f32(max(1 - distance / max(d["gate"], 1), 0)) for distance in distances]


def sample(wide: float) -> int:
    """A 16-bit sample of ROMM RGB (7.10)."""
    v = 0.0 if math.isnan(wide) else min(max(wide, 0.0), 1.0)
    encoded = f32(16 * v if v < 1 / 512 else v ** (1 / 1.8))
    return round(f32(encoded * 65_535))


# Features and network: sections 7.5 to 7.7


def octaves(t: float, count: int) -> list[float]:
    """Sines, then cosines. Python's round() is rint (7.6)."""
    turns = [t * 2.0 ** (k - 1) for k in range(count)]
    angles = [f32((p - round(p)) * 6.2831855) for p in turns]
    return [f32(math.sin(z)) for z in angles] + [f32(math.cos(z)) for z in angles]


def position(x: int, y: int, d: dict[str, Any]) -> tuple[float, float]:
    """Where the centre of a pixel lies in the fitted picture (7.5); without an affine, ``aff`` is the identity."""
    u, v = (x + 0.5) / d["w"], (y + 0.5) / d["h"]
    a, b, c, e, f, g = d["aff"]
    return f32((a * u + b * v) + c), f32((e * u + f * v) + g)


def interpolated(grid: Sequence[float], shape: Sequence[int], u: float, v: float) -> list[float]:
    """The channels of the grid at a position (7.6); float64 between the roundings of p, q and the results."""
    channels, high, across = shape
    p, q = f32(min(max(u, 0), 1) * (across - 1)), f32(min(max(v, 0), 1) * (high - 1))
    i, j = min(int(p), across - 2), min(int(q), high - 2)
    a, b = p - i, q - j

    def node(down: int, right: int) -> Sequence[float]:
        return grid[(down * across + right) * channels :][:channels]

    corners = zip(node(j, i), node(j, i + 1), node(j + 1, i), node(j + 1, i + 1), strict=True)
    return [f32((m * (1 - a) + n * a) * (1 - b) + (o * (1 - a) + s * a) * b) for m, n, o, s in corners]


def features(d: dict[str, Any], grid: Sequence[float], x: int, y: int, codes: bytes) -> list[float]:
    """The input of the network: grid, position, colour (7.6)."""
    u, v = position(x, y, d)
    found = interpolated(grid, d["grid"], u, v) if grid else []
    found += octaves(f32(2 * u - 1), d["xy"]) + octaves(f32(2 * v - 1), d["xy"])
    if d["rgb"] is None:
        return found
    colour = [f32(c / 127.5 - 1) for c in codes]
    if d["src"] == 1:
        colour = [f32(2 * wide - 1) for wide in to_romm(d["cat"], [LINEAR[c] for c in codes])]
    return found + [n for t in colour for n in ([t] if d["t"] else []) + octaves(t, d["rgb"])]


def network(
    layers: Sequence[tuple[Sequence[Sequence[float]], Sequence[float]]], inputs: Sequence[float]
) -> list[float]:
    """The outputs (7.7). Products are float32, and may overflow; sums are float64, and rounded at the end."""
    y = list(inputs)
    for k, (weight, bias) in enumerate(layers):
        if k > 0:
            y = [n if math.isnan(n) else max(n, 0.0) for n in y]
        y = [f32(sum(array("f", map(operator.mul, row, y)), b)) for row, b in zip(weight, bias, strict=True)]
    return y


# Expansion and binding: sections 7.9 and 8.2, 2:7


def colours(d: dict[str, Any], tensors: list[Sequence[float]]) -> Callable[[int, int, bytes], list[float]]:
    """The function that makes linear ROMM RGB of a pixel, given its column, row and codes (7.9)."""
    stored = iter(tensors)
    grid = next(stored) if d["grid"][0] else []
    layers = []
    for outputs, inputs in (shape for shape in shapes(d) if len(shape) == 2):
        weight = next(stored)
        rows = [weight[k * inputs : (k + 1) * inputs] for k in range(outputs)]
        layers.append((rows, next(stored) if d["bias"] else [0.0] * outputs))

    def colour(x: int, y: int, codes: bytes) -> list[float]:
        linear, weights = linear_srgb(d, codes), gates(d, codes)
        if d["head"] == 0 or not any(weights):
            return to_romm(d["cat"], linear)
        o = network(layers, features(d, grid, x, y, codes))
        if d["head"] == 1:
            return [f32(n + m) for n, m in zip(to_romm(d["cat"], linear), o, strict=True)]
        return to_romm(d["cat"], [f32(s + f32(g * n)) for s, g, n in zip(linear, weights, o, strict=True)])

    return colour


def check_binding(d: dict[str, Any], host: bytes, width: int, height: int, codes: bytes) -> None:
    """Refuses a payload that was made for another picture (8.2)."""
    require((width, height) == (d["w"], d["h"]), "binding", "the picture has another size")
    if d["jpeg"] is not None:
        require(is_jpeg(host), "binding", "the payload belongs to a JPEG, and there is none")
        require(coded_digest(host) == d["jpeg"], "binding", "the coded data are others")
        require(not contradicts_itself(host), "binding", "the JPEG says in two ways whether it is YCbCr or RGB")
        require(d["smp"] == 0 or has_ycc_samples(host), "binding", "the JPEG holds no YCbCr samples")
    else:
        samples = b"gamutmeta-rgb8" + struct.pack(">2I", width, height) + codes
        require(hashlib.sha256(samples).digest()[:16] == d["rgb8"], "binding", "the samples are others")


def expand(container: bytes, host: bytes, width: int, height: int, codes: bytes) -> bytes:
    """Big-endian 16-bit samples of a picture, given its decoded 8-bit samples, its file, and its container."""
    d, tensors = decode(container)
    check_binding(d, host, width, height, codes)
    colour, samples = colours(d, tensors), array("H")
    for at in range(width * height):
        samples.extend(map(sample, colour(at % width, at // width, codes[3 * at : 3 * at + 3])))
    return struct.pack(f">{len(samples)}H", *samples)


# The program: annex E


def read_ppm(path: str) -> tuple[int, int, bytes]:
    """Width, height and 8-bit samples of a binary PPM."""
    data = Path(path).read_bytes()
    head = re.match(rb"P6\s(\d+)\s(\d+)\s255\s", data)
    if head is None or len(data) - head.end() != 3 * int(head[1]) * int(head[2]):
        raise SystemExit(f"{path} is no binary PPM of 8 bits per sample")
    return int(head[1]), int(head[2]), data[head.end() :]


def answer(request: dict[str, str]) -> dict[str, Any]:
    """Answers one request of the conformance runner."""
    file = Path(request["file"]).read_bytes()
    try:
        container = extract(file)
        if request["operation"] == "extract":
            return {"id": request["id"], "container": base64.b64encode(container).decode()}
        if "pixels" not in request:
            wants_samples = decode(container)[0]["smp"] == 1
            has_samples = is_jpeg(file) and has_ycc_samples(file)
            require(has_samples or not wants_samples, "binding", "the file holds no YCbCr samples (2:7.1)")
        require("pixels" in request, "photo", "no codes come of the host file (8.2)")
        width, height, codes = read_ppm(request["pixels"])
        samples = expand(container, file, width, height, codes)
    except GamutError as error:
        return {"id": request["id"], "error": error.code, "message": str(error)}
    return {"id": request["id"], "width": width, "height": height, "samples": base64.b64encode(samples).decode()}


def convert(source: str, pixels: str, target: str) -> None:
    """Expands a file, with the container in it or in its sidecar (annex D)."""
    host = Path(source).read_bytes()
    try:
        container = extract(host)
    except GamutError as error:
        if error.code != "carrier.none" or not Path(source + ".gamut").is_file():
            raise
        container = extract(Path(source + ".gamut").read_bytes())
    width, height, codes = read_ppm(pixels)
    samples = expand(container, host, width, height, codes)
    Path(target).write_bytes(f"P6\n{width} {height}\n65535\n".encode() + samples)


def main() -> None:
    """Expands one file if there are three arguments, else answers the runner."""
    if len(sys.argv) == 4:
        try:
            convert(*sys.argv[1:])
        except GamutError as error:
            raise SystemExit(f"{error.code}: {error}") from error
        return
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
