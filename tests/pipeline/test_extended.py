"""JPEGs whose own YCbCr samples hold colours outside sRGB: written, and read by everything that reads payloads."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from carrots import CARROTS
from pictures import QUICK, muted, photograph
from PIL import Image

import gamutmeta
from gamutmeta import carriers, edit, pillow
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.gamut import reduce_to_codes
from gamutmeta.color.sycc import outside
from gamutmeta.container import Binding, Payload
from gamutmeta.errors import BindingError, NoPayloadError, PhotoError
from gamutmeta.fit.config import PRESETS
from gamutmeta.measure.quality import Quality, measure
from gamutmeta.model.descriptor import Descriptor, SampleCoding
from gamutmeta.model.expand import expand as expand_pixels
from gamutmeta.photo.pixels import decode_srgb, decode_sycc, encode_srgb_file
from gamutmeta.photo.read import read_photo
from gamutmeta.photo.wide import WideImage
from gamutmeta.pipeline import fitted
from gamutmeta.pipeline.arrays import expand_array
from gamutmeta.pipeline.expand import expand
from gamutmeta.pipeline.extended import outside_share
from gamutmeta.pipeline.options import ReduceOptions
from gamutmeta.pipeline.reduce import Reduction, read_and_reduce, reduce, reduce_with
from gamutmeta.pipeline.srgb_file import SrgbFile
from gamutmeta.pipeline.validate import validate_file
from gamutmeta.pipeline.verify import verify_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytest.importorskip("torch")

PRESET = replace(PRESETS["small"], steps=300)
SYCC = Descriptor(samples=SampleCoding.SYCC)


@pytest.fixture(scope="module")
def photo() -> WideImage:
    """A part of the demonstration's photograph, with odd sides, so that the last blocks are cut."""
    return WideImage(read_photo(CARROTS).array[60:361, 180:561])


@pytest.fixture(scope="module")
def reduced(photo: WideImage) -> Callable[..., Reduction]:
    known: dict[Any, Reduction] = {}

    def of(samples: Any = "extended", quality: int = 95, subsampling: Any = "4:4:4", **options: Any) -> Reduction:
        key = samples, quality, subsampling, *options.items()
        if key not in known:
            options |= {"quality": quality, "subsampling": subsampling, "device": "cpu"}
            known[key] = reduce(photo, preset=PRESET, format="jpeg", samples=samples, **options)
        return known[key]

    return of


