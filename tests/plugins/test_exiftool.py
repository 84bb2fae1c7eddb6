"""docs/plugins/exiftool/gamutmeta.config: ExifTool gives every payload a name, and takes it out bit for bit."""

from __future__ import annotations

import json
import subprocess
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from carrots import QUICK, write_piece
from interop.demand import demand

pytest.importorskip("torch")

from gamutmeta import carriers
from gamutmeta.formats.jpeg import COM, make_segment
from gamutmeta.pipeline.expand import expand
from gamutmeta.pipeline.reduce import reduce_file

if TYPE_CHECKING:
    from collections.abc import Callable

CONFIG = Path(__file__).parents[2] / "docs" / "plugins" / "exiftool" / "gamutmeta.config"
GROUP = {"app11": "JUMBF", "com": "Composite", "itxt": "PNG", "tiff": "EXIF"}
ENDING = {"app11": "jpg", "com": "jpg", "itxt": "png", "tiff": "tif"}


@pytest.fixture(autouse=True)
def _needs_exiftool() -> None:
    demand("ExifTool")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A file for each carrier."""
    folder = tmp_path_factory.mktemp("exiftool")
    photo = write_piece(folder / "photo.tif")
    files = {carrier: folder / f"{carrier}.{ending}" for carrier, ending in ENDING.items()}
    for carrier, path in files.items():
        reduce_file(photo, path, preset=QUICK, carrier=carrier, device="cpu")
    return files


def exiftool(*arguments: str | Path) -> bytes:
    # -config has to be the first of all options.
    command = ["exiftool", "-config", str(CONFIG), *map(str, arguments)]
    ran = subprocess.run(command, capture_output=True, check=True, timeout=60)
    assert ran.stderr == b""
    return ran.stdout


def payload(path: Path) -> bytes:
    return exiftool("-b", "-gamutmeta", path)


@pytest.mark.parametrize("carrier", list(GROUP))
def test_the_tag_holds_the_container(files: dict[str, Path], carrier: str) -> None:
    container = carriers.extract(files[carrier]).container
    assert payload(files[carrier]) == container
    (tags,) = json.loads(exiftool("-json", "-G0", "-gamutmeta", files[carrier]))
    size = f"(Binary data {len(container)} bytes, use -b option to extract)"
    assert tags == {"SourceFile": str(files[carrier]), f"{GROUP[carrier]}:Gamutmeta": size}


def test_files_without_a_payload_have_no_such_tag(files: dict[str, Path], tmp_path: Path) -> None:
    for carrier, path in files.items():
        bare = tmp_path / f"{carrier}.{ENDING[carrier]}"
        bare.write_bytes(carriers.strip(path.read_bytes()))
        assert exiftool("-gamutmeta", bare) == b""


def _chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


def _as_text(text: bytes) -> bytes:
    return _chunk(b"tEXt", b"gamutmeta\0" + text)


def _as_compressed_text(text: bytes) -> bytes:
    return _chunk(b"zTXt", b"gamutmeta\0\0" + zlib.compress(text))


def _as_compressed_international_text(text: bytes) -> bytes:
    return _chunk(b"iTXt", b"gamutmeta\0\1\0\0\0" + zlib.compress(text))


@pytest.mark.parametrize("written", [_as_text, _as_compressed_text, _as_compressed_international_text])
def test_other_text_chunks_are_read_as_well(
    files: dict[str, Path], tmp_path: Path, written: Callable[[bytes], bytes]
) -> None:
    data = files["itxt"].read_bytes()
    start = data.index(b"iTXtgamutmeta\0") - 4
    end = start + 12 + int.from_bytes(data[start : start + 4], "big")
    text = data[start + 8 + 14 : end - 4]
    path = tmp_path / "other.png"
    path.write_bytes(data[:start] + written(text) + data[end:])
    assert payload(path) == carriers.extract(path).container == carriers.extract(files["itxt"]).container


@pytest.mark.parametrize("ours_first", [True, False])
def test_ours_is_found_among_several_comments(files: dict[str, Path], tmp_path: Path, ours_first: bool) -> None:  # noqa: FBT001
    data = files["com"].read_bytes()
    start = data.index(b"gamutmeta1 ") - 4
    end = start + 2 + int.from_bytes(data[start + 2 : start + 4], "big")
    other = make_segment(COM, b"a comment")
    path = tmp_path / "comments.jpg"
    path.write_bytes(data[: end if ours_first else start] + other + data[end if ours_first else start :])
    assert payload(path) == carriers.extract(path).container


def test_another_private_tag_is_not_ours(tmp_path: Path) -> None:
    import tifffile  # noqa: PLC0415 - collecting the tests needs no tifffile

    path = tmp_path / "other.tif"
    tags = [(65357, 1, 12, b"other bytes!", True)]
    tifffile.imwrite(path, np.zeros((8, 8, 3), np.uint8), photometric="rgb", extratags=tags)
    assert exiftool("-gamutmeta", path) == b""


@pytest.mark.parametrize("carrier", list(GROUP))
def test_editing_with_it_keeps_the_payload(files: dict[str, Path], tmp_path: Path, carrier: str) -> None:
    path = tmp_path / files[carrier].name
    path.write_bytes(files[carrier].read_bytes())
    exiftool("-q", "-overwrite_original", "-Artist=Somebody", path)
    assert exiftool("-s3", "-Artist", path).strip() == b"Somebody"
    assert carriers.extract(path).container == carriers.extract(files[carrier]).container


def test_what_it_takes_out_is_a_sidecar(files: dict[str, Path], tmp_path: Path) -> None:
    bare = tmp_path / "bare.jpg"
    bare.write_bytes(carriers.strip(files["app11"].read_bytes()))
    (tmp_path / "bare.jpg.gamut").write_bytes(payload(files["app11"]))
    np.testing.assert_array_equal(expand(bare).array, expand(files["app11"]).array)


def test_files_with_a_payload_can_be_listed(files: dict[str, Path]) -> None:
    folder = files["app11"].parent
    listed = exiftool("-r", "-q", "-if", "$gamutmeta", "-p", "$directory/$filename", folder).decode().splitlines()
    assert set(listed) == set(map(str, files.values()))
