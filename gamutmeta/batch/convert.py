"""Reduction and expansion of one task. It is not part of the commands, which other machines need not have."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gamutmeta.gpu.devices import gpu_expander, uses_cuda
from gamutmeta.photo.needed import require_reader, require_writer
from gamutmeta.pipeline.expand import expand_file
from gamutmeta.pipeline.reduce import reduce_file_with
from gamutmeta.pipeline.show_wide import show_wide_file
from gamutmeta.runtime.extras import optional

if TYPE_CHECKING:
    from gamutmeta.batch.plan import Task
    from gamutmeta.choices import Device
    from gamutmeta.pipeline.options import ReduceOptions
    from gamutmeta.report import Report

__all__ = ["expand_one", "reduce_one", "require_for_expand", "require_for_reduce", "show_wide_one"]


def reduce_one(task: Task, *, options: ReduceOptions, overwrite: bool = False) -> Report:
    """:func:`gamutmeta.reduce_file` with its options and the task's base; a missing folder of the target is made."""
    task.target.parent.mkdir(parents=True, exist_ok=True)
    wanted = options if task.base is None else replace(options, base=task.base)
    return reduce_file_with(task.source, task.target, wanted, overwrite=overwrite)


def expand_one(task: Task, *, overwrite: bool = False, **settings: Any) -> Report:
    """:func:`gamutmeta.expand_file` with its settings; the target's folder is made if it is missing."""
    task.target.parent.mkdir(parents=True, exist_ok=True)
    return expand_file(task.source, task.target, overwrite=overwrite, **settings)


def show_wide_one(task: Task, *, overwrite: bool = False, **settings: Any) -> Report:
    """:func:`gamutmeta.show_wide_file` with its settings; the target's folder is made if it is missing."""
    task.target.parent.mkdir(parents=True, exist_ok=True)
    return show_wide_file(task.source, task.target, overwrite=overwrite, **settings)


def require_for_reduce(task: Task, *, options: ReduceOptions) -> None:
    """Make sure that the libraries which :func:`reduce_one` needs are installed.

    Raises:
        MissingExtraError: one is not.
        DeviceError: the device is not there.
        OSError: the photograph cannot be read.
    """
    uses_cuda(options.device)
    if options.config.model != "grid":
        optional("torch", "torch", "torch", "fitting the paper's model")
    require_reader(task.source)


def require_for_expand(task: Task, *, device: Device = "cpu") -> None:
    """Make sure that the libraries which :func:`expand_one` needs are installed.

    Raises:
        MissingExtraError: one is not.
        DeviceError: the device is not there.
    """
    gpu_expander(device)
    require_writer(task.target)
