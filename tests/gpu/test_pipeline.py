"""``device=`` from the pipelines, Pillow and the command line; the interpreter stands in for the GPU."""

from __future__ import annotations

import io
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

torch = pytest.importorskip("torch")
pytest.importorskip("triton")

import gamutmeta  # noqa: E402
from gamutmeta import carriers, pillow  # noqa: E402
from gamutmeta.cli import app  # noqa: E402
from gamutmeta.container import Binding, Payload, Tensor  # noqa: E402
from gamutmeta.gpu.expand import expand_via_device  # noqa: E402
from gamutmeta.model.descriptor import Descriptor, Grid, Head, Rgb  # noqa: E402
from gamutmeta.pipeline import expand as expansion  # noqa: E402

if TYPE_CHECKING:
    from pathlib import Path

DESCRIPTOR = Descriptor(head=Head.SRGB_EXCESS, grid=Grid(2, 3, 3), rgb=Rgb(1), hidden=(6, 5), gate=None)
CODES = np.random.default_rng(0).integers(0, 256, (5, 40, 3), np.uint8)
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def picture() -> bytes:
    """A PNG file with a payload of random weights."""
    rng = np.random.default_rng(1)
    tensors = tuple(
        Tensor(rng.normal(0, 0.3, spec.shape).astype(np.float16), None) for spec in DESCRIPTOR.tensor_specs()
    )
    payload = Payload(40, 5, Binding("rgb8", carriers.samples_digest(CODES)), DESCRIPTOR, tensors)
    file = io.BytesIO()
    Image.fromarray(CODES).save(file, "PNG")
    return carriers.embed(file.getvalue(), payload.to_bytes())


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The devices asked for, of which all but the CPU are the interpreter."""
    devices: list[str] = []

    def choose(device: str) -> object:
        devices.append(device)
        return None if device == "cpu" else partial(expand_via_device, DEVICE)

    monkeypatch.setattr(expansion, "gpu_expander", choose)
    return devices


def test_expand(asked: list[str]) -> None:
    on_host, on_gpu = gamutmeta.expand(picture()), gamutmeta.expand(picture(), device="cuda")
    assert asked == ["cpu", "cuda"]
    assert np.any(on_host.array != gamutmeta.expand_array(clipping(), CODES))
    assert np.abs(on_gpu.array.astype(int) - on_host.array).max() <= 1


def clipping() -> Payload:
    return Payload(40, 5, Binding("rgb8", bytes(16)), Descriptor(), ())


def test_expand_file_and_pillow(asked: list[str], tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(picture())
    gamutmeta.expand_file(tmp_path / "x.png", tmp_path / "x.tif", device="cuda")
    with Image.open(tmp_path / "x.png") as image:
        found = pillow.gamut_expand(image, device="auto")
    assert asked == ["cuda", "auto"]
    np.testing.assert_array_equal(gamutmeta.read_photo(tmp_path / "x.tif").array, found.array)


def test_the_command(asked: list[str], tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(picture())
    arguments = ["expand", str(tmp_path / "x.png"), "-o", str(tmp_path / "x.tif")]
    assert CliRunner().invoke(app, [*arguments, "--device", "cuda"]).exit_code == 0
    assert CliRunner().invoke(app, [*arguments, "--overwrite"]).exit_code == 0
    assert asked == ["cuda", "cpu"]


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_the_command_without_a_gpu(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(picture())
    arguments = ["expand", str(tmp_path / "x.png"), "-o", str(tmp_path / "x.tif"), "--device"]
    result = CliRunner().invoke(app, [*arguments, "cuda"])
    assert result.exit_code == 1
    assert "torch finds no CUDA device" in result.stderr
    assert not (tmp_path / "x.tif").exists()
    assert CliRunner().invoke(app, [*arguments, "auto"]).exit_code == 0
    assert CliRunner().invoke(app, [*arguments, "tpu"]).exit_code == 2
