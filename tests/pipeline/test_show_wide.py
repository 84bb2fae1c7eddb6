"""Gain maps that show wide-gamut colour: what is made, where it goes, and what it leaves as it was."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from carrots import CARROTS, QUICK
from photo_files import exif_block
from PIL import Image

import gamutmeta
from gamutmeta import carriers
from gamutmeta.color.spaces import DISPLAY_P3, SRGB
from gamutmeta.errors import MultiPictureError, NoPayloadError, PhotoError
from gamutmeta.formats.jpeg import APP2, iter_picture
from gamutmeta.formats.mpf import is_index
from gamutmeta.formats.second_picture import find_colour_map, map_deviations, without_colour_map
from gamutmeta.photo.pixels import decode_srgb, encode_srgb_file
from gamutmeta.photo.read import read_photo
from gamutmeta.photo.wide import WideImage
from gamutmeta.pipeline import colour_map
from gamutmeta.pipeline.colour_map import made_map
from gamutmeta.pipeline.expand import expand
from gamutmeta.pipeline.extended import outside_share
from gamutmeta.pipeline.options import ReduceOptions
from gamutmeta.pipeline.reduce import reduce, reduce_file
from gamutmeta.pipeline.show_wide import show_wide_file
from gamutmeta.pipeline.shown import shown_picture
from gamutmeta.pipeline.srgb_file import SrgbFile
from gamutmeta.pipeline.validate import validate_file
from gamutmeta.report import Report

pytest.importorskip("torch")

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

PIECE = read_photo(CARROTS).array[250:394, 400:592]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with wide.tif, and plain.jpg and shown.jpg of it, without a gain map and with one."""
    folder = tmp_path_factory.mktemp("show-wide")
    WideImage(PIECE, exif=exif_block(orientation=6)).save(folder / "wide.tif")
    reduce_file(folder / "wide.tif", folder / "plain.jpg", preset=QUICK)
    reduce_file(folder / "wide.tif", folder / "shown.jpg", preset=QUICK, show_wide=True)
    return folder


def psnr(a: NDArray[Any], b: NDArray[Any]) -> float:
    return float(-10 * np.log10(np.square(a - b).mean()))


def test_all_but_the_map_is_as_without_it(folder: Path) -> None:
    plain, shown = ((folder / name).read_bytes() for name in ("plain.jpg", "shown.jpg"))
    assert without_colour_map(shown) == plain
    assert carriers.coded_digest(shown) == carriers.coded_digest(plain)
    assert carriers.deviations(shown) == map_deviations(shown) == []
    assert np.array_equal(expand(shown).array, expand(plain).array)
    with Image.open(io.BytesIO(shown)) as image, Image.open(io.BytesIO(plain)) as before:
        assert image.info["icc_profile"] == before.info["icc_profile"]
        assert image.info["exif"] == before.info["exif"]
        assert np.array_equal(np.asarray(image), np.asarray(before))


def test_the_map_shows_what_the_report_says(folder: Path, tmp_path: Path) -> None:
    report = show_wide_file(folder / "plain.jpg", tmp_path / "shown.jpg")
    data, figures = (tmp_path / "shown.jpg").read_bytes(), report.gain_map
    assert figures is not None
    assert report.file_bytes == len(data) == len((folder / "plain.jpg").read_bytes()) + figures.map_bytes
    assert figures.map_bytes <= 4_000
    assert figures.p3_psnr_og > figures.p3_psnr_og_plain + 3
    assert figures.p3_psnr_ig > figures.p3_psnr_ig_plain - 3
    assert figures.srgb_codes <= 24
    wide = expand(data)
    wanted = DISPLAY_P3.decode(wide.convert("display-p3").array / 65535.0)
    p3 = DISPLAY_P3.decode(shown_picture(data).astype(np.float64))
    outside = SrgbFile.read(data).expand()
    mask = gamutmeta.color.gamut.out_of_gamut(_srgb(outside))
    assert psnr(p3[mask], wanted[mask]) == pytest.approx(figures.p3_psnr_og, abs=0.02)
    assert psnr(p3[~mask], wanted[~mask]) == pytest.approx(figures.p3_psnr_ig, abs=0.05)
    on_srgb = np.rint(255 * shown_picture(data, SRGB)) - decode_srgb(data)
    assert np.abs(on_srgb).max() == figures.srgb_codes
    assert -10 * np.log10(np.square(on_srgb / 255).mean()) == pytest.approx(figures.srgb_psnr, abs=0.02)


def _srgb(wide: WideImage) -> NDArray[Any]:
    from gamutmeta.color.spaces import PROPHOTO, apply_matrix, conversion_matrix, decode_table  # noqa: PLC0415

    return apply_matrix(conversion_matrix(PROPHOTO, SRGB), decode_table(PROPHOTO, 65536)[wide.array])


