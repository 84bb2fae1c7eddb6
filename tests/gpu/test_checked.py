"""What a GPU expands is compared with the plain forward pass; what it cannot or gets wrong, the CPU expands."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("triton")

from gpu.test_expand import DESCRIPTORS, DEVICE, assert_within_tolerance, clipped_codes, weights_of  # noqa: E402
from gpu.test_pipeline import CODES, picture  # noqa: E402

import gamutmeta  # noqa: E402
from gamutmeta.errors import DeviceError, GamutMetaWarning  # noqa: E402
from gamutmeta.gpu import bounded, checked, expand_kernel, kernel_expander, torch_expander  # noqa: E402
from gamutmeta.gpu.agreement import candidates, chosen, disagreement  # noqa: E402
from gamutmeta.gpu.checked import expand_checked, expand_tensor  # noqa: E402
from gamutmeta.model.expand import expand as expand_on_host  # noqa: E402
from gamutmeta.model.features import gate_weights  # noqa: E402
from gamutmeta.pipeline import srgb_file as expansion  # noqa: E402

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gamutmeta.gpu.upload import DeviceTables

DESCRIPTOR = DESCRIPTORS["balanced"]
WEIGHTS = weights_of(DESCRIPTOR)
PIXELS = clipped_codes(12, 50)
EXPECTED = expand_on_host(DESCRIPTOR, WEIGHTS, PIXELS)


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "_hung", [])
    monkeypatch.setattr(bounded, "end_soon_at_exit", lambda: None)
    monkeypatch.setattr(checked, "seconds_for", lambda _: 900)  # for the interpreter, on a machine that is busy


def tried() -> tuple[NDArray[np.uint16] | None, tuple[str, ...]]:
    return expand_checked(DEVICE, ("said",), DESCRIPTOR, WEIGHTS, PIXELS)


def there() -> NDArray[np.uint16]:
    found = expand_tensor(DESCRIPTOR, WEIGHTS, torch.from_numpy(PIXELS).to(DEVICE))
    assert found.device.type == DEVICE.type
    return found.cpu().numpy()


def break_kernel(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    class Broken:
        def __getitem__(self, _: object) -> object:
            raise error

    monkeypatch.setattr(expand_kernel, "expand_rows", Broken())


def test_what_is_right_is_taken() -> None:
    found, notes = tried()
    assert found is not None
    assert_within_tolerance(found, EXPECTED)
    assert notes == ("said",)
    assert_within_tolerance(there(), EXPECTED)


@pytest.mark.parametrize("error", [RuntimeError("out of shared memory"), ValueError("no compiler")])
def test_where_the_kernel_cannot_be_launched_torch_takes_its_place(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_kernel(monkeypatch, error)
    found, notes = tried()
    assert found is not None
    assert_within_tolerance(found, EXPECTED)
    assert len(notes) == 2
    assert f"operations of torch, which are slower ({type(error).__name__}: {error})" in notes[1]
    with pytest.warns(GamutMetaWarning, match="operations of torch"):
        assert_within_tolerance(there(), EXPECTED)


def test_where_triton_is_missing_torch_takes_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "gamutmeta.gpu.kernel_expander")
    monkeypatch.setitem(sys.modules, "triton", None)
    found, notes = tried()
    assert found is not None
    assert_within_tolerance(found, EXPECTED)
    assert "Triton is not installed" in notes[1]


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("CUDA"), RuntimeError("CUDA error")])
def test_where_torch_fails_too_the_cpu_does_it(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    break_kernel(monkeypatch, error)

    def fail(*_: object) -> None:
        raise RuntimeError("CUDA error")

    monkeypatch.setattr(torch_expander.TorchExpander, "_expanded", fail)
    found, notes = tried()
    assert found is None
    why = "its memory is too small" if isinstance(error, torch.OutOfMemoryError) else "RuntimeError: CUDA error"
    assert f"the GPU failed, and the picture was expanded on the CPU: {why}" in notes[-1]
    with pytest.warns(GamutMetaWarning, match="expanded on the CPU"):
        np.testing.assert_array_equal(there(), EXPECTED)


def test_what_does_not_finish_the_cpu_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """As :func:`gamutmeta.gpu.launch.settle` tells it."""

    def settle(*_: object) -> None:
        raise TimeoutError

    monkeypatch.setattr("gamutmeta.gpu.expand.settle", settle)
    found, notes = tried()
    assert found is None
    assert "did not finish within 900 s, and this process uses it no more" in notes[1]
    assert tried()[1] == notes, "and is not asked again"


def test_pixels_that_a_hung_gpu_holds_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "_hung", ["it did not finish"])
    with (
        pytest.warns(GamutMetaWarning, match="it did not finish"),
        pytest.raises(DeviceError, match="cannot be had from the GPU: it did not finish"),
    ):
        there()


WRONG = {
    "everywhere": lambda tables: tables.matrix.mul_(1.01),
    "where the gate is open": lambda tables: tables.last_bias.add_(0.01),
    "on the last column": lambda tables: tables.column_fraction[-1:].add_(0.5),
    "on the first row": lambda tables: tables.row_fraction[:1].add_(0.5),
}


@pytest.mark.parametrize("where", WRONG)
def test_what_is_wrong_is_not_taken(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Uploaded tables that are not what they should be stand for a kernel that computes something else."""
    upload = kernel_expander.DeviceTables.of

    def of(*arguments: Any) -> DeviceTables:
        tables = upload(*arguments)
        WRONG[where](tables)
        return tables

    monkeypatch.setattr(kernel_expander.DeviceTables, "of", of)
    found, notes = tried()
    assert found is None
    assert notes[1].startswith("the GPU's result was not used, and the picture expanded on the CPU: it was up to")
    with pytest.warns(GamutMetaWarning, match="result was not used"):
        np.testing.assert_array_equal(there(), EXPECTED)


