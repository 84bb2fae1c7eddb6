"""The benchmarks that are one module each."""

from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from carrots import QUICK, write_piece
from interop.demand import go_without
from view.browser import missing

import gamutmeta
from benchmarks import agreement, alternatives, browser, edits, experiments, hostile, installed, jpeg
from benchmarks.arrays import Wide
from benchmarks.harness import RESULTS, load
from benchmarks.jpeg import by_libjxl, by_plain_upsampling
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.gamut import reduce_to_codes
from gamutmeta.container import DEFAULT_LIMITS
from gamutmeta.fit.gate import gate_for
from gamutmeta.photo.pixels import decode_srgb, encode_srgb_file
from tests.fuzz import samples


@pytest.fixture
def photograph(tmp_path: Path) -> Path:
    (tmp_path / "photographs").mkdir()
    return write_piece(tmp_path / "photographs" / "one.tif")


def result_of(module: Any, photograph: Path, *options: str) -> tuple[dict[str, Any], str]:
    """What a benchmark writes about one photograph."""
    out = photograph.parents[1] / "out"
    module.BENCHMARK.main([str(photograph), "--out", str(out), *options])
    name = module.BENCHMARK.name
    return load(out / f"{name}.json"), (out / f"{name}.md").read_text()


def test_alternatives(photograph: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alternatives, "PRESETS", ("small",))
    monkeypatch.setattr(alternatives, "WAYS", (alternatives.WAYS[0], alternatives.WAYS[2]))
    monkeypatch.setattr(alternatives, "reduce_file", quickly(alternatives.reduce_file))
    result, text = result_of(alternatives, photograph)
    plain, restored, p3, prophoto = result["rows"]
    assert plain["way"] == alternatives.PLAIN
    assert plain["bytes"] < restored["bytes"]
    assert min(restored["og"], p3["og"], prophoto["og"]) > plain["og"]
    assert {row["pixels"] for row in result["rows"]} == {96 * 64}
    assert f"| {alternatives.PLAIN} | 1.00 |" in text


def quickly(function: Any) -> Any:
    """A function of the package with a quick preset."""
    return lambda *arguments, **options: function(*arguments, **options | {"preset": QUICK})


def test_edits_cost_little(photograph: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edits, "reduce", quickly(edits.reduce))
    result, text = result_of(edits, photograph)
    assert [row["edit"] for row in result["rows"]] == list(edits.EDITS)
    for row in result["rows"]:
        for format_ in ("png", "jpeg"):
            assert row[format_]["og"] > row[format_]["clip_og"] + 2, (row["edit"], format_)
    assert text.count("| one |") == len(edits.EDITS)


