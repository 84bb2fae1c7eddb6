"""What belongs to the process and not to the package: a picture of it, to be compared before and after calls."""

from __future__ import annotations

import gc
import importlib
import locale
import logging
import os
import random
import signal
import sys
import tempfile
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageFile

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["changes", "load_everything", "state_of_process", "state_that_never_changes"]

_LIBRARIES = (
    "torch",
    "tifffile",
    "imagecodecs",
    "pillow_heif",
    "pyvips",
    "OpenImageIO",
    "rawpy",
    "imageio.v3",
    "matplotlib.pyplot",
    "concurrent.futures.thread",
    "multiprocessing.pool",
    "gamutmeta.fit.engine",
    "gamutmeta.fit.fit_loops",
    "gamutmeta.pillow",
)
"""Some change filters of warnings, or add handlers, when they are imported. That is theirs, and done once."""

_REGISTRIES = ("OPEN", "SAVE", "SAVE_ALL", "EXTENSION", "MIME", "ID", "DECODERS", "ENCODERS")
_PLAIN = (int, float, str, bytes, bool, type(None))


def load_everything() -> None:
    """Import all libraries and all of Pillow's plug-ins, so that what follows changes nothing by importing."""
    for name in _LIBRARIES:
        with suppress(ImportError):
            importlib.import_module(name)
    Image.init()
    _threads_of_torch()


def changes(before: dict[str, object], after: dict[str, object]) -> dict[str, tuple[object, object]]:
    """What differs between two states, by name."""
    names = before.keys() | after.keys()
    return {name: (before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)}


def state_that_never_changes() -> dict[str, object]:
    """What must be the same at every moment, also in the midst of a call."""
    state: dict[str, object] = {
        "warnings.filters": list(warnings.filters),
        "warnings.showwarning": warnings.showwarning,
        "environment": dict(os.environ),
        "working folder": os.getcwd(),  # noqa: PTH109 - as the process has it
        "switch interval": sys.getswitchinterval(),
        "recursion limit": sys.getrecursionlimit(),
        "garbage collection": (gc.isenabled(), gc.get_threshold(), gc.get_freeze_count()),
        "streams": (sys.stdin, sys.stdout, sys.stderr),
        "hooks": (sys.excepthook, threading.excepthook, sys.unraisablehook),
        "module search": (list(sys.path), list(sys.meta_path)),
        "locale": locale.setlocale(locale.LC_ALL),
        "signals": {number: signal.getsignal(number) for number in signal.valid_signals()},
        "logging": (logging.root.level, list(logging.root.handlers), logging.root.manager.disable),
        "tempfile.tempdir": tempfile.tempdir,
        "numpy's printing": repr(np.get_printoptions()),
        "numpy's random numbers": repr(np.random.get_state()),  # noqa: NPY002 - the one of the process
        "random numbers": random.getstate(),
        "Image.Image": set(vars(Image.Image)),
    }
    state |= {f"Pillow's {name}": dict.fromkeys(getattr(Image, name)) for name in ("ID",)}
    state |= {f"Pillow's {name}": dict(getattr(Image, name)) for name in _REGISTRIES if name != "ID"}
    state |= _plain_globals("PIL", "tifffile", "imagecodecs", "pillow_heif")
    imageio = sys.modules.get("imageio.config")
    if imageio is not None:
        state["imageio's plug-ins"] = dict(imageio.known_plugins)
    return state


def state_of_process() -> dict[str, object]:
    """All of it, with what is known of threads; this thread's and a new one's."""
    state = state_that_never_changes() | {
        "numpy's errors": (np.geterr(), np.geterrcall()),
        "threads of torch": _threads_of_torch(),
        "threads": {thread.name for thread in threading.enumerate() if thread.is_alive()},
    }
    with ThreadPoolExecutor(1) as pool:
        state["threads of torch in a new thread"] = pool.submit(_threads_of_torch).result()
        state["numpy's errors in a new thread"] = pool.submit(np.geterr).result()
    matplotlib = sys.modules.get("matplotlib")
    if matplotlib is not None:
        state["matplotlib"] = dict.copy(matplotlib.rcParams)
        state["figures"] = sys.modules["matplotlib.pyplot"].get_fignums()
    oiio: Any = sys.modules.get("OpenImageIO")
    if oiio is not None:
        state["OpenImageIO"] = [oiio.get_int_attribute(name) for name in ("threads", "exr_threads", "try_all_readers")]
    return state


def _plain_globals(*packages: str) -> dict[str, object]:
    """Numbers, texts and switches that are globals of libraries' modules, such as ``PIL.ImageFile.MAXBLOCK``."""
    found: dict[str, object] = {}
    for module_name, module in list(sys.modules.items()):
        if module_name.split(".")[0] not in packages:
            continue
        for name, value in list(vars(module).items()):
            if isinstance(value, _PLAIN) and not name.startswith("__"):
                found[f"{module_name}.{name}"] = value
    assert found["PIL.ImageFile.MAXBLOCK"] == ImageFile.MAXBLOCK
    return found


def _threads_of_torch() -> object:
    torch: Any = sys.modules.get("torch")
    if torch is None:
        return None
    count: Callable[[], int] = torch.get_num_threads
    return count(), torch.get_default_dtype(), torch.is_grad_enabled(), torch.are_deterministic_algorithms_enabled()
