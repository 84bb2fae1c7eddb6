"""What payloads tell, and what is left of them; some of it is told in `spec/attacks.md` as a risk that stays."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from gamutmeta import carriers
from gamutmeta.carriers.container_bytes import to_text
from gamutmeta.container import decode, encode, transform_payload
from gamutmeta.formats.tiff import read_ifd0
from gamutmeta.pipeline.binding import binding_of_file
from tests.fuzz import samples

CONTAINER = samples.containers()["default"]


@pytest.mark.parametrize("host", samples.HOSTS)
def test_nothing_of_a_payload_is_left_by_strip(host: str) -> None:
    data = samples.HOSTS[host]
    for carrier in carriers.carriers_of(carriers.host_format(data))[:-1]:
        stamped = carriers.embed(data, CONTAINER, carrier=carrier)
        assert carriers.strip(stamped) == data
        appended = carriers.strip(stamped + b"appended later")
        text = to_text(CONTAINER)
        assert not any(piece in appended for piece in (CONTAINER[:24], CONTAINER[-24:], text[:24], text[-24:]))


def test_a_crop_keeps_what_the_model_knows_of_the_rest() -> None:
    whole = decode(CONTAINER)
    cropped = decode(encode(transform_payload(whole, crop=(0, 0, 3, 3))))
    assert cropped.tensors == whole.tensors
    np.testing.assert_array_equal(cropped.weights()["grid"], whole.weights()["grid"])


def test_a_payload_names_its_picture_also_where_it_stands_alone() -> None:
    data = samples.bound("png/rgb", "default")
    alone = decode(carriers.extract(data).container)
    assert alone.binding == binding_of_file(samples.HOSTS["png/rgb"])


def test_bytes_that_no_directory_points_at_any_more_are_not_searched() -> None:
    # Another program that writes the directory anew without our field leaves the value behind, as TIFF writers do.
    stamped = carriers.embed(samples.HOSTS["tiff/little"], CONTAINER)
    old = struct.unpack("<Q", stamped[-16:-8])[0]
    forgotten = stamped[:4] + struct.pack("<I", old) + stamped[8:]
    assert read_ifd0(forgotten).offset == old
    assert carriers.find(forgotten) == []
    assert CONTAINER in carriers.strip(forgotten)


def test_pictures_behind_the_end_of_a_jpeg_are_files_of_their_own() -> None:
    second = samples.bound("jpeg/baseline", "default")
    both = samples.HOSTS["jpeg/progressive"] + second
    assert carriers.find(both) == []
    assert carriers.strip(both) == both
