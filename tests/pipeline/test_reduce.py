from __future__ import annotations

import io
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pictures import QUICK, QUICK_PAPER, colourful, muted, photograph
from PIL import Image

from gamutmeta import carriers
from gamutmeta.container import Payload
from gamutmeta.errors import (
    CarrierError,
    DeviceError,
    FitError,
    MissingExtraError,
    OutputExistsError,
    PhotoError,
    UnsupportedFileError,
)
from gamutmeta.fit import engine
from gamutmeta.fit.gate import gate_for
from gamutmeta.measure.quality import measure
from gamutmeta.model.descriptor import Descriptor, Head
from gamutmeta.model.expand import expand as expand_pixels
from gamutmeta.photo.pixels import decode_srgb
from gamutmeta.photo.wide import WideImage
from gamutmeta.pipeline import expand as expansion
from gamutmeta.pipeline.reduce import reduce, reduce_file

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("torch")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wide-gamut TIFF with EXIF and XMP."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Maker"
    path = tmp_path_factory.mktemp("source") / "photo.tif"
    photograph(
        exif=b"Exif\0\0" + exif.tobytes().removeprefix(b"Exif\0\0"), xmp=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"
    ).save(path)
    return path


@pytest.mark.parametrize("preset", [QUICK, QUICK_PAPER], ids=["balanced", "paper"])
@pytest.mark.parametrize("format_", ["png", "jpeg", "tiff"])
def test_colours_come_back(preset: Any, format_: Any) -> None:
    wide = photograph()
    result = reduce(wide, preset=preset, format=format_, device="cpu")
    report = result.report
    assert report.psnr_og > report.psnr_clip_og + (5 if format_ != "jpeg" else 2)
    assert report.psnr > report.psnr_clip
    assert report.payload_bytes == len(result.payload.to_bytes())
    data = result.to_bytes()
    restored = expansion.expand(data)
    adaptation = result.payload.descriptor.adaptation
    assert measure(wide.array, restored.array, adaptation).psnr_og == pytest.approx(report.psnr_og)
    clipped = expand_pixels(Descriptor(adaptation=adaptation), {}, decode_srgb(data))
    assert measure(wide.array, clipped, adaptation).psnr_og == pytest.approx(report.psnr_clip_og)


def test_the_picture_is_displayed_as_before_embedding() -> None:
    for format_ in ("png", "jpeg", "tiff"):
        result = reduce(photograph(), preset=QUICK, format=format_, device="cpu")
        bare, full = result.to_bytes("sidecar"), result.to_bytes()
        np.testing.assert_array_equal(
            np.asarray(Image.open(io.BytesIO(bare))), np.asarray(Image.open(io.BytesIO(full)))
        )
        assert carriers.strip(full) == bare


def test_jpeg_is_fitted_on_its_decoded_pixels_with_the_gate_that_suits_them() -> None:
    wide = photograph()
    plain = {"preset": QUICK, "format": "jpeg", "samples": "plain", "device": "cpu"}
    fine = reduce(wide, **plain)
    coarse = reduce(wide, quality=50, subsampling="4:2:0", **plain)
    for result in (fine, coarse):
        assert result.payload.binding.kind == "jpeg"
        assert result.payload.descriptor.gate == gate_for(wide.array, decode_srgb(result.to_bytes()))
    assert fine.payload.descriptor.gate in range(8, 33)
    assert coarse.payload.descriptor.gate is None
    assert "(no gate)" in coarse.report.model
    assert len(coarse.to_bytes()) < len(fine.to_bytes())
    lossless = reduce(wide, preset=QUICK, device="cpu")
    assert (lossless.payload.binding.kind, lossless.payload.descriptor.gate) == ("rgb8", 0)


def test_a_picture_inside_srgb_gets_an_empty_model_and_says_so() -> None:
    result = reduce(photograph(muted()), preset=QUICK, device="cpu")
    assert result.payload.descriptor == Descriptor()
    assert result.report.payload_bytes < 100
    assert result.report.og_percent == 0
    assert any("contains no model" in note for note in result.report.notes)
    restored = expansion.expand(result.to_bytes())
    assert any("contains no model" in note for note in restored.notes)
    np.testing.assert_array_equal(restored.array, expand_pixels(Descriptor(), {}, result.pixels))


def test_a_model_that_is_no_better_than_clipping_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    real = engine.fit

    def useless(*arguments: Any, **options: Any) -> engine.FitResult:
        result = real(*arguments, **options)
        broken = tuple(
            replace(tensor, values=tensor.values + np.float16(8)) if tensor.scale is None else tensor
            for tensor in result.tensors
        )
        return replace(result, tensors=broken)

    monkeypatch.setattr(engine, "fit", useless)
    result = reduce(photograph(), preset=QUICK, device="cpu")
    assert result.payload.descriptor.head is Head.CLIP
    assert result.report.psnr == result.report.psnr_clip
    assert any("not better than clipping" in note for note in result.report.notes)


@pytest.mark.parametrize("thing", [np.zeros((8, 9, 3), np.uint16), Image.new("RGB", (9, 8))])
def test_what_has_no_wide_colour_space_is_refused(thing: Any) -> None:
    with pytest.raises(PhotoError, match=r"needs a gamutmeta\.WideImage, .* not (numpy\.ndarray|PIL\.Image\.Image)"):
        reduce(thing)


def test_same_seed_same_bytes() -> None:
    a, b, c = (reduce(photograph(), preset=QUICK, seed=seed, device="cpu").to_bytes() for seed in (3, 3, 4))
    assert a == b
    assert a != c


