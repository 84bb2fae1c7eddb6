"""A model that takes too much work for its picture is refused before anything is computed, by all who would compute."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from click.testing import CliRunner

import gamutmeta
from gamutmeta import carriers
from gamutmeta.cli import app
from gamutmeta.container import DEFAULT_LIMITS, Binding, Limits, Payload, Tensor
from gamutmeta.edit import edit_file, resize
from gamutmeta.errors import BindingError, LimitError
from gamutmeta.fit.config import PRESETS, RUNGS
from gamutmeta.formats.png import make_chunk
from gamutmeta.model.descriptor import Descriptor, FourierXY, Grid, Head, Rgb
from gamutmeta.photo.size import MAX_PIXELS
from gamutmeta.pipeline.binding import binding_of_codes
from gamutmeta.pipeline.comparison import compare_files
from gamutmeta.pipeline.conformance import expand_vector
from gamutmeta.pipeline.validate import validate_file
from gamutmeta.view import write_page
from tests.fuzz import samples
from tests.fuzz.announced import announcing

if TYPE_CHECKING:
    from collections.abc import Callable

LARGEST = Descriptor(Head.WIDE_RESIDUAL, Grid(93, 2, 2), FourierXY(16), Rgb(16), hidden=(256,) * 7)
"""Within every limit of the format, and no model takes more for one pixel."""

SMALL = samples.MODELS["default"].multiply_adds * samples.WIDTH * samples.HEIGHT
"""What the small files of these tests take."""

TOO_FEW = Limits(multiply_adds=SMALL - 1)


def _of(descriptor: Descriptor, width: int, height: int) -> Payload:
    tensors = tuple(Tensor(np.ones(spec.shape, np.int8), 2.0**-9) for spec in descriptor.tensor_specs())
    return Payload(width, height, Binding("rgb8", bytes(16)), descriptor, tensors)


def test_the_count_is_that_of_the_matrices() -> None:
    specs = [spec for spec in LARGEST.tensor_specs() if spec.name.startswith("weight")]
    assert LARGEST.multiply_adds == sum(spec.size for spec in specs) == 459_520
    assert replace(LARGEST, bias=False).multiply_adds == LARGEST.multiply_adds
    assert Descriptor().multiply_adds == 0


def test_every_preset_is_far_within_for_the_largest_picture() -> None:
    configs = [*PRESETS.values(), *(PRESETS["best"].within(rung) for rung in RUNGS)]
    worst = max(config.descriptor(30_000, 20_000, None).multiply_adds for config in configs)
    assert worst == 4_960  # the paper's
    assert 2 * worst * MAX_PIXELS < DEFAULT_LIMITS.multiply_adds
    # Not even with the format's own limit of pixels, so that expand takes what reduce makes.
    assert worst * DEFAULT_LIMITS.pixels < DEFAULT_LIMITS.multiply_adds


def test_the_bound_is_inclusive() -> None:
    Limits(multiply_adds=459_520 * 12).check_work(LARGEST, 4, 3)
    with pytest.raises(LimitError, match=r"4 x 3 pixels of 459,520 multiply-adds each, 5,514,240, exceed .* 5,514,239"):
        Limits(multiply_adds=459_520 * 12 - 1).check_work(LARGEST, 4, 3)


def test_the_worst_model_is_refused_at_once() -> None:
    hostile = _of(LARGEST, 4_096, 4_096).to_bytes()
    data = announcing("PNG", 4_096, 4_096)
    data = carriers.embed(carriers.strip(data), hostile)
    started = time.process_time()
    with pytest.raises(LimitError, match="pass multiply_adds=N to allow more"):
        gamutmeta.expand(data)
    assert time.process_time() - started < 1


def test_a_reader_with_the_limits_of_the_format_reads_it_all_the_same() -> None:
    payload = _of(LARGEST, 4_096, 4_096)
    assert Payload.from_bytes(payload.to_bytes()) == payload
    codes = np.zeros((3, 4, 3), np.uint8)
    small = _of(LARGEST, 4, 3).bind(4, 3, binding_of_codes(codes))
    assert expand_vector(small.to_bytes(), codes).shape == (3, 4, 3)


ENTRIES: dict[str, Callable[[Path, Path, Limits], object]] = {
    "expand": lambda path, _, limits: gamutmeta.expand(path, limits=limits),
    "expand unchecked": lambda path, _, limits: gamutmeta.expand(path, check=False, limits=limits),
    "expand_file": lambda path, folder, limits: gamutmeta.expand_file(path, folder / "x.tif", limits=limits),
    "reduce_file": lambda path, folder, limits: gamutmeta.reduce_file(path, folder / "x.jpg", limits=limits),
    "verify_file": lambda path, _, limits: gamutmeta.verify_file(path, path, limits=limits),
    "compare_files": lambda path, _, limits: compare_files(path, path, limits=limits),
    "write_page": lambda path, folder, limits: write_page(path, folder / "x.html", limits=limits),
    "expand_array": lambda path, _, limits: gamutmeta.expand_array(
        carriers.extract(path.read_bytes()).container, samples.picture(), limits=limits
    ),
}


@pytest.mark.filterwarnings("ignore::gamutmeta.GamutMetaWarning")
@pytest.mark.parametrize("entry", ENTRIES)
def test_every_function_keeps_to_the_limit_of_its_caller(entry: str, tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(samples.bound("png/rgb", "default"))
    with pytest.raises(gamutmeta.GamutMetaError, match="multiply-adds each"):
        ENTRIES[entry](path, tmp_path, TOO_FEW)
    assert [found.name for found in tmp_path.iterdir()] == ["x.png"]
    if entry != "reduce_file":  # it would fit a model
        ENTRIES[entry](path, tmp_path, Limits(multiply_adds=SMALL))


def test_a_gain_map_keeps_to_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "x.jpg"
    path.write_bytes(samples.bound("jpeg/baseline", "default"))
    with pytest.raises(LimitError):
        gamutmeta.show_wide_file(path, tmp_path / "y.jpg", limits=TOO_FEW)
    assert not (tmp_path / "y.jpg").exists()
    gamutmeta.show_wide_file(path, tmp_path / "y.jpg", limits=Limits(multiply_adds=SMALL))


def test_a_picture_that_an_edit_makes_larger(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(samples.bound("png/rgb", "default"))
    edit_file(path, tmp_path / "y.png", resize=(20, 14), limits=TOO_FEW)  # nothing is expanded
    with gamutmeta.pillow.Image.open(path) as image:
        edited = resize(image, (20, 14))
    with pytest.raises(LimitError):
        edited.expand(limits=Limits(multiply_adds=4 * SMALL - 1))
    assert edited.expand(limits=Limits(multiply_adds=4 * SMALL)).size == (20, 14)


def test_a_picture_that_is_larger_than_the_payload_says() -> None:
    data = carriers.embed(samples.HOSTS["png/rgb"], _of(samples.MODELS["default"], 1, 1).to_bytes())
    with pytest.raises(BindingError):
        gamutmeta.expand(data)
    with pytest.raises(LimitError):
        gamutmeta.expand(data, check=False, limits=TOO_FEW)
    assert gamutmeta.expand(data, check=False).size == (samples.WIDTH, samples.HEIGHT)


def test_imageio_takes_limits(tmp_path: Path) -> None:
    iio = pytest.importorskip("imageio.v3")
    from gamutmeta.imageio import GamutMetaPlugin  # noqa: PLC0415 - needs imageio

    path = tmp_path / "x.png"
    path.write_bytes(samples.bound("png/rgb", "default"))
    with iio.imopen(path, "r", plugin=GamutMetaPlugin, limits=TOO_FEW) as file, pytest.raises(LimitError):
        file.read()
    with iio.imopen(path, "r", plugin=GamutMetaPlugin, limits=Limits(multiply_adds=SMALL)) as file:
        assert file.read().shape == (samples.HEIGHT, samples.WIDTH, 3)


def test_validation_is_about_the_format_and_computes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(samples.bound("png/rgb", "default"))
    assert validate_file(path, limits=TOO_FEW).is_good


COMMANDS = {
    "expand": ["expand", "in.png", "-o", "x.tif"],
    "verify": ["verify", "in.png", "--reference", "in.png"],
    "view": ["view", "in.png", "-o", "x.html"],
    "reduce": ["reduce", "in.png", "-o", "x.jpg"],
    "show-wide": ["show-wide", "in.jpg", "-o", "x.jpg"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_the_command_has_the_limit_and_names_its_option(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for host, name in (("png/rgb", "in.png"), ("jpeg/baseline", "in.jpg")):
        Path(name).write_bytes(samples.bound(host, "default"))
    done = CliRunner().invoke(app, [*COMMANDS[command], "--multiply-adds", str(SMALL - 1)])
    assert done.exit_code == 1
    assert "use --multiply-adds to allow more" in " ".join(done.output.split())


def test_the_limit_ends_with_the_call() -> None:
    data = samples.bound("png/rgb", "default")
    with pytest.raises(LimitError):
        gamutmeta.expand(data, limits=TOO_FEW)
    assert gamutmeta.expand(data).size == (samples.WIDTH, samples.HEIGHT)


def test_no_chunk_of_the_hostile_picture_is_needed() -> None:
    """The size stands in the header, and that is all that is read of the picture before the refusal."""
    header = announcing("PNG", 4_096, 4_096)[:33]
    data = carriers.embed(
        header + make_chunk(b"IDAT", b"x") + make_chunk(b"IEND", b""), _of(LARGEST, 4_096, 4_096).to_bytes()
    )
    with pytest.raises(LimitError):
        gamutmeta.expand(data)