def test_changes_of_a_model(photograph: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(experiments, "preset_named", lambda _: QUICK)
    result, text = result_of(experiments, photograph)
    rows = {row["change"]: row for row in result["rows"]}
    assert list(rows) == list(experiments.CHANGES)
    assert (rows["as it is"]["more"], rows["as it is"]["gain"]) == (0, 0)
    # Another order of the same numbers restores the same picture; fewer bits restore it worse.
    assert rows["grid planar"]["gain"] == rows["grid as differences"]["gain"] == 0
    assert rows["MLP weights of 5 bits"]["gain"] < rows["MLP weights of 7 bits"]["gain"] < 0.5
    assert "| as it is | +0.0% | +0.000 | +0.000 | +0.000 |" in text


def test_decoders_agree(photograph: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agreement, "PROGRAMS", {"Python": agreement.PROGRAMS["Python"]})
    monkeypatch.setattr(agreement, "CODINGS", {"PNG": {"format": "png"}})
    monkeypatch.setattr(agreement, "reduce", quickly(agreement.reduce))
    result, text = result_of(agreement, photograph)
    [row] = result["rows"]
    assert (row["pixels"], row["largest"] <= 2) == (96 * 64, True)
    assert "| Python | PNG | 1 | 6,144 |" in text
    monkeypatch.setattr(agreement, "restored", lambda _, __, codes: codes.astype(np.uint16))
    with pytest.raises(SystemExit, match="differ by more"):
        result_of(agreement, photograph)


def test_jpeg(wide: Wide, photograph: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = jpeg.run(wide, jpeg.QUICK[0], QUICK, (8, None))
    codes, _ = reduce_to_codes(wide, Adaptation.BRADFORD)
    data = jpeg.QUICK[0].encode(codes)
    assert row["chosen"]["gate"] == gate_for(wide, decode_srgb(data))
    assert [gains["gate"] for gains in row["fixed"]] == [8, None]
    assert jpeg.best(row)["og"] > row["fixed"][0]["og"] > 0
    assert 0 < row["chosen"]["bytes"] <= QUICK.max_bytes
    # Out-of-gamut and in-gamut errors make up the whole one.
    share, clipped = row["og_percent"] / 100, jpeg.Coded.build(wide, data).clipped
    decibels = row["clip_og"], row["clip"], jpeg._in_gamut(clipped)
    og, whole, inside = (10 ** (-value / 10) for value in decibels)
    assert share * og + (1 - share) * inside == pytest.approx(whole)
    # The farther the codes, the greater the loss.
    moved = row["moved"]
    assert set(moved) == {"±1", "±2", "libjxl", "repeated"}
    assert 0 < moved["±1"]["clip_loss"] < moved["±1"]["loss"] < moved["±2"]["loss"]

    monkeypatch.setattr(jpeg, "preset_named", lambda _: QUICK)
    result, text = result_of(jpeg, photograph, "--quick")
    assert [(row["quality"], row["subsampling"]) for row in result["rows"]] == [(80, "4:2:0"), (95, "4:4:4")]
    assert f"{result['steps']:,} steps" in text
    assert text.count("| one |") == 2


def test_a_progressive_file_with_other_pixels_is_told(wide: Wide, monkeypatch: pytest.MonkeyPatch) -> None:
    real = jpeg.Coding.encode
    other = lambda self, codes, *, progressive=False: real(self, codes // (1 + progressive))  # noqa: E731
    monkeypatch.setattr(jpeg.Coding, "encode", other)
    with pytest.raises(SystemExit, match="other pixels"):
        jpeg.run(wide, jpeg.QUICK[0], QUICK, (None,))


@pytest.mark.parametrize("size", [(120, 160), (119, 157)], ids=["even", "odd"])
def test_other_decoders_make_nearly_the_same_picture(wide: Wide, size: tuple[int, int]) -> None:
    pixels, _ = reduce_to_codes(wide[: size[0], : size[1]], Adaptation.BRADFORD)
    data = encode_srgb_file(pixels, quality=80, subsampling="4:2:0", progressive=True)
    ours = decode_srgb(data).astype(int)
    assert 0.1 < np.abs(by_libjxl(data) - ours).mean() < 1
    apart = np.abs(by_plain_upsampling(data) - ours)
    assert apart.max() > 10, "at edges of colour"
    assert np.median(apart) <= 1
    # Without colour there is nothing to interpolate.
    grey = encode_srgb_file(np.repeat(pixels[..., :1], 3, axis=2), subsampling="4:2:0")
    np.testing.assert_array_equal(by_plain_upsampling(grey), decode_srgb(grey))


def test_sizes_are_those_of_the_files(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(str(distribution("pluggy").locate_file("pluggy")))
    least = sum(path.stat().st_size for path in folder.glob("*.py"))
    assert least < installed.size_of("pluggy") < 2 * least
    assert installed.package_size() > Path(gamutmeta.__file__).with_name("demo").joinpath("carrots.tif").stat().st_size

    def needed(requirements: list[str]) -> set[str]:
        if any("torch" in requirement for requirement in requirements):
            raise installed.PackageNotFoundError("torch")
        return {"pluggy"}

    monkeypatch.setattr(installed, "needed", needed)
    sizes = installed.sizes()
    assert not {"torch", "all"} & set(sizes), "what is not installed is no part of the table"
    assert sizes["io"] == {"bytes": 0, "packages": {}}


def test_every_stage_is_measured_and_refusals_are_no_results() -> None:
    good, bad = samples.bound("png/rgb", "default"), samples.HOSTS["png/rgb"]
    found = hostile.examine([hostile.Input("good", good), hostile.Input("bad", bad)])
    counts = {stage: (cost["results"], cost["refusals"]) for stage, cost in found["stages"].items()}
    assert counts == {"extract": (1, 1), "decode": (1, 0), "validate": (1, 1), "expand": (1, 1), "read": (2, 0)}
    for cost in found["stages"].values():
        assert 0 < cost["median_seconds"] <= cost["worst_seconds"]
        assert cost["most_bytes"] > 0


def test_hostile_files_are_cheap() -> None:
    committed = load(RESULTS / "hostile.json")
    assert set(committed["sets"]) == set(hostile.SETS)
    for name, found in committed["sets"].items():
        for stage, cost in found["stages"].items():
            assert cost["worst_seconds"] < 2, (name, stage)
            # The most is that of a mutated header that declares 25 megapixels, in proportion to them.
            assert cost["most_bytes"] < 128 << 20, (name, stage)
        assert found["grown_bytes"] < 384 << 20, name


def test_the_costs_are_those_of_the_code() -> None:
    committed = load(RESULTS / "hostile.json")
    assert set(committed["models"]) == set(hostile.MODELS)
    assert committed["code"] == hostile.code_digest(), (
        "what decodes or expands was changed since: python -m benchmarks.hostile --out benchmarks/results"
    )


def test_the_digest_is_of_statements(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def digest(text: str) -> str:
        (tmp_path / "gamutmeta").mkdir(exist_ok=True)
        (tmp_path / "gamutmeta" / "one.py").write_text(text)
        return hostile.code_digest()

    monkeypatch.setattr(hostile, "ROOT", tmp_path)
    monkeypatch.setattr(hostile, "MEASURED_MODULES", ("one.py",))
    assert digest('"""One."""\ndef f():\n    """Two."""\n    return 1\n') == digest("def f():  # three\n    return 1\n")
    assert digest("def f():\n    return 1\n") != digest("def f():\n    return 2\n")


def test_every_expansion_within_the_default_limits_ends() -> None:
    rows = [row for rows in load(RESULTS / "hostile.json")["models"].values() for row in rows]
    assert max(row["most_seconds"] for row in rows) < 3_600  # of one thread; 25 hours without the limit
    assert {row["most_pixels"] for row in rows if row["multiply_adds"] <= 4_960} == {DEFAULT_LIMITS.picture_pixels}


@pytest.mark.slow
def test_browser(photograph: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if (package := missing()) is not None:
        go_without(f"Chromium cannot be driven (apt: {package})")
    monkeypatch.setattr(browser, "reduce_file", quickly(browser.reduce_file))
    result, text = result_of(browser, photograph, "--megapixels", "0.02", "--repeat", "1")
    expansion = [row for row in result["rows"] if row["part"] == "expansion"]
    assert {(row["kind"], row["way"]) for row in expansion} == {(k, w) for k in browser.KINDS for w in browser.WAYS}
    pages = [row for row in result["rows"] if row["part"] != "expansion"]
    assert {(row["part"], row["kind"]) for row in pages} == {(p, k) for p in browser.PAGES for k in browser.KINDS}
    assert {row["build"] for row in pages} == {"after"}
    assert all(row["seconds"] > 0 for row in result["rows"])
    assert "| enhance | PNG |  | " in text
    options = ("--megapixels", "0.02", "--repeat", "1", "--parts", "view")
    again, _ = result_of(browser, photograph, *options)
    assert again["rows"] == result["rows"]
    fresh, _ = result_of(browser, photograph, *options, "--fresh")
    kept = [row for row in result["rows"] if row["part"] != "view"]
    assert [row for row in fresh["rows"] if row["part"] != "view"] == kept
    assert len(fresh["rows"]) == len(result["rows"])
