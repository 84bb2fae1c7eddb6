"""JPEG in earnest: every quality, subsampling and scan order, other software's metadata, other decoders' codes."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from carrots import CARROTS
from PIL import Image

from gamutmeta import carriers
from gamutmeta.container import Binding
from gamutmeta.errors import BindingError
from gamutmeta.fit.config import PRESETS
from gamutmeta.formats.jpeg import make_segment
from gamutmeta.measure.quality import measure
from gamutmeta.model.descriptor import Descriptor
from gamutmeta.model.expand import expand as expand_pixels
from gamutmeta.photo.pixels import decode_srgb
from gamutmeta.photo.read import read_photo
from gamutmeta.photo.wide import WideImage
from gamutmeta.pipeline import expand as expansion
from gamutmeta.pipeline import host
from gamutmeta.pipeline.reduce import Reduction, reduce

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

pytest.importorskip("torch")

PRESET = replace(PRESETS["balanced"], steps=400)
CODINGS = [(quality, chroma) for quality in (70, 80, 90, 95, 100) for chroma in ("4:4:4", "4:2:2", "4:2:0")]


@pytest.fixture(scope="module")
def photo() -> WideImage:
    """The middle of the demonstration's photograph, with odd sides, so that the last blocks are cut."""
    return WideImage(read_photo(CARROTS).array[60:361, 180:561])


@pytest.fixture(scope="module")
def reduced(photo: WideImage) -> Callable[..., Reduction]:
    known: dict[Any, Reduction] = {}

    def of(quality: int, subsampling: Any, *, progressive: bool = False) -> Reduction:
        key = quality, subsampling, progressive
        if key not in known:
            known[key] = reduce(
                photo,
                preset=PRESET,
                format="jpeg",
                quality=quality,
                subsampling=subsampling,
                progressive=progressive,
                samples="plain",
                device="cpu",
            )
        return known[key]

    return of


def og_of(photo: WideImage, result: Reduction, codes: NDArray[np.uint8], *, clipped: bool = False) -> float:
    """PSNR of out-of-gamut pixels where a decoder gives these codes, dB."""
    payload = result.payload
    restored = (
        expand_pixels(Descriptor(), {}, codes)
        if clipped
        else expand_pixels(payload.descriptor, payload.weights(), codes)
    )
    return measure(photo.array, restored).psnr_og