@pytest.fixture(scope="module")
def file(reduced: Callable[..., Reduction], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("extended") / "photo.jpg"
    reduced().save(path)
    return path


def in_gamut(quality: Quality) -> float:
    """PSNR of the pixels inside sRGB, dB."""
    og = quality.og_percent / 100
    whole, outside_srgb = 10 ** (-quality.psnr / 10), 10 ** (-quality.psnr_og / 10)
    return float(-10 * np.log10((whole - og * outside_srgb) / (1 - og)))


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    """Of 8-bit pictures, dB."""
    return float(-10 * np.log10(np.mean(np.square(a.astype(float) - b)) / 255**2))


CODINGS = [(95, "4:4:4", False), (75, "4:2:0", True)]
MORE = [(quality, chroma, False) for quality in (60, 85, 100) for chroma in ("4:4:4", "4:2:2", "4:2:0")]


@pytest.mark.parametrize(
    ("quality", "subsampling", "progressive"),
    [*CODINGS, *(pytest.param(*coding, marks=pytest.mark.slow) for coding in MORE)],
)
def test_samples_and_payload_each_bring_colour_back(
    photo: WideImage,
    reduced: Callable[..., Reduction],
    quality: int,
    subsampling: str,
    progressive: bool,  # noqa: FBT001
) -> None:
    extended, plain = (reduced(s, quality, subsampling, progressive=progressive) for s in ("extended", "plain"))
    assert extended.coded is not None
    assert plain.coded is not None
    samples = decode_sycc(extended.coded)
    clipped = measure(photo.array, expand_pixels(Descriptor(), {}, decode_srgb(plain.coded)))
    held = measure(photo.array, expand_pixels(SYCC, {}, samples))
    payload = extended.payload
    restored = measure(photo.array, expand_pixels(payload.descriptor, payload.weights(), samples))
    assert held.psnr_og > clipped.psnr_og + 3
    assert restored.psnr_og > held.psnr_og
    assert restored.psnr > plain.report.psnr
    assert in_gamut(restored) > in_gamut(clipped)
    assert payload.descriptor.samples is SampleCoding.SYCC
    assert payload.to_bytes()[8:10] == b"\2\2"
    assert len(extended.coded) < 1.1 * len(plain.coded)
    # What is seen is the clipped picture, as well as a JPEG can show it.
    seen, usual = (psnr(decode_srgb(r.coded), r.pixels) for r in (extended, plain))
    assert seen > usual - 0.5


def test_figures_of_the_report(photo: WideImage, reduced: Callable[..., Reduction], file: Path, tmp_path: Path) -> None:
    report = reduced().report
    wide = SrgbFile.read(file, check=True).expand()
    quality = measure(photo.array, wide.array)
    assert (report.psnr, report.psnr_og) == pytest.approx((quality.psnr, quality.psnr_og), abs=1e-6)
    photo.save(tmp_path / "photo.tif")
    verified = verify_file(file, tmp_path / "photo.tif")
    assert (verified.psnr_og, verified.psnr_clip_og) == pytest.approx((report.psnr_og, report.psnr_clip_og), abs=1e-6)


def test_the_seed_decides(photo: WideImage) -> None:
    quick = replace(PRESET, steps=30)
    first, second = (
        reduce(photo, preset=quick, format="jpeg", samples="extended", device="cpu").to_bytes() for _ in range(2)
    )
    assert first == second


@pytest.mark.parametrize("format_", ["png", "tiff"])
def test_lossless_files_stay_as_they_are(format_: Any) -> None:
    made = [reduce(photograph(), preset=QUICK, format=format_, samples=s, device="cpu") for s in ("plain", "extended")]
    assert made[0].to_bytes() == made[1].to_bytes()
    assert made[0].payload.to_bytes()[8] == 1


def test_without_colours_outside_srgb_the_file_is_plain() -> None:
    grey = np.repeat(np.linspace(0, 65535, 64).astype(np.uint16)[None, :, None], 3, 2).repeat(16, 0)
    for array in (muted(), grey):
        made = [
            reduce(photograph(array), preset=QUICK, format="jpeg", samples=s, device="cpu")
            for s in ("plain", "extended")
        ]
        assert made[0].to_bytes() == made[1].to_bytes()
        assert not made[1].encoding.is_ycc


def test_the_papers_model_says_that_it_takes_plain_samples() -> None:
    paper = replace(PRESETS["paper"], steps=5)
    made = reduce(photograph(), preset=paper, format="jpeg", samples="extended", device="cpu")
    assert "the preset paper knows no extended samples: the JPEG has plain ones" in made.report.notes
    assert made.payload.descriptor.samples is SampleCoding.SRGB


def test_where_a_model_does_not_help_the_samples_are_taken_alone(photo: WideImage) -> None:
    useless = replace(PRESET, steps=1, closed_form=False, network_rate=1e-9, grid_rate=1e-9)
    made = reduce(photo, preset=useless, format="jpeg", samples="extended", device="cpu")
    assert made.payload.descriptor == SYCC
    assert any("samples alone" in note for note in made.report.notes)
    assert len(made.payload.to_bytes()) < 80 + 78  # with a likeness
    wide = expand(made.to_bytes())
    assert wide.notes == ("the payload contains no model: the result is what the JPEG's YCbCr samples hold",)
    assert np.array_equal(wide.array, expand(made.to_bytes(), samples="extended").array)


def test_unknown_samples() -> None:
    with pytest.raises(PhotoError, match="samples of a JPEG can be extended or plain, not 'wide'"):
        reduce(photograph(), format="jpeg", samples="wide")  # type: ignore[arg-type]
    with pytest.raises(PhotoError, match="samples to expand can be payload or extended, not 'wide'"):
        expand(b"", samples="wide")  # type: ignore[arg-type]


def test_a_lost_payload_leaves_what_the_samples_hold(reduced: Callable[..., Reduction], photo: WideImage) -> None:
    bare = carriers.strip(reduced().to_bytes())
    with pytest.raises(NoPayloadError):
        expand(bare)
    wide = expand(bare, samples="extended")
    assert wide.notes == ("no payload was used: the result is what the JPEG's YCbCr samples hold",)
    clipped = expand_pixels(Descriptor(), {}, decode_srgb(bare))
    assert measure(photo.array, wide.array).psnr_og > measure(photo.array, clipped).psnr_og + 3
    # The same with a payload, since that was asked for; also with one that is damaged.
    assert np.array_equal(expand(reduced().to_bytes(), samples="extended").array, wide.array)


def test_the_samples_of_another_kind_of_file_are_no_extended_ones() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)
    coded, grey, cmyk = io.BytesIO(), io.BytesIO(), io.BytesIO()
    Image.fromarray(rgb).save(coded, "JPEG", keep_rgb=True)
    Image.fromarray(rgb[..., 0]).save(grey, "JPEG")
    Image.fromarray(rgb).convert("CMYK").save(cmyk, "JPEG")
    files = [coded.getvalue(), grey.getvalue(), cmyk.getvalue()]
    for data in (*files, encode_srgb_file(rgb, "png"), encode_srgb_file(rgb, "tiff")):
        with pytest.raises(PhotoError, match="only a JPEG that is coded as YCbCr has samples outside sRGB"):
            expand(data, samples="extended")


