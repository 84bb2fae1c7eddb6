from __future__ import annotations

from pathlib import Path

import pytest
from carriers.hosts import CONTAINER, OTHER_CONTAINER

from gamutmeta.carriers import MAGIC, MAX_CONTAINER, read_sidecar, sidecar_path, write_sidecar
from gamutmeta.errors import CarrierError, OutputExistsError, PayloadTooLargeError


@pytest.mark.parametrize(
    ("picture", "sidecar"),
    [("x.jpg", "x.jpg.gamut"), ("a/b.c/x.tar.png", "a/b.c/x.tar.png.gamut"), ("x", "x.gamut")],
)
def test_name(picture: str, sidecar: str) -> None:
    assert sidecar_path(picture) == Path(sidecar)
    assert sidecar_path(Path(picture)) == Path(sidecar)


def test_round_trip_is_the_bare_container(tmp_path: Path) -> None:
    path = sidecar_path(tmp_path / "x.jpg")
    write_sidecar(path, bytearray(CONTAINER))
    assert path.read_bytes() == CONTAINER
    assert read_sidecar(path) == read_sidecar(str(path)) == CONTAINER
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_is_overwritten_silently(tmp_path: Path) -> None:
    path = tmp_path / "x.gamut"
    write_sidecar(path, CONTAINER)
    with pytest.raises(OutputExistsError, match=r"x\.gamut"):
        write_sidecar(path, OTHER_CONTAINER)
    assert read_sidecar(path) == CONTAINER
    write_sidecar(path, OTHER_CONTAINER, overwrite=True)
    assert read_sidecar(path) == OTHER_CONTAINER


def test_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "x.gamut").mkdir()
    with pytest.raises(OSError):
        write_sidecar(tmp_path / "x.gamut", CONTAINER, overwrite=True)
    assert list(tmp_path.iterdir()) == [tmp_path / "x.gamut"]
    with pytest.raises(CarrierError, match="magic"):
        write_sidecar(tmp_path / "y.gamut", b"no container")
    assert list(tmp_path.iterdir()) == [tmp_path / "x.gamut"]


def test_size_is_checked_before_reading(tmp_path: Path) -> None:
    path = tmp_path / "x.gamut"
    largest = MAGIC.ljust(MAX_CONTAINER, b"x")
    write_sidecar(path, largest)
    assert read_sidecar(path) == largest
    with pytest.raises(PayloadTooLargeError, match="at most 1000"):
        read_sidecar(path, max_bytes=1000)
    with pytest.raises(PayloadTooLargeError):
        write_sidecar(path, largest + b"x", overwrite=True)
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


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_sidecar(tmp_path / "x.gamut")
