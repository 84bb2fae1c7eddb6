"""Edits: what an edited file restores is the edited photograph."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from photo_files import XMP, exif_block
from pictures import QUICK, QUICK_PAPER, colourful, photograph
from PIL import Image, ImageOps

import gamutmeta
from gamutmeta import carriers, edit, pillow
from gamutmeta.container.transform import SOFT_GATE
from gamutmeta.edit import operations
from gamutmeta.errors import (
    BindingError,
    CarrierError,
    GamutMetaWarning,
    LimitError,
    NoPayloadError,
    OutputExistsError,
    PhotoError,
    UnsupportedFileError,
)
from gamutmeta.formats.exif import orientation_of
from gamutmeta.measure.quality import measure
from gamutmeta.model.descriptor import Descriptor
from gamutmeta.model.expand import expand as expand_pixels
from gamutmeta.photo.host_metadata import read_metadata
from gamutmeta.photo.pixels import decode_srgb, decode_srgba
from gamutmeta.pipeline.expand import expand
from gamutmeta.pipeline.reduce import Reduction, reduce
from gamutmeta.pipeline.srgb_file import find_payload

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

pytest.importorskip("torch")

FORMATS = ("jpeg", "png", "tiff")
SUFFIX = {"jpeg": ".jpg", "png": ".png", "tiff": ".tif"}
FLIPS = {
    "horizontal": np.fliplr,
    "vertical": np.flipud,
    "transpose": lambda array: array.swapaxes(0, 1),
    "transverse": lambda array: np.rot90(array, 2).swapaxes(0, 1),
}


@pytest.fixture(autouse=True, scope="module")
def plugin() -> Iterator[None]:
    pillow.register()
    yield
    pillow.unregister()


@pytest.fixture(scope="module")
def reductions() -> dict[str, Reduction]:
    kept = {"exif": exif_block(orientation=6), "xmp": XMP}
    return {f: reduce(photograph(**kept), preset=QUICK, format=f, device="cpu") for f in FORMATS}  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def plain() -> dict[str, bytes]:
    """Files without EXIF, of both models."""
    return {
        "grid": reduce(photograph(), preset=QUICK, device="cpu").to_bytes(),
        "paper": reduce(photograph(), preset=QUICK_PAPER, device="cpu").to_bytes(),
    }


@pytest.fixture(scope="module")
def files(reductions: dict[str, Reduction], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("edit")
    for format_ in FORMATS:
        reductions[format_].save(folder / f"x{SUFFIX[format_]}")
    return {format_: folder / f"x{SUFFIX[format_]}" for format_ in FORMATS}


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def assert_close(a: NDArray[np.uint16], b: NDArray[np.uint16]) -> None:
    """The tolerance of the specification: at most 1 code on 99.9 % of samples, 2 anywhere."""
    assert a.shape == b.shape
    difference = np.abs(a.astype(np.int64) - b)
    assert difference.max() <= 2
    assert np.mean(difference > 1) <= 0.001


def resized(wide: NDArray[np.uint16], size: tuple[int, int]) -> NDArray[np.uint16]:
    """16-bit samples as Pillow resamples floats."""
    planes = [Image.fromarray(wide[..., k].astype(np.float32)).resize(size, operations.LANCZOS) for k in range(3)]
    return np.stack([np.asarray(plane) for plane in planes], -1).clip(0, 65535).round().astype(np.uint16)


class TestLossless:
    @pytest.mark.parametrize("model", ["grid", "paper"])
    def test_crop(self, plain: dict[str, bytes], model: str) -> None:
        edited = edit.crop(opened(plain[model]), (13, 7, 61, 50))
        assert_close(edited.expand().array, expand(plain[model]).array[7:50, 13:61])
        assert edited.image.size == (48, 43)

    @pytest.mark.parametrize("model", ["grid", "paper"])
    @pytest.mark.parametrize("times", range(-1, 5))
    def test_rotate90(self, plain: dict[str, bytes], model: str, times: int) -> None:
        edited = edit.rotate90(opened(plain[model]), times)
        assert_close(edited.expand().array, np.rot90(expand(plain[model]).array, times))

    @pytest.mark.parametrize("model", ["grid", "paper"])
    @pytest.mark.parametrize("direction", FLIPS)
    def test_flip(self, plain: dict[str, bytes], model: str, direction: Any) -> None:
        edited = edit.flip(opened(plain[model]), direction)
        assert_close(edited.expand().array, FLIPS[direction](expand(plain[model]).array))

    @settings(deadline=None, max_examples=25)
    @given(st.data())
    def test_compositions(self, plain: dict[str, bytes], data: st.DataObject) -> None:
        edited: Any = opened(plain["grid"])
        wide = expand(plain["grid"]).array
        for _ in range(data.draw(st.integers(1, 4))):
            height, width = wide.shape[:2]
            kind = data.draw(st.sampled_from(["crop", "rotate", *FLIPS]))
            if kind == "crop":
                left, upper = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
                right, lower = data.draw(st.integers(left + 1, width)), data.draw(st.integers(upper + 1, height))
                edited, wide = edit.crop(edited, (left, upper, right, lower)), wide[upper:lower, left:right]
            elif kind == "rotate":
                times = data.draw(st.integers(0, 3))
                edited, wide = edit.rotate90(edited, times), np.rot90(wide, times)
            else:
                edited, wide = edit.flip(edited, kind), FLIPS[kind](wide)
        assert_close(edited.expand().array, wide)

    @pytest.mark.parametrize("format_", ["png", "tiff"])
    def test_saved_files_restore_the_same(self, plain: dict[str, bytes], tmp_path: Path, format_: Any) -> None:
        edited = edit.rotate90(edit.crop(opened(plain["grid"]), (13, 7, 61, 50)))
        path = tmp_path / f"x{SUFFIX[format_]}"
        report = edited.save(path)
        np.testing.assert_array_equal(expand(path).array, edited.expand().array)
        np.testing.assert_array_equal(expand(edited.to_bytes(format_)).array, edited.expand().array)
        assert (report.carrier, report.file_bytes) == (carriers.carrier_for(format_), path.stat().st_size)
        assert edited.payload.descriptor.gate == 0

    def test_pillow_saves_it_too(self, plain: dict[str, bytes]) -> None:
        edited = edit.flip(opened(plain["grid"]))
        file = io.BytesIO()
        edited.image.save(file, "PNG", gamut=edited.payload)
        np.testing.assert_array_equal(expand(file.getvalue()).array, edited.expand().array)


class TestResize:
    """On the synthetic picture clipping has 19.4 dB on out-of-gamut pixels at every size, the payload 31.9 to 32.6."""

    @pytest.mark.parametrize("format_", ["png", "jpeg"])
    @pytest.mark.parametrize("size", [(48, 36), (70, 51), (144, 108)])
    def test_colours_stay(self, reductions: dict[str, Reduction], format_: str, size: tuple[int, int]) -> None:
        data = reductions[format_].to_bytes()
        edited = edit.resize(opened(data), size)
        restored, codes = edited.expand().array, np.asarray(edited.image)
        original = resized(colourful(), size)
        after, clipped = measure(original, restored), measure(original, expand_pixels(Descriptor(), {}, codes))
        assert after.psnr_og > clipped.psnr_og + 8
        assert after.psnr > clipped.psnr + 8
        assert measure(resized(expand(data).array, size), restored).psnr > 30

    def test_the_gate_is_softened(self, plain: dict[str, bytes]) -> None:
        edited = edit.resize(opened(plain["grid"]), (48, 36))
        assert edited.payload.descriptor.gate == SOFT_GATE
        assert edit.resize(opened(plain["grid"]), (96, 72)).payload.descriptor.gate == 0

    def test_filters(self, plain: dict[str, bytes]) -> None:
        nearest = edit.resize(opened(plain["grid"]), (48, 36), Image.Resampling.NEAREST)
        assert np.array_equal(nearest.image, opened(plain["grid"]).resize((48, 36), Image.Resampling.NEAREST))


class TestJpeg:
    def test_edited_jpegs(self, reductions: dict[str, Reduction], tmp_path: Path) -> None:
        data = reductions["jpeg"].to_bytes()
        edited = edit.crop(opened(data), (11, 5, 91, 61))
        assert_close(edited.expand().array, expand(data).array[5:61, 11:91])
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            edited.save(tmp_path / "x.jpg")
            edited.image.save(tmp_path / "y.jpg", gamut=edited.payload, quality=95, subsampling="4:4:4")
        original = colourful()[5:61, 11:91].copy()
        clipped = expand_pixels(Descriptor(), {}, decode_srgb((tmp_path / "x.jpg").read_bytes()))
        for name in ("x.jpg", "y.jpg"):
            restored = expand(tmp_path / name)
            assert measure(original, restored.array).psnr_og > measure(original, clipped).psnr_og + 8
            assert find_payload((tmp_path / name).read_bytes()).payload.binding.kind == "jpeg"

    def test_a_lossless_fit_is_softened_with_a_warning(self, plain: dict[str, bytes]) -> None:
        edited = edit.flip(opened(plain["grid"]))
        with pytest.warns(GamutMetaWarning, match="lossless"):
            data = edited.to_bytes("jpeg")
        assert find_payload(data).payload.descriptor.gate == SOFT_GATE
        original = np.ascontiguousarray(np.fliplr(colourful()))
        clipped = expand_pixels(Descriptor(), {}, decode_srgb(data))
        assert measure(original, expand(data).array).psnr_og > measure(original, clipped).psnr_og + 5
        with pytest.warns(GamutMetaWarning, match="another encoding"):
            edited.image.save(io.BytesIO(), "JPEG", gamut=edited.payload)

    def test_options(self, reductions: dict[str, Reduction]) -> None:
        edited = edit.flip(opened(reductions["jpeg"].to_bytes()))
        high = edited.to_bytes("jpeg", carrier="com")
        low = edited.to_bytes("jpeg", quality=30, subsampling="4:2:0", progressive=True)
        assert len(low) < len(high)
        assert carriers.find(high) == ["com"]
        assert Image.open(io.BytesIO(low)).info["progressive"]
        assert carriers.find(edited.to_bytes("jpeg", carrier="sidecar")) == []


class TestRefusals:
    def test_a_picture_that_was_changed_before(self, plain: dict[str, bytes]) -> None:
        image = opened(plain["grid"])
        image.paste((1, 2, 3), (4, 4, 9, 9))
        with pytest.raises(BindingError, match="changed in memory"):
            edit.crop(image, (0, 0, 5, 5))

    def test_a_picture_that_was_changed_after(self, plain: dict[str, bytes]) -> None:
        edited = edit.crop(opened(plain["grid"]), (0, 0, 50, 50))
        edited.image.putpixel((3, 3), (1, 2, 3))
        for act in (edited.expand, edited.to_bytes, lambda: edit.flip(edited)):
            with pytest.raises(BindingError, match="after the edit"):
                act()
        with pytest.raises(BindingError, match="other pixels"):
            edited.image.save(io.BytesIO(), "PNG", gamut=edited.payload)

    def test_a_stale_payload(self, plain: dict[str, bytes]) -> None:
        container = carriers.extract(plain["grid"]).container
        file = io.BytesIO()
        opened(plain["grid"]).transpose(Image.Transpose.ROTATE_180).save(file, "PNG")
        stale = carriers.embed(file.getvalue(), container)
        with pytest.raises(BindingError, match="digest"):
            edit.flip(opened(stale))

    def test_the_edited_payload_does_not_go_with_the_old_picture(self, plain: dict[str, bytes]) -> None:
        edited = edit.flip(opened(plain["grid"]))
        forged = carriers.embed(carriers.strip(plain["grid"]), edited.payload.to_bytes())
        with pytest.raises(BindingError, match="digest"):
            expand(forged)

    def test_pictures_without_payload(self, plain: dict[str, bytes]) -> None:
        with pytest.raises(NoPayloadError):
            edit.flip(opened(carriers.strip(plain["grid"])))
        with pytest.raises(NoPayloadError):
            edit.flip(opened(plain["grid"]).copy())

    def test_edits_that_cannot_be_done(self, plain: dict[str, bytes]) -> None:
        image = opened(plain["grid"])
        with pytest.raises(PhotoError, match="not a part of 96x72"):
            edit.crop(image, (0, 0, 97, 72))
        with pytest.raises(PhotoError):
            edit.resize(image, (0, 10))
        with pytest.raises(LimitError):
            edit.resize(image, (1 << 16, 1 << 16))
        with pytest.raises(PhotoError):
            edit.flip(image, "sideways")  # type: ignore[arg-type]


class TestOrientation:
    @pytest.mark.parametrize("orientation", range(1, 9))
    @pytest.mark.parametrize("format_", ["png", "tiff"])
    def test_exif_transpose(self, orientation: int, format_: Any) -> None:
        packet = XMP.replace(b" dc:format", b' tiff:Orientation="%d" dc:format' % orientation)
        wide = photograph(exif=exif_block(orientation=orientation), xmp=packet)
        data = reduce(wide, preset=QUICK, format=format_, device="cpu").to_bytes()
        upright = edit.exif_transpose(opened(data))
        assert np.array_equal(upright.image, ImageOps.exif_transpose(opened(data)))
        restored = upright.expand()
        assert restored.orientation == 1
        assert orientation == 1 or restored.xmp == XMP
        shown = ImageOps.exif_transpose(_with_orientation(expand(data).array >> 8, orientation))
        assert np.abs((restored.array >> 8).astype(int) - np.asarray(shown)).max() <= 1

    def test_a_tiff_is_edited_as_pillow_shows_it(self, files: dict[str, Path]) -> None:
        with Image.open(files["tiff"]) as image:
            part = edit.crop(image, (3, 4, 60, 80))
            assert np.array_equal(part.image, image.crop((3, 4, 60, 80)))
        assert_close(part.expand().array, np.rot90(expand(files["tiff"]).array, -1)[4:80, 3:60])
        assert part.expand().orientation == 1

    def test_other_edits_keep_the_orientation(self, files: dict[str, Path]) -> None:
        with Image.open(files["png"]) as image:
            assert edit.crop(image, (3, 4, 60, 70)).expand().orientation == 6


def _with_orientation(codes: NDArray[np.uint16], orientation: int) -> Image.Image:
    image = Image.fromarray(codes.astype(np.uint8))
    image.getexif()[0x0112] = orientation
    return image


class TestEditFile:
    @pytest.mark.parametrize("format_", FORMATS)
    def test_the_whole_street(self, files: dict[str, Path], tmp_path: Path, format_: str) -> None:
        target = tmp_path / f"y{SUFFIX[format_]}"
        report = edit.edit_file(files[format_], target, crop=(2, 3, 62, 83), rotate=90, flip="vertical")
        data = target.read_bytes()
        assert (report.file, report.output, report.file_bytes) == (str(files[format_]), str(target), len(data))
        assert "affine" in str(report.model)
        upright = np.rot90(expand(files[format_]).array, -1)
        expected, restored = np.flipud(np.rot90(upright[3:83, 2:62])), expand(target).array
        if format_ == "jpeg":
            assert measure(np.ascontiguousarray(expected), restored).psnr > 30
        else:
            assert_close(restored, expected)

    @pytest.mark.parametrize("format_", FORMATS)
    def test_metadata_are_kept(self, files: dict[str, Path], tmp_path: Path, format_: str) -> None:
        target = tmp_path / f"y{SUFFIX[format_]}"
        edit.edit_file(files[format_], target, crop=(2, 3, 62, 83))
        metadata = read_metadata(target.read_bytes())
        assert orientation_of(metadata.exif) == 1
        assert metadata.exif is not None
        assert b"A model of some length" in metadata.exif
        assert b"2026:01:02 03:04:05" in metadata.exif
        assert (b"maker\0note" in metadata.exif) == (format_ != "tiff")
        assert metadata.xmp is not None
        assert b"dc:format" in metadata.xmp
        with Image.open(files[format_]) as before, Image.open(target) as after:
            assert after.info["icc_profile"] == before.info["icc_profile"]

    def test_a_file_without_profile_gets_none(self, plain: dict[str, bytes], tmp_path: Path) -> None:
        image, file = opened(plain["grid"]), io.BytesIO()
        bare = Image.fromarray(np.asarray(image))
        bare.save(file, "PNG", gamut=carriers.extract(plain["grid"]).container)
        (tmp_path / "x.png").write_bytes(file.getvalue())
        edit.edit_file(tmp_path / "x.png", tmp_path / "y.png", rotate=90)
        with Image.open(tmp_path / "y.png") as after:
            assert "icc_profile" not in after.info

    def test_dimensions_are_those_of_the_edited_picture(self, tmp_path: Path) -> None:
        exif = Image.Exif()
        exif[0x010F] = "Maker"
        exif._ifds[0x8769] = {0xA002: 96, 0xA003: 72, 0x829A: 0.5}
        block = b"Exif\0\0" + exif.tobytes().removeprefix(b"Exif\0\0")
        reduce(photograph(exif=block), preset=QUICK, format="png", device="cpu").save(tmp_path / "x.png")
        edit.edit_file(tmp_path / "x.png", tmp_path / "y.png", crop=(2, 3, 62, 70))
        with Image.open(tmp_path / "y.png") as image:
            fields = image.getexif().get_ifd(0x8769)
        assert 0x829A in fields
        assert (fields[0xA002], fields[0xA003]) == (60, 67)

    def test_as_coded(self, files: dict[str, Path], tmp_path: Path) -> None:
        edit.edit_file(files["png"], tmp_path / "y.png", crop=(2, 3, 92, 63), exif_transpose=False)
        wide = expand(tmp_path / "y.png")
        assert_close(wide.array, expand(files["png"]).array[3:63, 2:92])
        assert wide.orientation == 6

    @pytest.mark.parametrize(
        ("wanted", "size"), [((36, None), (36, 48)), ((None, 24), (18, 24)), ((30, 30), (30, 30)), ((1, None), (1, 1))]
    )
    def test_sizes(self, files: dict[str, Path], tmp_path: Path, wanted: Any, size: tuple[int, int]) -> None:
        edit.edit_file(files["png"], tmp_path / "y.png", resize=wanted)
        assert expand(tmp_path / "y.png").size == size

    def test_a_size_needs_a_side(self, files: dict[str, Path], tmp_path: Path) -> None:
        with pytest.raises(PhotoError):
            edit.edit_file(files["png"], tmp_path / "y.png", resize=(None, None))

    def test_sidecars(self, reductions: dict[str, Reduction], tmp_path: Path) -> None:
        reductions["png"].save(tmp_path / "x.png", carrier="sidecar")
        report = edit.edit_file(tmp_path / "x.png", tmp_path / "y.png", flip="vertical", carrier="sidecar")
        assert report.carrier == "sidecar"
        assert expand(tmp_path / "y.png").size == (72, 96)
        (tmp_path / "z.png.gamut").write_bytes(b"")
        with pytest.raises(OutputExistsError):
            edit.edit_file(tmp_path / "x.png", tmp_path / "z.png", carrier="sidecar")
        assert not (tmp_path / "z.png").exists()

    def test_nothing_is_overwritten(self, files: dict[str, Path], tmp_path: Path) -> None:
        target = tmp_path / "y.png"
        target.write_bytes(b"mine")
        with pytest.raises(OutputExistsError):
            edit.edit_file(files["png"], target, rotate=90)
        assert target.read_bytes() == b"mine"
        edit.edit_file(files["png"], target, rotate=90, overwrite=True)
        assert expand(target).size == (96, 72)

    def test_nothing_is_written_on_failure(self, files: dict[str, Path], tmp_path: Path) -> None:
        with pytest.raises(PhotoError):
            edit.edit_file(files["png"], tmp_path / "y.png", crop=(0, 0, 9999, 9))
        with pytest.raises(UnsupportedFileError):
            edit.edit_file(files["png"], tmp_path / "y.webp", rotate=90)
        with pytest.raises(CarrierError, match=r"y\.png: carrier 'app11' does not fit a PNG"):
            edit.edit_file(files["png"], tmp_path / "y.png", rotate=90, carrier="app11")
        assert list(tmp_path.iterdir()) == []

    def test_a_payload_without_model(self, tmp_path: Path) -> None:
        from pictures import muted  # noqa: PLC0415 - one use

        reduce(photograph(muted()), preset=QUICK, device="cpu").save(tmp_path / "x.png")
        report = edit.edit_file(tmp_path / "x.png", tmp_path / "y.jpg", rotate=90)
        assert report.notes == ("the payload contains no model",)
        assert expand(tmp_path / "y.jpg").size == (40, 60)


class TestTransparency:
    ALPHA = (np.add.outer(np.arange(72), np.arange(96)) % 256).astype(np.uint8)

    @pytest.fixture
    def source(self, reductions: dict[str, Reduction], tmp_path: Path) -> Path:
        picture = Image.fromarray(np.dstack([reductions["png"].pixels, self.ALPHA]))
        picture.save(tmp_path / "in.png", gamut=reductions["png"].payload)
        return tmp_path / "in.png"

    @pytest.mark.parametrize("suffix", ["png", "tif"])
    def test_turns_and_crops_keep_it(self, source: Path, suffix: str, reductions: dict[str, Reduction]) -> None:
        target = source.with_name(f"out.{suffix}")
        edit.edit_file(source, target, crop=(10, 20, 70, 60), rotate=90, flip="horizontal")
        codes, alpha = decode_srgba(target.read_bytes())
        np.testing.assert_array_equal(codes, np.fliplr(np.rot90(reductions["png"].pixels[20:60, 10:70])))
        expected = np.fliplr(np.rot90(self.ALPHA[20:60, 10:70]))
        np.testing.assert_array_equal(alpha, expected)
        np.testing.assert_array_equal(expand(target).alpha, expected * np.uint16(257))

    def test_in_memory(self, source: Path) -> None:
        with Image.open(source) as image:
            part = edit.crop(image, (0, 0, 30, 20))
        assert part.image.mode == "RGBA"
        wide = part.expand()
        np.testing.assert_array_equal(wide.alpha, self.ALPHA[:20, :30] * np.uint16(257))
        np.testing.assert_array_equal(wide.array, expand(part.to_bytes("tiff")).array)

    def test_resizing_weights_colours_and_keeps_hidden_ones(self) -> None:
        samples = np.full((16, 16, 4), (200, 40, 90, 255), np.uint8)
        samples[:, 8:] = (10, 220, 30, 0)
        resized = np.asarray(operations._resized(Image.fromarray(samples), (4, 4), Image.Resampling.BOX))
        np.testing.assert_array_equal(resized[:, :2], [[[200, 40, 90, 255]] * 2] * 4)
        np.testing.assert_array_equal(resized[:, 2:], [[[10, 220, 30, 0]] * 2] * 4)
        # Half of the middle column can be seen: its colour is of that half alone.
        resized = np.asarray(operations._resized(Image.fromarray(samples), (1, 1), Image.Resampling.BOX))
        assert np.abs(resized[0, 0].astype(int) - (200, 40, 90, 128)).max() <= 1

    def test_resized_file(self, source: Path) -> None:
        target = source.with_name("out.png")
        edit.edit_file(source, target, resize=(48, 36))
        with Image.open(source) as image, Image.open(target) as half:
            assert half.mode == "RGBA"
            expected = image.getchannel("A").resize((48, 36), Image.Resampling.LANCZOS)
            assert np.abs(np.asarray(half.getchannel("A")).astype(int) - np.asarray(expected)).max() <= 1
        assert expand(target).size == (48, 36)

    @pytest.mark.filterwarnings("ignore:the payload was fitted to lossless")
    def test_a_jpeg_cannot_hold_it(self, source: Path) -> None:
        with pytest.warns(GamutMetaWarning, match="a JPEG cannot store transparency; it was left out"):
            edit.edit_file(source, source.with_name("out.jpg"), rotate=180)
        assert expand(source.with_name("out.jpg")).alpha is None

    def test_changed_colours_are_still_found_out(self, source: Path) -> None:
        with Image.open(source) as image:
            part = edit.rotate90(image)
        part.image.putpixel((0, 0), (1, 2, 3, 255))
        with pytest.raises(BindingError, match="changed after the edit"):
            part.expand()


def test_public_names() -> None:
    assert gamutmeta.edit is edit
    assert gamutmeta.transform_payload is operations.transform_payload