def test_the_file_is_restored_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the CPU's samples, and the reason in the notes."""
    monkeypatch.setattr(expansion, "gpu_expander", lambda _: lambda *model: expand_checked(DEVICE, (), *model))
    break_kernel(monkeypatch, torch.OutOfMemoryError("CUDA"))
    found, expected = gamutmeta.expand(picture(), device="cuda"), gamutmeta.expand(picture())
    np.testing.assert_array_equal(found.array, expected.array)
    assert "its memory is too small" in found.notes[0]
    assert CODES.shape == found.array.shape


def test_which_pixels_are_compared() -> None:
    """All four corners, all edges, and enough of both sides of the gate, where there are any."""
    height, width = 300, 400
    codes = np.full((height, width, 3), 100, np.uint8)
    codes[120:150, :, 1] = 255
    at = candidates(height, width)
    row, column = np.divmod(at, width)
    which = chosen(DESCRIPTOR, codes[row, column])
    places = set(zip(row[which].tolist(), column[which].tolist(), strict=True))
    assert {(0, 0), (0, width - 1), (height - 1, 0), (height - 1, width - 1)} <= places
    for edge in (0, height - 1):
        assert sum(place[0] == edge for place in places) > 40
    for edge in (0, width - 1):
        assert sum(place[1] == edge for place in places) > 40
    acts = (gate_weights(DESCRIPTOR)[np.arange(3), codes[row, column][which]] > 0).any(-1)
    assert (acts.sum() > 1000, (~acts).sum() > 500) == (True, True)
    assert len(which) < 2000, "so that it costs little"
    assert set(candidates(1, 1)) == {0}


def test_the_tolerance_is_the_specifications() -> None:
    at = np.arange(PIXELS.shape[0] * PIXELS.shape[1])
    found = EXPECTED.reshape(-1, 3).copy()
    about: dict[str, Any] = {"at": at, "codes": PIXELS.reshape(-1, 3)}
    size = PIXELS.shape[1], PIXELS.shape[0]
    assert disagreement(DESCRIPTOR, WEIGHTS, size, found=found, **about) is None
    middle = np.flatnonzero((found > 5) & (found < 65_530))
    found.flat[middle[1]] -= 5
    said = disagreement(DESCRIPTOR, WEIGHTS, size, found=found, **about)
    assert said is not None
    assert "of 65,535 codes off" in said
    far = EXPECTED.reshape(-1, 3).astype(int)
    far.flat[middle[: len(middle) // 100]] += 2
    assert disagreement(DESCRIPTOR, WEIGHTS, size, found=far.astype(np.uint16), **about) is not None
