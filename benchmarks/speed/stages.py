"""Where the time of a pipeline goes: functions of the package are wrapped, from outside, by a stopwatch."""

import functools
import importlib
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

BESIDE = ", beside"
"""Ends the name of a stage that ran on another thread than the main one, so that nobody waited for it."""

REDUCE = (
    ("gamutmeta.photo.read._decode", "read"),
    ("gamutmeta.photo.read.romm_of", "colour"),
    ("gamutmeta.pipeline.reduce.reduce_to_codes", "colour"),
    ("gamutmeta.pipeline.reduce.is_gray", "colour"),
    ("gamutmeta.pipeline.reduced.Encoding.encode", "encode"),
    ("gamutmeta.pipeline.host.reduce_to_sycc", "colour"),
    ("gamutmeta.pipeline.host.decode_srgb", "decode"),
    ("gamutmeta.pipeline.host.decode_sycc", "decode"),
    ("gamutmeta.pipeline.host.shown_codes", "decode"),
    ("gamutmeta.carriers.coded_digest", "digest"),
    ("gamutmeta.carriers.samples_digest", "digest"),
    ("gamutmeta.pipeline.host.gate_for", "fit"),
    ("gamutmeta.pipeline.reduce.fit_model", "fit"),
    ("gamutmeta.pipeline.fitted.measure_models", "measure"),
    ("gamutmeta.carriers.embed", "embed"),
    ("gamutmeta.pipeline.saving.atomic_write", "write"),
    ("gamutmeta.batch.convert.reduce_file_with", "other"),
)
"""``reduce_file`` and functions that it calls, where they are looked up, and the stage that each belongs to."""

EXPAND = (
    ("pathlib.Path.read_bytes", "read"),
    ("gamutmeta.pipeline.srgb_file.find_payload", "extract"),
    ("gamutmeta.pipeline.srgb_file.decode_for", "decode"),
    ("gamutmeta.pipeline.srgb_file.check_binding", "digest"),
    ("gamutmeta.pipeline.srgb_file.read_metadata", "extract"),
    ("gamutmeta.photo.wide.WideImage.convert", "colour"),
    ("gamutmeta.pipeline.expand.write_noting", "expand, encode and write"),
    ("gamutmeta.batch.convert.expand_file", "other"),
)
"""The same for ``expand_file``."""


class Stages:
    """A stopwatch for each stage. A function called inside another one counts for its own stage alone.

    What runs on another thread than the main one is a stage of its own, see :data:`BESIDE`.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._inner = threading.local()

    def wrap(self, functions: Iterable[tuple[str, str]]) -> None:
        """Time functions, given by their full names, from now on.

        Raises:
            AttributeError: if there is no such function.
        """
        for name, stage in functions:
            owner, attribute = _resolve(name)
            setattr(owner, attribute, self.timed(getattr(owner, attribute), stage))

    def timed(self, function: Callable[..., Any], stage: str) -> Callable[..., Any]:
        @functools.wraps(function)
        def wrapper(*arguments: Any, **options: Any) -> Any:
            around = getattr(self._inner, "seconds", 0.0)
            self._inner.seconds = 0.0
            start = time.perf_counter()
            try:
                return function(*arguments, **options)
            finally:
                whole = time.perf_counter() - start
                name = stage if threading.current_thread() is threading.main_thread() else stage + BESIDE
                self.seconds[name] += whole - self._inner.seconds
                self._inner.seconds = around + whole

        return wrapper


def _resolve(name: str) -> tuple[Any, str]:
    """The module or class that holds a name, and the name's last part."""
    *path, attribute = name.split(".")
    for end in range(len(path), 0, -1):
        try:
            owner = importlib.import_module(".".join(path[:end]))
        except ModuleNotFoundError:
            continue
        return functools.reduce(getattr, path[end:], owner), attribute
    raise AttributeError(f"there is no {name}")
