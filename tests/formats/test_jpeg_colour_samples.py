"""Whether a JPEG holds YCbCr samples is decided as libjpeg decides it; the vectors have many more such files."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from gamutmeta.errors import CarrierError, PhotoError
from gamutmeta.formats.jpeg import make_segment
from gamutmeta.formats.jpeg_colour import holds_ycc
from gamutmeta.photo.pixels import decode_sycc, has_ycc_samples


def jpeg(mode: str = "RGB", **options: object) -> bytes:
    file = io.BytesIO()
    shape = (8, 8) if mode == "L" else (8, 8, len(mode))
    Image.fromarray(np.zeros(shape, np.uint8), mode).save(file, "JPEG", **options)
    return file.getvalue()


def adobe(transform: int) -> bytes:
    return make_segment(0xEE, b"Adobe" + bytes((0, 100, 0, 0, 0, 0, transform)))


USUAL = jpeg()
PLAIN = USUAL[:2] + USUAL[20:]  # without JFIF
SHORT = make_segment(0xE0, b"JFIF\0" + bytes(8))


@pytest.mark.parametrize(
    ("data", "is_ycc"),
    {
        "usual": (USUAL, True),
        "progressive": (jpeg(progressive=True), True),
        "grey": (jpeg("L"), False),
        "four components": (jpeg("CMYK"), False),
        "coded as RGB": (jpeg(keep_rgb=True), False),
        "no markers": (PLAIN, True),
        "Adobe says RGB": (PLAIN[:2] + adobe(0) + PLAIN[2:], False),
        "Adobe says YCbCr": (PLAIN[:2] + adobe(1) + PLAIN[2:], True),
        "JFIF is stronger": (USUAL[:2] + adobe(0) + USUAL[2:], True),
        "a JFIF segment too short": (PLAIN[:2] + SHORT + adobe(0) + PLAIN[2:], False),
    }.values(),
    ids=str,
)
def test_header_says_so(data: bytes, *, is_ycc: bool) -> None:
    assert holds_ycc(data) == is_ycc
    assert has_ycc_samples(data) == is_ycc
    if is_ycc:
        assert decode_sycc(data).shape == (8, 8, 3)
    else:
        with pytest.raises(PhotoError, match="YCbCr"):
            decode_sycc(data)


def test_other_files_have_none() -> None:
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "PNG")
    assert not has_ycc_samples(file.getvalue())


def test_lossless_and_12_bits_have_none() -> None:
    assert not holds_ycc(USUAL.replace(b"\xff\xc0", b"\xff\xc3"))
    assert not holds_ycc(USUAL.replace(b"\xff\xc0\x00\x11\x08", b"\xff\xc1\x00\x11\x0c"))


def test_damage_is_an_error() -> None:
    with pytest.raises(CarrierError):
        holds_ycc(USUAL[:30])
    garbage = USUAL[:20] + bytes(5) + USUAL[20:]
    with pytest.raises(CarrierError):
        holds_ycc(garbage)
    assert not has_ycc_samples(garbage)  # Pillow skips it