@pytest.mark.parametrize("limit", [1_000, 1_500, 2_500, 8_000])
def test_the_limit_is_kept_and_more_bytes_show_more(folder: Path, tmp_path: Path, limit: int) -> None:
    report = show_wide_file(folder / "plain.jpg", tmp_path / "x.jpg", map_bytes=limit)
    assert report.gain_map is not None
    # At 8,000 bytes the finest map of this small picture is smaller than its limit.
    assert min(limit, 4_000) / 3 < report.gain_map.map_bytes <= limit
    assert report.gain_map.p3_psnr_og - report.gain_map.p3_psnr_og_plain > 2


def test_an_earlier_map_is_replaced_in_place(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.jpg"
    path.write_bytes((folder / "shown.jpg").read_bytes())
    show_wide_file(path, path, map_bytes=2_000, overwrite=True)
    data = path.read_bytes()
    found = find_colour_map(data)
    assert found is not None
    assert found.size <= 2_000
    assert without_colour_map(data) == (folder / "plain.jpg").read_bytes()


@pytest.mark.parametrize("carrier", ["app11", "com", "sidecar"])
def test_every_carrier(folder: Path, tmp_path: Path, carrier: str) -> None:
    path = tmp_path / "x.jpg"
    reduce_file(folder / "wide.tif", path, preset=QUICK, show_wide=True, carrier=carrier)
    assert find_colour_map(path.read_bytes()) is not None
    assert validate_file(path).is_good
    assert not any(stage.notes for stage in validate_file(path).stages)
    again = show_wide_file(
        path, tmp_path / "again.jpg", sidecar=tmp_path / "x.jpg.gamut" if carrier == "sidecar" else None
    )
    assert again.carrier == carrier
    np.testing.assert_array_equal(expand(tmp_path / "again.jpg").array, expand(path).array)


def test_expansion_misses_nothing(folder: Path, tmp_path: Path) -> None:
    assert expand(folder / "shown.jpg").notes == expand(folder / "plain.jpg").notes
    data = (folder / "shown.jpg").read_bytes()
    index = next(s for s in iter_picture(data) if is_index(data, s))
    others = data.replace(b"urn:iso:std:iso:ts:21496:-1", b"urn:iso:std:iso:ts:00000:-1")
    assert index.marker == APP2
    assert any("further pictures" in note for note in expand(others).notes)
    (tmp_path / "x.jpg").write_bytes(data)


def test_samples_alone_are_enough(folder: Path, tmp_path: Path) -> None:
    bare = carriers.strip((folder / "plain.jpg").read_bytes())
    (tmp_path / "bare.jpg").write_bytes(bare)
    report = show_wide_file(tmp_path / "bare.jpg", tmp_path / "x.jpg")
    assert report.carrier is None
    assert any("own samples" in note for note in report.notes)
    assert report.gain_map is not None
    assert report.gain_map.p3_psnr_og > report.gain_map.p3_psnr_og_plain + 2


@pytest.mark.parametrize("quality", [50, 75])
def test_where_noise_may_be_as_large_nothing_is_concluded(folder: Path, tmp_path: Path, quality: int) -> None:
    """A file that lost its payload and nothing else is not said to be clipped."""
    reduce_file(folder / "wide.tif", tmp_path / "a.jpg", preset=QUICK, quality=quality)
    bare = carriers.strip((tmp_path / "a.jpg").read_bytes())
    (tmp_path / "bare.jpg").write_bytes(bare)
    share = outside_share(bare)
    assert share.is_within_noise
    assert not share.is_nothing
    with pytest.raises(PhotoError, match="whether these are colours cannot be told") as caught:
        show_wide_file(tmp_path / "bare.jpg", tmp_path / "x.jpg")
    assert f"{share.outside_percent:.1f} % of its pixels" in str(caught.value)
    assert f"about {share.noise_codes:.0f} codes" in str(caught.value)
    assert "pass samples='extended' to" in str(caught.value)
    assert not (tmp_path / "x.jpg").exists()
    report = show_wide_file(tmp_path / "bare.jpg", tmp_path / "x.jpg", samples="extended")
    assert report.gain_map is not None
    assert report.gain_map.p3_psnr_og > report.gain_map.p3_psnr_og_plain + 1
    assert without_colour_map((tmp_path / "x.jpg").read_bytes()) == bare


def test_a_payload_is_not_used_where_samples_are_wanted(folder: Path, tmp_path: Path) -> None:
    bare = carriers.strip((folder / "plain.jpg").read_bytes())
    (tmp_path / "bare.jpg").write_bytes(bare)
    maps = []
    for source in (folder / "plain.jpg", tmp_path / "bare.jpg"):
        report = show_wide_file(source, tmp_path / "x.jpg", samples="extended", sidecar="none", overwrite=True)
        assert (report.carrier, report.payload_bytes) == (None, None)
        assert "no payload was used: the gain map shows what the JPEG's own samples hold" in report.notes
        assert "sidecar has no effect with samples='extended', which uses no payload" in report.notes
        assert without_colour_map((tmp_path / "x.jpg").read_bytes()) == source.read_bytes()
        maps.append(report.gain_map)
    assert maps[0] is not None
    assert (maps[0].p3_psnr_og, maps[0].map_bytes) == (maps[1].p3_psnr_og, maps[1].map_bytes)
    with pytest.raises(PhotoError, match="can be payload or extended"):
        show_wide_file(folder / "plain.jpg", tmp_path / "y.jpg", samples="plain")  # type: ignore[arg-type]


def test_files_with_nothing_to_show(folder: Path, tmp_path: Path) -> None:
    grey = np.full((40, 48, 3), 90, np.uint8)
    (tmp_path / "grey.jpg").write_bytes(encode_srgb_file(grey))
    with pytest.raises(PhotoError, match="nothing for a gain map to show"):
        show_wide_file(tmp_path / "grey.jpg", tmp_path / "x.jpg")
    with pytest.raises(PhotoError, match="in a JPEG only"):
        show_wide_file(folder / "wide.tif", tmp_path / "x.jpg")
    with pytest.raises(PhotoError, match="in a JPEG only"):
        show_wide_file(folder / "plain.jpg", tmp_path / "x.png")
    assert not (tmp_path / "x.jpg").exists()


def test_a_photograph_inside_srgb_gets_none(tmp_path: Path) -> None:
    grey = np.full((40, 48, 3), 30_000, np.uint16)
    WideImage(grey).save(tmp_path / "grey.tif")
    report = reduce_file(tmp_path / "grey.tif", tmp_path / "grey.jpg", preset=QUICK, show_wide=True)
    assert report.gain_map is None
    assert any("no gain map was made" in note for note in report.notes)
    assert find_colour_map((tmp_path / "grey.jpg").read_bytes()) is None
    again = show_wide_file(tmp_path / "grey.jpg", tmp_path / "again.jpg")
    assert again.gain_map is None
    assert (tmp_path / "again.jpg").read_bytes() == (tmp_path / "grey.jpg").read_bytes()


def test_other_further_pictures_are_refused(folder: Path, tmp_path: Path) -> None:
    data = (folder / "shown.jpg").read_bytes()
    path = tmp_path / "x.jpg"
    path.write_bytes(data.replace(b"urn:iso:std:iso:ts:21496:-1", b"urn:iso:std:iso:ts:00000:-1"))
    with pytest.raises(MultiPictureError, match="remove them first"):
        show_wide_file(path, tmp_path / "y.jpg")


@pytest.mark.parametrize("limit", [999, 60_001, 2_000.0, "2000", True, None])
def test_limits_that_cannot_be(limit: Any, tmp_path: Path) -> None:
    for ask in (
        lambda: ReduceOptions(map_bytes=limit),
        lambda: show_wide_file(tmp_path / "missing.jpg", tmp_path / "x.jpg", map_bytes=limit),
        lambda: made_map(np.zeros((8, 8, 3), np.uint8), PIECE[:8, :8], limit),
    ):
        with pytest.raises(PhotoError, match=r"limited to 1,000\.\.60,000 bytes"):
            ask()


@pytest.mark.parametrize("format_", ["png", "tiff"])
def test_only_jpegs_get_one(format_: Any) -> None:
    with pytest.raises(PhotoError, match="is for a JPEG"):
        reduce(WideImage(PIECE), preset=QUICK, format=format_, show_wide=True)


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 1), (7, 9), (17, 16)])
def test_small_pictures(shape: tuple[int, int]) -> None:
    photograph = np.ascontiguousarray(PIECE[60 : 60 + shape[0], 60 : 60 + shape[1]])
    result = reduce(WideImage(photograph), preset=QUICK, format="jpeg", show_wide=True)
    data = result.to_bytes()
    if result.gain_map is not None:
        assert find_colour_map(data) is not None
        assert shown_picture(data).shape == (*shape, 3)
    else:
        assert any("no gain map" in note for note in result.report.notes)


