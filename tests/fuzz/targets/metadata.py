"""Any bytes as an EXIF block, as an XMP packet, and as the file that holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamutmeta.carriers import host_format
from gamutmeta.formats import exif as metadata
from gamutmeta.formats import xmp
from gamutmeta.formats.exif_tree import pack_tree, read_tree
from gamutmeta.photo.host_metadata import read_metadata
from tests.fuzz import samples
from tests.fuzz.expect import CARRIER_CODES, CODES, result_or_refusal
from tests.fuzz.limits import PIXELS
from tests.fuzz.mutations import files, tiff

if TYPE_CHECKING:
    import random

__all__ = ["mutated", "run", "seeds"]

_WITH_METADATA = ("metadata", "exif")


def run(data: bytes) -> None:
    """The target."""
    if result_or_refusal(host_format, CARRIER_CODES, data) is not None:
        result_or_refusal(read_metadata, CODES, data, max_pixels=PIXELS)
    result_or_refusal(metadata.exif_of_tiff, CARRIER_CODES, data)
    for upright in (False, True):
        packet, _ = xmp.checked_xmp(data, upright=upright)
        assert packet is None or len(packet) <= 2 * len(data)  # UTF-16 becomes UTF-8
    exif = metadata.checked_exif(data)
    if exif is None:
        return
    assert exif.startswith(metadata.EXIF_PREFIX)
    assert 1 <= metadata.orientation_of(exif) <= 8
    for space in ("srgb", "adobe-rgb"):
        declared = metadata.with_declared_space(exif, space)
        assert declared is not None
        assert len(declared) == len(exif)
        if metadata.declared_space(exif) is not None:
            assert metadata.declared_space(declared) in {space, None}
    upright_exif = metadata.upright_exif(exif)
    assert metadata.orientation_of(upright_exif) in {1, metadata.orientation_of(exif)}
    tree = result_or_refusal(metadata.tree_for_tiff, CARRIER_CODES, exif)
    if tree is not None:
        _comes_back(tree)
        shortened = result_or_refusal(metadata.shortened_exif, CARRIER_CODES, exif, 200)
        assert shortened is None or shortened[0] is None or len(shortened[0]) <= 200
        assert metadata.upright_exif(upright_exif) == upright_exif


def _comes_back(tree: metadata.ExifTree) -> None:
    """Written and read again, a tree has the same fields."""
    again = read_tree(pack_tree(tree), lambda _: True)
    for directory in ("image", "photo", "gps", "interop"):
        assert set(getattr(again, directory)) == set(getattr(tree, directory)), directory
    assert again.with_byte_order("<").with_byte_order(tree.order) == again


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Another block: its directories are those of a TIFF file."""
    prefix = metadata.EXIF_PREFIX if data.startswith(metadata.EXIF_PREFIX) else b""
    body = data.removeprefix(metadata.EXIF_PREFIX)
    if tiff.directories(body):
        return prefix + tiff.mutated(body, rng)
    return prefix + files.mutated(body, rng)


def seeds() -> dict[str, bytes]:
    """Files with metadata, and the blocks in them."""
    found = {name.replace("/", "-"): data for name, data in samples.HOSTS.items() if name.endswith(_WITH_METADATA)}
    xmp = b'<x:xmpmeta tiff:Orientation=\'6\' tiff:Orientation="6" xmpNote:HasExtendedXMP="00"/>'
    block = samples.exif()
    return found | {"exif": block, "exif-bare": block.removeprefix(metadata.EXIF_PREFIX), "xmp": xmp}
