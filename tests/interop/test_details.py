"""What the notes in spec/interoperability.md say beyond the tables."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from carrots import CARROTS, QUICK
from interop.demand import demand
from PIL import Image

pytest.importorskip("torch")

from benchmarks.interop.operations import Command, Place
from benchmarks.interop.outcome import sample
from gamutmeta import carriers
from gamutmeta.errors import CarrierError, GamutMetaError
from gamutmeta.formats.jpeg import COM, iter_header, make_segment
from gamutmeta.formats.png import iter_chunks
from gamutmeta.photo.read import read_photo
from gamutmeta.photo.wide import WideImage
from gamutmeta.pipeline.expand import expand
from gamutmeta.pipeline.reduce import reduce

if TYPE_CHECKING:
    from pathlib import Path


def after(line: str, data: bytes, folder: Path, suffix: str = ".jpg") -> bytes:
    """The file that a command makes of another."""
    place = Place(*(folder / f"{name}{suffix}" for name in ("in", "out", "twin", "xmp", "icc")))
    place.source.write_bytes(data)
    result = Command(line)(place).result
    assert result is not None
    return result.read_bytes()


# --- JPEG: which transcoding leaves the coded picture alone -----------------------------------------------------------


@pytest.fixture(scope="module", params=["4:4:4", "4:2:0", "progressive"])
def plain(request: pytest.FixtureRequest) -> bytes:
    """A JPEG of plain samples with a payload, which has no likeness of its picture."""
    wide = WideImage(read_photo(CARROTS).array[290:354, 500:596])
    options: dict[str, Any] = (
        {"progressive": True} if request.param == "progressive" else {"subsampling": request.param}
    )
    return reduce(wide, preset=QUICK, format="jpeg", samples="plain", device="cpu", **options).to_bytes()


@pytest.fixture(scope="module", params=["4:4:4", "4:2:0", "progressive"])
def coded(request: pytest.FixtureRequest) -> tuple[bool, bytes]:
    """Whether it is progressive, and a JPEG with a payload."""
    wide = WideImage(read_photo(CARROTS).array[290:354, 500:596])
    progressive = request.param == "progressive"
    options: dict[str, Any] = {"progressive": True} if progressive else {"subsampling": request.param}
    return progressive, reduce(wide, preset=QUICK, format="jpeg", device="cpu", **options).to_bytes()


def test_jpegtran_leaves_what_is_coded_as_it_would_code(coded: tuple[bool, bytes], tmp_path: Path) -> None:
    demand("libjpeg-turbo")
    progressive, data = coded
    same, other = "-progressive ", ""
    if not progressive:
        same, other = other, same
    assert after(f"jpegtran -copy all {same}-outfile OUT IN", data, tmp_path) == data
    for options in (other, "-optimize "):
        recoded = after(f"jpegtran -copy all {options}-outfile OUT IN", data, tmp_path)
        wide = expand(recoded)
        assert any("re-encoded" in note for note in wide.notes)
        np.testing.assert_array_equal(wide.array, expand(data).array)


def test_without_a_likeness_what_is_coded_otherwise_is_refused(plain: bytes, tmp_path: Path) -> None:
    demand("libjpeg-turbo")
    recoded = after("jpegtran -copy all -optimize -outfile OUT IN", plain, tmp_path)
    if recoded == plain:  # a progressive file is optimised already
        recoded = after("jpegtran -copy all -outfile OUT IN", plain, tmp_path)
    with pytest.raises(GamutMetaError) as caught:
        expand(recoded)
    assert caught.value.code == "binding"
    np.testing.assert_array_equal(expand(recoded, check=False).array, expand(plain).array)


def test_jpeg_xl_gives_back_the_very_file(coded: tuple[bool, bytes], tmp_path: Path) -> None:
    demand("libjxl")
    line = "cjxl --quiet --lossless_jpeg=1 IN MID.jxl && djxl --quiet MID.jxl OUT"
    assert after(line, coded[1], tmp_path) == coded[1]


# --- JPEG: a payload in a comment, and another comment ----------------------------------------------------------------


@pytest.fixture(scope="module", params=["first", "last"])
def commented(request: pytest.FixtureRequest) -> bytes:
    """The payload's comment is the first or the last of two."""
    data = sample("com").data
    ours = next(segment for segment in iter_header(data) if segment.marker == COM)
    place = ours.end if request.param == "first" else ours.offset
    return data[:place] + make_segment(COM, b"a comment!") + data[place:]


@pytest.mark.parametrize(
    ("tool", "line"),
    [
        ("ExifTool", "exiftool -q -overwrite_original -EXIF:Artist=Somebody OUT"),
        ("Exiv2", 'exiv2 -M "set Exif.Image.Artist Somebody" OUT'),
        ("libjpeg-turbo", "jpegtran -outfile OUT IN"),
    ],
)
def test_editors_keep_both_comments(commented: bytes, tool: str, line: str, tmp_path: Path) -> None:
    demand(tool)
    edited = after(line, commented, tmp_path)
    np.testing.assert_array_equal(expand(edited).array, sample("com").expanded)
    assert b"a comment!" in edited


def test_graphicsmagick_joins_comments(commented: bytes, tmp_path: Path) -> None:
    demand("GraphicsMagick")
    saved = after("gm convert IN OUT", commented, tmp_path)
    is_last = commented.index(b"gamutmeta1 ") > commented.index(b"a comment!")
    with pytest.raises(CarrierError) as caught:
        carriers.extract(saved)
    assert caught.value.code == ("carrier.none" if is_last else "carrier")


def test_pillow_keeps_the_last_comment_alone(commented: bytes) -> None:
    saved = io.BytesIO()
    with Image.open(io.BytesIO(commented)) as image:
        image.save(saved, "JPEG")
    with pytest.raises(GamutMetaError) as caught:
        expand(saved.getvalue())
    is_last = commented.index(b"gamutmeta1 ") > commented.index(b"a comment!")
    assert caught.value.code == ("binding" if is_last else "carrier.none")


# --- PNG: libvips moves texts -----------------------------------------------------------------------------------------


def test_libvips_writes_compressed_text(tmp_path: Path) -> None:
    demand("libvips")
    saved = after("vips copy IN OUT", sample("itxt").data, tmp_path, ".png")
    assert any(chunk.type == b"zTXt" for chunk in iter_chunks(saved))
    assert carriers.extract(saved) == carriers.extract(sample("itxt").data)
    assert carriers.find(saved) == ["itxt"]
    assert carriers.find(carriers.strip(saved)) == []
