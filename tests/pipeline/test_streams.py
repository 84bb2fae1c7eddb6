"""Open files in the place of paths: taken where that can be, else refused with what to call."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from pictures import QUICK, photograph

import gamutmeta
from gamutmeta import edit
from gamutmeta.errors import CarrierError, PhotoError, UnsupportedFileError
from gamutmeta.pipeline.comparison import compare_files
from gamutmeta.view import write_page

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def reduction() -> gamutmeta.Reduction:
    return gamutmeta.reduce(photograph(), preset=QUICK, device="cpu", format="jpeg")


def test_a_reduction_goes_into_an_open_file(reduction: gamutmeta.Reduction, tmp_path: Path) -> None:
    file = io.BytesIO(b"")
    assert reduction.save(file) == len(file.getvalue())
    assert file.getvalue() == reduction.to_bytes()
    with (tmp_path / "a.jpg").open("wb") as opened:
        reduction.save(opened, carrier="com")
    assert gamutmeta.extract(tmp_path / "a.jpg").carrier == "com"


def test_a_sidecar_needs_a_path(reduction: gamutmeta.Reduction) -> None:
    file = io.BytesIO()
    with pytest.raises(CarrierError, match="an open file has no place"):
        reduction.save(file, carrier="sidecar")
    assert file.getvalue() == b""


@pytest.mark.parametrize("wrong", [io.StringIO(), 5, None])
def test_what_is_no_binary_file(reduction: gamutmeta.Reduction, wrong: Any) -> None:
    for save in (reduction.save, photograph().save):
        with pytest.raises(TypeError, match=r"binary file can be written, not|opened for text; open it with mode"):
            save(wrong)


@pytest.mark.parametrize("name", ["a.png", "a.TIF", "a.webp", "a"])
def test_a_name_of_another_format_is_refused(reduction: gamutmeta.Reduction, tmp_path: Path, name: str) -> None:
    with pytest.raises(UnsupportedFileError, match=r"name the file \.jpg, or call reduce|must end in"):
        reduction.save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []
    for right in ("a.JPG", "b.jpeg", "c.jfif"):
        reduction.save(tmp_path / right)
        assert gamutmeta.host_format(tmp_path / right) == "jpeg"


def test_verify_and_compare_take_them(reduction: gamutmeta.Reduction, tmp_path: Path) -> None:
    data, original = reduction.to_bytes(), photograph().to_bytes("png")
    (tmp_path / "a.jpg").write_bytes(data)
    (tmp_path / "a.png").write_bytes(original)
    expected = gamutmeta.verify_file(tmp_path / "a.jpg", tmp_path / "a.png")
    for report in (
        gamutmeta.verify_file(data, io.BytesIO(original)),
        compare_files(io.BytesIO(data), original).report,
    ):
        assert report.file is None
        assert (report.psnr_og, report.psnr_clip) == (expected.psnr_og, expected.psnr_clip)
    with pytest.raises(PhotoError, match="the photograph has 96x71 pixels, the sRGB file 96x72"):
        gamutmeta.verify_file(data, gamutmeta.WideImage(photograph().array[:71].copy()).to_bytes("png"))


def test_functions_on_files_say_what_to_call(tmp_path: Path) -> None:
    stream, path = io.BytesIO(), tmp_path / "a.jpg"
    for call, said in {
        lambda: gamutmeta.reduce_file(stream, path): r"source must be a path, not _io\.BytesIO; .*gamutmeta\.reduce",
        lambda: gamutmeta.reduce_file(path, stream): r"target must be a path, not _io\.BytesIO; .*save\(\) or to_bytes",
        lambda: gamutmeta.expand_file(stream, path): r"source must be a path.*gamutmeta\.expand",
        lambda: gamutmeta.expand_file(path, stream): r"target must be a path.*gamutmeta\.expand",
        lambda: gamutmeta.show_wide_file(b"", path): r"source must be a path, not builtins\.bytes; write",
        lambda: edit.edit_file(path, stream): r"target must be a path.*Image\.open",
        lambda: write_page(stream, tmp_path / "a.html"): r"path must be a path",
    }.items():
        with pytest.raises(TypeError, match=said):
            call()
    assert list(tmp_path.iterdir()) == []


def test_an_edited_picture_says_it_too(reduction: gamutmeta.Reduction, tmp_path: Path) -> None:
    from PIL import Image  # noqa: PLC0415 - for this alone

    reduction.save(tmp_path / "a.jpg")
    with Image.open(tmp_path / "a.jpg") as image:
        edited = edit.flip(image)
    with pytest.raises(TypeError, match=r"path must be a path, not _io\.BytesIO; write the result of to_bytes"):
        edited.save(io.BytesIO())  # type: ignore[arg-type]
