"""``device=`` from the pipelines, Pillow and the command line; the interpreter stands in for the GPU."""

from __future__ import annotations

import io
import json
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
from gamutmeta.gpu.checked import expand_checked  # noqa: E402
from gamutmeta.model.descriptor import Descriptor, Grid, Head, Rgb  # noqa: E402
from gamutmeta.pipeline import srgb_file as expansion  # noqa: E402

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
        return None if device == "cpu" else partial(expand_checked, DEVICE, ("device cuda: never tried",))

    monkeypatch.setattr(expansion, "gpu_expander", choose)
    return devices


def test_expand(asked: list[str]) -> None:
    on_host, on_gpu = gamutmeta.expand(picture()), gamutmeta.expand(picture(), device="cuda")
    assert asked == ["cpu", "cuda"]
    assert np.any(on_host.array != gamutmeta.expand_array(clipping(), CODES))
    assert np.abs(on_gpu.array.astype(int) - on_host.array).max() <= 1
    assert on_gpu.notes == ("device cuda: never tried",)
    assert on_host.notes == ()


def clipping() -> Payload:
    return Payload(40, 5, Binding("rgb8", bytes(16)), Descriptor(), ())


def test_expand_file_and_pillow(asked: list[str], tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(picture())
    report = gamutmeta.expand_file(tmp_path / "x.png", tmp_path / "x.tif", device="cuda")
    assert report.notes[0] == "device cuda: never tried"
    with Image.open(tmp_path / "x.png") as image:
        found = pillow.gamut_expand(image, device="auto")
    assert asked == ["cuda", "auto"]
    np.testing.assert_array_equal(gamutmeta.read_photo(tmp_path / "x.tif").array, found.array)


def test_the_command(asked: list[str], tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(picture())
    arguments = ["expand", str(tmp_path / "x.png"), "-o", str(tmp_path / "x.tif")]
    said = CliRunner().invoke(app, [*arguments, "--device", "cuda"])
    assert said.exit_code == 0
    assert "device cuda: never tried" in said.output
    arguments += ["--overwrite"]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    said = CliRunner().invoke(app, [*arguments, "--device", "cuda", "--json"])
    assert json.loads(said.stdout.splitlines()[0])["notes"][0] == "device cuda: never tried"
    assert asked == ["cuda", "cpu", "cuda"]
