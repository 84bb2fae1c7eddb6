"""Which device computes, and what is said where one is missing: the same wherever it may be asked for."""

from __future__ import annotations

import re
import sys
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

torch = pytest.importorskip("torch")
pytest.importorskip("triton")

from gpu.test_pipeline import CODES, clipping, picture  # noqa: E402

import gamutmeta  # noqa: E402
from gamutmeta import pillow  # noqa: E402
from gamutmeta.batch import Task, run  # noqa: E402
from gamutmeta.batch import ray as cluster  # noqa: E402
from gamutmeta.batch.convert import expand_one, reduce_one  # noqa: E402
from gamutmeta.cli import app  # noqa: E402
from gamutmeta.errors import DeviceError, MissingExtraError  # noqa: E402
from gamutmeta.fit.config import PRESETS  # noqa: E402
from gamutmeta.fit.engine import fit  # noqa: E402
from gamutmeta.fit.many import FitInput, fit_many  # noqa: E402
from gamutmeta.gpu import devices  # noqa: E402
from gamutmeta.gpu.devices import MEASURED_CARDS, gpu_expander, tried_note, uses_cuda  # noqa: E402
from gamutmeta.pipeline.options import ReduceOptions  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = (Path(__file__).parents[2] / "docs" / "gpu.md").read_text(encoding="utf-8")

without_cuda = pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")


class OnCuda:
    """An array that says that it is on a CUDA device."""

    def __dlpack_device__(self) -> tuple[int, int]:
        return 2, 0

    def __dlpack__(self, **_: object) -> Any:
        raise AssertionError("was read")


WIDE = gamutmeta.WideImage(np.full((4, 5, 3), 20_000, np.uint16), "prophoto")
"""Grey, so that nothing is fitted: a device that is missing is an error all the same."""


def reduce_it(_: Path) -> None:
    gamutmeta.reduce(WIDE, device="cuda")


def reduce_file(folder: Path) -> None:
    WIDE.save(folder / "wide.tif")
    gamutmeta.reduce_file(folder / "wide.tif", folder / "out.png", device="cuda")


def fit_it(_: Path) -> None:
    fit(CODES, CODES.astype(np.uint16) * 257, PRESETS["balanced"], device="cuda")


def fit_several(_: Path) -> None:
    fit_many([FitInput(CODES, CODES.astype(np.uint16) * 257)], PRESETS["balanced"], device="cuda")


def expand_bytes(_: Path) -> None:
    gamutmeta.expand(picture(), device="cuda")


def expand_file(folder: Path) -> None:
    (folder / "in.png").write_bytes(picture())
    gamutmeta.expand_file(folder / "in.png", folder / "out.tif", device="cuda")


def expand_pixels(_: Path) -> None:
    gamutmeta.expand_array(clipping(), OnCuda())


def by_pillow(folder: Path) -> None:
    (folder / "in.png").write_bytes(picture())
    with Image.open(folder / "in.png") as image:
        pillow.gamut_expand(image, device="cuda")


WAYS = [reduce_it, reduce_file, fit_it, fit_several, expand_bytes, expand_file, expand_pixels, by_pillow]


@without_cuda
@pytest.mark.parametrize("way", WAYS)
def test_a_missing_device_is_the_same_error_everywhere(way: Callable[[Path], None], tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match="torch finds no CUDA device") as error:
        way(tmp_path)
    assert error.value.code == "device"
    assert not list(tmp_path.glob("out*"))


@pytest.mark.parametrize("way", WAYS)
def test_so_is_a_missing_torch(way: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match=r"^computing on a GPU needs torch; pip install 'gamutmeta\[gpu\]' "):
        way(tmp_path)


def tasks(folder: Path) -> list[tuple[Task, Callable[[Task], gamutmeta.Report]]]:
    """One of each kind, as folders and Ray do them."""
    WIDE.save(folder / "wide.tif")
    (folder / "in.png").write_bytes(picture())
    return [
        (Task(folder / "wide.tif", folder / "out.png"), partial(reduce_one, options=ReduceOptions(device="cuda"))),
        (Task(folder / "in.png", folder / "out.tif"), partial(expand_one, device="cuda")),
    ]


@without_cuda
@pytest.mark.parametrize("engine", ["folder", pytest.param("ray", marks=pytest.mark.slow)])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Ray's
def test_so_it_is_in_folders_and_by_ray(engine: str, tmp_path: Path) -> None:
    if engine == "ray" and find_spec("ray") is None:
        pytest.skip("needs ray")
    for task, work in tasks(tmp_path):
        (outcome,) = cluster.run([task], work) if engine == "ray" else run([task], work)
        assert outcome.failure is not None
        assert outcome.failure.code == "device"
        assert "torch finds no CUDA device" in outcome.failure.message


@without_cuda
@pytest.mark.parametrize("command", ["reduce", "expand"])
def test_so_it_is_by_the_command(command: str, tmp_path: Path) -> None:
    task = tasks(tmp_path)[command == "expand"][0]
    arguments = [command, str(task.source), "-o", str(task.target), "--json"]
    result = CliRunner().invoke(app, [*arguments, "--device", "cuda"])
    assert result.exit_code == 1
    assert "torch finds no CUDA device" in result.output
    assert not task.target.exists()
    assert CliRunner().invoke(app, [*arguments, "--device", "auto"]).exit_code == 0
    assert CliRunner().invoke(app, [*arguments, "--overwrite", "--device", "tpu"]).exit_code == 2


def test_the_cpu_needs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    assert gpu_expander("cpu") is None
    assert gpu_expander("auto") is None


def test_unknown_devices_are_refused() -> None:
    ways: list[Callable[[], object]] = [
        partial(gpu_expander, "tpu"),
        partial(gamutmeta.reduce, WIDE, device="tpu"),
        partial(gamutmeta.expand, picture(), device="tpu"),
    ]
    for way in ways:
        with pytest.raises(DeviceError, match="unknown device 'tpu'; use auto, cpu, cuda"):
            way()


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> str:
    """A card that torch names."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda *_: "NVIDIA Sample 100")
    return "NVIDIA Sample 100"


def test_auto_is_the_cpu_until_a_card_was_measured(card: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if not MEASURED_CARDS:
        assert [uses_cuda(name) for name in devices.DEVICES] == [False, False, True]
    monkeypatch.setattr(devices, "MEASURED_CARDS", ("NVIDIA Other",))
    assert not uses_cuda("auto")
    monkeypatch.setattr(devices, "MEASURED_CARDS", ("NVIDIA Other", card))
    assert uses_cuda("auto")
    assert not uses_cuda("cpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert not uses_cuda("auto")
    monkeypatch.setitem(sys.modules, "torch", None)
    assert not uses_cuda("auto")


def test_what_was_tried_is_said(card: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "MEASURED_CARDS", ())
    assert re.match(r"device cuda: .*never tested or measured on this card \(NVIDIA Sample 100\)", tried_note())
    monkeypatch.setattr(devices, "MEASURED_CARDS", (card,))
    assert tried_note() == "device cuda: gamutmeta was tested and measured on this card (NVIDIA Sample 100)"
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "N\n\x1b[0m")
    assert tried_note().isprintable(), "terminals and records"


def test_the_page_names_the_same_cards() -> None:
    """Under "Measured cards", one to a line."""
    part = PAGE.split("## Measured cards\n")[1].split("\n## ")[0]
    assert re.findall(r"^- (.*)$", part, re.MULTILINE) == list(MEASURED_CARDS)
    assert ("None yet" in part) == (not MEASURED_CARDS)
