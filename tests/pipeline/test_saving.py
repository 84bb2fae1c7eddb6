from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from carriers.hosts import CONTAINER, png

from gamutmeta import carriers
from gamutmeta.errors import CarrierError, OutputExistsError
from gamutmeta.pipeline.saving import check_outputs, save_with_payload, with_payload

if TYPE_CHECKING:
    from pathlib import Path


def test_inside_or_beside(tmp_path: Path) -> None:
    plain, inside, beside = png(), tmp_path / "inside.png", tmp_path / "beside.png"
    for path, carrier in ((inside, None), (beside, "sidecar")):
        check_outputs(path, carrier, overwrite=False)
        save_with_payload(path, with_payload(plain, CONTAINER, carrier), CONTAINER, carrier, overwrite=False)
    assert carriers.extract(inside).container == CONTAINER
    assert beside.read_bytes() == plain
    assert carriers.read_sidecar(carriers.sidecar_path(beside)) == CONTAINER
    assert len(list(tmp_path.iterdir())) == 3
    with pytest.raises(CarrierError):
        with_payload(plain, CONTAINER, "app11")


def test_neither_file_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    carriers.sidecar_path(path).write_bytes(b"precious")
    check_outputs(path, None, overwrite=False)
    for ask in (
        lambda: check_outputs(path, "sidecar", overwrite=False),
        lambda: save_with_payload(path, png(), CONTAINER, "sidecar", overwrite=False),
    ):
        with pytest.raises(OutputExistsError, match=r"x\.png\.gamut"):
            ask()
    assert [file.name for file in tmp_path.iterdir()] == ["x.png.gamut"]
    save_with_payload(path, png(), CONTAINER, "sidecar", overwrite=True)
    assert carriers.sidecar_path(path).read_bytes() == CONTAINER
