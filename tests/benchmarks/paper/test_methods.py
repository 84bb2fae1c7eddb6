"""The rows: each is restored from its bytes by another object, and most are better than clipping."""

import math
import re
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from carrots import QUICK
from numpy.typing import NDArray

from benchmarks.arrays import Wide
from benchmarks.figures import coding_named
from benchmarks.paper.method import FittedMethod, Metadata, Method, Setting, clip_codes
from benchmarks.paper.methods import codecs, gain_mlp, gamutmeta, siren
from benchmarks.paper.methods.clip import Clip, SoftClip
from benchmarks.paper.methods.mlp import FIGURE_8, TABLE_2, TABLE_3
from benchmarks.paper.registry import TABLES, Registry, UnknownRowError, build, keys_of
from benchmarks.rivals.method import linear_of, romm_codes
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.spaces import PROPHOTO, SRGB, expansion_matrix, reduction_matrix
from gamutmeta.container import Payload
from gamutmeta.fit.config import PRESETS
from gamutmeta.measure.quality import Quality, measure

TO_SRGB, TO_PROPHOTO = reduction_matrix(Adaptation.CAT02), expansion_matrix(Adaptation.CAT02)
REGISTRY = build()
KEYS = [method.key for method in REGISTRY.chosen(["all"])]


@cache
def row_of(key: str) -> Method:
    """The row of a key, a new object for each."""
    return next(method for method in build().methods if method.key == key)


def run(key: str, wide: Wide, setting: Setting, method: Method | None = None) -> tuple[Metadata, Quality]:
    """Reduce, and expand by another object of the same row that knows the codes and the bytes alone."""
    codes, metadata = (method or row_of(key)).reduce(wide, setting)
    assert (codes.dtype, codes.shape) == (np.uint8, wide.shape)
    assert metadata.seconds >= 0
    row_of.cache_clear()
    restored = (method or row_of(key)).expand(codes.copy(), bytes(bytearray(metadata.data)), setting)
    assert restored.dtype == np.uint16
    return metadata, measure(wide, restored, setting.adaptation)


def clipping(wide: Wide, setting: Setting) -> Quality:
    return run("clip", wide, setting)[1]


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (siren, gain_mlp):
        monkeypatch.setattr(module, "PLAN", replace(module.PLAN, batch=512))


@pytest.mark.parametrize("key", KEYS)
def test_a_row_is_restored_from_its_bytes(wide: Wide, setting: Setting, key: str) -> None:
    metadata, quality = run(key, wide[:48, :64], replace(setting, quick=0.0004))
    assert quality.psnr > 3
    method = row_of(key)
    if (size := re.search(r"([\d,]+) (KB|bytes)", method.title)) and "mlp" not in key:
        most = int(size[1].replace(",", "")) * (1000 if size[2] == "KB" else 1)
        assert len(metadata.data) <= most + (660 if "siren" in key else 0)
    if method.group != "optimised" or key == "sampled":
        return
    assert re.search(r"quick: [1-4] of [\d,]+ steps", metadata.note)
    assert isinstance(method, FittedMethod)


@pytest.mark.parametrize(
    ("key", "share", "gain"),
    [
        ("soft-clip", 1, 10), ("sampled", 1, 5), ("siren-small-residual", 0.02, 3), ("mlp-23kb-released", 0.015, 4),
        ("mlp-23kb-meta", 0.01, 4), ("gain-mlp-like", 0.02, 5), ("gain-map-6000", 1, 5), ("difference-map-6000", 1, 5),
        ("gamutmeta-small", 0.03, 2), ("gamutmeta-balanced", 0.03, 2), ("gamutmeta-best", 0.03, 2),
        ("gamutmeta-best-6000", 0.03, 2), ("gamutmeta-paper", 0.03, 2), ("gamutmeta-shoulder", 0.03, 2),
        ("gamutmeta-extended-400", 0.03, 2), ("gamutmeta-extended", 0.03, 2),
    ],
)  # fmt: skip
def test_better_than_clipping(wide: Wide, setting: Setting, key: str, share: float, gain: float) -> None:
    _, quality = run(key, wide, replace(setting, quick=share))
    assert quality.psnr_og > clipping(wide, setting).psnr_og + gain


