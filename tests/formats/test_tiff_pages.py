from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
from photo_files import tiff_bytes, wide_array

from gamutmeta.errors import CarrierError
from gamutmeta.formats.tiff_pages import as_first, pages_of

if TYPE_CHECKING:
    from collections.abc import Sequence

FULL = wide_array(32, 48)


def written(pages: Sequence[tuple[np.ndarray, dict[str, Any]]], **options: Any) -> io.BytesIO:
    """A TIFF file of several pages by tifffile."""
    file = io.BytesIO()
    with tifffile.TiffWriter(file, **options) as tiff:
        for samples, page in pages:
            tiff.write(samples, **({"photometric": "rgb", "metadata": None} | page))
    return file


def main_size(file: io.BytesIO) -> tuple[int, int]:
    main = pages_of(file).main
    return main.width, main.height


@pytest.mark.parametrize("bigtiff", [False, True])
@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("below", [False, True])
def test_a_thumbnail_comes_first(*, below: bool, byteorder: str, bigtiff: bool) -> None:
    thumbnail = (FULL[::8, ::8].copy(), {"subfiletype": 1, "subifds": 1 if below else 0})
    file = written([thumbnail, (FULL, {"subfiletype": 0})], byteorder=byteorder, bigtiff=bigtiff)
    pages = pages_of(file)
    assert (pages.main.width, pages.main.height) == (48, 32)
    assert (pages.pictures, pages.masks, pages.largest) == (1, 0, None)
    with tifffile.TiffFile(as_first(file, pages.main.ifd)) as tiff:
        assert np.array_equal(tiff.pages.first.asarray(), FULL)
    assert not file.closed


def test_the_old_field_tells_a_thumbnail_as_well() -> None:
    old = [(255, "H", 1, 2, True)]
    assert main_size(written([(FULL[::8, ::8].copy(), {"extratags": old}), (FULL, {})])) == (48, 32)


@pytest.mark.parametrize("flagged", [False, True])
def test_a_pyramid_begins_with_its_small_end(*, flagged: bool) -> None:
    levels = [FULL[::step, ::step].copy() for step in (8, 4, 2, 1)]
    pages = [(level, {"subfiletype": int(flagged and level.shape != FULL.shape)}) for level in levels]
    file = written(pages)
    assert main_size(file) == (48, 32)
    assert pages_of(file).pictures == 1


def test_a_pyramid_begins_with_its_large_end() -> None:
    file = written([(FULL, {"subifds": 1}), (FULL[::2, ::2].copy(), {"subfiletype": 1})])
    assert main_size(file) == (48, 32)
    assert pages_of(file).pictures == 1


def test_the_largest_picture_below_a_thumbnail() -> None:
    thumbnail = (FULL[::8, ::8].copy(), {"subfiletype": 1, "subifds": 3})
    preview = (FULL[:30, :30].copy(), {"subfiletype": 1})
    file = written([thumbnail, preview, (FULL[:8, :8].copy(), {}), (FULL, {})])
    assert main_size(file) == (48, 32)


def test_pages_of_a_document() -> None:
    pages = pages_of(written([(FULL[:8], {}), (FULL, {}), (FULL[:9], {})]))
    assert pages.main is pages.first
    assert (pages.pictures, pages.largest) == (3, "48 x 32")


def test_a_mask_is_no_picture() -> None:
    pages = pages_of(written([(FULL[..., 0] > 32767, {"subfiletype": 4, "photometric": "minisblack"}), (FULL, {})]))
    assert (pages.main.width, pages.pictures, pages.masks) == (48, 1, 1)


def test_where_all_are_thumbnails_the_largest_counts() -> None:
    reduced = {"subfiletype": 1}
    assert main_size(written([(FULL[:9].copy(), reduced), (FULL, reduced), (FULL[:5].copy(), reduced)])) == (48, 32)


def test_damage_behind_the_first_directory_ends_the_search() -> None:
    data = bytearray(tiff_bytes(FULL, subfiletype=1, extratags=[(330, "I", 2, (1 << 30, 3), True)]))
    with tifffile.TiffFile(io.BytesIO(data)) as tiff:
        at = tiff.pages.first.offset
    entries = int.from_bytes(data[at : at + 2], "little")
    data[at + 2 + 12 * entries : at + 6 + 12 * entries] = (1 << 30).to_bytes(4, "little")
    assert main_size(io.BytesIO(data)) == (48, 32)
    with pytest.raises(CarrierError):
        pages_of(io.BytesIO(data[:20]))


def test_a_redirected_file_reads_as_any_other() -> None:
    file = written([(FULL[:8].copy(), {"subfiletype": 1}), (FULL, {})])
    view = as_first(file, pages_of(file).main.ifd)
    whole = view.read()
    assert len(whole) == len(file.getvalue())
    assert whole[8:] == file.getvalue()[8:]
    assert view.seek(-3, io.SEEK_END) == len(whole) - 3
    assert view.read(9) == whole[-3:]
    view.seek(2)
    assert view.read(4) == whole[2:6]
