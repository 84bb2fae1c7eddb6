"""Films, previews and data of phones behind the picture of a JPEG: told where they are lost, and kept elsewhere."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from carrots import CARROTS, QUICK
from click.testing import CliRunner
from PIL import Image

from gamutmeta import edit
from gamutmeta.cli import app
from gamutmeta.color.icc import profile_bytes
from gamutmeta.formats.second_picture import find_colour_map
from gamutmeta.photo.read import read_photo
from gamutmeta.photo.wide import WideImage
from gamutmeta.pipeline.expand import expand, expand_file
from gamutmeta.pipeline.reduce import reduce, reduce_file
from gamutmeta.pipeline.show_wide import show_wide_file

pytest.importorskip("torch")

if TYPE_CHECKING:
    from pathlib import Path

FILM = b"\0\0\0\x18ftypmp42\0\0\0\0isommp42" + b"\0\0\x04\0mdat" + b"x" * 1016
LOST = f"{len(FILM):,} bytes behind the picture were left out: a film"


@pytest.fixture(scope="module")
def carrier() -> bytes:
    """A JPEG with a payload, and with a film behind it."""
    piece = read_photo(CARROTS).array[250:394, 400:592]
    return reduce(WideImage(piece), format="jpeg", preset=QUICK).to_bytes() + FILM


def photograph() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (16, 12), (90, 100, 110)).save(file, "JPEG", icc_profile=profile_bytes("srgb"))
    return file.getvalue() + FILM


@pytest.mark.parametrize("ending", ["jpg", "png"])
def test_reduction_tells_it(ending: str, tmp_path: Path) -> None:
    source, target = tmp_path / "in.jpg", tmp_path / f"out.{ending}"
    source.write_bytes(photograph())
    assert read_photo(photograph()).notes.count(LOST) == 1
    report = reduce_file(source, target)
    assert report.notes.count(LOST) == 1
    assert b"ftypmp42" not in target.read_bytes()
    assert LOST in reduce(photograph()).report.notes


def test_a_reduction_of_a_carrier_tells_it(carrier: bytes, tmp_path: Path) -> None:
    (tmp_path / "in.jpg").write_bytes(carrier)
    report = reduce_file(tmp_path / "in.jpg", tmp_path / "out.jpg", preset=QUICK)
    assert report.notes.count(LOST) == 1


@pytest.mark.parametrize("ending", ["jpg", "tif"])
def test_expansion_tells_it(ending: str, carrier: bytes, tmp_path: Path) -> None:
    (tmp_path / "in.jpg").write_bytes(carrier)
    assert expand(carrier).notes.count(LOST) == 1
    report = expand_file(tmp_path / "in.jpg", tmp_path / f"out.{ending}")
    assert report.notes.count(LOST) == 1
    assert expand(carrier.removesuffix(FILM)).notes == ()


def test_edits_tell_it(carrier: bytes, tmp_path: Path) -> None:
    (tmp_path / "in.jpg").write_bytes(carrier)
    report = edit.edit_file(tmp_path / "in.jpg", tmp_path / "out.jpg", flip="horizontal")
    assert report.notes.count(LOST) == 1
    assert b"ftypmp42" not in (tmp_path / "out.jpg").read_bytes()


def test_what_splices_keeps_it(carrier: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.jpg").write_bytes(carrier)

    def output(*arguments: Any) -> bytes:
        result = CliRunner().invoke(app, list(arguments))
        assert result.exit_code == 0, result.output
        assert "left out" not in result.output
        return (tmp_path / arguments[-1]).read_bytes()

    plain = output("strip", "in.jpg", "-o", "plain.jpg")
    assert plain.endswith(FILM)
    output("extract", "in.jpg", "-o", "payload.gamut")
    assert output("attach", "plain.jpg", "payload.gamut", "-o", "whole.jpg") == carrier


def test_a_gain_map_comes_before_it(carrier: bytes, tmp_path: Path) -> None:
    (tmp_path / "in.jpg").write_bytes(carrier)
    report = show_wide_file(tmp_path / "in.jpg", tmp_path / "out.jpg")
    shown = (tmp_path / "out.jpg").read_bytes()
    assert LOST not in report.notes
    assert shown.endswith(FILM)
    assert report.gain_map is not None
    assert find_colour_map(shown) is not None
    assert LOST in expand(shown).notes