def test_tables_and_groups() -> None:
    found = build()
    assert found.keys[:2] == ["clip", "soft-clip"]
    assert {method.group for method in found.methods} == {"conventional", "pre-trained", "optimised", "rival", "ours"}
    assert len(found.keys) == 46
    table_1 = keys_of("table1", found.keys)
    assert {"clip", "mlp-48kb", "mlp-53kb", "mlp-23kb", "pix2pixhd"} <= set(table_1)
    assert not {"mlp-23kb-xy", "mlp-53kb-raw", "mlp-137kb"} & set(table_1)
    for name, keys in {"table2": TABLE_2, "table3": TABLE_3, "figure8": FIGURE_8}.items():
        assert keys_of(name, found.keys) == list(keys) == list(TABLES[name])


def test_rows_are_chosen_in_the_tables_order(monkeypatch: pytest.MonkeyPatch) -> None:
    found = build()
    assert [method.key for method in found.chosen(["mlp-11kb", "conventional"])] == ["clip", "soft-clip", "mlp-11kb"]
    assert [method.key for method in found.chosen(["all"])] == KEYS
    assert found.chosen([]) == ()
    monkeypatch.setattr(Clip, "absent", "it is away", raising=False)
    away = Registry((Clip(), SoftClip()))
    assert [method.key for method in away.chosen(["conventional"])] == ["soft-clip"]
    with pytest.raises(UnknownRowError, match="row 'clip': it is away"):
        away.chosen(["clip"])
    with pytest.raises(UnknownRowError, match=r"row 'nothing': there is none; there are all, table1, .*, soft-clip"):
        away.chosen(["nothing"])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no.such:Class", "--method no.such:Class: No module named 'no'"),
        ("benchmarks.paper.methods.clip:Clop", "--method .*: module .* has no attribute 'Clop'"),
        ("collections:OrderedDict", "it has no key, title, group, reduce, expand; see benchmarks/paper/README.md"),
        ("benchmarks.paper.methods.clip:Clip", "two methods have the key clip"),
    ],
)
def test_what_is_no_further_method(name: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build([name])


@pytest.mark.parametrize("truncate", [False, True])
def test_clip_is_the_plain_formula(wide: Wide, setting: Setting, *, truncate: bool) -> None:
    place = replace(setting, truncate=truncate)
    codes, metadata = Clip().reduce(wide, place)
    assert (metadata.data, metadata.note) == (b"", "")
    encoded = SRGB.encode(np.clip(PROPHOTO.decode(wide / 65535) @ TO_SRGB.T, 0, 1)) * 255
    # Truncation has its borders at whole codes, where float32 may fall on either side.
    plain = np.floor(encoded + 1e-4) if truncate else np.rint(encoded)
    assert (codes != plain).mean() < 1e-3
    restored = PROPHOTO.encode(np.clip(SRGB.decode(codes / 255) @ TO_PROPHOTO.T, 0, 1)) * 65535
    assert np.abs(Clip().expand(codes, b"", place) - restored).max() < 1


def test_soft_clip_is_the_plain_formula(wide: Wide, setting: Setting) -> None:
    codes, metadata = SoftClip().reduce(wide, setting)
    low, high = np.frombuffer(metadata.data, "<f4").astype(float)
    linear = PROPHOTO.decode(wide / 65535) @ TO_SRGB.T
    assert (low, high) == pytest.approx((linear.min(), linear.max()), abs=1e-5)

    def moved(values: NDArray[np.float64], ends: list[float], to: list[float]) -> NDArray[np.float64]:
        dark, bright = values <= 0.05, values >= 0.9
        result = np.where(
            dark & ~dark.all(-1, keepdims=True), np.interp(values, [ends[0], 0.05], [to[0], 0.05]), values
        )
        squeezed = np.interp(values, [0.9, ends[1]], [0.9, to[1]])
        return np.asarray(np.where(bright & ~bright.all(-1, keepdims=True), squeezed, result))

    squeezed = moved(linear, [low, high], [0, 1])
    assert (codes != np.rint(SRGB.encode(np.clip(squeezed, 0, 1)) * 255)).mean() < 2e-3
    stretched = moved(SRGB.decode(codes / 255), [0, 1], [low, high]) @ TO_PROPHOTO.T
    wanted = PROPHOTO.encode(np.clip(stretched, 0, 1)) * 65535
    # A code at a bound may be taken for either side of it, where both formulas agree but for the last bit.
    assert np.abs(SoftClip().expand(codes, metadata.data, setting) - wanted).max() < 4
    assert not isinstance(SoftClip(), FittedMethod), "it brings its own codes"
    # Without colours outside nothing moves.
    inside = romm_codes(np.linspace(0.3, 0.6, 60, dtype=np.float32).reshape(4, 5, 3))
    codes, metadata = SoftClip().reduce(inside, setting)
    assert np.frombuffer(metadata.data, "<f4").tolist() == [0, 1]
    np.testing.assert_array_equal(codes, clip_codes(inside, setting))
    np.testing.assert_allclose(
        linear_of(SoftClip().expand(codes, metadata.data, setting)), linear_of(inside), atol=4e-3
    )


def test_sizes_of_siren_are_the_papers(wide: Wide, setting: Setting) -> None:
    sizes = {
        (width, layers): 4 * sum(p.numel() for p in siren.Siren(width, layers).parameters())
        for width in (16, 32, 64, 128, 256)
        for layers in range(2, 9)
    }
    assert [found for found, size in sizes.items() if round(size / 1000) == 69] == [(128, 3)]
    assert [found for found, size in sizes.items() if round(size / 1000) == 796] == [(256, 5)]
    # The point of its initialisation: activations spread alike in every layer, arcsine-distributed.
    torch.manual_seed(0)
    network, values = siren.Siren(256, 5), torch.rand(4096, 2) * 2 - 1
    for layer in network.layers[:-1]:
        values = torch.sin(siren.OMEGA * layer(values))
        assert values.std().item() == pytest.approx(math.sqrt(0.5), abs=0.05)
    small = siren.SirenMethod("small", "", 64, 3, residual=False)
    found = [run("", wide, replace(setting, quick=share), small)[1].psnr for share in (1e-4, 0.01, 0.04)]
    assert found[0] + 3 < found[1] < found[2] - 1, "it improves with its steps"
    with pytest.raises(ValueError, match=r"4,547 parameters, but 2 are stored"):
        small.expand(clip_codes(wide, setting), bytes(8), setting)


def test_presets_on_all_kinds_of_codes(wide: Wide, setting: Setting) -> None:
    rows = [row for row in gamutmeta.methods() if isinstance(row, gamutmeta.Preset)]
    assert {row.preset for row in rows} == set(PRESETS)
    for truncate in (False, True):
        metadata, _ = run("gamutmeta-small", wide, replace(setting, truncate=truncate))
        descriptor = Payload.from_bytes(metadata.data).descriptor
        assert (descriptor.adaptation, descriptor.is_empty) == (Adaptation.CAT02, False)
    setting = replace(setting, quick=0.03)
    codes = coding_named("JPEG q95 4:4:4").decoded(wide, setting.adaptation)
    restored = rows[1].expand(codes, rows[1].fit(wide, codes, setting).data, setting)
    clipped = Clip().expand(codes, b"", setting)
    found = [measure(wide, each, setting.adaptation).psnr_og for each in (restored, clipped)]
    assert found[0] > found[1] + 2
    with pytest.raises(ValueError, match="neither clipped nor those of a JPEG"):
        rows[1].fit(wide, codes[::-1], setting)
    grey = np.full((20, 30, 3), 30_000, np.uint16)
    metadata, quality = run("gamutmeta-balanced", grey, setting)
    assert metadata.seconds == 0
    assert "contains no model" in metadata.note
    assert quality.psnr > 50


@pytest.mark.parametrize("codec", [codecs.JpegXl(), codecs.Avif()], ids=lambda codec: codec.name)
def test_second_files(wide: Wide, setting: Setting, codec: codecs.Codec, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [codec.encode(wide, level) for level in (0, 50, 99)]
    assert sorted(files, key=len) == files
    errors = [np.abs(codec.decode(file).astype(int) - wide).mean() for file in files]
    assert sorted(errors, reverse=True) == errors
    # The smallest file of the same quality: the level below is not as good.
    monkeypatch.setattr(gamutmeta, "preset_named", lambda _: QUICK)
    metadata, quality = run("", wide, setting, codecs.SameQuality("same", codec))
    [ours] = re.findall(r"for ([\d.]+) dB", metadata.note)
    assert quality.psnr_og >= float(ours) - 0.005
    level = next(level for level in range(100) if metadata.note.startswith(codec.describe(level)))
    worse = codec.encode(wide, level - 1)
    assert len(worse) < len(metadata.data)
    assert measure(wide, codec.decode(worse), setting.adaptation).psnr_og < float(ours) + 0.005
    metadata, _ = run("", wide, setting, codecs.SameBytes("bytes", codec, budget=6_000))
    assert 3_000 < len(metadata.data) <= 6_000
    metadata, _ = run("", wide, setting, codecs.SameBytes("none", codec, budget=30))
    assert "the smallest there is; more than 30 bytes" in metadata.note
    assert run("jpeg-xl-lossless", wide, setting)[1].rmse == 0
