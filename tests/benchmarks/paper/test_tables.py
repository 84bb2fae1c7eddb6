"""The paper's tables: what is measured, what is kept, what is written, and the command with a rival of one's own."""

import fcntl
import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import tifffile

from benchmarks.arrays import Codes, Wide
from benchmarks.figures import coding_named
from benchmarks.harness import Row, load
from benchmarks.machine import ROOT
from benchmarks.paper import __main__ as command
from benchmarks.paper import protocol, resume, run
from benchmarks.paper.method import Metadata, Setting, clip_codes
from benchmarks.paper.methods import gamutmeta as ours
from benchmarks.paper.methods.clip import Clip, SoftClip
from benchmarks.paper.mlp.network import Network
from benchmarks.paper.protocol import Coding, Measured, Picture, chromaticities, find, identity, identity_of, measure
from benchmarks.paper.registry import build
from benchmarks.paper.report.plots import srgb_triangle
from benchmarks.paper.report.series import is_alone, quick_share, series_of
from benchmarks.paper.report.tables import PUBLISHED, document
from benchmarks.paper.store import Store
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.spaces import PROPHOTO, SRGB, reduction_matrix


class Toy:
    """A rival of one's own: it stores the mean colour, and restores that everywhere."""

    key = "toy"
    title = "Mean colour"
    group = "rival"
    version = 3

    def reduce(self, wide: Wide, setting: Setting) -> tuple[Codes, Metadata]:
        return clip_codes(wide, setting), Metadata(wide.mean((0, 1)).astype("<u2").tobytes(), 2.5, "one colour")

    def expand(self, codes: Codes, data: bytes, setting: Setting) -> Wide:
        del setting
        return np.broadcast_to(np.frombuffer(data, "<u2"), codes.shape).astype(np.uint16)


class Perfect(Toy):
    """Knows the photograph."""

    def __init__(self, wide: Wide) -> None:
        self.wide = wide

    def expand(self, codes: Codes, data: bytes, setting: Setting) -> Wide:
        del codes, data, setting
        return self.wide


@pytest.fixture(scope="module")
def picture(wide: Wide) -> Picture:
    return Picture("piece", wide)


def measured(method: Any, picture: Picture, setting: Setting, coding: Coding) -> Measured:
    found = measure(method, picture, replace(setting, truncate=coding is Coding.TRUNCATED), coding)
    assert found is not None
    return found


def test_figures_are_the_plain_formulas(picture: Picture, setting: Setting, colour: ModuleType) -> None:
    found = measured(Clip(), picture, setting, Coding.ROUNDED)
    row = found.row
    restored = Clip().expand(clip_codes(picture.wide, setting), b"", setting)
    true, made = (PROPHOTO.decode(wide / 65535) for wide in (picture.wide, restored))
    srgb = true @ reduction_matrix(Adaptation.CAT02).T
    og = ((srgb < 0) | (srgb > 1)).any(-1) & ~(srgb < 0).all(-1) & ~(srgb > 1).all(-1)
    for name, part in (("", np.ones_like(og)), ("_og", og)):
        rmse = np.sqrt(np.mean((true[part] - made[part]) ** 2))
        assert row[f"rmse{name}"] == pytest.approx(rmse, rel=2e-3)
        assert row[f"psnr{name}"] == pytest.approx(20 * np.log10(1 / rmse), abs=0.02)
    white = colour.CCS_ILLUMINANTS["CIE 1931 2 Degree Standard Observer"]["D50"]
    de = colour.difference.delta_E_CIE2000(*(colour.XYZ_to_Lab(x @ PROPHOTO.to_xyz().T, white) for x in (true, made)))
    assert (row["de"], row["de_og"]) == (pytest.approx(de.mean(), rel=2e-3), pytest.approx(de[og].mean(), rel=2e-3))
    np.testing.assert_allclose(found.arrays["error"], de, atol=0.05)
    assert row["og_percent"] == pytest.approx(100 * og.mean(), abs=0.2)
    assert (row["metadata_bytes"], row["optimisation_seconds"], row["size"]) == (0, 0, [160, 120])
    xy = chromaticities(np.array([[0.2, 0.5, 0.1], [0, 0, 0]], np.float32))
    np.testing.assert_allclose(xy[0], colour.XYZ_to_xy(PROPHOTO.to_xyz() @ [0.2, 0.5, 0.1]), atol=1e-6)
    assert np.isnan(xy[1]).all()
    # Lindbloom's primaries of sRGB under D50 (Bradford).
    corners = [[0.6484, 0.3309], [0.3211, 0.5978], [0.1559, 0.0660]]
    np.testing.assert_allclose(srgb_triangle(Adaptation.BRADFORD), corners, atol=6e-4)


