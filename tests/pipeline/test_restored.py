from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from photo_files import placed
from pictures import QUICK, colourful, photograph

from gamutmeta import carriers
from gamutmeta.batch.convert import reduce_one
from gamutmeta.batch.plan import plan
from gamutmeta.errors import PhotoError
from gamutmeta.photo import read_photo
from gamutmeta.pipeline.expand import expand
from gamutmeta.pipeline.options import ReduceOptions
from gamutmeta.pipeline.reduce import Reduction, reduce, reduce_file
from gamutmeta.pipeline.restored import RESTORED, restored_before

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("torch")

SUFFIX = {"jpeg": ".jpg", "png": ".png", "tiff": ".tif"}


@pytest.fixture(scope="module")
def reductions() -> dict[str, Reduction]:
    return {kind: reduce(photograph(), preset=QUICK, format=kind, device="cpu") for kind in SUFFIX}  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", SUFFIX)
@pytest.mark.parametrize("carrier", [None, "sidecar"])
def test_a_file_is_restored_before_it_is_reduced_again(
    reductions: dict[str, Reduction], tmp_path: Path, kind: str, carrier: str | None
) -> None:
    first, again = tmp_path / f"first{SUFFIX[kind]}", tmp_path / "again.png"
    reductions[kind].save(first, carrier=carrier)
    report = reduce_file(first, again, preset=QUICK, device="cpu")
    assert report.notes[0] == RESTORED
    assert report.og_percent is not None
    assert report.og_percent > 5
    error = np.abs(expand(again).array.astype(int) - expand(first).array).mean()
    lost = np.abs(read_photo(first).array.astype(int) - expand(first).array).mean()
    assert error < lost / 2


def test_a_folder(reductions: dict[str, Reduction], tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    reductions["jpeg"].save(tmp_path / "in" / "a.jpg")
    [task] = plan([tmp_path / "in"], f"{tmp_path / 'out'}/", readable={".jpg"}, suffix=".jpg")
    report = reduce_one(task, options=ReduceOptions(preset=QUICK, device="cpu"))
    assert report.notes[0] == RESTORED
    assert report.og_percent is not None
    assert report.og_percent > 5


def test_files_without_a_payload(reductions: dict[str, Reduction], tmp_path: Path) -> None:
    data = carriers.strip(reductions["jpeg"].to_bytes())
    assert restored_before(placed(tmp_path, "a.jpg", data)) is None
    assert restored_before(placed(tmp_path, "a.webp", b"RIFF....WEBP")) is None
    assert restored_before(placed(tmp_path, "b.jpg", data[:50])) is None


def _of_another_picture(data: bytes, other: bytes) -> bytes:
    return carriers.embed(carriers.strip(data), carriers.extract(other).container)


def _damaged(data: bytes, _: bytes) -> bytes:
    place = data.index(carriers.MAGIC) + 40
    return data[:place] + bytes([data[place] ^ 255]) + data[place + 1 :]


@pytest.mark.parametrize("change", [_of_another_picture, _damaged])
def test_a_payload_that_cannot_be_used_is_told(reductions: dict[str, Reduction], tmp_path: Path, change: Any) -> None:
    other = reduce(photograph(colourful()[::-1].copy()), preset=QUICK, format="tiff", device="cpu").to_bytes()
    source = placed(tmp_path, "a.tif", change(reductions["tiff"].to_bytes(), other))
    with pytest.raises(PhotoError, match=r"a.tif: it carries a payload that cannot be used: .* \(gamutmeta strip\)"):
        reduce_file(source, tmp_path / "out.png", preset=QUICK, device="cpu")
    assert not (tmp_path / "out.png").exists()
