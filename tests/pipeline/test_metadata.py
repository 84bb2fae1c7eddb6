"""What photographers write into their files, through reducing, expanding and editing, as other programs see it."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from photo_files import smooth_array, tiff_bytes
from PIL import Image, PngImagePlugin

from gamutmeta import PRESETS, WideImage, edit, expand_file, read_photo, reduce, reduce_file
from gamutmeta.color.icc import profile_bytes

if TYPE_CHECKING:
    from pathlib import Path

EXIFTOOL = shutil.which("exiftool")
needs_exiftool = pytest.mark.skipif(EXIFTOOL is None, reason="needs exiftool")
QUICK = replace(PRESETS["small"], steps=20)
P3 = profile_bytes("display-p3")
HOSTS = ("jpg", "tif", "png")
QUICKLY = {("tif", "jpg")}


def exiftool(*arguments: object) -> str:
    done = subprocess.run([str(EXIFTOOL), *map(str, arguments)], capture_output=True, check=True)
    return done.stdout.decode()


def seen(path: Path) -> dict[str, Any]:
    """What ExifTool finds, by family and name."""
    fields: dict[str, Any] = json.loads(exiftool("-j", "-G1", "-struct", path))[0]
    return fields


def written(folder: Path, suffix: str) -> Path:
    """A photograph with IPTC-IIM by ExifTool, a comment and 300 pixels per inch."""
    path = folder / f"in.{suffix}"
    samples = smooth_array() * np.uint8([1, 1, 0])
    if suffix == "tif":
        path.write_bytes(tiff_bytes(samples, iccprofile=P3, resolution=(300, 300), resolutionunit="INCH", extratags=[]))
    else:
        texts = PngImagePlugin.PngInfo()
        texts.add_text("Comment", "a comment")
        own = {"comment": "a comment", "quality": 97} if suffix == "jpg" else {"pnginfo": texts}
        Image.fromarray(samples).save(path, icc_profile=P3, dpi=(300, 300), **own)
    fields = ["-CodedCharacterSet=utf8", "-IPTC:Caption-Abstract=für Rosa", "-IPTC:Keywords=one", "-IPTC:Keywords=two"]
    exiftool("-q", "-q", "-overwrite_original", *fields, "-IPTC:By-line=Nobody", "-IPTC:Contact=phone", path)
    return path


def datasets(path: Path) -> bytes:
    """IPTC-IIM as ExifTool takes it out of the file."""
    done = subprocess.run([str(EXIFTOOL), "-b", "-IPTC:all", str(path)], capture_output=True, check=True)
    return done.stdout


@needs_exiftool
@pytest.mark.parametrize(
    ("source", "host"),
    [
        pytest.param(source, host, marks=[] if (source, host) in QUICKLY else pytest.mark.slow)
        for source in HOSTS
        for host in HOSTS
    ],
)
def test_iptc_comments_and_resolution(source: str, host: str, tmp_path: Path) -> None:
    photograph = written(tmp_path, source)
    iptc = read_photo(photograph).iptc
    assert iptc is not None
    assert b"f\xc3\xbcr Rosa" in iptc
    reduced, cropped = tmp_path / f"r.{host}", tmp_path / f"c.{host}"
    assert reduce_file(photograph, reduced, preset=QUICK, device="cpu").notes == ()
    assert edit.edit_file(reduced, cropped, crop=(0, 0, 30, 20)).notes == ()
    files = [reduced, cropped]
    for suffix in ("tif", "png", "jpg", "avif", "heic", "jxl"):
        restored = tmp_path / f"x.{suffix}"
        report = expand_file(reduced, restored)
        if suffix in {"avif", "heic", "jxl"}:
            assert report.notes == ("the IPTC-IIM datasets 2:118 have no place in XMP, and were left out",)
            found = seen(restored)
            assert found["XMP-dc:Description"] == "für Rosa"
            assert found["XMP-dc:Subject"] == ["one", "two"]
            assert found["XMP-dc:Creator"] == ["Nobody"]
            assert found["IFD0:XResolution"] == 300
            assert source == "tif" or found["XMP-exif:UserComment"] == "a comment"
        else:
            assert report.notes == ()
            files.append(restored)
    for path in files:
        assert read_photo(path).iptc == iptc
        assert datasets(path) == datasets(photograph)
        found = seen(path)
        assert found["IFD0:XResolution"] == 300
        if path.suffix == ".jpg":
            assert (found["JFIF:XResolution"], found["JFIF:ResolutionUnit"]) == (300, "inches")
        if path.suffix == ".png":
            assert found["PNG-pHYs:PixelsPerUnitX"] == 11811
        if source != "tif":
            place = {".jpg": "File:Comment", ".png": "PNG:Comment", ".tif": "XMP-exif:UserComment"}[path.suffix]
            place = "XMP-exif:UserComment" if host == "tif" else place
            assert found[place] == "a comment"


@pytest.mark.skipif(shutil.which("exiv2") is None, reason="needs exiv2")
@needs_exiftool
def test_exiv2_reads_iptc_everywhere(tmp_path: Path) -> None:
    photograph = written(tmp_path, "jpg")
    for host in HOSTS:
        reduced = tmp_path / f"r.{host}"
        reduce_file(photograph, reduced, preset=QUICK, device="cpu")
        done = subprocess.run(["exiv2", "-q", "-pi", str(reduced)], capture_output=True, check=True)
        assert "für Rosa" in done.stdout.decode()


@needs_exiftool
def test_long_xmp_is_whole_for_exiftool(tmp_path: Path) -> None:
    ancestors = "".join(f"<rdf:li>xmp.did:{i:0100}</rdf:li>" for i in range(900))
    packet = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"><rdf:Description rdf:about="" '
        'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="5"><photoshop:DocumentAncestors><rdf:Bag>'
        f"{ancestors}</rdf:Bag></photoshop:DocumentAncestors></rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()
    reduction = reduce(WideImage(WIDE, xmp=packet), preset=QUICK, format="jpeg", device="cpu")
    assert reduction.report.notes == ()
    reduction.save(tmp_path / "a.jpg")
    found = seen(tmp_path / "a.jpg")
    assert found["XMP-xmp:Rating"] == 5
    assert len(found["XMP-photoshop:DocumentAncestors"]) == 900
    expand_file(tmp_path / "a.jpg", tmp_path / "a.tif")
    found = seen(tmp_path / "a.tif")
    assert found["XMP-xmp:Rating"] == 5
    assert len(found["XMP-photoshop:DocumentAncestors"]) == 900


WIDE = np.ascontiguousarray(smooth_array(24, 24).astype(np.uint16) * 257 * np.uint16([1, 1, 0]))