def test_codings(picture: Picture, setting: Setting) -> None:
    perfect = measured(Perfect(picture.wide), picture, setting, Coding.ROUNDED)
    assert [perfect.row[name] for name in ("rmse", "psnr", "de_og", "metadata_bytes", "note")] == [
        0, None, 0, 6, "one colour",
    ]  # fmt: skip
    np.testing.assert_array_equal(perfect.arrays["xy"], perfect.arrays["xy_original"])
    assert measure(Perfect(picture.wide), picture, setting, Coding.JPEG) is None, "it cannot be fitted to given codes"
    for method in (each for each in ours.methods() if isinstance(each, ours.Own)):
        parts = [coding for coding in Coding if measure(method, picture, replace(setting, quick=0.0005), coding)]
        assert parts == [Coding.ROUNDED if method.visible_change else Coding.JPEG]
    rounded, truncated, jpeg = (measured(Clip(), picture, setting, coding).row for coding in Coding)
    assert rounded["psnr"] > truncated["psnr"]
    codes = coding_named("JPEG q95 4:4:4").decoded(picture.wide, Adaptation.CAT02)
    restored = Clip().expand(codes, b"", setting)
    assert jpeg["psnr"] == picture.original.figures(restored, Adaptation.CAT02)["psnr"]


def test_what_is_shown_is_compared_and_coded(picture: Picture, setting: Setting, colour: ModuleType) -> None:
    lossless, jpeg = (measured(SoftClip(), picture, setting, coding).row for coding in (Coding.ROUNDED, Coding.JPEG))
    codes, metadata = SoftClip().reduce(picture.wide, setting)
    white = colour.CCS_ILLUMINANTS["CIE 1931 2 Degree Standard Observer"]["D65"]
    shown, plain = (
        colour.XYZ_to_Lab(SRGB.decode(one / 255) @ SRGB.to_xyz().T, white)
        for one in (codes, clip_codes(picture.wide, setting))
    )
    wanted = colour.difference.delta_E_CIE2000(shown, plain).mean()
    assert lossless["shown_de"] == pytest.approx(wanted, rel=0.05)
    assert wanted > 0.1
    assert "shown_de" not in measured(Clip(), picture, setting, Coding.ROUNDED).row
    coded = coding_named("JPEG q95 4:4:4").through(codes)
    restored = SoftClip().expand(coded, metadata.data, setting)
    assert jpeg["psnr"] == picture.original.figures(restored, setting.adaptation)["psnr"]
    assert jpeg["psnr"] < lossless["psnr"] - 3


def test_measurements_are_told_apart_and_kept(picture: Picture, setting: Setting, tmp_path: Path) -> None:
    one = identity(Toy(), picture, setting, Coding.ROUNDED)
    other = Toy()
    other.version = 4
    others = [
        identity(Clip(), picture, setting, Coding.ROUNDED), identity(other, picture, setting, Coding.ROUNDED),
        identity(Toy(), Picture("piece", picture.wide[1:]), setting, Coding.ROUNDED),
        identity(Toy(), picture, replace(setting, quick=1), Coding.ROUNDED),
        identity(Toy(), picture, replace(setting, seed=1), Coding.ROUNDED),
        identity(Toy(), picture, setting, Coding.JPEG), identity(Toy(), picture, setting, Coding.TRUNCATED),
    ]  # fmt: skip
    assert one not in others
    assert one == identity(Toy(), Picture("other name", picture.wide), setting, Coding.ROUNDED)
    found, store = measured(Toy(), picture, setting, Coding.ROUNDED), Store(tmp_path / "new")
    assert identity_of(found.row) == one
    assert store.find(one) is None
    store.add(one, found)
    again = Store(tmp_path / "new").find(one)
    assert again is not None
    assert again.row == found.row == next(store.rows("toy"))
    np.testing.assert_array_equal(again.arrays["error"], found.arrays["error"])
    assert [store.find(each) for each in others] == [None] * len(others)
    assert list(store.rows("to")) == []
    # What one process is at no other begins, until it has given up.
    with store.claim(one) as first, store.claim(one) as second, store.claim(others[0]) as third:
        assert (first is not None, second, third is not None) == (True, None, True)
        assert [store.is_claimed(each) for each in (one, others[0], others[1])] == [True, True, False]
    assert not store.is_claimed(one)
    with store.claim(one) as again_claimed:
        assert again_claimed == first == store.path(one).with_suffix(".pt")


