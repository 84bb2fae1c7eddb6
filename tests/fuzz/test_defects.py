"""What looking for attacks found, each with its smallest input. (Time and memory of long inputs: `test_scaling`.)"""

from __future__ import annotations

import io
import os
import stat
import struct
import subprocess
import sys
import zlib
from typing import TYPE_CHECKING

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from gamutmeta import carriers, pillow
from gamutmeta.batch import plan
from gamutmeta.carriers.container_bytes import to_text
from gamutmeta.cli import app
from gamutmeta.container import frame
from gamutmeta.edit import edit_file
from gamutmeta.errors import CarrierError, PayloadError, PhotoError, PlanError
from gamutmeta.formats.png import insert_before_idat, make_chunk
from gamutmeta.formats.tiff import pack_ifd, read_ifd0
from gamutmeta.photo.read import read_photo
from gamutmeta.pipeline.expand import expand, expand_file
from gamutmeta.pipeline.reduce import reduce_file
from gamutmeta.runtime.files import _PREFIX, _SUFFIX, _key, atomic_write
from gamutmeta.view import write_page
from tests.fuzz import samples
from tests.fuzz.mutations import png
from tests.fuzz.mutations.zstd import RLE, Block, Frame

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONTAINER = samples.containers()["default"]


@pytest.fixture
def _plugin() -> Iterator[None]:
    pillow.register()
    yield
    pillow.unregister()


# --- frames ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("flags", [0x00, 0x01, 0x02, 0x04, 0x21, 0x22, 0x23, 0x24, 0x28])
def test_a_frame_is_a_single_segment_without_dictionary_field_and_checksum(flags: int) -> None:
    # A window of exactly the content's size passed for a single segment, a dictionary number of 0 for no field.
    whole = Frame(1024, (Block(RLE, b"\1", 1024),))
    assert frame.decompress(whole.to_bytes(), 1024) == b"\1" * 1024
    with pytest.raises(PayloadError) as caught:
        frame.decompress(Frame(1024, whole.blocks, flags, bytes(4) if flags & 4 else b"").to_bytes(), 1024)
    assert caught.value.field == "tensors"


# --- deviations from what writers do ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "content", "said"),
    [
        (b"iTXt", b"\0\0\0\0" + to_text(CONTAINER), []),
        (b"iTXt", b"\1\0\0\0" + zlib.compress(to_text(CONTAINER)), ["the text is compressed"]),
        (b"tEXt", to_text(CONTAINER), ["the text is in a tEXt chunk instead of an iTXt chunk"]),
        (b"zTXt", b"\0" + zlib.compress(to_text(CONTAINER)), ["the text is in a zTXt chunk instead of an iTXt chunk"]),
    ],
)
def test_what_is_said_of_text_chunks_is_true_of_their_kind(kind: bytes, content: bytes, said: list[str]) -> None:
    data = insert_before_idat(samples.HOSTS["png/rgb"], make_chunk(kind, b"gamutmeta\0" + content))
    assert carriers.extract(data).container == CONTAINER
    assert carriers.deviations(data) == said


# --- files and folders -----------------------------------------------------------------------------------------------


def test_no_file_is_written_through_a_link_that_was_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The name of the temporary file could be foreseen, and a link of that name was followed.
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    monkeypatch.setattr("secrets.token_hex", lambda _: "foreseen")
    waiting = tmp_path / f"{_PREFIX}{_key(tmp_path / 'x.gamut')}-foreseen{_SUFFIX}"
    waiting.symlink_to(victim)
    with pytest.raises(FileExistsError):
        atomic_write(tmp_path / "x.gamut", CONTAINER)
    assert victim.read_bytes() == b"precious"


@pytest.mark.skipif(os.name == "nt", reason="permissions are POSIX's")
def test_a_private_file_stays_private_when_it_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "x.jpg"
    path.write_bytes(b"old")
    path.chmod(0o600)
    atomic_write(path, b"new", overwrite=True)
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.skipif(os.name == "nt", reason="permissions are POSIX's")
def test_what_is_made_of_a_private_file_is_private(tmp_path: Path) -> None:
    # New files were readable for all, and temporary ones while they were written.
    source = tmp_path / "x.png"
    source.write_bytes(samples.bound("png/rgb", "default"))
    source.chmod(0o600)
    expand_file(source, tmp_path / "wide.tif")
    edit_file(source, tmp_path / "turned.png", rotate=90, carrier="sidecar")
    write_page(source, tmp_path / "page.html")
    reduce_file(tmp_path / "wide.tif", tmp_path / "again.jpg", preset="small", max_bytes=400, device="cpu")
    verb = CliRunner().invoke(app, ["strip", str(source), "-o", str(tmp_path / "bare.png")])
    assert verb.exit_code == 0
    made = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert len(made) == 7
    assert set(made.values()) == {0o600}


@pytest.mark.parametrize("kind", [b"zTXt", b"iCCP"])
def test_a_payload_beside_a_text_that_inflates_too_far_is_restored(kind: bytes) -> None:
    # Pillow refuses the whole picture for it.
    data = samples.bound("png/rgb", "default")
    text = make_chunk(kind, b"Comment\0\0" + zlib.compress(bytes((1 << 20) + 1)))
    wide = expand(insert_before_idat(data, text))
    np.testing.assert_array_equal(wide.array, expand(data).array)
    assert [note for note in wide.notes if "'Comment'" in note]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in folders")
