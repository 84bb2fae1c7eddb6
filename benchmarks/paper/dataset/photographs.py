"""Photographs to make a data set of: where they are, which show the same, and how they are rendered and cut."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from benchmarks.arrays import Wide
from benchmarks.rivals.method import linear_of, romm_codes
from gamutmeta.color.spaces import PROPHOTO
from gamutmeta.photo.raw_in import RAW_SUFFIXES
from gamutmeta.runtime.strips import for_each_strip

SUFFIXES = RAW_SUFFIXES | {".tif", ".tiff", ".png", ".jpg", ".jpeg", ".webp", ".heic", ".heif", ".avif"}
"""Names of files that are taken from a folder."""

_RENDERING = re.compile(r"(_(neutral|vivid-[\d.]+))+(_crop)?$", re.IGNORECASE)
"""What renderings add to the name of a picture."""


@dataclass(frozen=True, slots=True)
class Source:
    """A photograph's file, its path within the folder that was named, and its SHA-256, hexadecimal."""

    path: Path
    origin: str
    digest: str

    @classmethod
    def of(cls, path: Path, origin: str) -> Self:
        with path.open("rb") as file:
            return cls(path, origin, hashlib.file_digest(file, "sha256").hexdigest())

    @property
    def base(self) -> str:
        """The name without what renderings add to it, in small letters."""
        return _RENDERING.sub("", self.path.stem).lower()


def find(places: Sequence[Path]) -> list[Source]:
    """The photographs of folders and all folders below, by the ends of their names; and files, whatever their name."""
    found: list[Source] = []
    for place in places:
        if place.is_dir():
            files = sorted(path for path in place.rglob("*") if path.is_file() and path.suffix.lower() in SUFFIXES)
            found += [Source.of(path, path.relative_to(place).as_posix()) for path in files]
        else:
            found.append(Source.of(place, place.name))
    return found


def scenes(sources: Iterable[Source]) -> dict[Source, str]:
    """The scene that each photograph shows: the same for equal files, and for names that differ by a rendering.

    A scene has the name of its first photograph by name, as :attr:`Source.base` has it.
    """
    sources = list(sources)
    scene = {source: source.base for source in sources}
    # Equal files join the scenes of their names, and that may join others in turn.
    before: dict[Source, str] = {}
    while scene != before:
        before, least = scene, dict[str, str]()
        for source in sources:
            for key in (source.digest, source.base):
                least[key] = min(scene[source], least.get(key, scene[source]))
        scene = {source: min(least[source.digest], least[source.base]) for source in sources}
    return scene


def scenes_to_test(names: Iterable[str], share: float, seed: int) -> set[str]:
    """Which scenes are for testing: a share (0..1) of them, by chance, and both sides have one wherever both can."""
    ordered = sorted(set(names), key=lambda name: hashlib.sha256(f"{seed} {name}".encode()).digest())
    count = round(share * len(ordered))
    if 0 < share < 1 and len(ordered) > 1:
        count = min(max(count, 1), len(ordered) - 1)
    return set(ordered[:count])


_LUMINANCE = PROPHOTO.to_xyz()[1].astype(np.float32)
_MOST = 4.0


@dataclass(frozen=True, slots=True)
class Style:
    """A rendering: the distance of every colour from its luminance times `saturation`, in linear ProPhoto."""

    name: str
    saturation: float

    @classmethod
    def named(cls, name: str) -> Self:
        """The style of a name: "neutral", "vivid-1.4".

        Raises:
            ValueError: if it is none.
        """
        if name == "neutral":
            return cls(name, 1.0)
        kind, _, number = name.partition("-")
        try:
            saturation = float(number) if kind == "vivid" else 0.0
        except ValueError:
            saturation = 0.0
        if not 1 < saturation <= _MOST:
            raise ValueError(f"style {name!r}: known are neutral and vivid-N, where N is above 1 and at most {_MOST:g}")
        return cls(name, saturation)

    def render(self, wide: Wide) -> Wide:
        """The photograph in this style: ROMM RGB, uint16 (H, W, 3), clipped to ProPhoto; `wide` itself if neutral."""
        if self.saturation == 1:
            return wide
        result = np.empty_like(wide)

        def work(rows: slice) -> None:
            linear = linear_of(wide[rows])
            luminance = (linear @ _LUMINANCE)[..., None]
            result[rows] = romm_codes(luminance + (linear - luminance) * np.float32(self.saturation))

        for_each_strip(work, *wide.shape[:2])
        return result


class Crop(NamedTuple):
    """A square piece: its upper left corner in pixels, and its out-of-gamut share in percent."""

    top: int
    left: int
    og_percent: float


NEUTRAL = Style("neutral", 1.0)
"""Changes nothing."""


def crops_of(mask: NDArray[np.bool_], side: int, *, min_og: float, most: int, seed: int) -> list[Crop]:
    """Squares that do not overlap, in a mesh in the middle of a photograph's out-of-gamut mask, booleans (H, W).

    Each has at least `min_og` percent out of gamut; where there are more than `most`, chance chooses.
    """
    height, width = mask.shape
    tops, lefts = ((size % side) // 2 + side * np.arange(size // side) for size in (height, width))
    found = [
        Crop(int(top), int(left), 100 * float(mask[top : top + side, left : left + side].mean()))
        for top in tops
        for left in lefts
    ]
    found = [crop for crop in found if crop.og_percent >= min_og]
    if len(found) > most:
        chosen = np.random.default_rng(seed).choice(len(found), most, replace=False)
        found = [found[number] for number in sorted(chosen)]
    return found