def test_the_share_of_a_damaged_file_whose_samples_are_handed_in(reduced: Callable[..., Reduction]) -> None:
    data = reduced("extended").to_bytes()
    at = data.index(b"\xff\xdb")
    with pytest.raises(PhotoError, match="quantization table"):
        outside_share(data[: at + 4] + b"\x7f" + data[at + 5 :], codes=np.zeros((8, 8, 3), np.uint8))


def test_outside_share(reduced: Callable[..., Reduction]) -> None:
    extended, plain = (outside_share(reduced(s).to_bytes(), "x.jpg") for s in ("extended", "plain"))
    assert extended.beyond_noise_percent > 5
    assert plain.beyond_noise_percent < 0.1
    samples = decode_sycc(reduced().to_bytes())
    assert extended.outside_percent == pytest.approx(100 * outside(samples).mean())
    assert (extended.width, extended.height) == (381, 301)
    assert 0 < extended.noise_codes < 30


class TestReaders:
    """Everything else that reads a payload."""

    def test_validate(self, file: Path) -> None:
        assert {stage.result for stage in validate_file(file).stages} == {"ok"}

    def test_arrays(self, file: Path) -> None:
        found = SrgbFile.read(file)
        payload, samples = found.found.payload, decode_sycc(file.read_bytes())
        assert np.array_equal(expand_array(payload, samples, samples="sycc"), found.expand().array)
        with pytest.raises(PhotoError, match="the payload takes samples 'sycc', not 'srgb'"):
            expand_array(payload, decode_srgb(file.read_bytes()))

    def test_pillow(self, file: Path, reduced: Callable[..., Reduction], tmp_path: Path) -> None:
        restored = gamutmeta.expand(file).array
        pillow.register()
        try:
            with Image.open(file) as image:
                assert np.array_equal(image.gamut_expand().array, restored)  # type: ignore[attr-defined]
            made = reduced()
            assert made.image.mode == "YCbCr"
            made.image.save(tmp_path / "again.jpg", quality=95, subsampling=0, gamut=made.payload)
            assert np.array_equal(gamutmeta.expand(tmp_path / "again.jpg").array, restored)
            for name in ("lost.jpg", "lost.png"):
                with pytest.raises(BindingError, match=r"YCbCr samples of a JPEG.*Reduction\.save"):
                    made.image.convert("RGB").save(tmp_path / name, gamut=made.payload)
        finally:
            pillow.unregister()

    def test_imageio(self, file: Path) -> None:
        iio = pytest.importorskip("imageio.v3")
        from gamutmeta import imageio  # noqa: PLC0415 - after the check that imageio is there

        imageio.register()
        try:
            assert np.array_equal(iio.imread(file, plugin=imageio.NAME), gamutmeta.expand(file).array)
        finally:
            imageio.unregister()

    def test_a_sidecar_and_the_comment(self, reduced: Callable[..., Reduction], tmp_path: Path) -> None:
        made = reduced()
        made.save(tmp_path / "beside.jpg", carrier="sidecar")
        made.save(tmp_path / "comment.jpg", carrier="com")
        beside, comment = (gamutmeta.expand(tmp_path / name).array for name in ("beside.jpg", "comment.jpg"))
        assert np.array_equal(beside, comment)


