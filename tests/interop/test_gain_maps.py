"""What other programs make of a JPEG that shows wide-gamut colour by a gain map."""

from __future__ import annotations

import io
import subprocess
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from carrots import CARROTS, QUICK
from interop.demand import demand
from PIL import Image

pytest.importorskip("torch")

from benchmarks.interop.tools import environment, resolve
from gamutmeta import carriers
from gamutmeta.formats.second_picture import find_colour_map, map_deviations, without_colour_map
from gamutmeta.photo.pixels import decode_srgb
from gamutmeta.photo.read import read_photo
from gamutmeta.photo.wide import WideImage
from gamutmeta.pipeline.expand import expand
from gamutmeta.pipeline.reduce import reduce

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def shown() -> bytes:
    wide = WideImage(read_photo(CARROTS).array[290:354, 500:596])
    return reduce(wide, preset=QUICK, format="jpeg", show_wide=True, device="cpu").to_bytes()


def after(program: str, arguments: str, data: bytes, folder: Path) -> bytes:
    """The file that a program makes; IN and OUT stand for files."""
    source, target = folder / "in.jpg", folder / "out.jpg"
    source.write_bytes(data)
    words = {"IN": str(source), "OUT": str(target)}
    command = [*(resolve(program) or []), *(words.get(word, word) for word in arguments.split())]
    subprocess.run(command, env=environment(), capture_output=True, timeout=60, check=True)
    return target.read_bytes()


@pytest.mark.parametrize("tag", ["-Artist=Somebody", "-XMP-dc:Title=Something", "-Comment=x"])
def test_editing_tags_keeps_map_and_payload(shown: bytes, tag: str, tmp_path: Path) -> None:
    demand("ExifTool")
    edited = after("exiftool", f"{tag} -o OUT IN", shown, tmp_path)
    before, found = find_colour_map(shown), find_colour_map(edited)
    assert before is not None
    assert found is not None
    assert found.jpeg == before.jpeg
    assert map_deviations(edited) == []
    assert np.array_equal(expand(edited).array, expand(shown).array)


@pytest.mark.parametrize(
    ("tool", "program", "arguments"),
    [
        ("libjpeg-turbo", "jpegtran", "-copy all -outfile OUT IN"),
        ("ExifTool", "exiftool", "-trailer:all= -o OUT IN"),
    ],
)
def test_what_drops_the_map_leaves_its_index(
    shown: bytes, tool: str, program: str, arguments: str, tmp_path: Path
) -> None:
    demand(tool)
    left = after(program, arguments, shown, tmp_path)
    assert find_colour_map(left) is None
    assert "leads to none" in map_deviations(left)[0]
    assert np.array_equal(expand(left).array, expand(shown).array)
    assert np.array_equal(decode_srgb(left), decode_srgb(shown))
    assert without_colour_map(left) == without_colour_map(shown)


def test_the_base_is_what_decoders_see(shown: bytes, tmp_path: Path) -> None:
    demand("libjpeg-turbo")
    decoded = after("djpeg", "-outfile OUT IN", shown, tmp_path)
    with Image.open(io.BytesIO(decoded), formats=["PPM"]) as image:
        assert np.array_equal(np.asarray(image), decode_srgb(without_colour_map(shown)))


def test_libultrahdr_refuses_headrooms_in_this_order(shown: bytes) -> None:
    """It reads maps for high dynamic range; docs/show-wide.md says so."""
    imagecodecs = pytest.importorskip("imagecodecs")
    if not imagecodecs.ULTRAHDR.available:
        pytest.skip("this imagecodecs has no libultrahdr")
    assert imagecodecs.ultrahdr_check(shown)
    with pytest.raises(imagecodecs.UltrahdrError, match="hdr capacity max 64"):
        imagecodecs.ultrahdr_decode(shown)


def test_sharp_writes_the_plain_picture_and_no_file_with_keep_gain_map(shown: bytes, tmp_path: Path) -> None:
    demand("sharp")
    source, target = tmp_path / "in.jpg", tmp_path / "out.jpg"
    source.write_bytes(shown)

    def resaved(how: str) -> subprocess.CompletedProcess[str]:
        script = f"require('sharp')(process.argv[1]){how}.toFile(process.argv[2])"
        command = [*(resolve("node") or []), "-e", script, "--", str(source), str(target)]
        return subprocess.run(command, env=environment(), capture_output=True, text=True, check=False, timeout=60)

    assert "hdr capacity max 64" in resaved(".keepGainMap()").stderr
    assert not target.exists()
    assert resaved("").returncode == 0
    assert find_colour_map(target.read_bytes()) is None


@pytest.fixture(scope="module")
def signing() -> Any:
    demand("c2pa-python")
    from benchmarks.interop import signing  # noqa: PLC0415 - only where c2pa is installed

    return signing


def test_signing_last_keeps_the_map(signing: Any, shown: bytes) -> None:
    signed = signing.sign(shown)
    manifest = signing.read(signed)
    assert (manifest.state, manifest.failures) == ("Trusted", ())
    before, found = find_colour_map(shown), find_colour_map(signed)
    assert before is not None
    assert found is not None
    assert found.jpeg == before.jpeg
    assert map_deviations(signed) == []
    assert carriers.extract(signed).container == carriers.extract(shown).container
    broken = signing.read(without_colour_map(signed))
    assert broken.failures == ("assertion.dataHash.mismatch",)
