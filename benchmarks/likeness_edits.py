"""What happens to pictures: transformations that a likeness is to accept, and those it is to refuse."""

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageFilter

from benchmarks.arrays import Codes
from gamutmeta.color.adaptation import adaptation_matrix

Named = tuple[str, Codes]

EDGE = 20
"""Pixels around the fitted picture that other frames of a burst show."""

FILTERS = {
    "Lanczos": Image.Resampling.LANCZOS,
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
    "box": Image.Resampling.BOX,
}


def through(codes: Codes, kind: str, **options: Any) -> Codes:
    file = io.BytesIO()
    Image.fromarray(codes).save(file, kind, **options)
    return np.asarray(Image.open(file).convert("RGB"))


def jpeg(codes: Codes, quality: int, subsampling: str) -> Codes:
    return through(codes, "JPEG", quality=quality, subsampling=subsampling)


def scaled(codes: Codes, share: float, name: str = "Lanczos") -> Codes:
    height, width = codes.shape[:2]
    return sized(codes, (max(1, round(width * share)), max(1, round(height * share))), name)


def sized(codes: Codes, size: tuple[int, int], name: str = "Lanczos") -> Codes:
    return np.asarray(Image.fromarray(codes).resize(size, FILTERS[name]))


def drafted(codes: Codes, part: int) -> Codes:
    """Decoded at a part of its size, as thumbnailers do."""
    file = io.BytesIO()
    Image.fromarray(codes).save(file, "JPEG", quality=95)
    image = Image.open(file)
    image.draft("RGB", (codes.shape[1] // part, codes.shape[0] // part))
    return np.asarray(image)


def in_linear_light(codes: Codes) -> Codes:
    """Every two by two pixels averaged as light."""
    even = linear(codes[: len(codes) // 2 * 2, : codes.shape[1] // 2 * 2])
    return coded((even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]) / 4)


def linear(codes: Codes) -> NDArray[np.float64]:
    x = codes / 255
    return np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)


def coded(light: NDArray[np.float64]) -> Codes:
    x = np.clip(light, 0, 1)
    curved = np.where(x <= 0.0031308, 12.92 * x, 1.055 * x ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(255 * curved), np.uint8)


def brighter(codes: Codes, stops: float) -> Codes:
    return coded(linear(codes) * 2**stops)


def saturated(codes: Codes, factor: float) -> Codes:
    return np.asarray(ImageEnhance.Color(Image.fromarray(codes)).enhance(factor))


def daylight(kelvin: float) -> tuple[float, float]:
    """The CIE's formula for daylight of 4,000 to 7,000 K."""
    x = -4.6070e9 / kelvin**3 + 2.9678e6 / kelvin**2 + 0.09911e3 / kelvin + 0.244063
    return x, -3 * x**2 + 2.87 * x - 0.275


XYZ_OF_SRGB = np.array(
    [[0.4123908, 0.3575843, 0.1804808], [0.2126390, 0.7151687, 0.0721923], [0.0193308, 0.1191948, 0.9505322]]
)


def warmer(codes: Codes, kelvin: float, by: float) -> Codes:
    matrix = adaptation_matrix(daylight(kelvin + by), daylight(kelvin))
    matrix = np.linalg.inv(XYZ_OF_SRGB) @ matrix @ XYZ_OF_SRGB
    return coded(linear(codes) @ matrix.T)


def retouched(codes: Codes, rng: np.random.Generator, share: float, *, elsewhere: bool) -> Codes:
    height, width = codes.shape[:2]
    side = max(1, round((share * height * width) ** 0.5))
    side_y, side_x = min(side, height), min(side, width)
    (y, v), (x, u) = rng.integers(0, height - side_y + 1, 2), rng.integers(0, width - side_x + 1, 2)
    result = codes.copy()
    place = (slice(y, y + side_y), slice(x, x + side_x))
    source = codes[v : v + side_y, u : u + side_x]
    result[place] = source if elsewhere else np.rint(codes[place].mean((0, 1)))
    return result


def frame(outer: Codes, rng: np.random.Generator, shift: int) -> Codes:
    """Another frame of a burst: moved by so many pixels, with noise of its own."""
    angle = rng.uniform(0, 2 * np.pi)
    y, x = EDGE + round(shift * np.sin(angle)), EDGE + round(shift * np.cos(angle))
    height, width = outer.shape[0] - 2 * EDGE, outer.shape[1] - 2 * EDGE
    moved = outer[y : y + height, x : x + width]
    return np.clip(np.rint(moved + rng.normal(0, 2, moved.shape)), 0, 255).astype(np.uint8)


def cropped(codes: Codes, left: int, top: int, right: int, bottom: int) -> Codes:
    height, width = codes.shape[:2]
    return codes[top : height - bottom, left : width - right]


def crops(codes: Codes) -> Iterator[Named]:
    height, width = codes.shape[:2]
    y, x = (8, round(8 * width / height)) if height < width else (round(8 * height / width), 8)
    sides = {
        "left": (8, 0, 0, 0), "right": (0, 0, 8, 0), "top": (0, 8, 0, 0), "bottom": (0, 0, 0, 8),
        "halves": (4, 4, 4, 4), "keeping the aspect": (x, y, 0, 0),
        "keeping the aspect, middle": (x // 2, y // 2, x - x // 2, y - y // 2),
        "keeping the aspect, bottom": (0, 0, x, y),
    }  # fmt: skip
    for name, side in sides.items():
        yield name, cropped(codes, *side)


def accepted(codes: Codes) -> Iterator[Named]:
    """Honest handling."""
    yield "lossless transcode", codes
    for quality in (70, 80, 90, 95):
        for subsampling in ("4:4:4", "4:2:0"):
            yield f"JPEG q{quality} {subsampling}", jpeg(codes, quality, subsampling)
    yield "WebP 80", through(codes, "WEBP", quality=80)
    for share in (0.25, 1 / 3, 0.5, 0.75, 0.9):
        # Above a half, Pillow's box is nearly the nearest neighbour.
        for name in list(FILTERS)[: 4 if share <= 0.5 else 3]:
            small = scaled(codes, share, name)
            yield f"{100 * share:.0f} % {name}", small
            if name in {"Lanczos", "box"}:
                for subsampling in ("4:4:4", "4:2:0"):
                    yield f"{100 * share:.0f} % {name}, JPEG q80 {subsampling}", jpeg(small, 80, subsampling)
                yield f"{100 * share:.0f} % {name}, WebP 80", through(small, "WEBP", quality=80)
    for part in (2, 4):
        yield f"1/{part} by libjpeg", drafted(codes, part)
    yield "150 % bicubic", scaled(codes, 1.5, "bicubic")


def neither(codes: Codes) -> Iterator[Named]:
    """What nobody asked for: where the borders are."""
    image = Image.fromarray(codes)
    for quality in (50, 30):
        yield f"JPEG q{quality} 4:2:0", jpeg(codes, quality, "4:2:0")
    yield "10 % Lanczos", scaled(codes, 0.1)
    yield "50 % in linear light", in_linear_light(codes)
    yield "sharpened", np.asarray(image.filter(ImageFilter.UnsharpMask(2, 100, 0)))
    yield "blurred, radius 1", np.asarray(image.filter(ImageFilter.GaussianBlur(1)))
    for pixels in (2, 4):
        yield f"crop {pixels} px left and top, resized back", sized(codes[pixels:, pixels:], image.size)
    yield "+0.03 EV", brighter(codes, 0.03)
    yield "saturation +2 %", saturated(codes, 1.02)
    yield "turned by 0.2 degrees", np.asarray(image.rotate(0.2, Image.Resampling.BICUBIC))


def refused(outer: Codes, seed: int = 0) -> Iterator[Named]:
    """Edits of the middle of `outer`, and other frames; a number behind # counts places and directions."""
    codes = cropped(outer, EDGE, EDGE, EDGE, EDGE)
    rng = np.random.default_rng(seed)
    size = (codes.shape[1], codes.shape[0])
    for name, piece in crops(codes):
        yield f"crop 8 px {name}", piece
        yield f"crop 8 px {name}, resized back", sized(piece, size)
    yield "turn 90", np.rot90(codes)
    yield "turn 180", np.rot90(codes, 2)
    yield "turn 270", np.rot90(codes, 3)
    yield "mirror", codes[:, ::-1]
    yield "flip", codes[::-1]
    for stops in (0.1, -0.1):
        yield f"{stops:+} EV", brighter(codes, stops)
    for factor in (1.05, 0.95):
        yield f"saturation {100 * (factor - 1):+.0f} %", saturated(codes, factor)
    for kelvin in (5500, 6500):
        for by in (200, -200):
            yield f"{kelvin} K {by:+} K", warmer(codes, kelvin, by)
    for k in range(8):
        yield f"retouch, filled with the mean #{k}", retouched(codes, rng, 0.02, elsewhere=False)
        yield f"retouch, filled from elsewhere #{k}", retouched(codes, rng, 0.02, elsewhere=True)
    for shift in (3, 5, 8, 12, 20):
        for k in range(2):
            yield f"another frame, {shift} px away #{k}", frame(outer, rng, shift)
    # Edits are saved and sent, too.
    yield "+0.1 EV, 50 % JPEG q80", jpeg(scaled(brighter(codes, 0.1), 0.5), 80, "4:2:0")
    yield "saturation +5 %, 50 % JPEG q80", jpeg(scaled(saturated(codes, 1.05), 0.5), 80, "4:2:0")
    yield "5500 K +200 K, 50 % JPEG q80", jpeg(scaled(warmer(codes, 5500, 200), 0.5), 80, "4:2:0")
    yield "another frame, 8 px away, 50 % JPEG q80", jpeg(scaled(frame(outer, rng, 8), 0.5), 80, "4:2:0")
    yield "crop 8 px left and top, 50 % JPEG q80", jpeg(scaled(cropped(codes, 8, 8, 0, 0), 0.5), 80, "4:2:0")