def test_another_space_is_converted_first() -> None:
    wide = photograph()
    p3 = reduce(wide.convert("rec2020"), preset=QUICK, device="cpu")
    assert p3.report.og_percent == pytest.approx(reduce(wide, preset=QUICK, device="cpu").report.og_percent, abs=1)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    hnp.arrays(np.uint16, hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=24).map(lambda s: (*s, 3))),
    st.sampled_from(["png", "jpeg", "tiff"]),
)
def test_any_small_picture_makes_the_round_trip(array: np.ndarray, format_: Any) -> None:
    preset = replace(QUICK, steps=12)
    result = reduce(photograph(array), preset=preset, format=format_, device="cpu")
    restored = expansion.expand(result.to_bytes())
    assert restored.size == (array.shape[1], array.shape[0])
    quality = measure(array, restored.array)
    clipped = measure(array, expand_pixels(Descriptor(), {}, decode_srgb(result.to_bytes())))
    assert quality.psnr >= clipped.psnr


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif"])
def test_files_keep_exif_xmp_and_orientation(source: Path, tmp_path: Path, name: str) -> None:
    target = tmp_path / name
    report = reduce_file(source, target, preset=QUICK, device="cpu")
    assert report.output == str(target)
    assert report.file_bytes == target.stat().st_size
    assert report.carrier == carriers.carrier_for(carriers.format_of(target))
    with Image.open(target) as image:
        assert image.getexif()[0x010F] == "Maker"
        assert image.info["icc_profile"]
    restored = tmp_path / "back.tif"
    expansion.expand_file(target, restored)
    back = expansion.expand(target)
    assert back.orientation == 6
    assert b"xmpmeta" in (back.xmp or b"")
    with Image.open(restored) as image:
        assert image.getexif()[0x010F] == "Maker"


def test_nothing_is_overwritten_unasked(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "a.jpg"
    target.write_bytes(b"precious")
    with pytest.raises(OutputExistsError, match=r"a\.jpg"):
        reduce_file(source, target, preset=QUICK, device="cpu")
    assert target.read_bytes() == b"precious"
    reduce_file(source, target, preset=QUICK, device="cpu", overwrite=True)
    assert expansion.expand(target).size == (96, 72)


def test_a_sidecar(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "a.jpg"
    report = reduce_file(source, target, preset=QUICK, device="cpu", carrier="sidecar")
    beside = tmp_path / "a.jpg.gamut"
    assert report.carrier == "sidecar"
    assert carriers.find(target.read_bytes()) == []
    assert Payload.from_bytes(beside.read_bytes()).width == 96
    with pytest.raises(OutputExistsError):
        reduce_file(source, target, preset=QUICK, device="cpu", carrier="sidecar")
    target.unlink()
    with pytest.raises(OutputExistsError, match="gamut"):
        reduce_file(source, target, preset=QUICK, device="cpu", carrier="sidecar")
    assert not target.exists()


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"target": "a.webp"}, UnsupportedFileError),
        ({"target": "a.jpg", "carrier": "itxt"}, CarrierError),
        ({"target": "a.jpg", "preset": "huge"}, FitError),
        ({"target": "a.jpg", "device": "tpu"}, DeviceError),
        ({"target": "a.jpg", "quality": 101}, PhotoError),
        ({"target": "a.jpg", "subsampling": "4:1:1"}, PhotoError),
        ({"target": "a.jpg", "source": "missing.tif"}, FileNotFoundError),
        ({"target": "nowhere/a.jpg"}, FileNotFoundError),
    ],
)
def test_what_cannot_be_done_leaves_nothing(
    source: Path, tmp_path: Path, arguments: dict[str, Any], error: type[Exception]
) -> None:
    options = {"preset": QUICK, "device": "cpu"} | arguments
    target = tmp_path / options.pop("target")
    with pytest.raises(error):
        reduce_file(options.pop("source", source), target, **options)
    assert list(tmp_path.iterdir()) == []


def test_the_photograph_itself_is_never_the_output(source: Path) -> None:
    before = source.read_bytes()
    with pytest.raises(PhotoError, match="replace the photograph"):
        reduce_file(source, source, preset=QUICK, device="cpu", overwrite=True)
    assert source.read_bytes() == before


def test_without_torch_the_paper_s_preset_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [module for module in sys.modules if module.startswith("gamutmeta.fit.")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'gamutmeta\[torch\]'"):
        reduce(photograph(), preset="paper")


def test_formats_by_name() -> None:
    assert {carriers.format_of(f"X{suffix.upper()}") for suffix in carriers.SUFFIXES} == {"jpeg", "png", "tiff"}
    with pytest.raises(UnsupportedFileError, match="must end in"):
        carriers.format_of("picture")


def test_the_image_for_pillow() -> None:
    result = reduce(photograph(colourful(16, 24)), preset=replace(QUICK, steps=5), device="cpu")
    assert result.image.size == (24, 16)
    assert result.image.info["icc_profile"]
    np.testing.assert_array_equal(np.asarray(result.image), result.pixels)


def test_a_side_too_long_for_a_jpeg_is_told_before_the_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gamutmeta.pipeline.reduce._fit", lambda *_, **__: pytest.fail("fitted"))
    wide = WideImage(np.tile(np.array([0, 60_000, 0], np.uint16), (1, 65_501, 1)), "prophoto")
    with pytest.raises(PhotoError, match=r"65501 x 1 pixels do not fit JPEG \(at most 65,500 on a side\); use TIFF"):
        reduce(wide, preset=QUICK, format="jpeg", device="cpu")
