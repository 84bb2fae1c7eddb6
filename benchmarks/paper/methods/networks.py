"""The pre-trained networks as rows: nothing is stored with the picture, all knowledge is in the network.

A row is there only where the network has been trained: ``python -m benchmarks.paper.train_networks DATA``.
"""

from __future__ import annotations

import zlib
from functools import lru_cache
from typing import TYPE_CHECKING

import torch

from benchmarks.paper.method import Metadata, clip_codes
from benchmarks.paper.networks.catalogue import ARCHITECTURES
from benchmarks.paper.networks.encoding import codes_of, picture_of_srgb
from benchmarks.paper.networks.store import WEIGHTS, load_generator, load_record, weights_file
from benchmarks.paper.networks.tiles import restore_tiles

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from torch import nn

    from benchmarks.paper.method import Method, Setting
    from benchmarks.paper.networks.catalogue import Architecture
    from benchmarks.paper.networks.store import Record

__all__ = ["absent", "methods"]

_GROUP = "pre-trained"


class PreTrained:
    """One network; its version is a checksum of its weights, since rows of other weights are other rows.

    Args:
        architecture: which.
        record: how it was trained.
        folder: where its weights lie.
    """

    group = _GROUP

    def __init__(self, architecture: Architecture, record: Record, folder: Path) -> None:
        self.key = architecture.key
        self.title = architecture.title + (" (under-trained)" if record.is_under_trained else "")
        self.version = zlib.crc32(weights_file(folder, architecture.key).read_bytes())
        self._record, self._folder = record, folder

    def reduce(self, wide: NDArray[np.uint16], setting: Setting) -> tuple[NDArray[np.uint8], Metadata]:
        """See :class:`~benchmarks.paper.method.Method`; nothing is stored."""
        return clip_codes(wide, setting), Metadata(b"", 0.0, str(self._record))

    def expand(self, codes: NDArray[np.uint8], data: bytes, setting: Setting) -> NDArray[np.uint16]:
        """See :class:`~benchmarks.paper.method.Method`; `data` is empty.

        Raises:
            ValueError: if it is not.
        """
        if data:
            raise ValueError(f"{self.key} stores nothing, but was given {len(data)} bytes")
        generator = _generator(self._folder, self.key, setting.device)
        restored = restore_tiles(generator, picture_of_srgb(codes, setting.adaptation), self._record.facts["crop"])
        return codes_of(restored)


@lru_cache(maxsize=4)
def _generator(folder: Path, key: str, device: str) -> nn.Module:
    return load_generator(folder, key, torch.device(device))


def methods(folder: Path = WEIGHTS) -> list[Method]:
    """The networks that were trained, in the order of the paper's table."""
    records = ((each, load_record(folder, each.key)) for each in ARCHITECTURES)
    return [PreTrained(each, record, folder) for each, record in records if record is not None]


def absent(folder: Path = WEIGHTS) -> dict[str, str]:
    """The rows that are not there, by key, and the command that makes each possible."""
    return {
        each.key: f"not trained; python -m benchmarks.paper.train_networks DATA --network {each.key}"
        for each in ARCHITECTURES
        if not weights_file(folder, each.key).exists()
    }
