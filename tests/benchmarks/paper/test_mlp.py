from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from benchmarks.paper.method import FittedMethod, clip_codes
from benchmarks.paper.methods import mlp
from benchmarks.paper.methods.clip import Clip
from benchmarks.paper.methods.mlp import FIGURE_8, PAPER, TABLE_2, TABLE_3, Mlp
from benchmarks.paper.mlp.layout import INPUTS, Layout
from benchmarks.paper.mlp.network import Network, features_of
from benchmarks.rivals.method import clipped_linear, romm_codes
from benchmarks.rivals.reference import coordinates
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.quality import measure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from benchmarks.paper.method import Method, Setting


def rows() -> list[Mlp]:
    return mlp._every()


def row_named(key: str) -> Mlp:
    return next(row for row in rows() if row.key == key)


def test_the_rows_of_the_tables_exist() -> None:
    keys = [row.key for row in rows()]
    assert len(set(keys)) == len(keys)
    assert {*TABLE_2, *TABLE_3, *FIGURE_8} <= set(keys)
    assert [row_named(key).layout.width for key in FIGURE_8] == [128, 64, 32, 16]
    assert [row_named(key).layout.inputs for key in TABLE_2] == ["xy", "RGB", "xyRGB"]
    assert [row_named(key).layout.encoded for key in TABLE_3] == [False, True, False, True]
    assert {row.plan.steps for row in rows()} == {9_000, 10_000, 1_200}


@pytest.mark.parametrize("key", [row.key for row in rows() if not row.learned])
def test_a_row_is_restored_from_its_bytes(wide: NDArray[np.uint16], setting: Setting, key: str) -> None:
    method = row_named(key)
    piece = wide[:40, :50]
    codes, metadata = method.reduce(piece, replace(setting, quick=0.0004))
    np.testing.assert_array_equal(codes, clip_codes(piece, setting))
    assert len(metadata.data) == method.layout.stored_bytes
    assert f"quick: 4 of {method.plan.steps:,} steps" in metadata.note
    assert metadata.seconds > 0
    restored = method.expand(codes, metadata.data, setting)
    assert restored.shape == piece.shape
    assert restored.dtype == np.uint16
    # The network as it is written: every pixel's features through all layers.
    tensors = [torch.from_numpy(tensor) for tensor in method.layout.from_bytes(metadata.data)]
    height, width, _ = codes.shape
    clipped = clipped_linear(codes, Adaptation.CAT02)
    row, column = np.meshgrid(*(coordinates(np.arange(n), n) for n in (height, width)), indexing="ij")
    inputs = np.concatenate([row[..., None], column[..., None], clipped * 2 - 1], -1).reshape(-1, 5)
    features = features_of(torch.from_numpy(inputs)[:, INPUTS[method.layout.inputs]], method.layout)
    added = Network(method.layout, tensors, "cpu").predict(features).numpy().reshape(codes.shape)
    wanted = romm_codes(clipped + added * np.float32(0.5)).astype(int)
    difference = np.abs(restored - wanted)
    assert (difference > 8).mean() < 0.01
    # The top octave magnifies the last bit of a colour 2,000 times.
    assert difference.max() < 200


def test_training_restores_colours(wide: NDArray[np.uint16], setting: Setting) -> None:
    method = row_named("mlp-23kb-released")
    codes, metadata = method.reduce(wide, replace(setting, quick=0.015))
    restored = measure(wide, method.expand(codes, metadata.data, setting), Adaptation.CAT02)
    clipped = measure(wide, Clip().expand(codes, b"", setting), Adaptation.CAT02)
    assert restored.psnr_og > clipped.psnr_og + 4


def test_the_seed_decides(wide: NDArray[np.uint16], setting: Setting) -> None:
    piece, method = wide[:20, :20], row_named("mlp-11kb")
    one, same = (method.reduce(piece, replace(setting, quick=0.0002))[1].data for _ in range(2))
    assert one == same
    assert one != method.reduce(piece, replace(setting, quick=0.0002, seed=1))[1].data


def test_rows_with_learned_starts_are_absent_without_them(
    monkeypatch: pytest.MonkeyPatch, wide: NDArray[np.uint16], setting: Setting
) -> None:
    monkeypatch.setattr(mlp, "load_start", lambda _: None)
    learned = [row.key for row in rows() if row.learned]
    assert sorted(mlp.absent()) == sorted(learned)
    assert not {method.key for method in mlp.methods()} & set(learned)
    with pytest.raises(ValueError, match=r"mlp-23kb-meta: no learned start weights of width 32; .*train_meta"):
        row_named("mlp-23kb-meta").reduce(wide[:8, :8], setting)


def test_rows_with_learned_starts_start_there(
    monkeypatch: pytest.MonkeyPatch, wide: NDArray[np.uint16], setting: Setting
) -> None:
    def load(width: int) -> list[NDArray[np.float32]]:
        return [np.full(shape, 0.5, np.float32) for shape in ((width, 120), (width, width), (3, width))]

    monkeypatch.setattr(mlp, "load_start", load)
    assert not mlp.absent()
    method = row_named("mlp-23kb-meta")
    _, metadata = method.reduce(wide[:8, :8], replace(setting, quick=1e-6))
    first = method.layout.from_bytes(metadata.data)[0]
    assert np.abs(first[:, :120] - 0.5).max() < 2 * method.plan.rate
    assert "learned start, quick: 1 of 1,200 steps" in metadata.note
    # Rows of other start weights are other rows.
    version = method.version
    monkeypatch.setattr(mlp, "load_start", lambda width: [matrix + 1 for matrix in load(width)])
    assert method.version != version
    assert row_named("mlp-23kb").version == 1


def test_all_can_be_fitted_to_given_codes() -> None:
    methods: list[Method] = list(rows())
    assert all(isinstance(method, FittedMethod) for method in methods)
    assert Mlp("a", "A", Layout(16)).plan is PAPER
