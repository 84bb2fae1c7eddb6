from __future__ import annotations

import io
import time
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO

import pytest
from carriers.hosts import (
    CONTAINER,
    HOSTS,
    JPEG_HOSTS,
    OTHER_CONTAINER,
    PNG_HOSTS,
    TIFF_HOSTS,
    adam7,
    c2pa_segments,
    insert_segments,
    jpeg,
    pillow_bytes,
    pixels,
    tiff,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from gamutmeta.carriers import (
    MAGIC,
    Extracted,
    carriers_of,
    coded_digest,
    deviations,
    embed,
    extract,
    extract_from_file,
    extract_or_sidecar,
    find,
    host_format,
    sidecar_path,
    strip,
)
from gamutmeta.errors import (
    CarrierError,
    GamutMetaError,
    NoPayloadError,
    PayloadExistsError,
    PhotoError,
    UnsupportedFileError,
)

if TYPE_CHECKING:
    from pathlib import Path

# --- the verbs -------------------------------------------------------------------------------------------------------


class Unsearchable(io.RawIOBase):
    """A file that can be read once, like a pipe."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._file.readinto(buffer)


class Reader:
    """What has no more than read(), like many downloads."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def read(self) -> bytes:
        return self._file.read()


@pytest.mark.parametrize("name", HOSTS)
def test_every_verb_takes_paths_bytes_and_open_files(name: str, tmp_path: Path) -> None:
    host = HOSTS[name]
    stamped = embed(host, CONTAINER)
    path = tmp_path / "file"
    path.write_bytes(stamped)
    (tmp_path / "bare").write_bytes(host)
    once = (io.BytesIO, Unsearchable, Reader)
    for way in (lambda: path, lambda: str(path), *(partial(kind, stamped) for kind in once)):
        assert host_format(way()) == host_format(stamped)
        assert extract(way()) == extract(stamped)
        assert find(way()) == find(stamped)
        assert strip(way()) == host
        assert deviations(way()) == deviations(stamped)
    assert path.read_bytes() == stamped
    for bare in (tmp_path / "bare", io.BytesIO(host), Reader(host)):
        assert embed(bare, CONTAINER) == stamped


def test_open_files_are_read_from_where_they_stand_and_left_there() -> None:
    stamped = embed(jpeg(), CONTAINER)
    file = io.BytesIO(b"before" + stamped)
    file.seek(6)
    assert host_format(file) == "jpeg"
    assert extract(file).container == CONTAINER
    assert file.tell() == 6
    assert strip(file) == jpeg()


def test_what_is_no_file(tmp_path: Path) -> None:
    for verb in (host_format, extract, find, strip, deviations):
        with pytest.raises(PhotoError, match="a path, bytes or a binary file can be read, not builtins"):
            verb(5)
        with pytest.raises(PhotoError, match="opened for text"):
            verb(io.StringIO("text"))
        with pytest.raises(FileNotFoundError):
            verb(tmp_path / "missing")


@pytest.mark.parametrize("name", HOSTS)
def test_any_bytes_like_in_bytes_out_and_always_the_same(name: str) -> None:
    host = HOSTS[name]
    stamped = embed(host, CONTAINER)
    for kind in (bytes, bytearray, memoryview):
        assert embed(kind(host), kind(CONTAINER)) == stamped
        assert extract(kind(stamped)).container == CONTAINER
        assert find(kind(stamped)) == [extract(stamped).carrier]
        stripped = strip(kind(stamped))
        assert stripped == host
        assert strip(kind(host)) == host
        assert {type(stamped), type(stripped), type(extract(kind(stamped)).container)} == {bytes}


@pytest.mark.parametrize("name", HOSTS)
def test_nothing_is_to_be_said_about_what_is_written_here(name: str) -> None:
    for carrier in carriers_of(name.partition("/")[0]):
        if carrier != "sidecar":
            assert deviations(embed(HOSTS[name], CONTAINER, carrier=carrier)) == []


def test_departures_need_a_payload() -> None:
    with pytest.raises(NoPayloadError):
        deviations(PNG_HOSTS["plain"])


@pytest.mark.parametrize("host", ["jpeg", "png", "tiff"])
@pytest.mark.parametrize("carrier", ["app11", "com", "itxt", "tiff", "sidecar", "caBX"])
def test_carrier_must_fit_the_host(host: str, carrier: str) -> None:
    data = {"jpeg": JPEG_HOSTS["4:4:4"], "png": PNG_HOSTS["plain"], "tiff": TIFF_HOSTS["striped"]}[host]
    if carrier in {"jpeg": ("app11", "com"), "png": ("itxt",), "tiff": ("tiff",)}[host]:
        assert extract(embed(data, CONTAINER, carrier=carrier)).carrier == carrier
        return
    with pytest.raises(CarrierError, match=carrier) as caught:
        embed(data, CONTAINER, carrier=carrier)
    if carrier not in {"sidecar", "caBX"}:
        assert host.upper() in str(caught.value)


@pytest.mark.parametrize("name", ["jpeg/4:4:4", "png/plain", "tiff/striped"])
def test_container_must_have_its_magic(name: str) -> None:
    for bad in (b"", MAGIC[:-1], b"x" + CONTAINER):
        with pytest.raises(CarrierError, match="magic"):
            embed(HOSTS[name], bad)


@pytest.mark.parametrize("name", HOSTS)
def test_replacing_leaves_nothing_of_the_old_payload(name: str) -> None:
    stamped = embed(HOSTS[name], CONTAINER)
    with pytest.raises(PayloadExistsError):
        embed(stamped, OTHER_CONTAINER)
    replaced = embed(stamped, OTHER_CONTAINER, replace=True)
    assert replaced == embed(HOSTS[name], OTHER_CONTAINER) == embed(HOSTS[name], OTHER_CONTAINER, replace=True)


@pytest.mark.parametrize("verb", [find, extract, strip, lambda data: embed(data, CONTAINER)])
def test_other_files_are_unsupported(verb: Any) -> None:
    for data in (b"", b"GIF89a", CONTAINER):
        with pytest.raises(UnsupportedFileError):
            verb(data)


# --- from open files -------------------------------------------------------------------------------------------------


class _Counting(io.BytesIO):
    """Counts what is read, and how far into the file."""

    total = 0
    furthest = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.total += len(data)
        self.furthest = max(self.furthest, self.tell())
        return data


@pytest.mark.parametrize("name", HOSTS)
def test_open_files_give_the_same_and_keep_their_position(name: str) -> None:
    fp = io.BytesIO(embed(HOSTS[name], CONTAINER))
    fp.seek(5)
    assert extract_from_file(fp) == extract(fp.getvalue())
    assert fp.tell() == 5
    empty = io.BytesIO(HOSTS[name])
    with pytest.raises(NoPayloadError):
        extract_from_file(empty)
    assert empty.tell() == 0


def test_only_the_metadata_is_read() -> None:
    picture = Image.effect_noise((1500, 1500), 90).convert("RGB")
    for kind, options in (("JPEG", {"quality": 95}), ("PNG", {"compress_level": 0}), ("TIFF", {})):
        host = pillow_bytes(picture, kind, **options)
        assert len(host) > 1_000_000
        fp = _Counting(embed(host, CONTAINER))
        assert extract_from_file(fp).container == CONTAINER
        assert fp.total < 4 * len(CONTAINER)
        if kind != "TIFF":
            assert fp.furthest < 10_000


def test_the_boxes_of_others_are_not_read() -> None:
    segments = c2pa_segments(size=400_000)
    fp = _Counting(insert_segments(embed(JPEG_HOSTS["everything"], CONTAINER), b"".join(segments)))
    assert extract_from_file(fp).container == CONTAINER
    assert fp.total < 4 * len(CONTAINER)


def test_real_files_on_disk(tmp_path: Any) -> None:
    path = tmp_path / "x.jpg"
    path.write_bytes(embed(JPEG_HOSTS["everything"], CONTAINER))
    fp: BinaryIO
    with path.open("rb") as fp:
        assert extract_from_file(fp) == Extracted(CONTAINER, "app11")
    assert extract(path) == extract(str(path)) == Extracted(CONTAINER, "app11")
    with pytest.raises(FileNotFoundError):
        extract(tmp_path / "y.jpg")
    path.write_bytes(b"")
    with pytest.raises(UnsupportedFileError):
        extract(path)


# --- hostile input ---------------------------------------------------------------------------------------------------

SMALL = {
    "app11": embed(jpeg("L", quality=10), MAGIC + b"payload"),
    "com": embed(jpeg("L", quality=10, progressive=True), MAGIC + b"payload", carrier="com"),
    "itxt": embed(adam7(pixels(5, 5)), MAGIC + b"payload"),
    "tiff": embed(tiff(pixels(5, 5)), MAGIC + b"payload"),
    "tiff-big": embed(tiff(pixels(5, 5), pixels(4, 4), bigtiff=True, byteorder=">"), MAGIC + b"payload"),
    "tiff-lzw": embed(pillow_bytes(Image.fromarray(pixels(5, 5)), "TIFF", compression="tiff_lzw"), MAGIC + b"payload"),
}


def _result(verb: Any, *arguments: Any, **options: Any) -> Any:
    try:
        return verb(*arguments, **options)
    except GamutMetaError:
        return None


def _try_everything(data: bytes) -> None:
    """Every verb gives a result or an error of ours, and what it gives holds."""
    for verb in (host_format, find, coded_digest):
        _result(verb, data)
    extracted = _result(extract, data)
    assert extracted is None or extracted.container.startswith(MAGIC)
    assert (_result(deviations, data) is None) == (extracted is None)
    stripped = _result(strip, data)
    if stripped is not None:
        assert len(stripped) <= len(data)
        assert find(stripped) == []
        with pytest.raises(NoPayloadError):
            extract(stripped)
    stamped = _result(embed, data, CONTAINER, replace=True)
    if stamped is not None:
        assert extract(stamped).container == CONTAINER


@pytest.mark.parametrize("name", SMALL)
def test_truncation_at_every_position(name: str) -> None:
    data = SMALL[name]
    _try_everything(data)
    for length in range(len(data)):
        _try_everything(data[:length])


@pytest.mark.parametrize("name", SMALL)
@settings(max_examples=150, deadline=None)
@given(
    edits=st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=8)), min_size=1, max_size=6
    )
)
def test_random_mutations(name: str, edits: list[tuple[float, bytes]]) -> None:
    data = bytearray(SMALL[name])
    for where, patch in edits:
        offset = int(where * len(data))
        data[offset : offset + len(patch)] = patch
    _try_everything(bytes(data))