class TestEdits:
    """Edits work on the YCbCr samples, so that the colours stay."""

    @pytest.mark.parametrize(
        ("change", "expected"),
        [
            (lambda image: edit.crop(image, (16, 24, 216, 184)), lambda wide: wide[24:184, 16:216]),
            (lambda image: edit.rotate90(image, 1), np.rot90),
            (lambda image: edit.flip(image, "horizontal"), lambda wide: wide[:, ::-1]),
        ],
        ids=["crop", "rotate", "flip"],
    )
    def test_colours_stay(
        self, file: Path, photo: WideImage, tmp_path: Path, change: Callable[..., Any], expected: Callable[..., Any]
    ) -> None:
        with Image.open(file) as image:
            edited = change(image)
        wanted = expected(gamutmeta.expand(file).array)
        # In memory nothing is coded again; crops are close, since positions are rounded.
        assert np.abs(edited.expand().array.astype(int) - wanted).max() <= 2
        edited.save(tmp_path / "edited.jpg", quality=100)
        original = np.ascontiguousarray(expected(photo.array))
        again = measure(original, gamutmeta.expand(tmp_path / "edited.jpg").array)
        assert again.psnr_og > measure(original, np.ascontiguousarray(wanted)).psnr_og - 0.5

    def test_resize(self, file: Path, tmp_path: Path) -> None:
        with Image.open(file) as image:
            half = edit.resize(image, (190, 150))
        half.save(tmp_path / "half.jpg", quality=100)
        wide = gamutmeta.expand(tmp_path / "half.jpg")
        assert wide.size == (190, 150)
        share = outside_share((tmp_path / "half.jpg").read_bytes())
        assert share.outside_percent > 5

    def test_a_png_would_lose_them(self, file: Path, tmp_path: Path) -> None:
        with Image.open(file) as image:
            edited = edit.flip(image)
        with pytest.raises(PhotoError, match=r"a PNG file cannot store: save it as \.jpg, or expand it"):
            edited.save(tmp_path / "lost.png")
        assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:0"])
@pytest.mark.parametrize("array", [None, muted()], ids=["wide", "inside"])
def test_for_a_file_nothing_is_kept_that_it_does_not_need(
    array: np.ndarray | None, subsampling: Any, photo: WideImage, tmp_path: Path
) -> None:
    source, wide = tmp_path / "photo.tif", photo if array is None else WideImage(array)
    wide.save(source)
    options = ReduceOptions(preset=replace(PRESET, steps=30), subsampling=subsampling, device="cpu")
    _, for_file = read_and_reduce(source, tmp_path / "photo.jpg", options)
    whole = reduce_with(read_photo(source), options, "jpeg")
    assert for_file.to_bytes() == whole.to_bytes()
    assert whole.coded is not None
    np.testing.assert_array_equal(whole.pixels, reduce_to_codes(wide.array, Adaptation.BRADFORD)[0])
    if array is None:
        np.testing.assert_array_equal(for_file.pixels, decode_srgb(whole.coded))
        np.testing.assert_array_equal(for_file.sycc, decode_sycc(whole.coded))
    else:
        np.testing.assert_array_equal(for_file.pixels, whole.pixels)
        assert for_file.sycc is None


@pytest.mark.parametrize(
    ("on_some", "on_all", "is_kept"), [(37.0, None, True), (39.6, 36.0, True), (39.6, 41.0, False)]
)
def test_samples_alone_are_measured_in_whole_only_if_some_strips_leave_doubt(
    on_some: float,
    on_all: float | None,
    reduced: Callable[..., Reduction],
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_kept: bool,
) -> None:
    codes = np.zeros((1200, 1800, 3), np.uint8)
    empty = Payload(1800, 1200, Binding("rgb8", bytes(16)), Descriptor(), ())
    model = replace(reduced().payload, width=1800, height=1200)
    answers = iter([(1, [40.0]), (3, [40.0, on_some]), *([] if on_all is None else [(1, [on_all])])])

    def measured(_: Any, part: Any, *others: Any, apart: int = 1, **options: Any) -> list[Quality]:
        assert (len(others), options.get("threads")) == (2, None)
        assert part is codes
        expected, figures = next(answers)
        assert apart == expected
        return [Quality(psnr, 0.0, psnr, 0.0, 10.0) for psnr in figures]

    monkeypatch.setattr(fitted, "measure_models", measured)
    clipped = Quality(20.0, 0.0, 20.0, 0.0, 10.0)
    kept, _, _ = fitted.best_payload(empty, model, clipped, codes.astype(np.uint16), codes)
    assert next(answers, None) is None
    assert (kept is model) == is_kept
    assert kept.descriptor.samples is SampleCoding.SYCC
