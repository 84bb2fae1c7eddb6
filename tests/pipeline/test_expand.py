from __future__ import annotations

import io
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from pictures import QUICK, photograph
from PIL import Image

from gamutmeta import carriers
from gamutmeta.container import Limits
from gamutmeta.errors import (
    BindingError,
    CarrierError,
    ChecksumError,
    GamutMetaError,
    LimitError,
    NoPayloadError,
    OutputExistsError,
    PhotoError,
)
from gamutmeta.photo.carried import Metadata
from gamutmeta.photo.pixels import decode_srgb
from gamutmeta.photo.read import read_photo
from gamutmeta.pipeline.expand import expand, expand_file
from gamutmeta.pipeline.reduce import Reduction, reduce
from gamutmeta.pipeline.srgb_file import find_payload

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("torch")

FORMATS = ("jpeg", "png", "tiff")


@pytest.fixture(scope="module")
def reductions() -> dict[str, Reduction]:
    return {f: reduce(photograph(), preset=QUICK, format=f, device="cpu") for f in FORMATS}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("format_", "carrier"), [("jpeg", "app11"), ("jpeg", "com"), ("png", "itxt"), ("tiff", "tiff")]
)
def test_every_carrier_gives_the_same_photograph(
    reductions: dict[str, Reduction], tmp_path: Path, format_: str, carrier: str
) -> None:
    reduction = reductions[format_]
    data = reduction.to_bytes(carrier)
    assert find_payload(data).carrier == carrier
    from_carrier = expand(data)
    path = tmp_path / "picture"
    path.write_bytes(reduction.to_bytes("sidecar"))
    with pytest.raises(NoPayloadError):
        expand(path)
    carriers.sidecar_path(path).write_bytes(reduction.payload.to_bytes())
    np.testing.assert_array_equal(expand(path).array, from_carrier.array)
    np.testing.assert_array_equal(
        expand(path.read_bytes(), sidecar=carriers.sidecar_path(path)).array, from_carrier.array
    )