@pytest.mark.parametrize("name", SMALL)
@settings(max_examples=60, deadline=None)
@given(
    edits=st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 40), st.binary(max_size=20), st.floats(0, 1)), min_size=1, max_size=3
    )
)
def test_random_cuts_and_repetitions(name: str, edits: list[tuple[float, int, bytes, float]]) -> None:
    data = SMALL[name]
    for where, cut, patch, source in edits:
        offset, other = int(where * len(data)), int(source * len(data))
        data = data[:offset] + patch + data[other : other + cut] + data[offset + cut :]
    _try_everything(data)


@given(
    st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\0", b"MM\0*", b"II+\0\x08\0\0\0", b""]), st.binary()
)
def test_signature_and_noise(signature: bytes, noise: bytes) -> None:
    _try_everything(signature + noise)


@pytest.mark.slow
@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xd8" + b"\xff\xeb\x00\x02" * 60_000 + b"\xff\xda\x00\x02\xff\xd9",
        b"\xff\xd8" + b"\xff" * 5_000_000,
        b"\xff\xd8" + b"\xff\xda\x00\x02\xff\x00" * 60_000 + b"\xff\xd9",
        PNG_HOSTS["plain"][:33] + PNG_HOSTS["plain"][-12:].replace(b"IEND", b"prVt") * 400_000,
        b"II*\0\x08\0\0\0\xff\xff" + (b"\x4d\xff\x01\0\0\1\0\0\x10\0\0\0" * 65_536),
        b"II*\0\x08\0\0\0\xff\xff"
        + (b"\x4d\xff\x01\0\0\1\0\0" + (10 + 65_536 * 12).to_bytes(4, "little")) * 65_535
        + bytes(6)
        + MAGIC
        + bytes(300),
    ],
    ids=["segments", "fill", "scans", "chunks", "entries", "payloads"],
)
def test_files_made_to_be_slow_take_bounded_time(data: bytes) -> None:
    started = time.process_time()
    _try_everything(data)
    assert time.process_time() - started < 10


