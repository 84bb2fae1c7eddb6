from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from carrots import CARROTS

from benchmarks.paper.training_set import Picture, Split, load_training, read_photographs, read_split, seen_in_training

if TYPE_CHECKING:
    from pathlib import Path


def test_no_scene_stands_on_both_sides_of_the_split() -> None:
    split = read_split()
    scenes = [
        {name.rsplit("_vivid", 1)[0].removesuffix("_neutral") for name in side}
        for side in (split.training, split.unseen)
    ]
    assert len(split.training) == 5
    assert len(split.unseen) == 8
    assert not scenes[0] & scenes[1]
    assert all(map(seen_in_training, split.training))
    assert not any(map(seen_in_training, (*split.unseen, "another")))


@pytest.mark.parametrize(
    ("lists", "message"),
    [
        ({"training": ["a"]}, "needs the lists"),
        (["a"], "needs the lists"),
        ({"training": [], "unseen": ["a"]}, "the training list is empty"),
        ({"training": ["a", "b"], "unseen": ["b"]}, "b stands in both lists"),
    ],
)
def test_a_split_that_is_none_names_the_file(tmp_path: Path, lists: object, message: str) -> None:
    path = tmp_path / "split.json"
    path.write_text(json.dumps(lists))
    with pytest.raises(ValueError, match=rf"split\.json: {message}|split\.json: needs"):
        read_split(path)


def test_crops_have_enough_out_of_gamut_pixels(wide: np.ndarray) -> None:
    picture = Picture.of("carrots", wide)
    assert picture.og.shape == wide.shape[:2]
    rng = np.random.default_rng(0)
    crops = [picture.crop(20, rng) for _ in range(50)]
    assert all(crop.wide.shape == crop.codes.shape == (20, 20, 3) for crop in crops)
    assert all(crop.og.mean() >= 0.1 for crop in crops)
    # The picture has places with less.
    windows = np.lib.stride_tricks.sliding_window_view(picture.og, (20, 20)).mean((2, 3))
    assert windows.min() < 0.1
    assert len(picture._places[20]) == np.count_nonzero(windows >= 0.1)
    assert len({crop.wide.tobytes() for crop in crops}) > 40


def test_a_small_picture_is_cropped_to_its_shorter_side(wide: np.ndarray) -> None:
    assert Picture.of("carrots", wide).crop(512, np.random.default_rng(0)).og.shape == (120, 120)


def test_a_picture_without_enough_colour_is_refused_by_name() -> None:
    picture = Picture.of("gray", np.full((30, 40, 3), 20_000, np.uint16))
    with pytest.raises(ValueError, match=r"gray: no 16x16 crop has 10%"):
        picture.crop(16, np.random.default_rng(0))


def test_photographs_are_found_by_name(tmp_path: Path) -> None:
    (tmp_path / "b.tif").symlink_to(CARROTS)
    (tmp_path / "a.json").write_text("{}")
    assert [name for name, _ in read_photographs(tmp_path, ["b"])] == ["b"]
    assert load_training(tmp_path, Split(("b",), ()))[0].wide.shape == (400, 600, 3)
    with pytest.raises(FileNotFoundError, match="has no photograph c, which the split names"):
        load_training(tmp_path, Split(("b", "c"), ()))
