"""A data set of 16-bit ProPhoto photographs: which renderings have enough colour outside sRGB, the split, the files."""

import csv
import json
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks.arrays import Wide
from benchmarks.paper.dataset.photographs import Source, Style, crops_of, find, scenes, scenes_to_test
from benchmarks.rivals.method import og_mask
from gamutmeta.choices import AssumedSpace
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.errors import GamutMetaError, OutputExistsError
from gamutmeta.photo.read import read_photo
from gamutmeta.photo.wide import WideImage


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a data set is made: styles, least out-of-gamut share in percent, share of the scenes for testing, 0..1.

    Of a training picture at most so many crops of a side in pixels are taken. Files that name no colour space are of
    `assume_space`, sRGB if None.
    """

    styles: tuple[Style, ...]
    min_og: float = 10.0
    test_share: float = 0.1
    crop: int = 512
    crops: int = 16
    assume_space: AssumedSpace | None = None
    adaptation: Adaptation = Adaptation.CAT02
    seed: int = 0

    def __str__(self) -> str:
        return (
            f"styles {', '.join(style.name for style in self.styles)}; at least {self.min_og:g} % out of gamut "
            f"({self.adaptation.value}); {self.test_share:.0%} of the scenes for testing; "
            f"at most {self.crops} crops of {self.crop} pixels of a training picture; seed {self.seed}"
        )


@dataclass(frozen=True, slots=True)
class Row:
    """A file of the data set: its path, what it was made of, and how.

    The digest is the SHA-256 of its origin; a scene is never on both sides of the split; sizes are in pixels.
    """

    file: str
    split: Literal["train", "test"]
    kind: Literal["picture", "crop"]
    origin: str
    digest: str
    scene: str
    style: str
    og_percent: float
    width: int
    height: int
    top: int | None = None
    left: int | None = None


def build(
    places: Sequence[Path], target: Path, recipe: Recipe, say: Callable[[str], None] = print
) -> tuple[list[Row], int]:
    """Make a data set; its folder comes into being whole, or not at all.

    `say` is told what becomes of each photograph. What is in the folder is told in ``README.md``.

    Returns:
        The manifest, and how many files could not be read.

    Raises:
        OutputExistsError: if `target` exists.
        ValueError: if no photograph has enough colour outside sRGB.
    """
    if target.exists():
        raise OutputExistsError(f"{target} exists; name a new folder")
    kept, failures = _look_at(find(places), recipe, say)
    if not kept:
        raise ValueError(
            f"no photograph has {recipe.min_og:g} % of its pixels out of gamut; there would be no data set"
        )
    temporary = target.with_name(f".{target.name}-{secrets.token_hex(4)}.tmp")
    temporary.mkdir(parents=True)
    try:
        for name in ("test", "train", "crops"):
            (temporary / name).mkdir()
        rows = []
        for row, array in _files(kept, recipe):
            WideImage(array).save(temporary / row.file)
            rows.append(row)
        _list(temporary, rows, str(recipe))
        temporary.rename(target)
    except BaseException:
        shutil.rmtree(temporary)
        raise
    return rows, failures


def _look_at(
    sources: Sequence[Source], recipe: Recipe, say: Callable[[str], None]
) -> tuple[Mapping[Source, Sequence[Style]], int]:
    """Which photographs are kept, and in which styles, and how many cannot be read; of equal files the first counts."""
    kept: dict[Source, list[Style]] = {}
    seen, failures = set[str](), 0
    for source in sources:
        if source.digest in seen:
            say(f"{source.origin}: left out, the same file was there before")
            continue
        seen.add(source.digest)
        try:
            wide = _read(source, recipe)
        except GamutMetaError as error:
            failures += 1
            say(f"{source.origin}: cannot be read: {error}")
            continue
        for style in recipe.styles:
            share = 100 * float(og_mask(style.render(wide), recipe.adaptation).mean())
            keeps = share >= recipe.min_og
            say(f"{source.origin}, {style.name}: {share:.2f} % out of gamut, {'kept' if keeps else 'left out'}")
            if keeps:
                kept.setdefault(source, []).append(style)
    return kept, failures


def _read(source: Source, recipe: Recipe) -> Wide:
    return read_photo(source.path, assume_space=recipe.assume_space).array


def _files(kept: Mapping[Source, Sequence[Style]], recipe: Recipe) -> Iterator[tuple[Row, Wide]]:
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
            height, width, _ = rendered.shape
            file, share = f"{split}/{stem}_{style.name}.tif", 100 * float(mask.mean())
            about = source.origin, source.digest, scene_of[source], style.name
            picture = Row(file, split, "picture", *about, share, width, height)
            yield picture, rendered
            if split == "train":
                yield from _crops(picture, rendered, mask, recipe)


def _crops(picture: Row, rendered: Wide, mask: NDArray[np.bool_], recipe: Recipe) -> Iterator[tuple[Row, Wide]]:
    side = recipe.crop
    for top, left, og_percent in crops_of(mask, side, min_og=recipe.min_og, most=recipe.crops, seed=recipe.seed):
        file = f"crops/{Path(picture.file).stem}_{top}_{left}.tif"
        piece = replace(picture, file=file, kind="crop", og_percent=og_percent, width=side, height=side)
        yield replace(piece, top=top, left=left), rendered[top : top + side, left : left + side]


def _list(folder: Path, rows: Sequence[Row], about: str) -> None:
    """Write ``manifest.csv``, and ``split.json`` with the names of the pictures on either side."""
    with (folder / "manifest.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Row)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(row) | {"og_percent": f"{row.og_percent:.2f}"} for row in rows)
    names = {
        side: [Path(row.file).stem for row in rows if (row.kind, row.split) == ("picture", split)]
        for side, split in (("training", "train"), ("unseen", "test"))
    }
    (folder / "split.json").write_text(json.dumps({"about": about, **names}, indent=1) + "\n", encoding="utf-8")
