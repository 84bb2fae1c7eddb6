"""Options of a reduction: what they refuse, what they tell, and that Python and the command mean the same by them."""

from __future__ import annotations

import inspect
import json
import pickle
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from carrots import QUICK, write_piece
from click.testing import CliRunner

import gamutmeta
import gamutmeta.edit
from gamutmeta import carriers
from gamutmeta.cli import app, convert
from gamutmeta.container import Limits
from gamutmeta.demo import demonstrate
from gamutmeta.errors import FitError, PhotoError
from gamutmeta.fit.config import PRESETS, RUNGS
from gamutmeta.pipeline.options import JPEG_OPTIONS, ReduceOptions

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("function", [gamutmeta.reduce, gamutmeta.reduce_file])
def test_functions_have_the_options_and_their_defaults(function: Any) -> None:
    own = {"wide", "format", "rounding"} if function is gamutmeta.reduce else {"source", "target", "overwrite"}
    of_files = {"carrier", "assume_space", "raw_style", "limits"} if function is gamutmeta.reduce else set()
    asked = {name: p for name, p in inspect.signature(function).parameters.items() if name not in own}
    options = {field.name: field for field in fields(ReduceOptions) if field.name not in of_files}
    assert {name: p.default for name, p in asked.items()} == {name: field.default for name, field in options.items()}
    assert {name: p.annotation for name, p in asked.items()} == {name: field.type for name, field in options.items()}


def test_the_cap_changes_the_configuration() -> None:
    assert ReduceOptions().config is PRESETS["balanced"]
    assert ReduceOptions(preset=QUICK).config is QUICK
    assert ReduceOptions(preset="small", max_bytes=2_400).config == PRESETS["small"].within(2_400)
    assert ReduceOptions(preset=QUICK, max_bytes=np.int64(960)).config == QUICK.within(960)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("max_bytes", "message"),
    [
        (399, r"400\.\.61,440 bytes, not to 399"),
        (61_441, r"400\.\.61,440 bytes, not to 61,441"),
        (-1, "not to -1"),
        (True, "not to 1"),
        (2_400.0, "a whole number of bytes, not to 2400.0"),
        ("2400", "a whole number of bytes, not to '2400'"),
    ],
)
def test_a_cap_that_cannot_be_is_refused_before_anything_is_read(max_bytes: Any, message: str, tmp_path: Path) -> None:
    for ask in (
        lambda: ReduceOptions(max_bytes=max_bytes),
        lambda: gamutmeta.reduce_file(tmp_path / "missing.tif", tmp_path / "x.jpg", max_bytes=max_bytes),
        lambda: gamutmeta.reduce(None, max_bytes=max_bytes),  # type: ignore[arg-type]
        lambda: demonstrate(tmp_path / "missing.tif", tmp_path, max_bytes=max_bytes),
    ):
        with pytest.raises(FitError, match=message):
            ask()
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_preset_is_refused() -> None:
    with pytest.raises(FitError, match="'huge'"):
        ReduceOptions(preset="huge")


@pytest.mark.parametrize("rung", RUNGS)
def test_a_cap_that_was_rounded_down_is_told(rung: int) -> None:
    assert ReduceOptions(max_bytes=rung).notes == ()
    if rung < RUNGS[-1]:
        (note,) = ReduceOptions(max_bytes=rung + 1).notes
        assert note.startswith(f"the limit of {rung + 1:,} bytes was rounded down to {rung:,}")
    assert ReduceOptions().notes == ReduceOptions(preset="paper", max_bytes=30_000).notes == ()


def test_settings_are_json_and_know_no_device_and_no_limits() -> None:
    limits = Limits(pixels=1_000)
    settings = ReduceOptions(preset=QUICK, max_bytes=960, device="cpu", limits=limits).settings()
    assert json.loads(json.dumps(settings)) == settings
    assert (settings["preset"], settings["max_bytes"]) == ("quick", 960)
    assert set(settings) == {field.name for field in fields(ReduceOptions)} - {"device", "limits", "resize"}
    assert ReduceOptions(resize=100).settings()["resize"] == 100
    assert pickle.loads(pickle.dumps(ReduceOptions(preset=QUICK))) == ReduceOptions(preset=QUICK)  # noqa: S301


