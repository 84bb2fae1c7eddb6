from __future__ import annotations

import io
from typing import Any

import pytest
import tifffile
from photo_files import XMP, exif_block, saved, smooth_array, tiff_bytes
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from gamutmeta.errors import GamutMetaError, PhotoError, UnsupportedFileError
from gamutmeta.formats.exif import NO_MAKER_NOTES, lost_of_tiff, orientation_of
from gamutmeta.formats.exif_tree import pack_tree, read_tree
from gamutmeta.photo.host_metadata import Metadata, read_metadata
from gamutmeta.photo.pixels import encode_srgb_file

SMOOTH = smooth_array()
FORMATS = pytest.mark.parametrize("kind", ["jpeg", "png", "tiff"])


@FORMATS
def test_metadata(kind: Any) -> None:
    metadata = read_metadata(encode_srgb_file(SMOOTH, kind, exif=exif_block(orientation=7), xmp=XMP))
    assert orientation_of(metadata.exif) == 7
    assert metadata.xmp == XMP
    assert metadata.notes == ()
    if kind != "tiff":
        assert metadata.exif == exif_block(orientation=7)


def test_what_a_tiff_says_and_nobody_takes_is_noted() -> None:
    exif = exif_block()
    geo = [(33550, 12, 3, (1.0, 1.0, 0.0), True), (34735, 3, 4, (1, 1, 0, 0), True), (65357, 1, 4, b"abcd", True)]
    assert read_metadata(tiff_bytes(SMOOTH, extratags=geo)).notes == ("the TIFF tags 33550, 34735 were left out",)
    with_maker_notes = pack_tree(read_tree(exif.removeprefix(b"Exif\0\0"), lambda tag: tag != 0x0213))
    assert lost_of_tiff(with_maker_notes) == (NO_MAKER_NOTES,)
    assert lost_of_tiff(tiff_bytes(SMOOTH, extratags=[(37724, 7, 4, b"abcd", True)])) == (
        "Photoshop's layers were left out; the flattened picture was read",
    )
    many = [(40000 + i, 3, 1, 1, True) for i in range(8)]
    assert lost_of_tiff(tiff_bytes(SMOOTH, extratags=many))[0].endswith("40005 and 2 more were left out")


@pytest.mark.parametrize("kind", ["jpeg", "png"])
def test_none(kind: Any) -> None:
    assert read_metadata(encode_srgb_file(SMOOTH, kind)) == Metadata(None, None)


@FORMATS
def test_orientation_that_only_xmp_tells(kind: Any) -> None:
    packet = XMP.replace(b"dc:format", b"xmlns:t='http://ns.adobe.com/tiff/1.0/' t:Orientation = '8' dc:format")
    data = {
        "jpeg": lambda: saved(Image.fromarray(SMOOTH), "JPEG", xmp=packet),
        "png": lambda: saved(Image.fromarray(SMOOTH), "PNG", pnginfo=text_of("XML:com.adobe.xmp", packet.decode())),
        "tiff": lambda: tiff_bytes(SMOOTH, extratags=[(700, 1, len(packet), packet, True)]),
    }[kind]()
    assert orientation_of(read_metadata(data).exif) == 8


def text_of(keyword: str, text: str) -> PngInfo:
    info = PngInfo()
    info.add_itxt(keyword, text)
    return info


def test_what_xmp_loses_is_noted() -> None:
    packet = XMP.replace(b"dc:format", b'dcterms:provenance="https://example.org/m" dc:format').replace(
        b"xmlns:dc=", b'xmlns:dcterms="http://purl.org/dc/terms/" xmlns:dc='
    )
    metadata = read_metadata(saved(Image.fromarray(SMOOTH), "JPEG", xmp=packet))
    assert ["C2PA manifest" in note for note in metadata.notes] == [True]
    assert b"provenance=" not in (metadata.xmp or b"provenance=")


def test_further_pictures_are_noted() -> None:
    image = Image.fromarray(SMOOTH)
    for kind in ("MPO", "PNG"):
        data = saved(image, kind, save_all=True, append_images=[image.rotate(180)])
        assert read_metadata(data).notes == ("the file contains further pictures; only the first one was read",)


def test_further_pages_are_noted() -> None:
    image = Image.fromarray(SMOOTH)
    data = saved(image, "TIFF", save_all=True, append_images=[image.rotate(180)])
    assert read_metadata(data).notes == ("the file contains further pages; only the first one was read",)
    file = io.BytesIO(encode_srgb_file(SMOOTH, "tiff"))
    tifffile.imwrite(file, SMOOTH[::4, ::4].copy(), photometric="rgb", subfiletype=1, metadata=None, append=True)
    assert read_metadata(file.getvalue()).notes == ()


def test_other_files() -> None:
    with pytest.raises(UnsupportedFileError):
        read_metadata(saved(Image.fromarray(SMOOTH), "WEBP"))
    with pytest.raises(PhotoError, match="more than the limit"):
        read_metadata(encode_srgb_file(SMOOTH), max_pixels=10)


@FORMATS
def test_truncated_files(kind: Any) -> None:
    data = encode_srgb_file(SMOOTH, kind, exif=exif_block(), xmp=XMP)
    for cut in range(0, len(data), max(1, len(data) // 40)):
        try:
            outcome = repr(read_metadata(data[:cut]))
        except GamutMetaError as error:
            outcome = str(error)
        assert outcome
