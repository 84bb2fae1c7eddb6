"""From photographs to a data set: which renderings have enough colour outside sRGB, the split, the files."""

from __future__ import annotations

import secrets
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.paper.dataset import manifest
from benchmarks.paper.dataset.crops import crops_of, og_mask
from benchmarks.paper.dataset.manifest import Row
from benchmarks.paper.dataset.sources import Source, find, scenes, scenes_to_test
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.errors import GamutMetaError, OutputExistsError
from gamutmeta.photo.read import read_photo
from gamutmeta.photo.wide import WideImage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Literal

    import numpy as np
    from numpy.typing import NDArray

    from benchmarks.paper.dataset.styles import Style

__all__ = ["Failure", "Recipe", "build"]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a data set is made.

    Attributes:
        styles: each photograph is rendered in all of them.
        min_og: out-of-gamut share that a picture, and a crop, has at least, percent.
        test_share: share of the scenes that are for testing, 0..1.
        crop: side of the crops, pixels.
        crops: taken of a picture at most.
        assume_space: the colour space of files that name none; sRGB if None.
        adaptation: of the matrix that decides what is out of gamut.
        seed: of the split and the crops.
    """

    styles: tuple[Style, ...]
    min_og: float = 10.0
    test_share: float = 0.1
    crop: int = 512
    crops: int = 16
    assume_space: str | None = None
    adaptation: Adaptation = Adaptation.CAT02
    seed: int = 0

    def __str__(self) -> str:
        return (
            f"styles {', '.join(style.name for style in self.styles)}; at least {self.min_og:g} % out of gamut "
            f"({self.adaptation.value}); {self.test_share:.0%} of the scenes for testing; "
            f"at most {self.crops} crops of {self.crop} pixels of a training picture; seed {self.seed}"
        )


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that could not be read, and why."""

    origin: str
    reason: str


@dataclass(slots=True)
class _Survey:
    """What a look at all photographs found."""

    kept: dict[Source, list[Style]] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)


def build(
    places: Sequence[Path], target: Path, recipe: Recipe, say: Callable[[str], None] = print
) -> tuple[list[Row], list[Failure]]:
    """Make a data set; its folder comes into being whole, or not at all.

    Args:
        places: files and folders of photographs.
        target: the folder to make; see ``README.md`` for what is in it.
        recipe: how.
        say: is told what becomes of each photograph.

    Returns:
        The manifest, and the files that could not be read.

    Raises:
        OutputExistsError: if `target` exists.
        FileNotFoundError: if a place does not exist.
        ValueError: if no photograph has enough colour outside sRGB.
        OSError: if a file cannot be read or written.
    """
    if target.exists():
        raise OutputExistsError(f"{target} exists; name a new folder")
    survey = _look_at(find(places), recipe, say)
    if not survey.kept:
        raise ValueError(
            f"no photograph has {recipe.min_og:g} % of its pixels out of gamut; there would be no data set"
        )
    temporary = target.with_name(f".{target.name}-{secrets.token_hex(4)}.tmp")
    temporary.mkdir(parents=True)
    try:
        for name in ("test", "train", "crops"):
            (temporary / name).mkdir()
        rows = []
        for row, array in _files(survey.kept, recipe):
            WideImage(array).save(temporary / row.file)
            rows.append(row)
        manifest.write(temporary, rows, str(recipe))
        temporary.rename(target)
    except BaseException:
        shutil.rmtree(temporary)
        raise
    return rows, survey.failures


def _look_at(sources: Sequence[Source], recipe: Recipe, say: Callable[[str], None]) -> _Survey:
    """Which photographs are kept, and in which styles; of equal files the first one counts."""
    survey = _Survey()
    seen: set[str] = set()
    for source in sources:
        if source.digest in seen:
            say(f"{source.origin}: left out, the same file was there before")
            continue
        seen.add(source.digest)
        try:
            wide = _read(source, recipe)
        except GamutMetaError as error:
            survey.failures.append(Failure(source.origin, str(error)))
            say(f"{source.origin}: cannot be read: {error}")
            continue
        for style in recipe.styles:
            share = 100 * float(og_mask(style.render(wide), recipe.adaptation).mean())
            keeps = share >= recipe.min_og
            say(f"{source.origin}, {style.name}: {share:.2f} % out of gamut, {'kept' if keeps else 'left out'}")
            if keeps:
                survey.kept.setdefault(source, []).append(style)
    return survey


def _read(source: Source, recipe: Recipe) -> NDArray[np.uint16]:
    return read_photo(source.path, assume_space=recipe.assume_space).array


def _files(kept: Mapping[Source, Sequence[Style]], recipe: Recipe) -> Iterator[tuple[Row, NDArray[np.uint16]]]:
    """Every file of the data set and its pixels; crops follow their picture."""
    scene_of = scenes(kept)
    testing = scenes_to_test(scene_of.values(), recipe.test_share, recipe.seed)
    stems = [source.path.stem.lower() for source in kept]
    for source, styles in kept.items():
        wide = _read(source, recipe)
        # Two files of one name in two folders are told apart by their digests.
        twin = stems.count(source.path.stem.lower()) > 1
        stem = f"{source.path.stem}-{source.digest[:8]}" if twin else source.path.stem
        split: Literal["train", "test"] = "test" if scene_of[source] in testing else "train"
        for style in styles:
            rendered = style.render(wide)
            mask = og_mask(rendered, recipe.adaptation)
            picture = Row(
                file=f"{split}/{stem}_{style.name}.tif",
                split=split,
                kind="picture",
                origin=source.origin,
                digest=source.digest,
                scene=scene_of[source],
                style=style.name,
                og_percent=100 * float(mask.mean()),
                width=rendered.shape[1],
                height=rendered.shape[0],
            )
            yield picture, rendered
            if split == "train":
                yield from _crops(picture, rendered, mask, recipe)


def _crops(
    picture: Row, rendered: NDArray[np.uint16], mask: NDArray[np.bool_], recipe: Recipe
) -> Iterator[tuple[Row, NDArray[np.uint16]]]:
    side = recipe.crop
    for top, left, og_percent in crops_of(mask, side, min_og=recipe.min_og, most=recipe.crops, seed=recipe.seed):
        row = replace(
            picture,
            file=f"crops/{Path(picture.file).stem}_{top}_{left}.tif",
            kind="crop",
            og_percent=og_percent,
            width=side,
            height=side,
            top=top,
            left=left,
        )
        yield row, rendered[top : top + side, left : left + side]
