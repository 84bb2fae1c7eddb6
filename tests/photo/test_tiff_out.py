from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
from photo_files import XMP, exif_block, hide, wide_array
from PIL import Image

from gamutmeta.color.icc import profile_bytes
from gamutmeta.errors import CarrierError
from gamutmeta.formats.exif_tree import read_tree
from gamutmeta.formats.tiff import read_ifd0
from gamutmeta.photo.tiff_out import write_tiff

if TYPE_CHECKING:
    from numpy.typing import NDArray

ARRAY = wide_array(300, 53)
"""Several strips."""
EIGHT = (ARRAY >> 8).astype(np.uint8)
ICC = profile_bytes("rec2020")


def written(samples: NDArray[np.uint8 | np.uint16] = ARRAY, **options: Any) -> bytes:
    file = io.BytesIO()
    write_tiff(file, samples, **({"icc": ICC} | options))
    return file.getvalue()


@pytest.mark.parametrize("samples", [ARRAY, EIGHT], ids=["16", "8"])
@pytest.mark.parametrize("exif", [None, exif_block("<"), exif_block(">")], ids=["none", "little", "big"])
def test_pixels_and_profile(samples: NDArray[np.uint8 | np.uint16], exif: bytes | None) -> None:
    with tifffile.TiffFile(io.BytesIO(written(samples, exif=exif))) as tiff:
        page = tiff.pages.first
        assert len(tiff.pages) == 1
        assert np.array_equal(page.asarray(), samples)
        assert page.iccprofile == ICC
        assert page.compression == 8


def test_any_number_of_threads_writes_the_same_file(monkeypatch: pytest.MonkeyPatch) -> None:
    large = np.tile(ARRAY, (10, 10, 1))
    files = set()
    for threads in ("1", "2", "5"):
        monkeypatch.setenv("GAMUTMETA_THREADS", threads)
        files.add(written(large))
    assert len(files) == 1


@pytest.mark.parametrize("order", ["<", ">"])
def test_exif_fields_keep_type_and_value(order: str) -> None:
    block = exif_block(order)
    data = written(exif=block, xmp=XMP)
    mine = read_tree(data, {0x010F, 0x0110, 0x0112, 0x8298}.__contains__)
    theirs = (
        read_tree(block[6:], {0x010F, 0x0110, 0x0112, 0x8298}.__contains__).with_byte_order("<").without(photo=[0x927C])
    )
    assert mine == theirs


def test_pillow_reads_everything() -> None:
    with Image.open(io.BytesIO(written(EIGHT, exif=exif_block(orientation=1), xmp=XMP))) as image:
        exif = image.getexif()
        assert exif[0x8298] == "Nobody"
        assert exif.get_ifd(0x8769)[0x829A] == pytest.approx(1 / 250)
        assert exif.get_ifd(0x8825)[1] == "N"
        assert exif.get_ifd(0xA005)[1] == "R98"
        assert image.tag_v2[700] == XMP  # type: ignore[attr-defined]
        assert np.array_equal(np.asarray(image), EIGHT)


def test_structural_tags_of_the_block_stay_out() -> None:
    exif = Image.Exif()
    exif[0x0100], exif[0x0101], exif[0x0111], exif[0x010F] = 9999, 9999, 5, "Maker"
    with Image.open(io.BytesIO(written(EIGHT, exif=b"Exif\0\0" + exif.tobytes()[6:]))) as image:
        assert image.size == (53, 300)
        assert image.getexif()[0x010F] == "Maker"


def test_directory_is_sorted_and_unique() -> None:
    tags = [entry.tag for entry in read_ifd0(written(exif=exif_block(), xmp=XMP)).entries]
    assert tags == sorted(set(tags))


def test_no_metadata() -> None:
    tags = {entry.tag for entry in read_ifd0(written(icc=None)).entries}
    assert not tags & {34675, 700, 34665, 34853, 305, 306, 270}


def test_damaged_exif() -> None:
    with pytest.raises(CarrierError):
        written(exif=b"Exif\0\0II*\0")


@pytest.mark.parametrize("samples", [ARRAY, EIGHT], ids=["16", "8"])
@pytest.mark.parametrize("codecs", [True, False])
def test_transparency_is_unassociated(
    samples: NDArray[np.uint8 | np.uint16],
    codecs: bool,  # noqa: FBT001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alpha = samples[::-1, :, 1]
    if not codecs:
        hide(monkeypatch, "imagecodecs")
    data = written(samples, alpha=alpha, exif=exif_block())
    with tifffile.TiffFile(io.BytesIO(data)) as tiff:
        page = tiff.pages.first
        assert [int(meaning) for meaning in page.extrasamples] == [2]
        assert np.array_equal(page.asarray(), np.dstack([samples, alpha]))