@pytest.mark.slow
@pytest.mark.parametrize(("quality", "subsampling"), CODINGS)
def test_colours_come_back_from_every_coding(
    photo: WideImage, reduced: Callable[..., Reduction], quality: int, subsampling: str
) -> None:
    result = reduced(quality, subsampling)
    report = result.report
    assert report.psnr_og > report.psnr_clip_og + 6
    assert report.psnr > report.psnr_clip + 2
    restored = measure(photo.array, expansion.expand(result.to_bytes()).array)
    # The report adds up strips of another size.
    assert (restored.psnr_og, restored.psnr) == pytest.approx((report.psnr_og, report.psnr), rel=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
def test_a_progressive_file_restores_what_the_baseline_one_does(
    reduced: Callable[..., Reduction], subsampling: str
) -> None:
    baseline, progressive = (reduced(90, subsampling, progressive=kind) for kind in (False, True))
    data = progressive.to_bytes()
    assert Image.open(io.BytesIO(data)).info["progressive"]
    assert len(data) != len(baseline.to_bytes())
    np.testing.assert_array_equal(decode_srgb(data), decode_srgb(baseline.to_bytes()))
    np.testing.assert_array_equal(expansion.expand(data).array, expansion.expand(baseline.to_bytes()).array)
    # The digest is of coded data, so the payload of one file is not that of the other.
    assert progressive.payload.binding != baseline.payload.binding
    assert progressive.payload.tensors == baseline.payload.tensors


@pytest.mark.parametrize("scans", ["baseline", "progressive"])
@pytest.mark.parametrize("carrier", [None, "com"])
def test_the_digest_is_of_the_coded_picture_and_stays_valid_when_metadata_change(
    reduced: Callable[..., Reduction],
    scans: str,
    carrier: str | None,
) -> None:
    result = reduced(90, "4:2:0", progressive=scans == "progressive")
    data = result.to_bytes(carrier)
    assert result.payload.binding == Binding("jpeg", carriers.coded_digest(data))
    expected = expansion.expand(data).array
    xmp = make_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x='adobe:ns:meta/'/>")
    without_icc = data.replace(make_segment(0xE2, _first_icc(data)), b"")
    assert len(without_icc) < len(data)
    for changed in (
        data[:2] + xmp + data[2:],
        data[:2] + make_segment(0xED, b"Photoshop 3.0\0" + bytes(40)) + make_segment(0xFE, b"a note") + data[2:],
        without_icc,
        data + b"something behind the picture",
    ):
        np.testing.assert_array_equal(expansion.expand(changed).array, expected)


def _first_icc(data: bytes) -> bytes:
    start = data.index(b"\xff\xe2") + 4
    length = int.from_bytes(data[start - 2 : start], "big") - 2
    return data[start : start + length]


def test_the_same_pixels_coded_anew_are_refused_and_can_be_forced(reduced: Callable[..., Reduction]) -> None:
    result = reduced(90, "4:2:0")
    progressive = reduced(90, "4:2:0", progressive=True).to_bytes("sidecar")
    foreign = carriers.embed(progressive, result.payload.to_bytes())
    with pytest.raises(BindingError, match="digest mismatch"):
        expansion.expand(foreign)
    forced = expansion.expand(foreign, check=False)
    np.testing.assert_array_equal(forced.array, expansion.expand(result.to_bytes()).array)


ROBUST = [(70, "4:2:0"), (90, "4:2:0"), (90, "4:4:4"), (95, "4:2:2"), (95, "4:4:4"), (100, "4:4:4")]


@pytest.mark.slow
@pytest.mark.parametrize("coding", ROBUST)
@pytest.mark.parametrize(("most", "kept"), [(1, 0.9), (2, 0.78)])
def test_most_of_the_gain_survives_other_decoders_codes(
    photo: WideImage, reduced: Callable[..., Reduction], coding: tuple[int, str], most: int, kept: float
) -> None:
    result = reduced(*coding)
    codes = decode_srgb(result.to_bytes())
    change = np.random.default_rng(1).integers(-most, most, codes.shape, endpoint=True)
    other = np.clip(codes + change, 0, 255).astype(np.uint8)
    gain = og_of(photo, result, codes) - og_of(photo, result, codes, clipped=True)
    gain_of_other = og_of(photo, result, other) - og_of(photo, result, other, clipped=True)
    assert gain_of_other > kept * gain


@pytest.mark.slow
def test_a_gate_at_the_clip_alone_would_not_survive_them(
    photo: WideImage, reduced: Callable[..., Reduction], monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = reduced(100, "4:4:4")
    monkeypatch.setattr(host, "gate_for", lambda *_: 0)
    lossless = reduce(photo, preset=PRESET, format="jpeg", quality=100, device="cpu")
    codes = decode_srgb(chosen.to_bytes())
    change = np.random.default_rng(1).integers(-1, 1, codes.shape, endpoint=True)
    other = np.clip(codes + change, 0, 255).astype(np.uint8)
    assert og_of(photo, chosen, other) > og_of(photo, lossless, other) + 5


@pytest.mark.slow
@pytest.mark.parametrize(("quality", "subsampling"), ROBUST)
def test_another_decoder_restores_nearly_as_much(
    photo: WideImage, reduced: Callable[..., Reduction], quality: int, subsampling: str
) -> None:
    imagecodecs = pytest.importorskip("imagecodecs")
    result = reduced(quality, subsampling)
    # libjxl takes the coefficients over and decodes them its own way, in floating point.
    other = imagecodecs.jpegxl_decode(imagecodecs.jpegxl_encode_jpeg(result.to_bytes("sidecar")))
    codes = decode_srgb(result.to_bytes())
    assert (other != codes).mean() > 0.2
    assert og_of(photo, result, other) > og_of(photo, result, codes) - 0.5
