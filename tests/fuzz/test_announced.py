"""Sizes that files announce are looked at before anything is decoded or allocated, by every function that reads."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import gamutmeta
from gamutmeta.cli import app
from gamutmeta.container import Limits
from gamutmeta.edit import edit_file
from gamutmeta.errors import BindingError, PhotoError
from gamutmeta.formats import png
from gamutmeta.formats.png import insert_before_idat, make_chunk
from gamutmeta.photo.pillow_in import pillow_samples
from gamutmeta.photo.pixels import decode_srgb, encode_srgb_file
from gamutmeta.photo.read import read_photo
from gamutmeta.photo.size import FREE_PIXELS, check_size, sizes_limited
from gamutmeta.pipeline.comparison import compare_files
from gamutmeta.pipeline.validate import validate_file
from gamutmeta.view import write_page
from tests.fuzz import samples
from tests.fuzz.announced import KINDS, announcing

if TYPE_CHECKING:
    from collections.abc import Callable

CARRIERS = [kind for kind in KINDS if kind.endswith(("JPEG", "PNG", "TIFF")) and "16" not in kind]

# As a process of its own, in which nothing else has allocated. Warm before it is measured.
COSTS = """
import json, pathlib, resource, sys, time, warnings
import gamutmeta
from gamutmeta.edit import edit_file
from gamutmeta.errors import GamutMetaError
from gamutmeta.pipeline.validate import validate_file
from tests.fuzz.announced import KINDS, announcing
warnings.simplefilter("ignore")
folder = pathlib.Path(sys.argv[1])
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
def calls(path):
    data = path.read_bytes()
    return {
        "read_photo": lambda: gamutmeta.read_photo(path).size,
        "reduce_file": lambda: gamutmeta.reduce_file(path, folder / "r.jpg", device="cpu", overwrite=True),
        "expand": lambda: gamutmeta.expand(data).size,
        "validate_file": lambda: validate_file(path),
        "edit_file": lambda: edit_file(path, folder / "e.png", rotate=90, overwrite=True),
    }
costs = {}
for side in (24, 22_000):
    for kind in KINDS:
        path = folder / "picture"
        path.write_bytes(announcing(kind, side, side))
        for name, call in calls(path).items():
            if side == 24 and name == "reduce_file":
                continue
            before, started = peak(), time.process_time()
            try:
                result = call()
                code = "valid" if name == "validate_file" and result.is_good else ""
            except GamutMetaError as error:
                code = error.code
            costs[f"{side} {kind} {name}"] = (code, time.process_time() - started, peak() - before)
