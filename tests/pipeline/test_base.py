"""Reduction onto the user's own sRGB picture: it stays as it is, and the payload restores the photograph from it."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from carriers.hosts import with_pictures
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from photo_files import XMP, exif_block
from pictures import QUICK, QUICK_PAPER, colourful, muted, photograph
from PIL import Image, ImageFilter

from gamutmeta import carriers
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.gamut import reduce_to_codes
from gamutmeta.color.icc import profile_bytes
from gamutmeta.container import Payload
from gamutmeta.errors import CarrierError, MultiPictureError, PhotoError, ProfileError, UnsupportedFileError
from gamutmeta.measure.quality import measure
from gamutmeta.model.descriptor import Descriptor, SampleCoding
from gamutmeta.model.expand import expand as expand_pixels
from gamutmeta.photo.alpha import with_alpha
from gamutmeta.photo.pixels import decode_srgb, decode_sycc, encode_srgb_file
from gamutmeta.photo.upright import UPRIGHT, turned_back, turned_upright
from gamutmeta.photo.wide import WideImage
from gamutmeta.pipeline.base import read_base
from gamutmeta.pipeline.comparison import compare_files
from gamutmeta.pipeline.expand import expand
from gamutmeta.pipeline.options import ReduceOptions
from gamutmeta.pipeline.reduce import reduce, reduce_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

pytest.importorskip("torch")

ICC = profile_bytes("srgb")


def textured() -> NDArray[np.uint16]:
    """Half of it outside sRGB, with details everywhere."""
    details = np.random.default_rng(3).integers(-2500, 2500, (24, 32, 1)).repeat(3, 0).repeat(3, 1)
    return np.clip(colourful().astype(np.int64) + details, 0, 65535).astype(np.uint16)


WIDE = WideImage(textured())
CLIPPED = reduce_to_codes(WIDE.array, Adaptation.BRADFORD)[0]


def toned(codes: NDArray[np.uint8]) -> Image.Image:
    """More contrast, paler, sharpened."""
    value = codes / 255
    curved = value + 0.4 * value * (1 - value) * (2 * value - 1)
    pale = 0.85 * curved + 0.15 * curved.mean(-1, keepdims=True)
    picture = Image.fromarray(np.rint(255 * pale).astype(np.uint8))
    return picture.filter(ImageFilter.UnsharpMask(1, 60, 2))


def file_of(picture: Image.Image | NDArray[np.uint8], kind: str = "JPEG", **options: Any) -> bytes:
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    buffer = io.BytesIO()
    extra = {"quality": 95, "subsampling": 0} if kind == "JPEG" else {}
    image.save(buffer, kind, **(extra | {"icc_profile": ICC} | options))
    return buffer.getvalue()


def reduced(base: bytes, wide: WideImage = WIDE, **options: Any) -> Any:
    return reduce(wide, base=base, device="cpu", **({"preset": QUICK} | options))


@pytest.mark.parametrize("preset", [QUICK, QUICK_PAPER], ids=["balanced", "paper"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_the_base_stays_as_it_is_and_the_photograph_comes_back(kind: str, preset: Any) -> None:
    base = file_of(toned(CLIPPED), kind)
    result = reduced(base, preset=preset)
    data = result.to_bytes()
    assert carriers.strip(data) == base == result.to_bytes("sidecar")
    np.testing.assert_array_equal(result.pixels, decode_srgb(base))
    report, adaptation = result.report, result.payload.descriptor.adaptation
    assert report.psnr_og > report.psnr_clip_og + 3
    assert report.psnr > report.psnr_clip + 3
    restored = expand(data)
    assert measure(WIDE.array, restored.array, adaptation).psnr_og == pytest.approx(report.psnr_og)
    clipped = expand_pixels(Descriptor(adaptation=adaptation), {}, decode_srgb(base))
    assert measure(WIDE.array, clipped, adaptation).psnr_og == pytest.approx(report.psnr_clip_og)
    assert report.notes == ()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    kind=st.sampled_from(["JPEG", "PNG", "TIFF"]),
    quality=st.integers(40, 100),
    subsampling=st.integers(0, 2),
    progressive=st.booleans(),
    exif=st.sampled_from([None, exif_block(orientation=1)]),
    comment=st.binary(max_size=40),
    gain=st.floats(0.7, 1.2),
    samples=st.sampled_from(["extended", "plain"]),
    carrier=st.sampled_from([None, "com"]),
)
def test_no_byte_of_any_base_changes(  # noqa: PLR0917 - hypothesis gives them by name
    kind: str,
    quality: int,
    subsampling: int,
    progressive: bool,  # noqa: FBT001
    exif: bytes | None,
    comment: bytes,
    gain: float,
    samples: Any,
    carrier: str | None,
) -> None:
    options: dict[str, Any] = {} if exif is None else {"exif": exif}
    if kind == "JPEG":
        options |= {"quality": quality, "subsampling": subsampling, "progressive": progressive, "comment": comment}
    picture = np.clip(np.rint(CLIPPED * gain), 0, 255).astype(np.uint8)
    base = file_of(picture, kind, **options)
    result = reduced(base, samples=samples, preset=replace(QUICK, steps=2))
    data = result.to_bytes(carrier if kind == "JPEG" else None)
    assert carriers.strip(data) == base
    if kind == "JPEG":
        assert carriers.coded_digest(data) == carriers.coded_digest(base)
    assert expand(data).size == WIDE.size


class TestModels:
    def test_the_model_acts_everywhere_where_the_base_differs_everywhere(self) -> None:
        for kind in ("PNG", "JPEG"):
            assert reduced(file_of(toned(CLIPPED), kind), samples="plain").payload.descriptor.gate is None

    def test_it_acts_at_the_clip_alone_where_the_base_is_clipped(self) -> None:
        dithered = np.clip(CLIPPED + np.random.default_rng(0).integers(0, 2, CLIPPED.shape), 0, 255).astype(np.uint8)
        dithered[(CLIPPED == 0) | (CLIPPED == 255)] = CLIPPED[(CLIPPED == 0) | (CLIPPED == 255)]
        for codes in (CLIPPED, dithered):
            assert reduced(file_of(codes, "PNG")).payload.descriptor.gate == 0

    def test_a_jpeg_with_plain_samples_gets_a_likeness_unless_version_1_is_asked_for(self) -> None:
        base = file_of(toned(CLIPPED))
        extended, plain = (reduced(base, samples=samples).payload for samples in ("extended", "plain"))
        assert extended.descriptor.samples is plain.descriptor.samples is SampleCoding.SRGB
        assert (extended.to_bytes()[8], plain.to_bytes()[8]) == (2, 1)
        assert plain.likeness is None
        again = carriers.embed(file_of(np.asarray(toned(CLIPPED)), quality=90), extended.to_bytes())
        assert any("it looks the same, so the payload was used" in note for note in expand(again).notes)
        assert reduced(base, preset=QUICK_PAPER).payload.likeness is None
        assert reduced(file_of(toned(CLIPPED), "PNG")).payload.likeness is None

    def test_a_jpeg_with_extended_samples_gives_them_unless_plain_ones_are_asked_for(self) -> None:
        base = carriers.strip(reduce(WIDE, preset=QUICK, format="jpeg", quality=100, device="cpu").to_bytes())
        extended, plain = (reduced(base, samples=samples).payload for samples in ("extended", "plain"))
        assert (extended.descriptor.samples, plain.descriptor.samples) == (SampleCoding.SYCC, SampleCoding.SRGB)
        assert extended.likeness is not None
        assert plain.likeness is None

    def test_a_jpeg_coded_as_rgb_has_plain_samples(self) -> None:
        base = file_of(toned(CLIPPED), keep_rgb=True)
        assert reduced(base).payload.descriptor.samples is SampleCoding.SRGB

    def test_what_a_camera_writes_beyond_srgb_is_used(self) -> None:
        """A base whose samples are extended holds much of the photograph already."""
        base = carriers.strip(reduce(WIDE, preset=QUICK, format="jpeg", quality=100, device="cpu").to_bytes())
        result = reduced(base, max_bytes=620)
        alone = measure(WIDE.array, expand(base, samples="extended").array).psnr_og
        assert alone > result.report.psnr_clip_og + 1
        assert result.report.psnr_og >= alone
        np.testing.assert_array_equal(result.sycc, decode_sycc(base))

    def test_a_photograph_inside_srgb_is_restored_as_well(self) -> None:
        wide = WideImage(muted(72, 96))
        codes = reduce_to_codes(wide.array, Adaptation.BRADFORD)[0]
        report = reduced(file_of(toned(codes), "PNG"), wide).report
        assert report.og_percent == 0
        assert report.psnr > report.psnr_clip + 3
        exact = reduced(file_of(codes, "PNG"), wide)
        assert exact.payload.descriptor.is_empty
        assert any("no colour of the photograph is outside sRGB" in note for note in exact.report.notes)


class TestRasters:
    @pytest.mark.parametrize("theirs", range(1, 9))
    @pytest.mark.parametrize("ours", [1, 3, 6])
    def test_the_photograph_is_turned_as_the_base_is_stored(self, ours: int, theirs: int) -> None:
        wide = WideImage(np.ascontiguousarray(turned_back(WIDE.array, ours)), exif=exif_block(orientation=ours))
        upright = np.asarray(toned(CLIPPED))
        stored = np.ascontiguousarray(turned_back(upright, theirs))
        base = file_of(stored, "PNG", exif=exif_block(orientation=theirs))
        result = reduced(base, wide)
        assert result.report.psnr > result.report.psnr_clip + 3
        assert not any("orientation" in note for note in result.report.notes)
        restored = expand(result.to_bytes())
        assert restored.orientation == theirs
        shown = turned_upright(restored.array, restored.orientation)
        assert measure(WIDE.array, shown).psnr == pytest.approx(result.report.psnr)

    @pytest.mark.parametrize("orientation", [3, 6])
    def test_a_base_that_lost_its_orientation_is_taken_as_it_is_stored_and_a_note_says_so(
        self, orientation: int
    ) -> None:
        wide = WideImage(WIDE.array, exif=exif_block(orientation=orientation))
        result = reduced(file_of(toned(CLIPPED), "PNG"), wide)
        assert result.report.psnr > result.report.psnr_clip + 3
        assert any("both store the picture the same way round" in note for note in result.report.notes)

    @pytest.mark.parametrize("orientation", sorted(UPRIGHT))
    def test_verify_turns_the_photograph_as_well(self, orientation: int, tmp_path: Path) -> None:
        stored = WideImage(
            np.ascontiguousarray(turned_back(WIDE.array, orientation)), exif=exif_block(orientation=orientation)
        )
        stored.save(tmp_path / "wide.tif")
        (tmp_path / "export.png").write_bytes(file_of(toned(CLIPPED), "PNG"))
        out = tmp_path / "out.png"
        report = reduce_file(tmp_path / "wide.tif", out, base=tmp_path / "export.png", preset=QUICK, device="cpu")
        compared = compare_files(out, tmp_path / "wide.tif")
        assert compared.report.psnr == pytest.approx(report.psnr)
        assert compared.report.psnr_clip_og == pytest.approx(report.psnr_clip_og)
        assert compared.original.orientation == 1

    def test_another_size_is_refused(self) -> None:
        with pytest.raises(PhotoError, match="base file: it has 90x70 pixels, the photograph 96x72; export both"):
            reduced(file_of(toned(CLIPPED).crop((0, 0, 90, 70)), "PNG"))
        turned = WideImage(WIDE.array, exif=exif_block(orientation=6))
        with pytest.raises(PhotoError, match="the photograph 72x96 or 96x72"):
            reduced(file_of(toned(CLIPPED).crop((0, 0, 90, 70)), "PNG"), turned)

    def test_another_crop_is_refused(self) -> None:
        inner = WideImage(np.ascontiguousarray(WIDE.array[:-8, :-4]))
        with pytest.raises(PhotoError, match="lies 4 pixels to the left and 8 up of the photograph's; export"):
            reduced(file_of(np.ascontiguousarray(CLIPPED[8:, 4:]), "PNG"), inner)
        inner = WideImage(np.ascontiguousarray(WIDE.array[:-8, 1:]))
        with pytest.raises(PhotoError, match="lies 1 pixel to the right and 8 up of the photograph's; export"):
            reduced(file_of(np.ascontiguousarray(CLIPPED[8:, :-1]), "PNG"), inner)

    @pytest.mark.parametrize("other", [CLIPPED[:, ::-1], CLIPPED[::-1], 255 - CLIPPED])
    def test_another_picture_is_refused(self, other: NDArray[np.uint8]) -> None:
        with pytest.raises(PhotoError, match="export the photograph and the base with the same crop"):
            reduced(file_of(np.ascontiguousarray(other), "PNG"))


class TestFiles:
    @pytest.mark.parametrize(
        ("make", "error", "message"),
        [
            (
                lambda: file_of(toned(CLIPPED), icc_profile=profile_bytes("display-p3")),
                ProfileError,
                "not that of sRGB",
            ),
            (lambda: file_of(toned(CLIPPED).convert("L"), icc_profile=None), PhotoError, "grey"),
            (lambda: file_of(toned(CLIPPED).convert("CMYK"), icc_profile=None), PhotoError, "CMYK"),
            (lambda: file_of(CLIPPED[..., 0].astype(np.uint16) * 257, "PNG", icc_profile=None), PhotoError, "16 bits"),
            (lambda: file_of(toned(CLIPPED), "WEBP"), UnsupportedFileError, "not a JPEG, PNG or TIFF"),
            (lambda: file_of(toned(CLIPPED))[:300], CarrierError, "JPEG"),
        ],
        ids=["P3", "grey", "CMYK", "16 bits", "WebP", "damaged"],
    )
    def test_what_cannot_be_a_base_is_refused_with_its_name_and_a_remedy(
        self, make: Callable[[], bytes], error: type[Exception], message: str, tmp_path: Path
    ) -> None:
        path = tmp_path / "export.any"
        path.write_bytes(make())
        with pytest.raises(error, match=message) as caught:
            read_base(path)
        assert str(caught.value).startswith("base export.any: ")
        assert str(caught.value).endswith("; export an 8-bit sRGB JPEG, PNG or TIFF in colour")

    def test_a_payload_of_the_base_is_replaced_and_a_note_says_so(self) -> None:
        plain = file_of(toned(CLIPPED))
        first = reduced(plain).to_bytes("com")
        second = reduced(first)
        assert second.report.notes == ("the payload of the base (com) was replaced",)
        assert carriers.find(second.to_bytes()) == ["app11"]
        assert second.to_bytes("sidecar") == plain

    def test_a_base_that_names_no_space_is_taken_for_srgb_and_a_note_says_so(self) -> None:
        result = reduced(file_of(toned(CLIPPED), icc_profile=None))
        assert result.report.notes == ("the base names no colour space; sRGB was assumed, as viewers do",)

    def test_further_pictures_stay_and_a_note_says_so(self) -> None:
        base = with_pictures(file_of(toned(CLIPPED)), [file_of(toned(CLIPPED))])
        result = reduced(base)
        assert result.report.notes == ("the base contains further pictures; the payload restores the first one only",)
        assert carriers.strip(result.to_bytes()) == base

    def test_the_metadata_of_the_base_stay_and_a_note_says_what_is_left_out(self) -> None:
        alpha = np.full(WIDE.array.shape[:2], 30000, np.uint16)
        wide = WideImage(WIDE.array, exif=exif_block(orientation=1), xmp=XMP, alpha=alpha)
        result = reduced(file_of(toned(CLIPPED)), wide)
        assert result.report.notes == (
            "not copied from the photograph: EXIF, XMP, transparency; the file keeps what the base has",
        )
        assert (result.exif, result.xmp, result.alpha) == (None, None, None)
        own = file_of(toned(CLIPPED), exif=exif_block(orientation=1))
        assert reduced(own, WideImage(WIDE.array, exif=exif_block(orientation=1))).report.notes == ()

    def test_the_transparency_of_the_base_stays(self) -> None:
        alpha = np.full(CLIPPED.shape[:2], 99, np.uint8)
        base = file_of(Image.fromarray(with_alpha(CLIPPED, alpha)), "PNG")
        wide = WideImage(WIDE.array, alpha=np.full(CLIPPED.shape[:2], 5, np.uint16))
        result = reduced(base, wide)
        np.testing.assert_array_equal(result.alpha, alpha)
        assert result.report.notes == ()
        np.testing.assert_array_equal(expand(result.to_bytes()).alpha, alpha * np.uint16(257))

    def test_the_picture_can_be_given_to_pillow(self) -> None:
        base = file_of(toned(CLIPPED), "PNG")
        np.testing.assert_array_equal(np.asarray(reduced(base).image), decode_srgb(base))
        assert reduced(file_of(toned(CLIPPED))).image.mode == "RGB"


class TestPaths:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        WIDE.save(tmp_path / "wide.tif")
        (tmp_path / "export.jpg").write_bytes(file_of(toned(CLIPPED)))
        return tmp_path

    def test_a_file_is_written_with_the_base_and_the_report_names_it(self, folder: Path) -> None:
        base = folder / "export.jpg"
        report = reduce_file(folder / "wide.tif", folder / "out.jpg", base=base, preset=QUICK, device="cpu")
        assert report.base == str(base)
        assert report.to_json()["base"] == str(base)
        assert carriers.strip((folder / "out.jpg").read_bytes()) == base.read_bytes()

    def test_a_sidecar_leaves_a_copy_of_the_base(self, folder: Path) -> None:
        base = (folder / "export.jpg").read_bytes()
        reduce_file(folder / "wide.tif", folder / "out.jpg", base=base, preset=QUICK, carrier="sidecar", device="cpu")
        assert (folder / "out.jpg").read_bytes() == base
        assert Payload.from_bytes((folder / "out.jpg.gamut").read_bytes()).width == WIDE.width

    def test_another_kind_of_output_is_refused(self, folder: Path) -> None:
        with pytest.raises(
            PhotoError, match=r"out.png: the base export.jpg is a JPEG .*; name a JPEG as output, not a PNG"
        ):
            reduce_file(folder / "wide.tif", folder / "out.png", base=folder / "export.jpg")
        with pytest.raises(PhotoError, match="is a JPEG"):
            reduce(WIDE, base=folder / "export.jpg", format="png")

    def test_the_base_itself_is_never_written(self, folder: Path) -> None:
        before = (folder / "export.jpg").read_bytes()
        with pytest.raises(PhotoError, match="would replace the base itself"):
            reduce_file(folder / "wide.tif", folder / "export.jpg", base=folder / "export.jpg", overwrite=True)
        assert (folder / "export.jpg").read_bytes() == before

    def test_an_index_that_cannot_be_kept_is_refused_before_the_fit(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        picture = file_of(toned(CLIPPED))
        (folder / "late.jpg").write_bytes(with_pictures(picture, [picture], late=3))
        monkeypatch.setattr("gamutmeta.pipeline.reduce.read_photo", None)
        with pytest.raises(MultiPictureError, match=r"base late.jpg: .*use a sidecar"):
            reduce_file(folder / "wide.tif", folder / "out.jpg", base=folder / "late.jpg")
        assert not (folder / "out.jpg").exists()

    def test_a_base_that_is_not_there_is_an_os_error(self, folder: Path) -> None:
        with pytest.raises(FileNotFoundError):
            reduce_file(folder / "wide.tif", folder / "out.jpg", base=folder / "missing.jpg")


@pytest.mark.parametrize("option", [{"quality": 90}, {"subsampling": "4:2:0"}, {"progressive": True}])
def test_options_of_coding_are_refused_with_a_base(option: dict[str, Any]) -> None:
    (name,) = option
    with pytest.raises(PhotoError, match=f"{name} cannot be chosen with a base"):
        ReduceOptions(base="export.jpg", **option)
    with pytest.raises(PhotoError, match=f"{name} cannot be chosen with a base"):
        reduce(photograph(), base=b"", **option)


def test_settings_say_whether_there_is_a_base() -> None:
    assert ReduceOptions(base=b"bytes").settings()["base"] is True
    assert ReduceOptions().settings()["base"] is False


def test_extended_samples_of_our_own_files_can_be_a_base() -> None:
    codes = encode_srgb_file(CLIPPED, "jpeg", quality=90)
    assert carriers.strip(reduced(codes).to_bytes()) == codes
