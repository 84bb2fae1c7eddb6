"""Transparency on the two pipelines: what a photograph has of it, its sRGB file has, and the restored one too."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
from carrots import quick_presets
from click.testing import CliRunner
from photo_files import placed, saved, tiff_bytes
from pictures import QUICK, colourful, muted
from PIL import Image

import gamutmeta
from gamutmeta import carriers
from gamutmeta.cli import app, convert
from gamutmeta.color.icc import profile_bytes
from gamutmeta.errors import GamutMetaWarning, PhotoError
from gamutmeta.photo import WideImage, decode_srgb, encode_srgb_file, read_photo
from gamutmeta.photo.pixels import decode_srgba
from gamutmeta.pipeline.binding import binding_of_codes, binding_of_file
from gamutmeta.pipeline.expand import expand, expand_file
from gamutmeta.pipeline.reduce import reduce, reduce_file
from gamutmeta.pipeline.verify import verify_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

pytest.importorskip("torch")

ARRAY = colourful()
ALPHA = (np.add.outer(np.arange(72), np.arange(96)) * 391 % 65536).astype(np.uint16)
ALPHA[:9] = 0
ALPHA[9:20] = 65535
WIDE = WideImage(ARRAY, alpha=ALPHA)
EIGHT = np.rint(ALPHA / 257).astype(np.uint8)
P3_8 = (WIDE.convert("display-p3").array >> 8).astype(np.uint8)
P3 = profile_bytes("display-p3")


@pytest.fixture(scope="module", autouse=True)
def plugin() -> Iterator[None]:
    gamutmeta.register()
    yield
    gamutmeta.unregister()


def _png16(tmp_path: Path) -> Path:
    pytest.importorskip("imagecodecs")
    WIDE.save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


def _tiff16(tmp_path: Path) -> Path:
    WIDE.save(tmp_path / "photo.tif")
    return tmp_path / "photo.tif"


def _pillow(kind: str, **options: Any) -> Any:
    data = saved(Image.fromarray(np.dstack([P3_8, EIGHT])), kind, icc_profile=P3, **options)
    return lambda tmp_path: placed(tmp_path, f"photo.{kind.lower()}", data)


SOURCES = {
    "TIFF 16": (_tiff16, ALPHA),
    "PNG 16": (_png16, ALPHA),
    "TIFF 8": (_pillow("TIFF"), EIGHT * np.uint16(257)),
    "PNG 8": (_pillow("PNG"), EIGHT * np.uint16(257)),
    "WebP": (_pillow("WEBP", lossless=True, exact=True), EIGHT * np.uint16(257)),
}


@pytest.mark.parametrize("target", ["a.png", "a.tif"])
@pytest.mark.parametrize("source", SOURCES)
def test_from_file_to_file_and_back(source: str, target: str, tmp_path: Path) -> None:
    make, alpha = SOURCES[source]
    path = make(tmp_path)
    photo = read_photo(path)
    assert np.array_equal(photo.alpha, alpha)
    report = reduce_file(path, tmp_path / target, preset=QUICK, device="cpu")
    assert report.notes == ()
    with Image.open(tmp_path / target) as image:
        assert image.mode == "RGBA"
        assert np.array_equal(np.asarray(image)[..., 3], EIGHT)
        # Colours where nothing can be seen are those of the photograph, too.
        assert np.asarray(image)[:9, :, :3].any()
    expand_file(tmp_path / target, tmp_path / "restored.tif")
    restored = read_photo(tmp_path / "restored.tif")
    assert np.array_equal(restored.alpha, EIGHT * np.uint16(257))
    assert np.array_equal(restored.array, expand(tmp_path / target).array)
    verified = verify_file(tmp_path / target, path)
    assert verified.psnr_og == pytest.approx(report.psnr_og, rel=1e-9)
    assert report.psnr_og > report.psnr_clip_og + 5


def test_colours_come_back_as_without_it() -> None:
    with_, without = (reduce(w, preset=QUICK, format="png", device="cpu") for w in (WIDE, WideImage(ARRAY)))
    assert with_.payload == without.payload
    assert with_.image.mode == "RGBA"
    assert np.array_equal(expand(with_.to_bytes()).array, expand(without.to_bytes()).array)


def test_premultiplied_tiff(tmp_path: Path) -> None:
    multiplied = np.rint(ARRAY * (ALPHA[..., None] / 65535)).astype(np.uint16)
    data = tiff_bytes(np.dstack([multiplied, ALPHA]), extrasamples=["assocalpha"], iccprofile=profile_bytes("prophoto"))
    photo = read_photo(placed(tmp_path, "photo.tif", data))
    assert np.array_equal(photo.alpha, ALPHA)
    clear = ALPHA > 6000
    assert np.abs(photo.array[clear].astype(int) - ARRAY[clear]).max() <= 6


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
@pytest.mark.parametrize("in_file", [True, False])
def test_with_pillow(kind: str, in_file: bool, tmp_path: Path) -> None:  # noqa: FBT001
    reduction = reduce(WIDE, preset=QUICK, format=kind.lower(), device="cpu")  # type: ignore[arg-type]
    path = tmp_path / "a"
    reduction.image.save(path, kind, gamut=reduction.payload)
    with Image.open(path if in_file else io.BytesIO(path.read_bytes())) as image:
        assert image.mode == "RGBA"
        wide = image.gamut_expand()
        image.load()
        assert np.array_equal(image.gamut_expand().array, wide.array)
    assert np.array_equal(wide.array, expand(reduction.to_bytes()).array)
    assert np.array_equal(wide.alpha, EIGHT * np.uint16(257))


@pytest.mark.parametrize("mode", ["P", "RGB", "LA"])
def test_files_that_say_it_in_another_way(mode: str, tmp_path: Path) -> None:
    """A palette with transparency, one transparent colour, and grey beside it carry payloads as well."""
    codes = decode_srgb(reduce(WIDE, preset=QUICK, device="cpu").to_bytes())
    image = Image.fromarray(codes).convert("L").convert("LA") if mode == "LA" else Image.fromarray(codes).convert(mode)
    options = {
        "P": {"transparency": bytes(range(256))},
        "RGB": {"transparency": tuple(map(int, codes[5, 5]))},
        "LA": {},
    }
    if mode == "LA":
        image.putalpha(Image.fromarray(EIGHT))
    data = saved(image, "PNG", **options[mode])
    pixels, alpha = decode_srgba(data)
    # Any payload of these pixels will do.
    fitted = reduce(WideImage(ARRAY), preset=QUICK, device="cpu").payload
    bound = fitted.bind(96, 72, binding_of_codes(pixels))
    path = placed(tmp_path, "a.png", carriers.embed(data, bound.to_bytes()))
    assert binding_of_file(path.read_bytes()) == binding_of_codes(pixels)
    wide = expand(path)
    assert alpha is not None
    assert 0 < (alpha == alpha[5, 5]).sum() < alpha.size
    assert np.array_equal(wide.alpha, alpha * np.uint16(257))
    with Image.open(path) as opened:
        assert np.array_equal(opened.convert("RGBA"), np.dstack([pixels, alpha]))
        assert np.array_equal(opened.gamut_expand().array, wide.array)


class TestJpeg:
    def test_it_is_said_that_it_was_left_out(self, tmp_path: Path) -> None:
        WIDE.save(tmp_path / "photo.tif")
        report = reduce_file(tmp_path / "photo.tif", tmp_path / "a.jpg", preset=QUICK, device="cpu")
        assert report.notes == ("a JPEG cannot store transparency; it was left out",)
        assert expand(tmp_path / "a.jpg").alpha is None
        reduction = reduce(WIDE, preset=QUICK, format="jpeg", device="cpu")
        assert reduction.alpha is None
        assert reduction.image.mode == "YCbCr"

    def test_nothing_is_said_where_nothing_is_lost(self, tmp_path: Path) -> None:
        opaque = WideImage(ARRAY, alpha=np.full_like(ALPHA, 65535))
        assert reduce(opaque, preset=QUICK, format="jpeg", device="cpu").report.notes == ()
        opaque.save(tmp_path / "a.jpg", depth=8)

    def test_saving_the_photograph(self, tmp_path: Path) -> None:
        with pytest.warns(GamutMetaWarning, match=r"a\.jpg: a JPEG cannot store transparency; it was left out"):
            WIDE.save(tmp_path / "a.jpg", depth=8)
        with Image.open(tmp_path / "a.jpg") as image:
            assert image.mode == "RGB"

    def test_encoding(self) -> None:
        with pytest.raises(PhotoError, match="a JPEG cannot store transparency"):
            encode_srgb_file(P3_8, "jpeg", alpha=EIGHT)


@pytest.mark.parametrize(
    "alpha", [EIGHT[1:], EIGHT.astype(np.uint16), np.dstack([EIGHT, EIGHT])], ids=lambda a: str(a.shape)
)
def test_encoding_checks_it(alpha: NDArray[Any]) -> None:
    with pytest.raises(PhotoError, match=r"transparency must be uint8 of shape \(72, 96\), not"):
        encode_srgb_file(P3_8, "png", alpha=alpha)


@pytest.mark.parametrize("kind", ["png", "tiff"])
def test_same_arguments_same_bytes(kind: Any) -> None:
    data = encode_srgb_file(P3_8, kind, alpha=EIGHT)
    assert data == encode_srgb_file(P3_8, kind, alpha=EIGHT)
    codes, alpha = decode_srgba(data)
    assert np.array_equal(codes, P3_8)
    assert np.array_equal(alpha, EIGHT)
    assert np.array_equal(decode_srgb(data), P3_8)
    codes, alpha = decode_srgba(encode_srgb_file(P3_8, kind))
    assert alpha is None


@pytest.mark.parametrize("name", ["a.tif", "a.png"])
@pytest.mark.parametrize("depth", [8, 16])
def test_saved_photographs(name: str, depth: int, tmp_path: Path) -> None:
    if name == "a.png" and depth == 16:
        pytest.importorskip("imagecodecs")
    WIDE.save(tmp_path / name, depth=depth)
    again = read_photo(tmp_path / name)
    assert np.array_equal(again.alpha, ALPHA if depth == 16 else EIGHT * np.uint16(257))
    assert np.abs(again.array.astype(int) - ARRAY).max() <= (0 if depth == 16 else 129)
    if name == "a.tif":
        with tifffile.TiffFile(tmp_path / name) as tiff:
            assert [int(meaning) for meaning in tiff.pages.first.extrasamples] == [2]


@pytest.mark.parametrize("size", [(1, 1), (3, 4), (2, 1), (4, 4), (5, 2)])
def test_small_pictures_are_not_taken_for_planes(size: tuple[int, int], tmp_path: Path) -> None:
    array, alpha = colourful(*size), np.full(size, 9000, np.uint16)
    for name in ("a.tif", "a.png"):
        WideImage(array, alpha=alpha).save(tmp_path / name)
    again = read_photo(tmp_path / "a.tif")
    assert np.array_equal(again.array, array)
    assert np.array_equal(again.alpha, alpha)
    with Image.open(tmp_path / "a.png") as image:
        assert np.array_equal(np.asarray(image.convert("RGBA"))[..., 3], np.full(size, 9000 // 256))


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_a_payload_without_model_keeps_it(suffix: str, tmp_path: Path) -> None:
    wide = WideImage(muted(72, 96), alpha=ALPHA)
    wide.save(tmp_path / "photo.tif")
    reduce_file(tmp_path / "photo.tif", tmp_path / f"a.{suffix}", preset=QUICK, device="cpu")
    assert np.array_equal(expand(tmp_path / f"a.{suffix}", space="srgb").alpha, EIGHT * np.uint16(257))


def test_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(convert, "PRESETS", quick_presets())
    monkeypatch.setattr("gamutmeta.fit.config.PRESETS", quick_presets())
    WIDE.save(tmp_path / "photo.tif")
    source, png, jpg = (str(tmp_path / name) for name in ("photo.tif", "a.png", "a.jpg"))
    for arguments in (
        ["reduce", source, "-o", png],
        ["verify", png, "--reference", source],
        ["expand", png, "-o", str(tmp_path / "b.tif"), "--space", "rec2020"],
        ["rotate", png, "--degrees", "90", "-o", str(tmp_path / "c.png")],
    ):
        result = CliRunner().invoke(app, arguments, catch_exceptions=False)
        assert (result.exit_code, result.stderr) == (0, ""), result.output
    assert np.array_equal(read_photo(tmp_path / "b.tif").alpha, EIGHT * np.uint16(257))
    assert np.array_equal(expand(tmp_path / "c.png").alpha, np.rot90(EIGHT) * np.uint16(257))
    result = CliRunner().invoke(app, ["reduce", source, "-o", jpg], catch_exceptions=False)
    assert result.exit_code == 0
    assert "a JPEG cannot store transparency; it was left out" in result.output
