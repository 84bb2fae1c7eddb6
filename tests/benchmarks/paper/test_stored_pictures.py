"""Rows that store pixels: samples, gain maps, codecs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
from carrots import QUICK
from paper_rows import SETTING, clipping, quickly, run_row

from benchmarks.paper.methods import codecs, gain_map, gamutmeta, sampled
from gamutmeta.color.quality import measure

if TYPE_CHECKING:
    from numpy.typing import NDArray


def test_samples(wide: NDArray[np.uint16], monkeypatch: pytest.MonkeyPatch) -> None:
    [row] = sampled.methods()
    # The piece has fewer pixels than that row has samples, so it would be stored whole.
    everything, perfect = run_row(sampled, row.key, wide)
    assert len(everything.data) == 5 + wide.nbytes
    assert perfect.psnr > 60
    monkeypatch.setattr(sampled, "methods", lambda: [sampled.Sampled("few", "", 12_000)])
    metadata, quality = run_row(sampled, "few", wide)
    assert 11_000 < len(metadata.data) <= 12_000
    assert quality.psnr_og > clipping(wide).psnr_og + 5


@pytest.mark.parametrize("row", gain_map.methods(), ids=lambda row: row.key)
def test_gain_maps(wide: NDArray[np.uint16], row: gain_map.GainMapMethod) -> None:
    metadata, quality = run_row(gain_map, row.key, wide)
    assert len(metadata.data) <= row.budget
    assert metadata.note.startswith(row.kind)
    assert quality.psnr_og > clipping(wide).psnr_og + 5


@pytest.mark.parametrize("codec", [codecs.JpegXl(), codecs.Avif()], ids=lambda codec: codec.name)
def test_levels_grow(wide: NDArray[np.uint16], codec: codecs.Codec) -> None:
    files = [codec.encode(wide, level) for level in (0, 50, 99)]
    assert sorted(files, key=len) == files
    errors = [np.abs(codec.decode(file).astype(int) - wide).mean() for file in files]
    assert sorted(errors, reverse=True) == errors
    assert codec.decode(files[0]).shape == wide.shape
    assert codec.decode(files[0]).dtype == np.uint16


@pytest.mark.parametrize(("key", "codec"), [("jpeg-xl", codecs.JpegXl()), ("avif", codecs.Avif())])
def test_files_of_the_same_quality_are_the_smallest(
    wide: NDArray[np.uint16], key: str, codec: codecs.Codec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gamutmeta, "preset_named", lambda _: QUICK)
    metadata, quality = run_row(codecs, f"{key}-same-quality", wide, quickly(0.01))
    [ours] = re.findall(r"for ([\d.]+) dB", metadata.note)
    assert "does not reach" not in metadata.note
    assert quality.psnr_og >= float(ours) - 0.005
    level = next(level for level in range(100) if metadata.note.startswith(codec.describe(level)))
    worse = codec.encode(wide, level - 1)
    assert len(worse) < len(metadata.data)
    assert measure(wide, codec.decode(worse), SETTING.adaptation).psnr_og < float(ours) + 0.005


@pytest.mark.parametrize("key", ["jpeg-xl", "avif"])
def test_files_of_the_same_bytes(wide: NDArray[np.uint16], key: str) -> None:
    metadata, quality = run_row(codecs, f"{key}-6000", wide)
    assert 3_000 < len(metadata.data) <= 6_000
    assert metadata.note.endswith("whole second file")
    assert quality.psnr > 20


def test_what_cannot_be_had_is_said(wide: NDArray[np.uint16], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codecs, "methods", lambda: [codecs.SameBytes("no", codecs.JpegXl(), 30)])
    metadata, _ = run_row(codecs, "no", wide)
    assert len(metadata.data) > 30
    assert "the smallest there is; more than 30 bytes" in metadata.note


def test_lossless_is_lossless(wide: NDArray[np.uint16]) -> None:
    codes, metadata = codecs.Lossless().reduce(wide, SETTING)
    np.testing.assert_array_equal(codecs.Lossless().expand(codes, metadata.data, SETTING), wide)
