"""An optimisation that was stopped gives what one does that was not; what other work there is is noticed."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from benchmarks.paper import alone, resume
from benchmarks.paper.alone import Others
from benchmarks.paper.method import Plan
from benchmarks.paper.mlp.network import Layout, Network
from benchmarks.paper.mlp.training import train
from benchmarks.paper.resume import checkpoint, done_steps


def trained(fail_at: int | None = None) -> list[torch.Tensor]:
    """Weights after six steps; the optimiser fails at one of them, where that is said."""
    generator = torch.Generator().manual_seed(3)
    samples = torch.rand(50, 5, generator=generator) * 2 - 1, torch.randn(50, 3, generator=generator)
    network = Network.random(Layout(16), generator, "cpu")
    steps, real = 0, torch.optim.Adam.step

    def step(self: torch.optim.Adam) -> None:
        nonlocal steps
        if steps == fail_at:
            raise KeyboardInterrupt
        steps += 1
        real(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.optim.Adam, "step", step)
        train(network, samples, Plan(6, 1e-2, 32), 6, generator)
    return [torch.from_numpy(tensor) for tensor in network.tensors()]


def test_what_was_stopped_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = trained()
    monkeypatch.setattr(resume, "_SAVE_SECONDS", 0)
    place = tmp_path / "new" / "a.pt"
    with pytest.raises(KeyboardInterrupt), checkpoint(place):
        trained(fail_at=4)
    assert done_steps(place) == 4
    with checkpoint(place) as at:
        resumed = trained()
    for one, other in zip(whole, resumed, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)
    assert at.went_on
    assert done_steps(place) is None
    assert list(place.parent.iterdir()) == []
    with checkpoint(place) as at:
        trained()
    assert not at.went_on


def test_nothing_is_kept_without_a_place_or_within_a_minute(tmp_path: Path) -> None:
    trained()
    with pytest.raises(KeyboardInterrupt), checkpoint(tmp_path / "a.pt"):
        trained(fail_at=5)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not alone._STAT.exists(), reason="only Linux tells")
def test_other_work_is_seen_and_ones_own_is_not() -> None:
    others, start = Others(), time.perf_counter()
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    while time.perf_counter() - start < 1:
        pass
    seen = others.cores()
    busy.kill()
    busy.wait()
    assert seen is not None
    assert seen > 0.3 if (os.cpu_count() or 1) > 1 else seen > 0.2


def test_where_the_system_does_not_tell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(alone, "_STAT", tmp_path / "none")
    assert Others().cores() is None
    # user nice system idle iowait irq softirq steal guest guest_nice, in hundredths of a second
    stat = tmp_path / "stat"
    monkeypatch.setattr(alone, "_STAT", stat)
    stat.write_text("cpu  100 20 30 9000 800 1 2 3 77 66\n")
    assert alone._busy() == pytest.approx(156 / os.sysconf("SC_CLK_TCK"))
    monkeypatch.setattr(alone, "_own", lambda: 1.0)
    others = Others()
    others._start -= 10
    stat.write_text("cpu  600 20 30 9500 900 1 2 3 77 66\n")
    assert others.cores() == pytest.approx(0.5, abs=0.02), "five seconds of ten"
