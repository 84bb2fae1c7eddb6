from __future__ import annotations

from pathlib import Path

import pytest
from carriers.hosts import CONTAINER

from gamutmeta.carriers import MAGIC, MAX_CONTAINER, read_sidecar, sidecar_path
from gamutmeta.errors import CarrierError, PayloadTooLargeError


@pytest.mark.parametrize(
    ("picture", "sidecar"),
    [("x.jpg", "x.jpg.gamut"), ("a/b.c/x.tar.png", "a/b.c/x.tar.png.gamut"), ("x", "x.gamut")],
)
def test_name(picture: str, sidecar: str) -> None:
    assert sidecar_path(picture) == Path(sidecar)
    assert sidecar_path(Path(picture)) == Path(sidecar)


def test_it_is_the_bare_container(tmp_path: Path) -> None:
    path = sidecar_path(tmp_path / "x.jpg")
    path.write_bytes(CONTAINER)
    assert read_sidecar(path) == read_sidecar(str(path)) == CONTAINER


def test_size_is_checked_before_reading(tmp_path: Path) -> None:
    path = tmp_path / "x.gamut"
    largest = MAGIC.ljust(MAX_CONTAINER, b"x")
    path.write_bytes(largest)
    assert read_sidecar(path) == largest
    path.write_bytes(largest + b"x")
    with pytest.raises(PayloadTooLargeError, match=f"at most {MAX_CONTAINER}"):
        read_sidecar(path)
    with path.open("wb") as sparse:
        sparse.truncate(2**40)
    with pytest.raises(PayloadTooLargeError, match=str(2**40)):
        read_sidecar(path)


@pytest.mark.parametrize("content", [b"", MAGIC[:-1], b"\xff\xd8\xff\xe0 a picture"])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.gamut"
    path.write_bytes(content)
    with pytest.raises(CarrierError, match=r"x\.gamut"):
        read_sidecar(path)


def test_an_empty_file_is_told_as_such(tmp_path: Path) -> None:
    path = tmp_path / "x.gamut"
    path.write_bytes(b"")
    with pytest.raises(CarrierError, match=r"x\.gamut: the file is empty$"):
        read_sidecar(path)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_sidecar(tmp_path / "x.gamut")
