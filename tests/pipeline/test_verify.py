from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pictures import QUICK, colourful, photograph

from gamutmeta.errors import PhotoError
from gamutmeta.pipeline.reduce import reduce_file
from gamutmeta.pipeline.verify import verify_file

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("torch")


@pytest.mark.parametrize("name", ["a.jpg", "a.png"])
def test_verification_measures_what_the_reduction_reported(tmp_path: Path, name: str) -> None:
    photograph().save(tmp_path / "photo.tif")
    reported = reduce_file(tmp_path / "photo.tif", tmp_path / name, preset=QUICK, device="cpu")
    measured = verify_file(tmp_path / name, tmp_path / "photo.tif")
    for figure in ("psnr", "psnr_og", "psnr_clip", "psnr_clip_og", "og_percent", "payload_bytes", "file_bytes"):
        assert getattr(measured, figure) == getattr(reported, figure)


def test_a_reference_of_another_size(tmp_path: Path) -> None:
    photograph().save(tmp_path / "photo.tif")
    photograph(colourful(10, 10)).save(tmp_path / "other.tif")
    reduce_file(tmp_path / "photo.tif", tmp_path / "a.png", preset=QUICK, device="cpu")
    with pytest.raises(PhotoError, match=r"other\.tif has 10x10 pixels, a\.png 96x72"):
        verify_file(tmp_path / "a.png", tmp_path / "other.tif")
