"""The benchmark of likenesses, on the demonstration's photograph."""

from pathlib import Path

import numpy as np
import pytest
from carrots import CARROTS

from benchmarks import likeness
from benchmarks.harness import RESULTS, load
from benchmarks.likeness_edits import EDGE, accepted, brighter, cropped, jpeg, refused, retouched, saturated, warmer
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.gamut import reduce_to_codes
from gamutmeta.photo.read import read_photo
from gamutmeta.photo.wide import WideImage


@pytest.fixture(scope="module")
def codes() -> np.ndarray:
    return reduce_to_codes(read_photo(CARROTS).array, Adaptation.BRADFORD)[0]


def test_likenesses(tmp_path: Path) -> None:
    photograph = tmp_path / "one.tif"
    WideImage(read_photo(CARROTS).array).save(photograph)
    options = ["--pixels", "150000", "--whole", "one", "--out", str(tmp_path)]
    assert likeness.BENCHMARK.main([str(photograph), *options]) == 0
    result, text = load(tmp_path / "likeness.json"), (tmp_path / "likeness.md").read_text()
    assert [row["size"] for row in result["rows"]] == [
        [474 - 2 * EDGE, 316 - 2 * EDGE],
        [600 - 2 * EDGE, 400 - 2 * EDGE],
    ]
    for row in result["rows"]:
        assert row["accept"]["lossless transcode"] == [0, "nothing"]
        assert max(distance for distance, _ in row["accept"].values()) < 1
        for edit, (distance, measure) in row["refuse"].items():
            if edit.startswith(("crop", "turn", "mirror", "flip", "another frame", "+0.1 EV", "-0.1 EV")):
                assert distance > 1, (edit, measure)
    assert "| lossless transcode | 2 of 2 | 0.00 | 0.00 (nothing, one) |" in text
    assert "| turn 90 | 2 of 2 | another shape | another shape |" in text
    assert str(tmp_path) not in text


def test_edits_are_what_they_are_called(codes: np.ndarray) -> None:
    names = [name for edits in (accepted(codes), refused(codes)) for name, _ in edits]
    assert len(set(names)) == len(names)
    light = codes[(codes > 20).all(-1) & (codes < 200).all(-1)].astype(float)
    assert (brighter(codes, 0.1)[(codes > 20).all(-1) & (codes < 200).all(-1)] >= light).all()
    gray = np.full((4, 4, 3), 128, np.uint8)
    assert (saturated(gray, 1.05) == gray).all()
    red, _, blue = warmer(gray, 5500, 200)[0, 0].astype(int) - 128
    assert red > 0 > blue
    changed = (retouched(codes, np.random.default_rng(0), 0.02, elsewhere=False) != codes).any(-1)
    assert changed.mean() == pytest.approx(0.02, abs=0.003)
    assert jpeg(codes, 70, "4:2:0").shape == codes.shape
    assert cropped(codes, 1, 2, 3, 4).shape == (codes.shape[0] - 6, codes.shape[1] - 4, 3)


def test_the_committed_results_keep_what_is_promised() -> None:
    rows = load(RESULTS / "likeness.json")["rows"]
    assert len(rows) == 15
    for row in rows:
        assert max(distance for distance, _ in row["accept"].values()) < 0.95
        for edit, (distance, _) in row["refuse"].items():
            if edit.startswith(("crop", "turn", "mirror", "flip", "another frame", "+0.1 EV", "-0.1 EV")):
                assert distance > 1.05, (row["photograph"], edit)
