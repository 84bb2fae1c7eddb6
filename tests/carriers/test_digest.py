from __future__ import annotations

import hashlib
import struct
import time
from typing import Any

import numpy as np
import pytest
from carriers.hosts import (
    EXIF,
    JPEG_HOSTS,
    XMP,
    insert_segments,
    jpeg,
    pixels,
)
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from gamutmeta.carriers import coded_digest, samples_digest
from gamutmeta.errors import CarrierError
from gamutmeta.formats.jpeg import EOI, SCAN, SOS, iter_picture, make_segment

# --- JPEG: coded data ------------------------------------------------------------------------------------------------


def _plain_twin(data: bytes) -> bytes:
    """The definition, byte by byte, for files without fill bytes and with well-formed segments."""
    coded, position = b"", 2
    while True:
        marker = data[position + 1]
        end = position + 2
        if marker != EOI:
            end += int.from_bytes(data[position + 2 : position + 4], "big")
        if not (0xE0 <= marker <= 0xEF or marker == 0xFE):
            coded += data[position:end]
        if marker == EOI:
            return hashlib.sha256(coded).digest()[:16]
        position = end
        if marker == SOS:
            while data[position] != 0xFF or data[position + 1] == 0 or 0xD0 <= data[position + 1] <= 0xD7:
                position += 1
            coded += data[end:position]


@pytest.mark.parametrize("name", sorted(JPEG_HOSTS.keys() - {"fill", "impossible-length"}))
def test_coded_digest_is_as_defined(name: str) -> None:
    assert coded_digest(JPEG_HOSTS[name]) == _plain_twin(JPEG_HOSTS[name])


def test_metadata_fill_and_trailing_bytes_do_not_count() -> None:
    plain = coded_digest(jpeg())
    assert coded_digest(jpeg(exif=EXIF, xmp=XMP, comment=b"comment")) == plain
    for name in ("fill", "trailing", "c2pa", "raw-app11", "impossible-length", "no-metadata"):
        assert coded_digest(JPEG_HOSTS[name]) == plain
    assert coded_digest(jpeg()[:-2] + b"\xff\xff\xff\xd9") == plain


def test_every_part_of_the_coded_data_counts() -> None:
    host = JPEG_HOSTS["restart"]
    expected = coded_digest(host)
    seen = set()
    for piece in iter_picture(host):
        if 0xE0 <= piece.marker <= 0xEF:
            continue
        seen.add(piece.marker)
        offset = {SCAN: piece.start, EOI: None}.get(piece.marker, piece.end - 1)
        if offset is not None:
            changed = host[:offset] + bytes((host[offset] ^ 1,)) + host[offset + 1 :]
            assert coded_digest(changed) != expected
    assert seen == {0xDB, 0xC0, 0xC4, 0xDD, SOS, SCAN, EOI}


@pytest.mark.parametrize("marker", [0xC4, 0xC9, 0xCC, 0xCF, 0xDB, 0xDC, 0xDD])
def test_tables_of_every_kind_count(marker: int) -> None:
    assert coded_digest(insert_segments(jpeg(), make_segment(marker, b"\1\2"))) != coded_digest(jpeg())


@pytest.mark.parametrize("name", ["4:4:4", "progressive", "restart"])
def test_any_change_within_the_scans_changes_the_digest(name: str) -> None:
    host = JPEG_HOSTS[name]
    expected = coded_digest(host)
    for piece in iter_picture(host):
        if piece.marker == SCAN:
            for offset in range(piece.start, piece.end, 7):
                changed = host[:offset] + bytes((host[offset] ^ 0x10,)) + host[offset + 1 :]
                try:
                    assert coded_digest(changed) != expected
                except CarrierError:
                    assert 0xFF in changed[offset - 1 : offset + 1]


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff\xd9", jpeg()[:-2], jpeg()[:300]])
def test_what_is_no_whole_jpeg_has_no_coded_digest(data: bytes) -> None:
    with pytest.raises(CarrierError):
        coded_digest(data)


def test_long_scans_are_hashed_fast() -> None:
    noise = np.random.default_rng(0).integers(0, 256, 15_000_000, dtype=np.uint8).tobytes()
    host = jpeg()
    large = host[:-2] + noise.replace(b"\xff", b"\xff\x00") + host[-2:]
    started = time.process_time()
    coded_digest(large)
    # A loop over the bytes in Python takes seconds.
    assert time.process_time() - started < 0.6


# --- decoded samples -------------------------------------------------------------------------------------------------


@given(npst.arrays(np.uint8, st.tuples(st.integers(0, 9), st.integers(0, 9), st.just(3))))
def test_samples_digest_is_as_defined(rgb: np.ndarray[Any, Any]) -> None:
    height, width, _ = rgb.shape
    hashed = b"gamutmeta-rgb8" + struct.pack(">II", width, height) + rgb.tobytes()
    assert samples_digest(rgb) == hashlib.sha256(hashed).digest()[:16]


def test_strides_do_not_matter() -> None:
    rgb = pixels(700, 900)
    expected = samples_digest(rgb)
    assert samples_digest(np.asfortranarray(rgb)) == expected
    assert samples_digest(np.ascontiguousarray(rgb[::-1, :, ::-1])[::-1, :, ::-1]) == expected
    assert samples_digest(rgb.reshape(900, 700, 3)) != expected


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 3), np.uint16),
        np.zeros((4, 4, 3), bool),
        np.zeros((1, 4, 4, 3), np.uint8),
    ],
)
def test_other_arrays_are_refused(samples: np.ndarray[Any, Any]) -> None:
    with pytest.raises(CarrierError, match="shape"):
        samples_digest(samples)
