"""Filters of warnings, numbers of threads, registries and globals of libraries belong to the process: no call of ours
changes them, alone or beside others."""

from __future__ import annotations

import random
import re
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import manual
import numpy as np
import pytest
from process_state import changes, load_everything, state_of_process, state_that_never_changes
from public_calls import Files, calls, made_files

import gamutmeta
from gamutmeta.pipeline.validate import validate_file

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("ignore")  # Pillow warns of damaged files.

THREADS = 4


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    load_everything()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return made_files(tmp_path_factory.mktemp("files"))


def names(tmp: Path | None = None) -> list[str]:  # noqa: ARG001 - as parametrize calls it
    source = (manual.ROOT / "tests" / "public_calls.py").read_text()
    return re.findall(r'^        "([^"]+)": ', source, re.MULTILINE)


@pytest.mark.parametrize("name", names())
def test_one_call(name: str, files: Files, tmp_path: Path) -> None:
    call = calls(files, tmp_path)[name]
    with np.errstate(divide="raise", over="ignore"):
        before = state_of_process()
        call()
        assert changes(before, state_of_process()) == {}


@pytest.mark.parametrize("rounds", [1, pytest.param(3, marks=pytest.mark.slow)])
def test_many_calls_at_once(rounds: int, files: Files, tmp_path: Path) -> None:
    before, during, stop = state_of_process(), [], threading.Event()

    def watch() -> None:
        constant = state_that_never_changes()  # as this thread sees it: numpy's printing is each thread's own
        while not stop.wait(0.002):
            during.append(changes(constant, state_that_never_changes()))

    def work(number: int) -> None:
        place = tmp_path / str(number)
        place.mkdir()
        mine = list(calls(files, place).values())
        for _ in range(rounds):
            random.Random(number).shuffle(mine)  # noqa: S311 - another order for each thread, the same every time
            for call in mine:
                call()

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        with ThreadPoolExecutor(THREADS) as pool:
            for done in [pool.submit(work, number) for number in range(THREADS)]:
                done.result()
    finally:
        stop.set()
        watcher.join()
    assert len(during) > 10
    assert [found for found in during if found] == []
    assert changes(before, state_of_process()) == {}


def test_validation_in_threads_leaves_the_filters(files: Files) -> None:
    before = list(warnings.filters)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(validate_file, [*files.reduced.values(), files.odd] * 40))
    assert list(warnings.filters) == before


def test_what_a_decoder_warns_of_is_heard(files: Files) -> None:
    with pytest.warns(UserWarning, match="Truncated"):
        assert validate_file(files.odd).is_good


def test_new_threads_find_the_threads_of_torch_during_fits(files: Files, tmp_path: Path) -> None:
    import torch  # noqa: PLC0415 - may be missing

    expected, found, stop = torch.get_num_threads(), set(), threading.Event()
    torch.set_num_threads(3)
    reduce_file = calls(files, tmp_path)["reduce"]
    try:
        with ThreadPoolExecutor(2) as pool:
            fits = [pool.submit(reduce_file) for _ in range(4)]
            while not all(fit.done() for fit in fits):
                stop.wait(0.05)
                asked = threading.Thread(target=lambda: found.add(torch.get_num_threads()))
                asked.start()
                asked.join()
        assert found == {3}
    finally:
        torch.set_num_threads(expected)


def test_the_calls_are_the_public_interface() -> None:
    made = {name.split(" ")[0] for name in names()}
    functions = {name for name in gamutmeta.__all__ if callable(getattr(gamutmeta, name)) and name[0].islower()}
    assert functions - made == {"register", "unregister"}, "these two are tests of their own"


def test_the_manual_lists_them() -> None:
    page = (manual.ROOT / "docs" / "pipelines.md").read_text()
    table = page.partition("## What a call touches")[2].partition("\n## ")[0]
    listed = set(re.findall(r"`([\w.]+)`", table))
    assert {name.split(" ")[0] for name in names()} <= listed
    assert {"register", "unregister"} <= listed
    assert "gamutmeta" in sys.modules