def test_large_pictures_are_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    base = decode_srgb(reduce(WideImage(PIECE), preset=QUICK, format="jpeg").to_bytes())
    whole = made_map(base, PIECE)
    monkeypatch.setattr(colour_map, "_SAMPLE", PIECE[..., 0].size // 4)
    sampled = made_map(base, PIECE)
    assert whole is not None
    assert sampled is not None
    assert sampled.figures.p3_psnr_og > whole.figures.p3_psnr_og - 1.5
    assert sampled.figures.p3_psnr_og_plain == whole.figures.p3_psnr_og_plain


def test_the_same_file_again(folder: Path, tmp_path: Path) -> None:
    show_wide_file(folder / "plain.jpg", tmp_path / "a.jpg")
    show_wide_file(folder / "plain.jpg", tmp_path / "b.jpg")
    assert (tmp_path / "a.jpg").read_bytes() == (tmp_path / "b.jpg").read_bytes()


def test_reports_come_back_from_json(folder: Path, tmp_path: Path) -> None:
    report = show_wide_file(folder / "plain.jpg", tmp_path / "a.jpg")
    again = Report.from_json(report.to_json())
    assert again.gain_map is not None
    assert again.to_json() == report.to_json()


def test_missing_payloads_in_pngs_are_no_jpegs_problem(folder: Path) -> None:
    with pytest.raises(NoPayloadError):
        expand(carriers.strip((folder / "shown.jpg").read_bytes()))