def made_up(method: str, photograph: str, og: float | None, **changes: Any) -> Row:
    """A row: whole PSNR 5 dB higher; whole steps where `changes` do not say otherwise."""
    quick, device = changes.pop("quick", 1.0), changes.pop("device", "cpu")
    return {
        "method": method, "picture": photograph, "photograph": photograph, "coding": "rounded", "version": [1, 1, "0"],
        "setting": {"device": device, "seed": 0, "quick": quick, "truncate": False, "adaptation": "cat02"},
        "machine": {"processor": "made up", "cuda": "a card" if device == "cuda" else None, "torch": "2", "threads": 1},
        "size": [4, 4], "title": method.upper(), "group": "optimised", "metadata_bytes": 1_000,
        "note": "made up" if quick == 1 else "quick: 1 of 10 steps", "optimisation_seconds": 1.5,
        "inference_seconds": 0.5, "psnr_og": og, "psnr": None if og is None else og + 5, "psnr_ig": None,
        "rmse_og": 0.0 if og is None else 0.1, "rmse": 0.0 if og is None else 0.05, "rmse_ig": 0.0, "de": 1.0,
        "de_og": 2.0, "og_percent": 20.0,
    } | changes  # fmt: skip


def page(*rows: Row, absent: Mapping[str, str] = {}) -> str:
    return document({
        "machine": {"gamutmeta": "9.9", "python": "3.99", "system": "An OS"}, "absent": absent, "rows": list(rows),
    })  # fmt: skip


def test_means_and_the_best_supported_series() -> None:
    rows = [made_up("a", name, og) for name, og in (("x", 30.0), ("y", 31.0), ("z", 38.0))]
    series = series_of(rows, ["a"], "rounded", "cpu")["a"]
    assert (series.mean("psnr_og"), series.median("psnr_og"), series.mean("psnr_ig")) == (33, 31, None)

    def shown(device: str, *rows: Row) -> tuple[float, str]:
        found = series_of(rows, ["a"], "rounded", device)["a"]
        return found.quick, found.device

    quick = [made_up("a", name, 20.0, quick=0.1) for name in "xy"]
    whole = [made_up("a", name, 30.0) for name in "xy"]
    card = [made_up("a", name, 31.0, device="cuda") for name in "xy"]
    assert shown("cpu", *quick, whole[0]) == (0.1, "cpu"), "more photographs"
    assert shown("cpu", *quick, *whole) == (1, "cpu"), "as many, and more steps"
    assert (shown("cuda", *whole, *card)[1], shown("cpu", *whole, *card)[1]) == ("cuda", "cpu")
    assert series_of(whole, ["a"], "jpeg", "cpu") == {}
    assert quick_share(made_up("clip", "x", 20.0, quick=0.1, note="")) == 1, "a method without steps is never quick"


def test_seconds_are_those_of_a_machine_of_its_own() -> None:
    alone = made_up("a", "x", 30.0)
    machines = [alone["machine"] | {"others": cores} for cores in (None, 0.1, 0.11)]
    rows = [made_up("a", name, 30.0, machine=machine) for name, machine in zip("xyz", machines, strict=True)]
    rows[2]["optimisation_seconds"] = 99.0
    rows.append(made_up("a", "w", 30.0, optimisation_seconds=99.0, seconds_of_a_part=True))
    assert [is_alone(row) for row in [alone, *rows]] == [True, True, True, False, False]
    series = series_of(rows, ["a"], "rounded", "cpu")["a"]
    assert (series.mean("optimisation_seconds"), series.mean("metadata_bytes"), len(series.rows)) == (1.5, 1_000, 4)
    assert series_of(rows[2:], ["a"], "rounded", "cpu")["a"].mean("inference_seconds") is None


