"""Shards: disjoint, together everything, and the same everywhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamutmeta.batch import Shard, Task
from gamutmeta.errors import PlanError

NAMES = st.lists(st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1), unique=True)


def task(name: str, root: str = "/out") -> Task:
    return Task(Path("/in") / name, Path(root) / name, Path(root))


class TestShard:
    @given(NAMES, st.integers(1, 9))
    def test_every_file_belongs_to_exactly_one(self, names: list[str], count: int) -> None:
        tasks = [task(name) for name in names if name not in {".", ".."}]
        parts = [Shard(index, count).of(tasks) for index in range(1, count + 1)]
        assert sorted((part for each in parts for part in each), key=str) == sorted(tasks, key=str)

    @given(NAMES, st.integers(1, 9))
    def test_other_files_and_the_place_of_the_folder_play_no_part(self, names: list[str], count: int) -> None:
        (here,) = [index for index in range(1, count + 1) if Shard(index, count).of([task("a/b.jpg")])]
        tasks = [task(name, "/mnt/elsewhere") for name in [*names, "a/b.jpg"] if name not in {".", ".."}]
        assert tasks[-1] in Shard(here, count).of(tasks)

    def test_it_never_changes(self) -> None:
        """Machines may have different versions. The numbers are those of sha256sum: 16 digits, modulo 8, plus 1."""
        for name, index in (("a.jpg", 3), ("trip/b.jpg", 2), ("c.jpg", 6), ("d.jpg", 1)):
            assert Shard(index, 8).of([task(name)])

    def test_parts_are_of_like_size(self) -> None:
        tasks = [task(f"IMG_{number:04}.jpg") for number in range(4_000)]
        assert all(900 < len(Shard(index, 4).of(tasks)) < 1_100 for index in range(1, 5))

    def test_accents_may_be_written_in_two_ways(self) -> None:
        for count in range(2, 50):
            (part,) = [i for i in range(1, count + 1) if Shard(i, count).of([task("\u00e9.jpg")])]
            assert Shard(part, count).of([task("e\u0301.jpg")])

    def test_one_file_without_folder(self) -> None:
        alone = Task(Path("a.tif"), Path("x/a.jpg"))
        assert sum(len(Shard(index, 3).of([alone])) for index in (1, 2, 3)) == 1

    def test_parse(self) -> None:
        assert Shard.parse("2/8") == Shard(2, 8)

    @pytest.mark.parametrize("text", ["", "2", "0/8", "9/8", "1/0", "-1/8", "1/8/2", "a/b", "1.0/2", " 1/2", "²/3"])
    def test_what_is_refused(self, text: str) -> None:
        with pytest.raises(PlanError, match="must have the form i/n"):
            Shard.parse(text)
