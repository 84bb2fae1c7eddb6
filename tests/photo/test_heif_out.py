from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from heif_boxes import CODE_POINTS, says
from photo_files import exif_block, smooth_array

from gamutmeta.color.icc import profile_bytes
from gamutmeta.color.spaces import SPACES
from gamutmeta.errors import PhotoError
from gamutmeta.photo.heif_in import read_heif
from gamutmeta.photo.heif_out import write_heif

if TYPE_CHECKING:
    from types import ModuleType

pillow_heif: ModuleType = pytest.importorskip("pillow_heif")
SMOOTH = smooth_array()
ICC = profile_bytes("prophoto")


def written(samples: np.ndarray = SMOOTH, **options: Any) -> Any:
    file = io.BytesIO()
    write_heif(file, samples, **({"bits": 8, "quality": 90, "space": "prophoto", "icc": ICC} | options))
    return pillow_heif.open_heif(file, convert_hdr_to_8bit=False, hdr_to_16bit=False)


@pytest.mark.parametrize(
    ("bits", "quality", "chroma"), [(8, 90, 420), (10, 90, 420), (12, 90, 444), (8, 100, 444), (10, 100, 444)]
)
def test_chroma_is_subsampled_where_phones_need_it(bits: int, quality: int, chroma: int) -> None:
    samples = SMOOTH if bits == 8 else SMOOTH.astype(np.uint16) << (bits - 8)
    heif = written(samples, bits=bits, quality=quality)
    assert (heif.info["chroma"], heif.info["bit_depth"]) == (chroma, bits)


@pytest.mark.parametrize(("bits", "quality", "matrix"), [(8, 90, 6), (8, 100, 0), (10, 90, 6), (12, 100, 0)])
@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("space", SPACES)
def test_the_coded_picture_names_the_space(space: str, bits: int, quality: int, matrix: int, *, alpha: bool) -> None:
    samples = SMOOTH if bits == 8 else SMOOTH.astype(np.uint16) << (bits - 8)
    file = io.BytesIO()
    options: Any = {"alpha": np.ascontiguousarray(samples[..., 0])} if alpha else {}
    write_heif(file, samples, bits=bits, quality=quality, space=space, icc=profile_bytes(space), **options)
    told = CODE_POINTS[space] if (space, bits) != ("rec2020", 12) else (9, 15)
    assert says(file.getvalue(), *told, matrix)
    assert b"colrnclx" not in file.getvalue()
    picture = read_heif(file, 10**6)
    assert picture.icc == profile_bytes(space)
    assert np.array_equal(picture.samples, samples) == (quality == 100)


def test_metadata_stay_byte_for_byte() -> None:
    block = exif_block(orientation=1)
    assert written(exif=block).info["exif"] == block


def test_a_depth_that_was_not_written_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    real = pillow_heif.HeifFile.save

    def save(self: Any, file: Any, *, bit_depth: int, **options: Any) -> None:
        # As versions do that know no such option.
        del bit_depth
        real(self, file, **options)

    monkeypatch.setattr(pillow_heif.HeifFile, "save", save)
    with pytest.raises(PhotoError, match="wrote 10 bits instead of 12"):
        written(SMOOTH.astype(np.uint16) << 4, bits=12)


def test_what_the_library_refuses() -> None:
    with pytest.raises(PhotoError, match="the HEIC file cannot be written"):
        written(quality=1000)
