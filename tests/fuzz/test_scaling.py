"""Files made to be slow: work grows with their length, not with its square.

With quadratic work, each of these would take minutes.
"""

from __future__ import annotations

import time
import tracemalloc
from typing import Any

import numpy as np
import pytest

from gamutmeta import carriers
from gamutmeta.color.convert import convert_space
from gamutmeta.color.spaces import PROPHOTO, SRGB
from gamutmeta.formats import exif as metadata
from gamutmeta.formats import xmp
from gamutmeta.model.descriptor import Descriptor, FourierXY, Grid, Head, Rgb
from gamutmeta.model.expand import expand
from gamutmeta.photo.host_metadata import read_metadata
from gamutmeta.pipeline.binding import binding_of_file
from tests.fuzz.expect import CARRIER_CODES, CODES, result_or_refusal
from tests.fuzz.slow import CONTAINER, FILES, many_entries

SECONDS = 10
"""Processor time; each takes less than one."""


SLOW = ("many payloads of one value", "many text chunks")
MARKED = [pytest.param(name, marks=pytest.mark.slow if name in SLOW else ()) for name in FILES]


@pytest.mark.parametrize("name", MARKED)
def test_host_files(name: str) -> None:
    data = FILES[name]()
    started = time.process_time()
    for verb in (carriers.find, carriers.extract, carriers.strip, carriers.coded_digest):
        result_or_refusal(verb, CARRIER_CODES, data)  # type: ignore[arg-type] - each takes the file
    result_or_refusal(carriers.embed, CARRIER_CODES, data, CONTAINER, replace=True)
    result_or_refusal(binding_of_file, CODES, data)
    result_or_refusal(read_metadata, CODES, data)
    assert time.process_time() - started < SECONDS


BLOCKS = {
    "many fields": metadata.EXIF_PREFIX + many_entries(271, 2, 60_000, 64, bytes(64)),
    "fields of one large value": metadata.EXIF_PREFIX + many_entries(271, 2, 40, 16 << 20, bytes(16 << 20)),
    "spaces": b"<x" + b" \n" * 500_000 + b"/>",
    "beginnings of what is left out": b'\n xmpNote:HasExtendedXMP="0A tiff:Orientation="' * 100_000,
}


@pytest.mark.parametrize("name", BLOCKS)
def test_metadata(name: str) -> None:
    data = BLOCKS[name]
    started = time.process_time()
    for verb in (metadata.checked_exif, metadata.orientation_of, metadata.upright_exif, metadata.declared_space):
        verb(data)
    result_or_refusal(metadata.tree_for_tiff, CARRIER_CODES, data)
    xmp.checked_xmp(data)
    xmp.checked_xmp(data, upright=True)
    assert time.process_time() - started < SECONDS


@pytest.mark.parametrize(("attribute", "upright"), [('n:HasExtendedXMP="0A"', False), ('t:Orientation="6"', True)])
@pytest.mark.parametrize("spaces", [" ", "\n\t  "])
def test_properties_are_left_out_of_xmp_whatever_their_prefix(attribute: str, upright: bool, spaces: str) -> None:  # noqa: FBT001
    names = (
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:n="http://ns.adobe.com/xmp/note/" '
        'xmlns:t="http://ns.adobe.com/tiff/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    )
    packet = (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/" {names}><rdf:RDF><rdf:Description rdf:about=""{spaces}{attribute}'
        f'{spaces}dc:source="kept"/></rdf:RDF></x:xmpmeta>'
    ).encode()
    found = xmp.checked_xmp(packet, upright=upright)[0]
    assert found is not None
    assert attribute.encode() not in found
    assert b'dc:source="kept"' in found


LONG = 300_000
MODELS = {
    "positions": Descriptor(Head.WIDE_RESIDUAL, xy=FourierXY(16), rgb=Rgb(0), hidden=(256,)),
    "grid": Descriptor(Head.SRGB_EXCESS, Grid(3, 2, 40), hidden=(8,)),
    "turned": Descriptor(Head.SRGB_EXCESS, Grid(3, 2, 40), FourierXY(2), affine=(0.0, -1.0, 1.0, 1.0, 0.0, 0.0)),
    "empty": Descriptor(),
}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("shape", [(1, LONG, 3), (LONG, 1, 3)])
def test_long_rows_and_columns_take_no_more_memory_than_other_pictures(name: str, shape: tuple[int, ...]) -> None:
    model = MODELS[name]
    weights = {spec.name: np.full(spec.shape, 0.01, np.float32) for spec in model.tensor_specs()}
    codes = np.full(shape, 255, np.uint8)
    tracemalloc.start()
    try:
        expand(model, weights, codes, threads=1)
        assert tracemalloc.get_traced_memory()[1] < 6 * LONG + (96 << 20)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("is_wide", [False, True])
def test_positions_per_pixel_are_those_of_the_tables(name: str, is_wide: bool, monkeypatch: Any) -> None:  # noqa: FBT001
    model = MODELS[name]
    rng = np.random.default_rng(3)
    weights = {spec.name: rng.normal(0, 0.2, spec.shape).astype(np.float32) for spec in model.tensor_specs()}
    codes = rng.choice(np.array([0, 255, 7], np.uint8), (3, 400, 3) if is_wide else (400, 3, 3))
    usual = expand(model, weights, codes, threads=1).astype(int)
    monkeypatch.setattr("gamutmeta.model.tables._TABLE_NUMBERS", 0)
    monkeypatch.setattr("gamutmeta.model.expand.STRIP_PIXELS", 64)
    assert np.abs(usual - expand(model, weights, codes, threads=2)).max() <= 1


def test_long_rows_are_converted_as_others(monkeypatch: Any) -> None:
    codes = np.random.default_rng(4).integers(0, 65_536, (3, 700, 3)).astype(np.uint16)
    usual = convert_space(codes, PROPHOTO, SRGB, np.uint16)
    monkeypatch.setattr("gamutmeta.color.convert.STRIP_PIXELS", 100)
    np.testing.assert_array_equal(convert_space(codes, PROPHOTO, SRGB, np.uint16), usual)
