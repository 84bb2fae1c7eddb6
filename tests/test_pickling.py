"""Whatever functions raise or return can be sent to another process."""

from __future__ import annotations

import copy
import dataclasses
import importlib
import inspect
import multiprocessing
import pickle
import pkgutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from pictures import QUICK, photograph

import gamutmeta
from gamutmeta import errors
from gamutmeta.batch.convert import expand_one
from gamutmeta.batch.outcome import attempt
from gamutmeta.batch.plan import Task
from gamutmeta.batch.resume import PlannedAction
from gamutmeta.cli.info import _inspect
from gamutmeta.measure.likeness import compare_likeness, likeness_of
from gamutmeta.measure.quality import measure
from gamutmeta.pipeline.comparison import compare
from gamutmeta.pipeline.extended import outside_share
from gamutmeta.pipeline.options import ReduceOptions
from gamutmeta.pipeline.reduce import reduce
from gamutmeta.pipeline.srgb_file import SrgbFile
from gamutmeta.pipeline.validate import validate_file
from gamutmeta.report import MapFigures

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def sent(thing: Any, protocol: int = pickle.HIGHEST_PROTOCOL) -> Any:
    return pickle.loads(pickle.dumps(thing, protocol))  # noqa: S301  # our own bytes


def modules() -> Iterator[Any]:
    for found in pkgutil.walk_packages(gamutmeta.__path__, "gamutmeta."):
        if found.name.rpartition(".")[2] not in {"__main__", "autoregister"} and "triton" not in found.name:
            try:
                yield importlib.import_module(found.name)
            except ImportError:  # an optional library is missing
                continue


def classes() -> set[type]:
    return {
        thing
        for module in modules()
        for thing in vars(module).values()
        if inspect.isclass(thing) and thing.__module__ == module.__name__
    }


EXCEPTIONS = sorted((cls for cls in classes() if issubclass(cls, Exception)), key=lambda cls: cls.__name__)
_WORDS = {"field": "header.magic", "problem": "is 7", "purpose": "reading it", "library": "lib", "extra": "io"}


def made(cls: type[Exception]) -> Exception:
    wanted = [name for name in inspect.signature(cls.__init__).parameters if name not in {"self", "args", "kwargs"}]
    error = cls(*(_WORDS[name] for name in wanted)) if wanted else cls("it is damaged")
    error.add_note("a note")
    return error


def test_there_are_exceptions() -> None:
    assert {errors.PayloadError, errors.ChecksumError, errors.MissingExtraError, errors.OutputExistsError} < set(
        EXCEPTIONS
    )
    assert set(errors.__all__) <= {cls.__name__ for cls in EXCEPTIONS}


@pytest.mark.parametrize("cls", EXCEPTIONS)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_exceptions(cls: type[Exception], protocol: int) -> None:
    error = made(cls)
    for again in (sent(error, protocol), copy.copy(error), copy.deepcopy(error)):
        assert type(again) is cls
        assert (str(again), again.args, vars(again)) == (str(error), error.args, vars(error))


def test_an_operating_systems_error() -> None:
    again = sent(errors.OutputExistsError("a.jpg exists"))
    assert (str(again), again.code) == ("a.jpg exists", "output.exists")


def expanded(data: bytes) -> Any:
    return gamutmeta.expand(data)


def test_a_pool_gets_the_error_of_a_damaged_payload() -> None:
    data = bytearray(reduce(photograph(), preset=QUICK, format="tiff", device="cpu").to_bytes())
    data[data.index(gamutmeta.carriers.MAGIC) + 40] ^= 255
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        with pytest.raises(errors.PayloadError) as caught:
            pool.map_async(expanded, [bytes(data)]).get(timeout=120)
        assert caught.value.field


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[object]:
    folder: Path = tmp_path_factory.mktemp("results")
    wide = photograph()
    reduction = reduce(wide, preset=QUICK, format="jpeg", device="cpu")
    path = folder / "a.jpg"
    reduction.save(path)
    file = SrgbFile.read(path)
    comparison = compare(file, wide.convert("prophoto"))
    good, bad = Task(path, folder / "b.tif"), Task(folder / "none.jpg", folder / "c.tif")
    codes = file.srgb
    return [
        wide,
        reduction,
        reduction.report,
        MapFigures(
            map_bytes=3_900,
            p3_psnr_og=41.5,
            p3_psnr_og_plain=33.25,
            p3_psnr_ig=44.0,
            p3_psnr_ig_plain=44.5,
            srgb_psnr=50.0,
            srgb_codes=24,
        ),
        ReduceOptions(),
        file,
        file.expand(),
        comparison,
        comparison.differences,
        measure(wide.array, wide.array),
        compare_likeness(likeness_of(codes), (codes.shape[1], codes.shape[0]), codes),
        attempt(expand_one, good),
        attempt(expand_one, bad),
        PlannedAction(good, "write"),
        validate_file(path),
        outside_share(path.read_bytes(), "a.jpg"),
        gamutmeta.edit.crop(gamutmeta.edit.Edited.of_file(path.read_bytes()), (0, 0, 9, 9)),
        gamutmeta.extract(path),
        _inspect(path),
    ]


def parts(thing: object) -> Iterator[object]:
    """A result, and what its fields hold."""
    yield thing
    if dataclasses.is_dataclass(thing):
        for field in dataclasses.fields(thing):
            yield from parts(getattr(thing, field.name))
    elif isinstance(thing, tuple | list):
        for item in thing:
            yield from parts(item)


def alike(first: object, second: object) -> bool:
    if isinstance(first, np.ndarray):
        return bool(np.array_equal(first, second))
    if dataclasses.is_dataclass(first):
        names = [field.name for field in dataclasses.fields(first)]
        return type(first) is type(second) and all(alike(getattr(first, n), getattr(second, n)) for n in names)
    if isinstance(first, tuple | list) and isinstance(second, tuple | list):
        return len(first) == len(second) and all(map(alike, first, second))
    if isinstance(first, gamutmeta.WideImage):
        return all(alike(getattr(first, n), getattr(second, n)) for n in gamutmeta.WideImage.__slots__)
    return bool(first == second) or first != first  # noqa: PLR0124  # nan


def test_results(results: list[object]) -> None:
    for result in results:
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
            assert alike(result, sent(result, protocol)), type(result)


def test_every_result_class_is_among_them(results: list[object]) -> None:
    seen = {type(part) for result in results for part in parts(result)}
    rooms = (
        "gamutmeta.pipeline.",
        "gamutmeta.batch.",
        "gamutmeta.edit.",
        "gamutmeta.report",
        "gamutmeta.measure.quality",
    )
    public = {
        cls
        for cls in classes()
        if dataclasses.is_dataclass(cls) and cls.__module__.startswith(rooms) and not cls.__name__.startswith("_")
    }
    assert public - seen <= {
        cls for cls in public if cls.__name__ in {"Base", "Host", "Options", "Patterns", "Record", "Resumable", "Shard"}
    }