def test_the_file_goes_before_the_sidecar_and_the_named_one_before_both(tmp_path: Path) -> None:
    plain, carrying = HOSTS["png/plain"], embed(HOSTS["png/plain"], CONTAINER)
    path, other = tmp_path / "x.png", tmp_path / "other.gamut"
    for source in (plain, io.BytesIO(plain)):
        with pytest.raises(NoPayloadError):
            extract_or_sidecar(source, path)
    sidecar_path(path).write_bytes(OTHER_CONTAINER)
    other.write_bytes(CONTAINER)
    beside = Extracted(OTHER_CONTAINER, "sidecar")
    assert extract_or_sidecar(plain, path) == extract_or_sidecar(io.BytesIO(plain), str(path)) == beside
    assert extract_or_sidecar(carrying, path) == Extracted(CONTAINER, "itxt")
    assert extract_or_sidecar(carrying, path, sidecar=other) == Extracted(CONTAINER, "sidecar")
    with pytest.raises(NoPayloadError):
        extract_or_sidecar(plain)
    with pytest.raises(FileNotFoundError):
        extract_or_sidecar(carrying, path, sidecar=tmp_path / "missing.gamut")


def test_a_damaged_file_is_not_taken_for_one_without_payload(tmp_path: Path) -> None:
    sidecar_path(tmp_path / "x.jpg").write_bytes(OTHER_CONTAINER)
    with pytest.raises(CarrierError, match="runs past the end"):
        extract_or_sidecar(embed(jpeg(), CONTAINER)[:10], tmp_path / "x.jpg")