def test_python_and_the_command_give_one_payload(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(convert, "PRESETS", dict.fromkeys(PRESETS, QUICK))
    write_piece(tmp_path / "photo.tif")
    arguments = [
        "reduce",
        "photo.tif",
        "-o",
        "a.png",
        "--max-bytes",
        "1000",
        "--device",
        "cpu",
        "--seed",
        "7",
        "--json",
    ]
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    report = json.loads(result.stdout)
    assert report["notes"] == list(ReduceOptions(max_bytes=1_000).notes)
    by_file = gamutmeta.reduce_file("photo.tif", "b.png", preset=QUICK, max_bytes=1_000, device="cpu", seed=7)
    wide = gamutmeta.read_photo("photo.tif")
    in_memory = gamutmeta.reduce(wide, preset=QUICK, max_bytes=1_000, device="cpu", seed=7)
    payloads = [carriers.extract((tmp_path / name).read_bytes()).container for name in ("a.png", "b.png")]
    assert payloads == [in_memory.payload.to_bytes()] * 2
    assert len(payloads[0]) <= 960
    assert by_file.notes == in_memory.report.notes == ReduceOptions(max_bytes=1_000).notes


def test_a_note_of_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(convert, "PRESETS", dict.fromkeys(PRESETS, QUICK))
    write_piece(tmp_path / "photo.tif")
    result = CliRunner().invoke(app, ["reduce", "photo.tif", "-o", "a.png", "--max-bytes", "700"])
    assert "note: photo.tif: the limit of 700 bytes was rounded down to 620" in result.stderr


def test_help_tells_of_the_ladder() -> None:
    said = " ".join(CliRunner().invoke(app, ["reduce", "--help"]).stdout.split())
    assert "rounded down to 400, 620, 960, 1,500, 2,400, 3,800, 6,000, 9,600, 16,000, 28,000 or 61,440 (not" in said


@pytest.mark.parametrize("wrong", [0, -5, 2.5, True, "100"])
def test_a_size_is_a_whole_number(wrong: Any) -> None:
    with pytest.raises(PhotoError, match="resize: the longer side has a whole number of pixels"):
        ReduceOptions(resize=wrong)


def test_a_base_has_its_size() -> None:
    with pytest.raises(PhotoError, match="resize cannot be chosen with a base"):
        ReduceOptions(base=b"", resize=100)


def test_settings_name_a_space_in_one_way() -> None:
    """A folder that was begun with an alias is not made again with the name."""
    assert (
        ReduceOptions(assume_space="linear-p3").settings() == ReduceOptions(assume_space="linear-display-p3").settings()
    )


@pytest.mark.parametrize("format_", ["png", "tiff"])
def test_options_of_jpeg_without_effect_are_told(format_: Any) -> None:
    wide = gamutmeta.WideImage(np.full((8, 8, 3), 30_000, np.uint16))
    plain = gamutmeta.reduce(wide, format=format_)
    told = gamutmeta.reduce(wide, format=format_, quality=80, subsampling="4:2:0", progressive=True, samples="plain")
    said = "only a JPEG has quality and subsampling and progressive and samples: what was chosen has no effect on a "
    assert [note for note in told.report.notes if note not in plain.report.notes] == [said + f"{format_.upper()} file"]
    assert told.to_bytes() == plain.to_bytes()
    assert "only a JPEG has" not in " ".join(plain.report.notes)


def test_options_without_effect_are_told_with_a_base_as_well() -> None:
    wide = gamutmeta.WideImage(np.full((8, 8, 3), 30_000, np.uint16))
    base = gamutmeta.reduce(wide, format="png").to_bytes("sidecar")
    told = gamutmeta.reduce(wide, base=base, samples="plain")
    assert "only a JPEG has samples: what was chosen has no effect on a PNG file" in told.report.notes
    assert "only a JPEG" not in " ".join(gamutmeta.reduce(wide, base=base).report.notes)


@pytest.mark.parametrize("format_", ["jpeg", "png", "tiff"])
def test_a_limit_for_no_gain_map_is_told(format_: Any) -> None:
    wide = gamutmeta.WideImage(np.full((8, 8, 3), 30_000, np.uint16))
    said = "map_bytes has no effect without show_wide=True: no gain map was asked for"
    assert said in gamutmeta.reduce(wide, format=format_, map_bytes=2000).report.notes
    assert said not in gamutmeta.reduce(wide, format=format_).report.notes
    if format_ == "jpeg":
        assert said not in gamutmeta.reduce(wide, format=format_, map_bytes=2000, show_wide=True).report.notes


def test_a_sidecar_without_effect_is_told(tmp_path: Path) -> None:
    wide = gamutmeta.WideImage(np.full((8, 8, 3), 30_000, np.uint16))
    result = gamutmeta.reduce(wide, format="jpeg")
    (tmp_path / "a.jpg").write_bytes(result.to_bytes("sidecar"))
    (tmp_path / "b.gamut").write_bytes(result.payload.to_bytes())
    said = "sidecar has no effect with samples='extended', which uses no payload"
    for sidecar in (tmp_path / "b.gamut", None):
        restored = gamutmeta.expand(tmp_path / "a.jpg", samples="extended", sidecar=sidecar)
        report = gamutmeta.expand_file(
            tmp_path / "a.jpg", tmp_path / "a.tif", samples="extended", sidecar=sidecar, overwrite=True
        )
        assert [said in notes for notes in (restored.notes, report.notes)] == [sidecar is not None] * 2


def test_options_of_jpeg_with_effect_are_not_told() -> None:
    wide = gamutmeta.WideImage(np.full((8, 8, 3), 30_000, np.uint16))
    chosen = gamutmeta.reduce(wide, format="jpeg", quality=80, subsampling="4:2:0", progressive=True, samples="plain")
    assert chosen.report.notes == gamutmeta.reduce(wide, format="jpeg").report.notes


def test_options_of_jpeg_have_their_defaults() -> None:
    defaults = {field.name: field.default for field in fields(ReduceOptions)}
    assert {name: defaults[name] for name in JPEG_OPTIONS} == JPEG_OPTIONS
    for function in (gamutmeta.edit.edit_file, gamutmeta.edit.Edited.save, gamutmeta.edit.Edited.to_bytes):
        asked = {name: p.default for name, p in inspect.signature(function).parameters.items() if name in JPEG_OPTIONS}
        assert asked == {name: JPEG_OPTIONS[name] for name in ("quality", "subsampling", "progressive")}


@pytest.mark.parametrize("ending", ["png", "tif"])
def test_edits_tell_options_of_jpeg_without_effect(ending: str, tmp_path: Path) -> None:
    wide = gamutmeta.WideImage(np.full((8, 8, 3), 30_000, np.uint16))
    (tmp_path / "a.png").write_bytes(gamutmeta.reduce(wide, format="png").to_bytes())
    for chosen, is_told in (({"quality": 80}, True), ({}, False)):
        report = gamutmeta.edit.edit_file(
            tmp_path / "a.png", tmp_path / f"b.{ending}", flip="vertical", overwrite=True, **chosen
        )
        assert any(note.startswith("only a JPEG has quality:") for note in report.notes) == is_told
