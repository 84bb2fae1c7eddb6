"""Objects that people look at in a shell have short forms, whatever the size of the picture."""

from __future__ import annotations

import pytest
from pictures import QUICK, photograph
from PIL import Image

import gamutmeta
from gamutmeta import edit
from gamutmeta.pipeline.comparison import compare
from gamutmeta.pipeline.options import ReduceOptions
from gamutmeta.pipeline.srgb_file import SrgbFile
from gamutmeta.pipeline.validate import validate_file


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    path = tmp_path_factory.mktemp("reprs") / "a.jpg"
    wide = photograph()
    reduction = gamutmeta.reduce(wide, preset=QUICK, device="cpu", format="jpeg")
    reduction.save(path)
    with Image.open(path) as image:
        edited = edit.crop(image, (8, 8, 40, 32))
    file = SrgbFile.read(path)
    things = [
        *(reduction, reduction.payload, reduction.payload.tensors[0], reduction.payload.binding, reduction.report),
        *(wide, wide.metadata, gamutmeta.extract(path), file, file.found, compare(file, wide), validate_file(path)),
        *(edited, QUICK, ReduceOptions(quality=90), gamutmeta.Limits(pixels=100)),
    ]
    return {type(thing).__name__: repr(thing).replace(str(path), "a.jpg") for thing in things}


def test_they_are_short(shown: dict[str, str]) -> None:
    assert {name: text for name, text in shown.items() if len(text) > 240 or "\n" in text} == {}


def test_they_say_what_matters(shown: dict[str, str]) -> None:
    assert shown["WideImage"] == "<WideImage 96x72 16-bit prophoto>"
    assert shown["Reduction"].startswith("<Reduction 96x72 jpeg, ")
    assert shown["Payload"].startswith("<Payload 96x72, jpeg: grid ")
    assert shown["Extracted"].startswith("<Extracted app11, ")
    assert shown["Edited"].startswith("<Edited 32x24 YCbCr, <Payload 32x24, ")
    assert "psnr_og=" in shown["Report"]


def test_of_options_they_tell_what_was_chosen(shown: dict[str, str]) -> None:
    assert shown["ReduceOptions"] == "ReduceOptions(quality=90)"
    assert shown["Limits"] == "Limits(pixels=100)"
    assert eval(shown["Limits"], {"Limits": gamutmeta.Limits}) == gamutmeta.Limits(pixels=100)  # noqa: S307 - our own
    assert repr(gamutmeta.Limits()) == "Limits()"


def test_metadata_are_counted() -> None:
    wide = gamutmeta.WideImage(photograph().array, xmp=b"x" * 70_000, notes=("a", "b"))
    assert repr(wide.metadata) == "<Metadata xmp 70,000 bytes, 2 notes>"
