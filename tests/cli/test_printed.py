"""What libraries in C print by themselves is told with the file's name, and nowhere else."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from photo_files import smooth_array
from PIL import Image, features

from gamutmeta import read_photo
from gamutmeta.color.icc import profile_bytes
from gamutmeta.errors import PhotoError

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(not features.check("libtiff"), reason="this Pillow has no libtiff")


def damaged(mode: str, compression: str) -> bytes:
    """A TIFF of which a few bytes of the picture are others."""
    file = io.BytesIO()
    Image.fromarray(smooth_array()).convert(mode).save(file, "TIFF", compression=compression)
    data = bytearray(file.getvalue())
    with Image.open(io.BytesIO(data)) as image:
        start, size = image.tag_v2[273][0], image.tag_v2[279][0]
    middle = start + size // 2
    data[middle : middle + 20] = b"\xff\xf0" * 10
    return bytes(data)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a TIFF that libtiff cannot decode, and one of which it decodes a part."""
    folder = tmp_path_factory.mktemp("printed")
    (folder / "in").mkdir()
    (folder / "in/broken.tif").write_bytes(damaged("RGB", "tiff_lzw"))
    (folder / "in/partly.tif").write_bytes(damaged("1", "group4"))
    return folder


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_it_is_told_with_the_file(folder: Path, jobs: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gamutmeta", "reduce", "in", "-o", f"out{jobs}", "--jobs", jobs, "--json"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    said = {told["file"]: told for told in map(json.loads, done.stdout.splitlines())}
    message = said["in/broken.tif"]["error"]["message"]
    assert message.startswith("in/broken.tif: cannot be decoded, and may be damaged: libtiff cannot decode its data; ")
    assert "the decoder says: tempfile.tif: Using code not yet in table." in message
    assert any(
        note.startswith("the decoder says: Fax4Decode: Bad code word") for note in said["in/partly.tif"]["notes"]
    )
    assert done.stderr == "warning: in/partly.tif: no colour profile; sRGB was assumed\n"


def test_it_is_told_again_of_what_is_skipped(folder: Path) -> None:
    notes = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-m", "gamutmeta", "reduce", "in", "-o", "again", "--json", "--include", "partly.tif"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        )
        notes.append(json.loads(done.stdout)["notes"])
    assert json.loads(done.stdout)["skipped"]
    assert [note for note in notes[0] if note.startswith("the decoder says: Fax4Decode")]
    assert notes[0] == notes[1]


def test_the_library_leaves_the_descriptor_alone(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(PhotoError, match="libtiff cannot decode its data"):
        read_photo(folder / "in/broken.tif")
    assert "Using code not yet in table" in capfd.readouterr().err


def test_damaged_lzma_is_refused() -> None:
    file = io.BytesIO()
    tifffile = pytest.importorskip("tifffile")
    tifffile.imwrite(
        file,
        smooth_array(),
        photometric="rgb",
        compression="lzma",
        metadata=None,
        iccprofile=profile_bytes("display-p3"),
    )
    data = bytearray(file.getvalue())
    assert read_photo(bytes(data)).size == (64, 40)
    with tifffile.TiffFile(io.BytesIO(data)) as tiff:
        start, size = tiff.pages.first.dataoffsets[0], tiff.pages.first.databytecounts[0]
    data[start + size - 40] ^= 0xFF
    with pytest.raises(PhotoError, match="cannot be decoded"):
        read_photo(bytes(data))
