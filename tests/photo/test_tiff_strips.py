from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile
from photo_files import exif_block, hide, wide_array

from gamutmeta.photo import deflate, tiff_strips
from gamutmeta.photo.tiff_out import write_tiff

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

ARRAY = wide_array(3000, 53)
"""Several strips."""
EIGHT = (ARRAY >> 8).astype(np.uint8)
LIBRARIES = {"isal.isal_zlib": (), "imagecodecs": ("isal.isal_zlib",), "zlib": ("isal.isal_zlib", "imagecodecs")}
"""Encoders of Deflate, and what is not installed where each is taken for 16 bits."""


@pytest.fixture
def _fresh_encoders() -> Iterator[None]:
    for cached in (deflate.isal, tiff_strips.encoder):
        cached.cache_clear()
    yield
    for cached in (deflate.isal, tiff_strips.encoder):
        cached.cache_clear()


@pytest.mark.usefixtures("_fresh_encoders")
@pytest.mark.parametrize("samples", [ARRAY, EIGHT], ids=["16", "8"])
@pytest.mark.parametrize("library", LIBRARIES)
def test_every_encoder_writes_differences(
    library: str, samples: NDArray[np.uint8 | np.uint16], monkeypatch: pytest.MonkeyPatch
) -> None:
    if library != "zlib":
        pytest.importorskip(library)
    hide(monkeypatch, *LIBRARIES[library])
    taken = tiff_strips.encoder(8 * samples.itemsize)
    if samples.itemsize == 2:
        assert taken.func.__module__ == library  # type: ignore[attr-defined]  # a partial
    file = io.BytesIO()
    write_tiff(file, samples, icc=None, exif=exif_block())
    with tifffile.TiffFile(io.BytesIO(file.getvalue())) as tiff:
        page = tiff.pages.first
        assert (page.compression, page.predictor) == (8, 2)
        assert len(page.dataoffsets) == -(-len(samples) // page.rowsperstrip)
        assert np.array_equal(page.asarray(), samples)


def test_strips_are_compressed_only_so_far_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a slow disk does not fill the memory."""
    monkeypatch.setenv("GAMUTMETA_THREADS", "2")
    done = []

    class Counting:
        shape, dtype, itemsize = (4000, 300, 3), np.dtype(np.uint16), 2

        def __getitem__(self, rows: slice) -> NDArray[np.uint16]:
            done.append(rows.start)
            return np.zeros((rows.stop - rows.start, 300, 3), np.uint16)

    strips = tiff_strips.compressed_strips(Counting(), None)
    next(strips)
    assert len(done) <= 9
    assert 1 + sum(1 for _ in strips) == len(done) == -(-4000 // tiff_strips.rows_per_strip(300, 6))
