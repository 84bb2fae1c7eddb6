"""Trained networks on disk: weights as float16 without pickle, and beside them what they were trained on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from benchmarks.paper.checkpoint import load_arrays, save_arrays
from benchmarks.paper.networks.catalogue import FULL_STEPS, architecture_named
from gamutmeta.photo.files import atomic_write

if TYPE_CHECKING:
    from torch import nn

__all__ = ["WEIGHTS", "Record", "load_generator", "load_record", "save_generator", "weights_file"]

WEIGHTS = Path(__file__).parent / "weights"
"""Where trained networks lie; in the repository are those below 300 KB."""


@dataclass(frozen=True, slots=True)
class Record:
    """How a stored network was trained.

    Attributes:
        facts: the JSON object beside the weights: ``key``, ``width``, ``steps``, ``crop``, ``seed``, ``photographs``
            (names), ``device``, ``seconds``, ``difference`` (mean absolute, of the last 20 steps), ``machine``.
    """

    facts: dict[str, Any]

    @property
    def is_under_trained(self) -> bool:
        """Whether steps or width are below the paper's."""
        full = self.facts["steps"] >= FULL_STEPS and self.facts["width"] >= self._full_width
        return not full

    @property
    def _full_width(self) -> int:
        return architecture_named(self.facts["key"]).full_width

    def __str__(self) -> str:
        """For people: "under-trained: width 4 of 32, 190 of 400,000 steps, ..."."""
        facts, remark = self.facts, architecture_named(self.facts["key"]).remark
        parts = [
            f"width {facts['width']} of {self._full_width}",
            f"{facts['steps']:,} of {FULL_STEPS:,} steps of one {facts['crop']}x{facts['crop']} crop",
            f"{len(facts['photographs'])} photographs",
            f"{facts['seconds']:.0f} s on {facts['device']}",
        ]
        text = ", ".join([*parts, remark] if remark else parts)
        return f"under-trained: {text}" if self.is_under_trained else text


def weights_file(folder: Path, key: str) -> Path:
    """Where the weights of a network lie."""
    return folder / f"{key}.npz"


def save_generator(folder: Path, generator: nn.Module, facts: dict[str, Any]) -> Path:
    """Write ``<key>.npz``, then ``<key>.json``; the path of the weights."""
    path = weights_file(folder, facts["key"])
    arrays = {name: weight.detach().cpu().numpy().astype(np.float16) for name, weight in generator.named_parameters()}
    save_arrays(path, arrays, facts)
    atomic_write(path.with_suffix(".json"), (json.dumps(facts, indent=1) + "\n").encode(), overwrite=True)
    return path


def load_record(folder: Path, key: str) -> Record | None:
    """How the network was trained, or None if there is none of that key in the folder."""
    path = weights_file(folder, key)
    return Record(load_arrays(path)[1]) if path.exists() else None


def load_generator(folder: Path, key: str, device: torch.device) -> nn.Module:
    """The trained generator, in evaluation mode.

    Raises:
        ValueError: if a tensor is missing, superfluous or of another shape, naming it.
    """
    path = weights_file(folder, key)
    arrays, facts = load_arrays(path)
    generator = architecture_named(key).generator(facts["width"])
    for name, weight in generator.named_parameters():
        values = arrays.pop(name, None)
        if values is None or values.shape != tuple(weight.shape):
            raise ValueError(f"{path}: tensor {name} is missing or of another shape; train the network again")
        with torch.no_grad():
            weight.copy_(torch.from_numpy(values.astype(np.float32)))
    if arrays:
        raise ValueError(f"{path}: there is no tensor {min(arrays)} in the network; train it again")
    return generator.to(device).eval()
