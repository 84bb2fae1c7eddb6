"""Files that are signed (C2PA): whoever changes one and keeps the rest is told that the signature breaks."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import pytest
from carrots import QUICK
from click.testing import CliRunner
from photo_files import smooth_array
from PIL import Image

import gamutmeta
from gamutmeta import carriers
from gamutmeta.choices import HostFormat
from gamutmeta.cli import app
from gamutmeta.color.icc import profile_bytes
from gamutmeta.formats.jpeg import APP1, APP11, XMP_SIGNATURE, make_segment
from gamutmeta.formats.png import insert_before_idat, make_chunk
from gamutmeta.photo.signed import notes_on_signature

if TYPE_CHECKING:
    from pathlib import Path

NOTE = "the file is signed (C2PA), and the change breaks the signature: sign it again"
STORE = bytes.fromhex("6332706100110010800000aa00389b71")
LINK = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:t="http://purl.org/dc/terms/" t:provenance="https://a.example/m.c2pa"/>'
    b"</rdf:RDF></x:xmpmeta>"
)


def plain(format_: str) -> bytes:
    file = io.BytesIO()
    Image.fromarray(smooth_array()).save(file, format_, icc_profile=profile_bytes("srgb"))
    return file.getvalue()


def with_store(data: bytes, uuid: bytes = STORE) -> bytes:
    """A JPEG with the beginning of a box of manifests."""
    box = struct.pack(">I4s", 100, b"jumb") + struct.pack(">I4s", 30, b"jumd") + uuid + b"\x03c2pa\0"
    return data[:2] + make_segment(APP11, b"JP" + struct.pack(">HI", 0x211, 1) + box) + data[2:]


def with_xmp(data: bytes) -> bytes:
    return data[:2] + make_segment(APP1, XMP_SIGNATURE + LINK) + data[2:]


def tiff_with(tag: int) -> bytes:
    file = io.BytesIO()
    tags = [(tag, 7, 8, b"manifest", True)]
    pytest.importorskip("tifffile").imwrite(
        file, smooth_array(), photometric="rgb", metadata=None, extratags=tags, iccprofile=profile_bytes("srgb")
    )
    return file.getvalue()


def test_every_format_and_both_places() -> None:
    jpeg, png = plain("JPEG"), plain("PNG")
    itxt = make_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + LINK)
    signed = [with_store(jpeg), with_xmp(jpeg), insert_before_idat(png, make_chunk(b"caBX", b"manifest"))]
    signed += [insert_before_idat(png, itxt), tiff_with(52545)]
    assert [notes_on_signature(data) for data in signed] == [(NOTE,)] * 5
    unsigned = [jpeg, png, plain("TIFF"), tiff_with(52546), with_store(jpeg, STORE[::-1])]
    assert [notes_on_signature(data) for data in unsigned] == [()] * 5


@pytest.mark.parametrize("format_", get_args(HostFormat))
def test_our_own_payload_is_no_signature(format_: HostFormat) -> None:
    wide = gamutmeta.WideImage(np.full((8, 8, 3), 30_000, np.uint16))
    assert notes_on_signature(gamutmeta.reduce(wide, format=format_).to_bytes()) == ()


def test_what_is_damaged_is_told_by_others() -> None:
    for data in (b"", b"GIF89a", plain("JPEG")[:40], plain("PNG")[:40], b"II*\0\xff\xff\xff\xff"):
        assert notes_on_signature(data) == ()


def test_what_others_sign() -> None:
    signing: Any = pytest.importorskip("benchmarks.interop.signing")
    for format_ in ("JPEG", "PNG", "TIFF"):
        assert notes_on_signature(signing.sign(plain(format_))) == (NOTE,)


def test_whoever_changes_a_signed_file_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    colours = np.ascontiguousarray(smooth_array().astype(np.uint16) * 257 * np.uint16([1, 1, 0]))
    wide = gamutmeta.WideImage(colours)
    result = gamutmeta.reduce(wide, preset=QUICK, format="jpeg", device="cpu")
    bare = with_store(result.to_bytes("sidecar"))
    whole = carriers.embed(bare, result.payload.to_bytes())
    for name, data in (("bare.jpg", bare), ("whole.jpg", whole), ("p.gamut", result.payload.to_bytes())):
        (tmp_path / name).write_bytes(data)

    def told(*arguments: str) -> bool:
        ran = CliRunner().invoke(app, arguments, catch_exceptions=False)
        assert ran.exit_code == 0, ran.stderr
        return NOTE in ran.stderr

    assert told("attach", "bare.jpg", "p.gamut", "-o", "a.jpg")
    assert told("strip", "whole.jpg", "-o", "s.jpg")
    assert not told("strip", "bare.jpg", "-o", "t.jpg"), "nothing was changed"
    assert told("show-wide", "whole.jpg", "-o", "w.jpg")
    assert NOTE in gamutmeta.reduce(wide, preset=QUICK, base=bare, device="cpu").report.notes
    # A new picture has no manifest, and is simply unsigned.
    assert not told("resize", "whole.jpg", "--size", "32x", "-o", "r.jpg")
    assert notes_on_signature((tmp_path / "r.jpg").read_bytes()) == ()


LEFT_OUT = "the C2PA manifest (Content Credentials) was left out"


def boxed(data: bytes, format_: str) -> bytes:
    """A HEIF, AVIF or JPEG XL with a box of manifests behind what it has."""
    content = bytes(8) + STORE if format_ == "jxl" else bytes.fromhex("d8fec3d61b0e483c92975828877ec481") + bytes(4)
    return data + struct.pack(">I4s", 8 + len(content), b"jumb" if format_ == "jxl" else b"uuid") + content


@pytest.mark.parametrize("format_", ["jpeg", "png", "tiff", "heif", "avif", "jxl"])
def test_a_manifest_that_is_left_out_is_told(format_: str, tmp_path: Path) -> None:
    """It is about the file that was read; every format, and nothing is said without one."""
    png = plain("PNG")
    if format_ in {"heif", "avif", "jxl"}:
        wide = gamutmeta.WideImage(smooth_array().astype(np.uint16) * 257)
        try:
            wide.save(tmp_path / f"x.{format_}")
        except gamutmeta.errors.MissingExtraError as error:
            pytest.skip(str(error))
        data = (tmp_path / f"x.{format_}").read_bytes()
        signed = boxed(data, format_)
    else:
        data, signed = {
            "jpeg": (plain("JPEG"), with_store(plain("JPEG"))),
            "png": (png, insert_before_idat(png, make_chunk(b"caBX", b"manifest"))),
            "tiff": (plain("TIFF"), tiff_with(52545)),
        }[format_]
    notes = [gamutmeta.read_photo(file).metadata.notes for file in (data, signed)]
    assert [sum(LEFT_OUT in note for note in found) for found in notes] == [0, 1]
    assert not any("52545" in note for note in notes[1])


def test_expansion_and_edits_tell_of_a_manifest(tmp_path: Path) -> None:
    wide = gamutmeta.WideImage(np.ascontiguousarray(smooth_array().astype(np.uint16) * 257 * np.uint16([1, 1, 0])))
    result = gamutmeta.reduce(wide, preset=QUICK, format="jpeg", device="cpu")
    signed = carriers.embed(with_store(result.to_bytes("sidecar")), result.payload.to_bytes())
    assert any(LEFT_OUT in note for note in gamutmeta.expand(signed).notes)
    (tmp_path / "x.jpg").write_bytes(signed)
    with Image.open(tmp_path / "x.jpg") as image:
        assert any(LEFT_OUT in note for note in gamutmeta.edit.resize(image, (16, 16)).notes)
