"""What is learnt from: the training photographs of the split, and crops of them with enough colour outside sRGB."""

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from benchmarks.arrays import Codes, Wide
from benchmarks.paper.dataset.photographs import NEUTRAL, Style
from benchmarks.rivals.method import og_mask
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.gamut import reduce_to_codes
from gamutmeta.photo.read import read_photo
from gamutmeta.runtime.files import atomic_write

WEIGHTS = Path(__file__).parent / "weights"
"""What was trained: learned starts, and networks; in the repository are files below 300 KB."""

SPLIT = Path(__file__).parent / "split.json"
"""The split of the project's own photographs."""

CROP = 512
"""Side of the square crops, pixels."""

_LEAST_OG = 0.1
"""Share of out-of-gamut pixels that a crop has at least."""


@dataclass(frozen=True, slots=True)
class Split:
    """Names of photographs, without suffix, that are learnt from and that are not."""

    training: tuple[str, ...]
    unseen: tuple[str, ...]


def read_split(path: Path = SPLIT) -> Split:
    """Read a split: a JSON object with the lists "training" and "unseen".

    Raises:
        ValueError: if a list is missing, the training list is empty, or a name stands in both, naming the file.
    """
    lists = json.loads(path.read_text(encoding="utf-8"))
    try:
        split = Split(tuple(lists["training"]), tuple(lists["unseen"]))
    except (KeyError, TypeError):
        raise ValueError(f'{path}: needs the lists "training" and "unseen"') from None
    if not split.training:
        raise ValueError(f"{path}: the training list is empty")
    if both := sorted(set(split.training) & set(split.unseen)):
        raise ValueError(f"{path}: {both[0]} stands in both lists")
    return split


@dataclass(frozen=True, slots=True)
class Crop:
    """A square piece of a photograph: ROMM uint16 (S, S, 3), sRGB uint8, and which pixels lie outside sRGB."""

    wide: Wide
    codes: Codes
    og: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Picture:
    """A photograph to learn from; arrays as in :class:`Crop`, of its own height and width."""

    name: str
    wide: Wide
    codes: Codes
    og: NDArray[np.bool_]
    _places: dict[int, NDArray[np.intp]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, name: str, wide: Wide, adaptation: Adaptation = Adaptation.CAT02) -> Self:
        """The photograph `wide`, uint16 (H, W, 3) of ROMM RGB, reduced by clipping."""
        codes, _ = reduce_to_codes(wide, adaptation)
        return cls(name, wide, codes, og_mask(wide, adaptation))

    def crop(self, size: int, rng: np.random.Generator) -> Crop:
        """A random crop of that side, or of the shorter side, at least a tenth of which is out of gamut.

        Raises:
            ValueError: if the photograph has no such crop.
        """
        size = min(size, *self.og.shape)
        if size not in self._places:
            # Sums over all windows of that size at once, by a summed-area table.
            sums = np.zeros((self.og.shape[0] + 1, self.og.shape[1] + 1), np.int32)
            sums[1:, 1:] = self.og.cumsum(0, dtype=np.int32).cumsum(1, dtype=np.int32)
            inside = sums[size:, size:] - sums[:-size, size:] - sums[size:, :-size] + sums[:-size, :-size]
            self._places[size] = np.flatnonzero(inside >= _LEAST_OG * size * size)
        places = self._places[size]
        if not len(places):
            raise ValueError(
                f"{self.name}: no {size}x{size} crop has {_LEAST_OG:.0%} of its pixels out of gamut; "
                "take it off the training list"
            )
        top, left = divmod(int(rng.choice(places)), self.og.shape[1] - size + 1)
        part = slice(top, top + size), slice(left, left + size)
        return Crop(self.wide[part], self.codes[part], self.og[part])


def load_training(folder: Path, split: Split, styles: Sequence[Style] = (NEUTRAL,)) -> list[Picture]:
    """The training photographs of a folder in each style, in the order of the list; as for :func:`read_photographs`.

    A style is applied to the photograph as it lies in the folder, whatever style that had before.
    """
    photographs = read_photographs(folder, split.training)
    return [Picture.of(name, style.render(wide)) for name, wide in photographs for style in styles]


def read_photographs(folder: Path, names: Sequence[str]) -> Iterator[tuple[str, Wide]]:
    """Names and ROMM RGB, uint16 (H, W, 3), of some photographs of a folder.

    Raises:
        FileNotFoundError: if one is not there, naming it.
    """
    files = {path.stem: path for path in sorted(folder.iterdir(), reverse=True) if path.is_file()}
    for name in names:
        if name not in files:
            raise FileNotFoundError(f"{folder} has no photograph {name}, which the split names; see --split")
    for name in names:
        yield name, read_photo(files[name], assume_space="prophoto").array


def save_weights(
    path: Path, weights: Mapping[str, NDArray[Any]], facts: Mapping[str, Any], *, inside: bool = True
) -> None:
    """Write weights as float16, without pickle, and facts about them as JSON beside the file, and `inside` it."""
    stored = {name: weight.astype(np.float16) for name, weight in weights.items()}
    about = {"facts.json": np.frombuffer(json.dumps(facts).encode(), np.uint8)} if inside else {}
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **about, **stored)
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(path, content.getvalue(), overwrite=True)
    atomic_write(path.with_suffix(".json"), (json.dumps(facts, indent=1) + "\n").encode(), overwrite=True)
