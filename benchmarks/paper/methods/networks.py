"""The pre-trained networks as rows: nothing is stored with the picture, all knowledge is in the network.

A row is there only where the network has been trained: ``python -m benchmarks.paper.train_networks DATA``.
"""

import zlib
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from torch import nn

from benchmarks.arrays import Codes, Wide
from benchmarks.paper.method import Metadata, Method, Setting, clip_codes
from benchmarks.paper.networks.store import (
    codes_of,
    load_facts,
    load_generator,
    picture_of_srgb,
    restore_tiles,
    weights_file,
)
from benchmarks.paper.networks.training import ARCHITECTURES, FULL_STEPS, Architecture, architecture_named
from benchmarks.paper.training_set import WEIGHTS

_PLACE = "benchmarks/paper/weights"


class PreTrained:
    """One network; its version is a checksum of its weights, since rows of other weights are other rows."""

    group = "pre-trained"

    def __init__(self, architecture: Architecture, folder: Path) -> None:
        facts, file = load_facts(folder, architecture.key), weights_file(folder, architecture.key)
        command = f"python -m benchmarks.paper.train_networks DATA --network {architecture.key} --out {_PLACE}"
        self.key, self._folder = architecture.key, folder
        self.absent = "" if facts else f"not trained; {command}"
        self.version = zlib.crc32(file.read_bytes()) if facts else 0
        self.title = architecture.title + (" (under-trained)" if facts and is_under_trained(facts) else "")
        self._facts = facts or {}
        self.learned_from = frozenset(self._facts.get("photographs", ()))

    def reduce(self, wide: Wide, setting: Setting) -> tuple[Codes, Metadata]:
        return clip_codes(wide, setting), Metadata(b"", 0.0, note(self._facts))

    def expand(self, codes: Codes, data: bytes, setting: Setting) -> Wide:
        if data:
            raise ValueError(f"{self.key} stores nothing, but was given {len(data)} bytes")
        generator = _generator(self._folder, self.key, self._facts["width"], setting.device)
        return codes_of(restore_tiles(generator, picture_of_srgb(codes, setting.adaptation), self._facts["crop"]))


def is_under_trained(facts: dict[str, Any]) -> bool:
    """Whether steps or width are below the paper's."""
    return bool(facts["steps"] < FULL_STEPS or facts["width"] < architecture_named(facts["key"]).full_width)


def note(facts: dict[str, Any]) -> str:
    """For people: "under-trained: width 4 of 32, 190 of 400,000 steps, ..."."""
    architecture = architecture_named(facts["key"])
    parts = [
        f"width {facts['width']} of {architecture.full_width}",
        f"{facts['steps']:,} of {FULL_STEPS:,} steps of one {facts['crop']}x{facts['crop']} crop",
        f"{len(facts['photographs'])} photographs",
        f"{facts['seconds']:.0f} s on {facts['device']}",
    ]
    text = ", ".join([*parts, architecture.remark] if architecture.remark else parts)
    return f"under-trained: {text}" if is_under_trained(facts) else text


@lru_cache(maxsize=4)
def _generator(folder: Path, key: str, width: int, device: str) -> nn.Module:
    generator = architecture_named(key).generator(width)
    return load_generator(weights_file(folder, key), generator).to(torch.device(device))


def methods(folder: Path = WEIGHTS) -> list[Method]:
    return [PreTrained(each, folder) for each in ARCHITECTURES]
