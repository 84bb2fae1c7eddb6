from __future__ import annotations

import io
import os
import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest

from gamutmeta.errors import PhotoError
from gamutmeta.runtime.inputs import bytes_of, is_path, name_of, opened

DATA = bytes(range(256)) * 40


class Download:
    """What urlopen gives: it can be read once, and nothing else."""

    def __init__(self) -> None:
        self._left = DATA

    def read(self) -> bytes:
        data, self._left = self._left, b""
        return data


def unbuffered(folder: Path) -> Any:
    (folder / "a.bin").write_bytes(DATA)
    return (folder / "a.bin").open("rb", buffering=0)


def placed(folder: Path) -> Path:
    path = folder / "a.bin"
    path.write_bytes(DATA)
    return path


GIVEN = {
    "path": placed,
    "str": lambda folder: str(placed(folder)),
    "bytes": lambda _: DATA,
    "bytearray": lambda _: bytearray(DATA),
    "memoryview": lambda _: memoryview(DATA),
    "BytesIO": lambda _: io.BytesIO(DATA),
    "file": lambda folder: placed(folder).open("rb"),
    "raw file": unbuffered,
    "download": lambda _: Download(),
}


@pytest.mark.parametrize("kind", GIVEN)
def test_content(kind: str, tmp_path: Path) -> None:
    source = GIVEN[kind](tmp_path)
    assert bytes_of(source) == DATA
    if hasattr(source, "close"):
        assert not source.closed
        source.close()
    source = GIVEN[kind](tmp_path)
    with opened(source) as file:
        assert file.seek(0, io.SEEK_END) == len(DATA)
        file.seek(0)
        assert file.read() == DATA
    assert is_path(source) == (kind in {"str", "path"})
    if hasattr(source, "close"):
        assert not source.closed
        source.close()


def test_open_files_are_read_from_where_they_stand() -> None:
    for read in (bytes_of, lambda source: opened(source).__enter__().read()):
        file = io.BytesIO(b"before" + DATA)
        file.seek(6)
        assert read(file) == DATA


def test_a_pipe(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=lambda: path.write_bytes(DATA))
    writer.start()
    with opened(path) as file:
        writer.join()
        assert file.seekable()
        assert file.read() == DATA


def test_names(tmp_path: Path) -> None:
    assert name_of("a.jpg") == "a.jpg"
    assert name_of(Path("a.jpg")) == "a.jpg"
    assert name_of(b"x") == "the bytes"
    assert name_of(io.BytesIO()) == "the stream"
    with placed(tmp_path).open("rb") as file:
        assert name_of(file) == str(tmp_path / "a.bin")
    with tempfile.TemporaryFile() as file:
        assert name_of(file) == "the stream"


@pytest.mark.parametrize("read", [bytes_of, lambda source: opened(source).__enter__()])
def test_refusals(read: Any) -> None:
    with pytest.raises(PhotoError, match=r"opened for text; open it with mode 'rb'"):
        read(io.StringIO("text"))
    with pytest.raises(PhotoError, match=r"a path, bytes or a binary file can be read, not builtins\.int"):
        read(5)