def test_pipes_and_devices_in_a_folder_are_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    os.mkfifo(folder / "pipe.jpg")
    (folder / "endless.jpg").symlink_to("/dev/zero")
    with pytest.raises(PlanError, match="contains no file"):
        plan([folder], tmp_path / "out", readable={".jpg"})
    (folder / "picture.jpg").write_bytes(samples.HOSTS["jpeg/baseline"])
    (folder / "link.jpg").symlink_to(folder / "picture.jpg")
    (folder / "nothing.jpg").symlink_to(folder / "missing")
    tasks = plan([folder], tmp_path / "out", readable={".jpg"})
    assert [task.source.name for task in tasks] == ["link.jpg", "nothing.jpg", "picture.jpg"]


@pytest.mark.filterwarnings("ignore")  # Pillow warns of damaged values.
def test_damaged_metadata_of_a_tiff_count_as_none_and_do_not_keep_it_from_being_expanded() -> None:
    data = samples.bound("tiff/exif", "default")
    ifd = read_ifd0(data)
    large = struct.pack(f"{ifd.layout.order}HHII", 700, 1, 1 << 31, 0)
    far = struct.pack(f"{ifd.layout.order}HHII", 34_665, 4, 1, 1 << 31)
    whole = expand(data, threads=1)
    assert whole.exif is not None
    for damage in (large, far):
        hurt = expand(_with_entry(data, damage), threads=1)
        np.testing.assert_array_equal(hurt.array, whole.array)
        assert hurt.xmp is None


def _with_entry(data: bytes, entry: bytes) -> bytes:
    """The classic TIFF with a new first directory: the entry takes the place of the one with its tag, or is added."""
    ifd = read_ifd0(data)
    kept = [old.raw for old in ifd.entries if old.raw[:2] != entry[:2]]
    entries = sorted([*kept, entry], key=lambda raw: struct.unpack(ifd.layout.order + "H", raw[:2]))
    moved = pack_ifd(ifd.layout, entries, ifd.next_offset)
    return data[:4] + struct.pack(ifd.layout.offset_format, len(data)) + data[8:] + moved


@pytest.mark.skipif(os.name == "nt", reason="names are bytes on POSIX alone")
@pytest.mark.parametrize("command", ["info", "validate"])
@pytest.mark.parametrize("name", [b"\xff\xfe.png", b"\x1b[31m.png"])
def test_names_that_are_no_text(tmp_path: Path, command: str, name: bytes) -> None:
    path = os.fsencode(tmp_path) + b"/" + name
    with open(path, "wb") as file:  # noqa: PTH123 - a Path holds text
        file.write(samples.bound("png/rgb", "default"))
    for options in ([], ["--json"]):
        done = subprocess.run(
            [sys.executable, "-m", "gamutmeta", command, *options, path],
            check=False, capture_output=True, env=os.environ | {"PYTHONIOENCODING": "utf-8:strict"},
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("depth", [0, 3, 9, 24, 32, 255])
def test_a_png_does_not_choose_the_size_of_the_tables_of_its_colours(tmp_path: Path, depth: int) -> None:
    # Pillow reads the second header, and was the only one to look at the depth; 24 took 700 MB, 32 as much as there is.
    (header, *rest), _ = png.chunks(samples.HOSTS["png/metadata"])
    odd = header[1][:8] + bytes((depth,)) + header[1][9:]
    path = tmp_path / "x.png"
    path.write_bytes(png.joined([(b"IHDR", odd), header, *rest]))
    with pytest.raises(PhotoError, match=f"{depth} bits per sample"):
        read_photo(path)


# --- Pillow ----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("_plugin")
@pytest.mark.parametrize("length", [-20, 700, 300, 1])
def test_a_file_that_was_damaged_since_it_was_opened(tmp_path: Path, length: int) -> None:
    path, data = tmp_path / "x.jpg", samples.bound("jpeg/baseline", "default")
    path.write_bytes(data)
    with Image.open(path) as image:
        image.load()
        path.write_bytes(data[:length])
        with pytest.raises((PhotoError, CarrierError)):
            image.gamut_expand()  # type: ignore[attr-defined]


@pytest.mark.usefixtures("_plugin")
def test_another_kind_of_file_with_a_sidecar(tmp_path: Path) -> None:
    Image.fromarray(samples.picture()).save(tmp_path / "x.gif")
    (tmp_path / "own.gamut").write_bytes(CONTAINER)
    with Image.open(tmp_path / "x.gif") as image, pytest.raises(PhotoError, match="JPEG or PNG or TIFF"):
        image.gamut_expand(sidecar=tmp_path / "own.gamut")  # type: ignore[attr-defined]


@pytest.mark.usefixtures("_plugin")
@pytest.mark.skipif(os.name == "nt", reason="names are bytes on POSIX alone")
def test_a_path_of_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/\xff\xfe.png"
    with open(path, "wb") as file:  # noqa: PTH123 - a Path holds text
        file.write(samples.bound("png/rgb", "default"))
    with Image.open(path) as image:
        assert image.gamut_expand().size == (samples.WIDTH, samples.HEIGHT)  # type: ignore[attr-defined]


@pytest.mark.usefixtures("_plugin")
def test_a_picture_cut_short_and_loaded_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    data = samples.bound("jpeg/baseline", "default")[:-20]
    with Image.open(io.BytesIO(data)) as image:
        monkeypatch.setattr("PIL.ImageFile.LOAD_TRUNCATED_IMAGES", True)
        image.load()
        monkeypatch.setattr("PIL.ImageFile.LOAD_TRUNCATED_IMAGES", False)
        with pytest.raises(PhotoError, match="truncated"):
            image.gamut_expand()  # type: ignore[attr-defined]
