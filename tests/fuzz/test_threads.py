"""Targets beside each other in threads: what one input does is the same, whatever else goes on."""

from __future__ import annotations

import random
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest
from process_state import changes, load_everything, state_of_process

from gamutmeta.pipeline.expand import expand
from gamutmeta.pipeline.validate import validate_file
from tests.fuzz.catalogue import TARGETS
from tests.fuzz.expect import CODES, result_or_refusal
from tests.fuzz.targets import validate

pytestmark = pytest.mark.filterwarnings("ignore")  # Pillow warns of damaged files.

# The other targets register the plug-in, set Pillow's limit, or write to one path.
SHARED = ("container", "descriptor", "frame", "transform", "jpeg", "png", "tiff", "metadata", "icc")
EACH = 60


def test_targets_beside_each_other() -> None:
    load_everything()
    before = state_of_process()

    def work(name: str) -> None:
        target, chance = TARGETS[name], random.Random(name)  # noqa: S311 - the same every time
        pool = list(target.seeds().values())
        for _ in range(EACH):
            pool.append(target.mutated(chance.choice(pool), chance))
            target.run(pool[-1])

    with ThreadPoolExecutor(len(SHARED)) as pool:
        for done in [pool.submit(work, name) for name in SHARED]:
            done.result()
    assert changes(before, state_of_process()) == {}


def test_results_do_not_depend_on_other_threads(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder, chance = tmp_path_factory.mktemp("files"), random.Random(3)  # noqa: S311 - the same every time
    seeds = list(validate.seeds().values())
    files = []
    for number in range(120):
        data = validate.mutated(chance.choice(seeds), chance) if number % 3 else chance.choice(seeds)
        files.append(folder / str(number))
        files[-1].write_bytes(data)

    def results(number: int) -> tuple[object, object]:
        path = files[number]
        wide = result_or_refusal(expand, CODES, path.read_bytes(), threads=1)
        return validate_file(path), None if wide is None else wide.array.tobytes()

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        alone = [results(number) for number in range(len(files))]
        with ThreadPoolExecutor(6) as pool:
            assert list(pool.map(results, range(len(files)))) == alone