def test_the_document_says_what_is_absent_and_exact() -> None:
    text = page(made_up("half", "x", 30.0, og_percent=5.0), made_up("half", "y", None), absent={"siren": "not there"})
    assert "2 photographs; measured on made up (torch 2, 1 thread); gamutmeta 9.9, Python 3.99, An OS." in text
    assert "Less than 10 % of the pixels are out of gamut in x." in text
    assert "- siren: not there" in text
    assert "- soft-clip: not measured" in text
    assert "| > 35.00 | > 30.00 |" in next(line for line in text.splitlines() if "| HALF |" in line)
    assert set(PUBLISHED) <= set(build().keys)


@pytest.fixture
def data(tmp_path: Path, wide: Wide) -> Path:
    """A folder as the paper's is: pictures that name no colour space."""
    folder = tmp_path / "data"
    folder.mkdir()
    for name, part in (("one", wide[:60]), ("two", wide[60:])):
        tifffile.imwrite(folder / f"{name}.tif", part, photometric="rgb")
    (folder / "notes.txt").write_text("no picture")
    return folder


def tables(data: Path, *options: str) -> list[Row]:
    """Run the command; the rows that it writes."""
    out = data.parent / "out"
    arguments = ["--cache", str(data.parent / "cache"), "--out", str(out), "--device", "cpu", *options]
    command.BENCHMARK.main([str(data), *arguments])
    found: list[Row] = load(out / "paper" / "tables.json")["rows"]
    return found


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The methods that are measured; plots, which take most of the time, are not drawn."""
    asked: list[str] = []
    real = protocol.measure
    monkeypatch.setattr(protocol, "measure", lambda *at: asked.append(at[0].key) or real(*at))
    monkeypatch.setattr(run.Run, "photographs", lambda *_: iter(()))
    return asked


def test_a_table_with_the_rival_of_the_readme(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    readme = (ROOT / "benchmarks" / "paper" / "README.md").read_text(encoding="utf-8")
    (data.parent / "my_rival.py").write_text(readme.split("```python\n")[1].split("```")[0])
    monkeypatch.syspath_prepend(data.parent)
    rows = tables(
        data, "--rows", "clip", "mlp-11kb", "--quick", "0.0002", "--crop", "50", "--codings", "rounded", "jpeg",
        "--method", "my_rival:MeanColour",
    )  # fmt: skip
    folder = data.parent / "out" / "paper"
    assert {path.name for path in folder.iterdir()} == {
        "tables.md", "tables.json", "one.png", "two.png", "ablations.png", "ablations.svg",
    }  # fmt: skip
    text = (folder / "tables.md").read_text()
    assert "| MLP + enc. (11 KB) | 2 | quick: 0.02 % | cpu | 10,240 | 11 |" in text
    assert "| Mean colour | 2 | all | cpu | 6 |" in text
    assert "- Mean colour (`mean-colour`): one colour" in text
    assert [row["method"] for row in rows].count("mean-colour") == 2, "it has no part in the JPEG protocol"
    assert len(rows) == 10
    assert all(row["size"] == [50, 50] for row in rows)


def test_a_table_in_pieces(data: Path, asked: list[str]) -> None:
    some = ["--crop", "40", "--codings", "rounded"]
    assert len(tables(data, "--rows", "clip", *some)) == 2
    # Taken up again with another row: the others come from the cache.
    assert len(tables(data, "--rows", "clip", "soft-clip", *some)) == 4
    assert asked == ["clip", "clip", "soft-clip", "soft-clip"]
    # Nothing is measured, and all is shown; other pieces of the pictures are others; --fresh measures again.
    assert len(tables(data, *some, "--rows")) == 4
    tables(data, "--rows", "clip", "--crop", "30", "--codings", "rounded", "--only", "one")
    tables(data, "--rows", "clip", "--fresh", "--only", "two", *some)
    assert asked[4:] == ["clip", "clip"]


def test_rows_first_elsewhere_and_how_far_it_is(
    data: Path, asked: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    some = ["--crop", "40", "--codings", "rounded"]
    rows = tables(data, "--rows", "soft-clip", "clip", "--row-by-row", *some)
    assert asked == ["soft-clip", "soft-clip", "clip", "clip"]
    # Another machine has the tables, and not the cache.
    known = shutil.copy(data.parent / "out" / "paper" / "tables.json", data.parent / "known.json")
    elsewhere = ["--known", str(known), "--cache", str(data.parent / "other")]
    with pytest.raises(SystemExit, match="0"):
        tables(data, "--rows", "clip", "mlp-11kb", "--progress", *some, *elsewhere)
    said = capsys.readouterr().out
    assert "clip: 2 of 2, 0 s each\nmlp-11kb: 0 of 2, seconds not known yet\n" in said
    assert "2 of 4 measured; 0.0 hours of one process are left, and 1 row of which no time is known" in said
    assert tables(data, "--rows", "clip", *some, *elsewhere) == sorted(rows, key=lambda row: row["method"])
    assert len(asked) == 4
    # A row that was measured again stands for the earlier one.
    tables(data, "--rows", "clip", "--only", "one", "--fresh", *some, *elsewhere)
    assert len(asked) == 5
    assert len(tables(data, "--rows", *some, *elsewhere)) == 4


def test_how_far_a_stopped_row_is(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    steps = iter(range(5))
    monkeypatch.setattr(resume, "_SAVE_SECONDS", 0)
    monkeypatch.setattr(Network, "clear_gradient", lambda _: next(steps))
    some = ["--rows", "mlp-11kb", "--crop", "40", "--codings", "rounded", "--only", "one"]
    with pytest.raises(RuntimeError, match="StopIteration"):
        tables(data, *some)
    with pytest.raises(SystemExit):
        tables(data, *some, "--progress")
    assert "mlp-11kb: 0 of 1, seconds not known yet; one was stopped at step 5\n" in capsys.readouterr().out
    (lock,) = (path.with_suffix(".lock") for path in (data.parent / "cache").glob("*.pt"))
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(SystemExit):
            tables(data, *some, "--progress")
    assert "; one is being measured, at step 5\n" in capsys.readouterr().out


def test_a_failure_does_not_end_the_table(data: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SoftClip, "expand", lambda *_: int("none"))
    with pytest.raises(SystemExit, match=r"(?s)2 measurements failed:.*one, rounded, soft-clip: invalid literal"):
        tables(data, "--rows", "soft-clip", "clip", "--crop", "40", "--codings", "rounded")
    content = json.loads((data.parent / "out" / "paper" / "tables.json").read_text())
    assert [row["method"] for row in content["rows"]] == ["clip"] * 2
    assert asked == ["clip", "soft-clip"] * 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--rows", "nothing"], "row 'nothing': there is none"),
        (["--only", "three"], "no such TIFF or PNG pictures"),
        (["--rows"], "nothing was measured of these pictures yet"),
        (["--device", "abacus"], "unknown device 'abacus'"),
        (["--method", "nowhere:Class"], "--method nowhere:Class: No module named 'nowhere'"),
        (["--quick", "0"], "2"),
        (["--crop", "0"], "2"),
        (["--codings", "other"], "2"),
    ],
)
def test_what_cannot_be_done_is_said(data: Path, options: list[str], message: str) -> None:
    with pytest.raises(SystemExit, match=message):
        tables(data, *options)
    assert not (data.parent / "out").exists()


def test_pictures_are_found_and_taken_for_prophoto(data: Path, wide: Wide) -> None:
    picture = Picture.read(data / "one.tif")
    np.testing.assert_array_equal(picture.wide, wide[:60])
    assert picture.digest == Picture("other name", wide[:60]).digest != Picture("one", wide[:59]).digest
    np.testing.assert_array_equal(Picture.read(data / "one.tif", crop=100).wide, wide[:60, 30:130])
    assert [path.name for path in find(data, ("wo",))] == ["two.tif"]
    tifffile.imwrite(data / "one.tiff", np.zeros((4, 4, 3), np.uint16), photometric="rgb")
    with pytest.raises(SystemExit, match="several pictures are named one"):
        tables(data, "--rows", "clip")
    # Pictures to measure have their folder where there are others to learn from.
    (data / "test").mkdir()
    (data / "one.tif").rename(data / "test" / "one.TIF")
    assert [path.name for path in find(data)] == ["one.TIF"]