print(json.dumps(costs))
"""


def test_half_a_gigapixel_in_a_kilobyte_costs_nobody_anything(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", COSTS, tmp_path], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    costs = {name: cost for name, cost in json.loads(done.stdout).items() if name.startswith("22000")}
    assert len(costs) == len(KINDS) * 5
    # WebP cannot write the size down, and announces another one; its other functions refuse the kind of file.
    assert {name: code for name, (code, _, _) in costs.items() if not code and not name.endswith("validate_file")} == {}
    assert {name for name, (code, _, _) in costs.items() if code == "valid"} == set()
    assert {name: seconds for name, (_, seconds, _) in costs.items() if seconds > 1} == {}
    assert {name: mebibytes for name, (_, _, mebibytes) in costs.items() if mebibytes > 64} == {}


ENTRIES: dict[str, Callable[[Path, Path, Limits], object]] = {
    "expand": lambda path, _, limits: gamutmeta.expand(path, limits=limits),
    "expand bytes": lambda path, _, limits: gamutmeta.expand(path.read_bytes(), limits=limits),
    "expand_file": lambda path, folder, limits: gamutmeta.expand_file(path, folder / "x.tif", limits=limits),
    "reduce_file": lambda path, folder, limits: gamutmeta.reduce_file(path, folder / "x.jpg", limits=limits),
    "verify_file": lambda path, _, limits: gamutmeta.verify_file(path, path, limits=limits),
    "compare_files": lambda path, _, limits: compare_files(path, path, limits=limits),
    "edit_file": lambda path, folder, limits: edit_file(path, folder / "x.png", rotate=90, limits=limits),
    "write_page": lambda path, folder, limits: write_page(path, folder / "x.html", limits=limits),
    "read_photo": lambda path, _, limits: read_photo(path, max_pixels=limits.pixels),
}


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("kind", CARRIERS)
@pytest.mark.filterwarnings("ignore")
def test_every_function_keeps_to_the_limit_of_its_caller(kind: str, entry: str, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(announcing(kind, 1_001, 1_000))
    with pytest.raises(gamutmeta.GamutMetaError, match="1001 x 1000 pixels are more than the limit of 1000000"):
        ENTRIES[entry](path, tmp_path, Limits(pixels=1_000_000))
    assert [found.name for found in tmp_path.iterdir()] == ["x"]


def test_validation_names_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(samples.bound("png/rgb", "default"))
    stage = validate_file(path, limits=Limits(picture_pixels=10)).stages[-1]
    assert stage.code == "photo"
    assert "more than the limit of 10" in str(stage.message)


COMMANDS = {
    "expand": ["expand", "{}", "-o", "x.tif"],
    "reduce": ["reduce", "{}", "-o", "x.jpg"],
    "verify": ["verify", "{}", "--reference", "{}"],
    "validate": ["validate", "{}"],
    "view": ["view", "{}", "-o", "x.html"],
    "crop": ["crop", "{}", "--box", "0,0,4,4", "-o", "x.png"],
    "resize": ["resize", "{}", "--size", "4x4", "-o", "x.png"],
    "rotate": ["rotate", "{}", "--degrees", "90", "-o", "x.png"],
    "attach": ["attach", "{}", "x.gamut", "--replace", "-o", "x.png"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_the_command_has_the_limits(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    data = samples.bound("png/rgb", "default")
    Path("in.png").write_bytes(data)
    Path("x.gamut").write_bytes(gamutmeta.extract(data).container)
    arguments = [argument.format("in.png") for argument in COMMANDS[command]]
    done = CliRunner().invoke(app, [*arguments, "--max-pixels", "10", "--json"])
    assert done.exit_code == 1
    line = json.loads(done.stdout.splitlines()[0])
    error = line["stages"][-1] if command == "validate" else line["error"]
    # The payload says how large the picture is, too, where there is one to be read.
    assert error["code"] in {"photo", "payload.limit"}
    assert "the limit of 10" in error["message"]


class TestPixelsPerByte:
    def test_the_bound(self) -> None:
        check_size(4096, 4096, file_bytes=1)
        check_size(20_000, 20_000, file_bytes=200_000)
        with pytest.raises(PhotoError, match=r"in a file of 199,999 bytes are more than 2,000 for each byte"):
            check_size(20_000, 20_000, file_bytes=199_999)
        with pytest.raises(PhotoError, match="pass pixels_per_byte=N"):
            check_size(4097, 4096, file_bytes=1)

    def test_it_can_be_set(self) -> None:
        with sizes_limited(pixels_per_byte=4_000):
            check_size(20_000, 20_000, file_bytes=100_000)
            with sizes_limited(pixels_per_byte=1_000), pytest.raises(PhotoError, match="1,000 for each"):
                check_size(20_000, 20_000, file_bytes=100_000)

    def test_the_limit_of_pixels_can_be_raised_and_lowered(self) -> None:
        with pytest.raises(PhotoError, match="limit of 500000000"):
            check_size(30_000, 20_000)
        with sizes_limited(max_pixels=600_000_000):
            check_size(30_000, 20_000)
            with pytest.raises(PhotoError, match="limit of 1000"):
                check_size(30_000, 20_000, 1_000)
        with sizes_limited(max_pixels=100), pytest.raises(PhotoError, match="limit of 100"):
            check_size(20, 20, 1_000)

    @pytest.mark.filterwarnings("ignore::gamutmeta.GamutMetaWarning")
    def test_a_blank_picture_is_read_if_the_caller_asks(self, tmp_path: Path) -> None:
        path = tmp_path / "blank.webp"
        Image.new("RGB", (4_200, 4_200)).save(path, lossless=True)
        assert path.stat().st_size < 4_200**2 / 2_000
        with pytest.raises(PhotoError, match="for each byte"):
            read_photo(path)
        assert read_photo(path, pixels_per_byte=10**9).size == (4_200, 4_200)


def test_a_large_picture_of_another_payload_is_refused_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    data = announcing("PNG", 5_000, 5_000) + bytes(100_000)
    monkeypatch.setattr("gamutmeta.photo.pixels.array_of", pytest.fail)
    with pytest.raises(BindingError, match="5000x5000"):
        gamutmeta.expand(data)
    assert FREE_PIXELS < 5_000**2


def _blank(kind: str, side: int) -> bytes:
    stripes = np.zeros((side, side, 3), np.uint8)
    stripes[::7] = 100
    return encode_srgb_file(stripes, kind)  # type: ignore[arg-type] - one of its kinds


class TestOneLimitForAllFormats:
    """As if 10,000 pixels were more than 179 million: Pillow's own limit plays no part, and is left alone."""

    @pytest.fixture(autouse=True)
    def _small_limit(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 4_000)
        monkeypatch.setattr("gamutmeta.photo.pillow_in._PILLOWS_LIMIT", 4_000)

    @pytest.mark.parametrize("kind", ["jpeg", "png", "tiff"])
    def test_carriers(self, kind: str) -> None:
        assert decode_srgb(_blank(kind, 100)).shape == (100, 100, 3)
        assert Image.MAX_IMAGE_PIXELS == 4_000

    @pytest.mark.parametrize("lossless", [False, True])
    @pytest.mark.parametrize("compression", [None, "raw", "packbits", "tiff_lzw", "tiff_deflate"])
    def test_photographs(self, compression: str | None, lossless: bool, tmp_path: Path) -> None:  # noqa: FBT001
        codes = np.random.default_rng(0).integers(0, 256, (100, 100, 3), np.uint8)
        path = tmp_path / "x"
        if compression is None:
            Image.fromarray(codes).save(path, "WEBP", lossless=lossless)
        else:
            Image.fromarray(codes).save(path, "TIFF", compression=compression)
        with path.open("rb") as file:
            found = pillow_samples(file, ("TIFF", "WEBP"), 10_000)
            assert np.abs(found.astype(int) - codes).mean() < (60 if compression is None else 1e-9)
            with pytest.raises(PhotoError, match="more than the limit of 9999"):
                pillow_samples(file, ("TIFF", "WEBP"), 9_999)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "suffix"), [("jpeg", "jpg"), ("png", "png"), ("tiff", "tif")])
def test_what_is_reduced_can_be_expanded_above_179_megapixels(kind: str, suffix: str, tmp_path: Path) -> None:
    side = 13_400
    path = tmp_path / f"x.{suffix}"
    path.write_bytes(_blank(kind, side))
    assert decode_srgb(path.read_bytes()).shape == (side, side, 3)
    assert read_photo(path).size == (side, side)


@pytest.mark.filterwarnings("ignore::gamutmeta.GamutMetaWarning")
def test_chunks_are_walked_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    count, chunks = [0], 20_000
    read_header = png._read_header

    def counted(*arguments: Any) -> Any:
        count[0] += 1
        return read_header(*arguments)

    monkeypatch.setattr(png, "_read_header", counted)
    path = tmp_path / "x.png"
    data = insert_before_idat(samples.bound("png/rgb", "default"), make_chunk(b"abCD", b"") * chunks)
    path.write_bytes(data)
    for call in (
        lambda: gamutmeta.expand(data),
        lambda: validate_file(path),
        lambda: read_photo(path),
        lambda: gamutmeta.strip(data),
        lambda: edit_file(path, tmp_path / "y.png", rotate=90, overwrite=True),
    ):
        count[0] = 0
        call()
        assert chunks < count[0] < chunks + 50