def test_a_payload_in_the_file_goes_before_a_sidecar(reductions: dict[str, Reduction], tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(reductions["png"].to_bytes())
    carriers.sidecar_path(path).write_bytes(b"rubbish")
    assert expand(path).size == (96, 72)
    with pytest.raises(GamutMetaError):
        expand(path, sidecar=carriers.sidecar_path(path))


@pytest.mark.parametrize("format_", FORMATS)
def test_a_changed_picture_is_refused_by_name(reductions: dict[str, Reduction], format_: str) -> None:
    reduction = reductions[format_]
    pixels = reduction.pixels.copy()
    pixels[5, 7, 1] ^= 8
    changed = reduction.encoding.encode(pixels, Metadata())
    data = carriers.embed(changed, reduction.payload.to_bytes())
    with pytest.raises(BindingError, match="digest mismatch"):
        expand(data)
    forced = expand(data, check=False)
    assert forced.size == (96, 72)


def test_another_size_is_refused_by_name_and_can_be_forced(reductions: dict[str, Reduction]) -> None:
    reduction = reductions["png"]
    small = io.BytesIO()
    reduction.image.resize((48, 36)).save(small, "PNG")
    data = carriers.embed(small.getvalue(), reduction.payload.to_bytes())
    with pytest.raises(BindingError, match="96x72 pixels, this picture has 48x36"):
        expand(data)
    forced, full = expand(data, check=False), expand(reduction.to_bytes())
    assert forced.size == (48, 36)
    # Positions are relative: the small picture gets about the colours of the large one.
    shrunk = full.array.reshape(36, 2, 48, 2, 3).mean((1, 3))
    assert np.abs(forced.array - shrunk).mean() < 1500


def test_a_payload_of_a_jpeg_does_not_go_with_a_png(reductions: dict[str, Reduction]) -> None:
    data = carriers.embed(reductions["png"].to_bytes("sidecar"), reductions["jpeg"].payload.to_bytes())
    with pytest.raises(BindingError, match="coded data of a JPEG, but this is a PNG"):
        expand(data)


def test_a_payload_for_pixels_goes_with_any_file_of_these_pixels(reductions: dict[str, Reduction]) -> None:
    as_tiff = carriers.embed(reductions["tiff"].to_bytes("sidecar"), reductions["png"].payload.to_bytes())
    np.testing.assert_array_equal(expand(as_tiff).array, expand(reductions["png"].to_bytes()).array)


@pytest.mark.parametrize("format_", FORMATS)
def test_every_flipped_byte_of_the_payload_is_refused(reductions: dict[str, Reduction], format_: str) -> None:
    data = reductions[format_].to_bytes("com" if format_ == "jpeg" else None)
    bare = reductions[format_].payload.to_bytes()
    container = carriers.extract(data).container
    assert container == bare
    for at in range(8, len(container), 37):
        damaged = bytearray(container)
        damaged[at] ^= 0x10
        with pytest.raises(GamutMetaError):
            expand(carriers.embed(carriers.strip(data), bytes(damaged)))


@pytest.mark.parametrize("format_", FORMATS)
def test_one_flipped_byte_anywhere_gives_an_error_or_the_same_photograph(
    reductions: dict[str, Reduction], format_: str
) -> None:
    data = reductions[format_].to_bytes()
    whole = expand(data).array
    for at in np.random.default_rng(0).choice(len(data), 150, replace=False):
        damaged = bytearray(data)
        damaged[at] ^= 0x04
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # Pillow's, of a damaged tag that does not matter
                result = expand(bytes(damaged))
        except GamutMetaError:
            continue
        if not any("slightly damaged" in note for note in result.notes):
            np.testing.assert_array_equal(result.array, whole)


def test_a_flipped_byte_in_the_payload_is_a_checksum_error(reductions: dict[str, Reduction], tmp_path: Path) -> None:
    data = reductions["jpeg"].to_bytes()
    damaged = bytearray(data)
    damaged[data.index(carriers.MAGIC) + 200] ^= 1
    path = tmp_path / "a.jpg"
    path.write_bytes(damaged)
    with pytest.raises(ChecksumError):
        expand(path)
    with Image.open(path) as image:
        image.load()


def test_a_flipped_byte_in_the_scan_is_told(reductions: dict[str, Reduction], tmp_path: Path) -> None:
    """A payload without a likeness is refused; with one, so is a picture that looks another one."""
    path = tmp_path / "a.jpg"
    told = []
    for payload in (replace(reductions["jpeg"].payload, likeness=None), reductions["jpeg"].payload):
        host = carriers.strip(reductions["jpeg"].to_bytes())
        damaged = bytearray(carriers.embed(host, payload.to_bytes()))
        damaged[-40] ^= 1
        path.write_bytes(damaged)
        try:
            told += expand(path).notes
        except BindingError:
            told.append("refused")
    assert told[0] == "refused"
    assert told[1] == "refused" or "re-encoded, or slightly damaged" in told[1]
    with Image.open(path) as image:
        assert image.size == (96, 72)


@pytest.mark.parametrize("length", [0, 1, 10, 300])
@pytest.mark.parametrize("format_", FORMATS)
def test_a_truncated_file_is_refused(reductions: dict[str, Reduction], format_: str, length: int) -> None:
    with pytest.raises(CarrierError):
        expand(reductions[format_].to_bytes()[:length])


def test_limits_reach_the_payload(reductions: dict[str, Reduction]) -> None:
    with pytest.raises(LimitError):
        expand(reductions["png"].to_bytes(), limits=Limits(layer_width=8))


@pytest.mark.parametrize("space", ["prophoto", "rec2020", "display-p3", "adobe-rgb", "srgb"])
@pytest.mark.parametrize(("name", "depth"), [("o.tif", 16), ("o.png", 16), ("o.tif", 8), ("o.jpg", 8)])
def test_outputs(reductions: dict[str, Reduction], tmp_path: Path, space: str, name: str, depth: int) -> None:
    if name.endswith(".png"):
        pytest.importorskip("imagecodecs")
    source, target = tmp_path / "in.png", tmp_path / name
    source.write_bytes(reductions["png"].to_bytes())
    report = expand_file(source, target, space=space, depth=depth)
    assert report.to_json()["payload_bytes"] == len(reductions["png"].payload.to_bytes())
    expected = expand(source, space=space)
    assert expected.space == space
    read = read_photo(target)
    tolerance = 2 if depth == 16 else 3000
    np.testing.assert_allclose(
        read.array.astype(float), expected.convert("prophoto").array.astype(float), atol=tolerance * 4
    )


def test_nothing_is_overwritten_unasked(reductions: dict[str, Reduction], tmp_path: Path) -> None:
    source, target = tmp_path / "in.png", tmp_path / "out.tif"
    source.write_bytes(reductions["png"].to_bytes())
    target.write_bytes(b"precious")
    with pytest.raises(OutputExistsError):
        expand_file(source, target)
    assert target.read_bytes() == b"precious"
    expand_file(source, target, overwrite=True)
    assert read_photo(target).size == (96, 72)


@pytest.mark.parametrize("options", [{"depth": 12}, {"space": "lab"}])
def test_an_impossible_output_leaves_nothing(
    reductions: dict[str, Reduction], tmp_path: Path, options: dict[str, Any]
) -> None:
    source, target = tmp_path / "in.png", tmp_path / "out.tif"
    source.write_bytes(reductions["png"].to_bytes())
    with pytest.raises(PhotoError):
        expand_file(source, target, **options)
    assert list(tmp_path.iterdir()) == [source]


def test_a_plain_picture_has_no_payload() -> None:
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "PNG")
    with pytest.raises(NoPayloadError):
        expand(file.getvalue())
    assert decode_srgb(file.getvalue()).shape == (8, 8, 3)
