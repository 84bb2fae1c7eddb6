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
    pytest.importorskip("tifffile").imwrite(file, smooth_array(), photometric="rgb", metadata=None, extratags=tags)
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
