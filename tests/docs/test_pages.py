"""The manual keeps its word: links lead somewhere, commands are understood, examples run, tables are complete."""

from __future__ import annotations

import inspect
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import click
import manual
import pytest
from carrots import CARROTS, QUICK
from PIL import Image

from gamutmeta import carriers, errors
from gamutmeta.cli import app
from gamutmeta.cli.info import PayloadInfo
from gamutmeta.color.spaces import SPACES
from gamutmeta.photo.kinds import KINDS
from gamutmeta.photo.read import _READERS
from gamutmeta.pipeline.reduce import reduce_file
from gamutmeta.pipeline.validate import Stage, Validation
from gamutmeta.report import Report

if TYPE_CHECKING:
    from collections.abc import Iterator

TESTED_ELSEWHERE = {"gpu.md", "scale.md", "view.md"}


@pytest.mark.parametrize("page", manual.PAGES)
def test_links_lead_somewhere(page: str) -> None:
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)", manual.text_of(page)):
        path = (manual.DOCS / target).resolve() if target else manual.DOCS / page
        assert path.exists(), target
        assert not anchor or anchor in manual.anchors(path), f"{target}#{anchor}"


def test_every_page_can_be_found() -> None:
    index = manual.text_of("index.md")
    (tree,) = re.findall(r"```{toctree}\n(.*?)```", index, re.DOTALL)
    listed = {line for line in tree.splitlines() if line and not line.startswith(":")}
    pages = {path.relative_to(manual.DOCS).as_posix() for path in manual.DOCS.rglob("*.md")}
    assert {f"{name}.md" for name in listed} == pages - {"index.md"}
    for page in manual.PAGES:
        assert page == "index.md" or f"({page}" in index, page


@pytest.mark.parametrize("page", manual.PAGES)
def test_commands_are_understood(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # The files that commands name are not there.
    monkeypatch.setattr(click.Path, "convert", lambda _self, value, *_: Path(value))
    for command in manual.commands(page):
        _, name, *arguments = shlex.split(re.sub(r'"\$\w+/8"', "3/8", command).replace('"$SLURM_CPUS_PER_TASK"', "4"))
        known = app.get_command(click.Context(app), name)
        assert known is not None, command
        known.make_context(name, arguments)


@pytest.mark.parametrize("page", manual.PAGES)
def test_commands_in_the_text_exist(page: str) -> None:
    for mention in manual.mentions(page):
        name, *arguments = shlex.split(mention)
        known = app.get_command(click.Context(app), name)
        assert known is not None, mention
        options = {option for parameter in known.params for option in (*parameter.opts, *parameter.secondary_opts)}
        assert {word for word in arguments if word.startswith("-")} <= {*options, "--help"}, mention


@pytest.fixture(scope="module")
def srgb_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("manual") / "photo.jpg"
    reduce_file(CARROTS, path, preset=QUICK)
    return path


@pytest.fixture
def folder(tmp_path: Path, srgb_file: Path) -> Path:
    """What examples find: a photograph, its sRGB file, a folder of exports, and sRGB exports of one's own."""
    shutil.copy(CARROTS, tmp_path / "photo.tif")
    shutil.copy(srgb_file, tmp_path / "photo.jpg")
    (tmp_path / "exports").mkdir()
    shutil.copy(CARROTS, tmp_path / "exports" / "a.tif")
    (tmp_path / "srgb").mkdir()
    with Image.open(srgb_file) as picture:
        picture.point(lambda code: code * code // 300 + 20).save(tmp_path / "export.jpg", quality=95)
    shutil.copy(tmp_path / "export.jpg", tmp_path / "srgb" / "a.jpg")
    return tmp_path


def run(command: list[str], folder: Path) -> None:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = os.environ | {"PATH": path, "OMP_NUM_THREADS": "1", "MPLBACKEND": "agg"}
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


EXAMPLES = {
    f"{page}-{k}": code
    for page in manual.PAGES
    if page not in TESTED_ELSEWHERE
    for k, code in enumerate(manual.blocks(page, "python"))
}


@pytest.mark.slow
@pytest.mark.parametrize("name", EXAMPLES)
def test_python_examples(name: str, folder: Path) -> None:
    run([sys.executable, "-W", "error", "-c", EXAMPLES[name]], folder)


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in manual.PAGES if page not in TESTED_ELSEWHERE])
def test_command_line_examples(page: str, folder: Path) -> None:
    """A page from top to bottom, as a reader would try it."""
    examples = manual.blocks(page, "sh")
    if any("-o photo.jpg" in code and "reduce" in code for code in examples):
        (folder / "photo.jpg").unlink()
    for code in examples:
        run(["sh", "-e", "-c", code], folder)


def all_errors(kind: type[errors.GamutMetaError] = errors.GamutMetaError) -> Iterator[type[errors.GamutMetaError]]:
    for child in kind.__subclasses__():
        if child.__module__ == errors.__name__:
            yield child
            yield from all_errors(child)


def test_every_error_is_listed_with_its_remedy() -> None:
    rows = manual.table("errors.md", "| code | exception |")
    meanings = [(f"`{k.code}`", f"`{k.__name__}`", (inspect.getdoc(k) or "").splitlines()[0]) for k in all_errors()]
    assert [tuple(row[:3]) for row in rows] == meanings
    assert all(len(row) == 4 and row[3].endswith(".") for row in rows)
    named = {k.__name__ for k in all_errors()} | {"GamutMetaError", "GamutMetaWarning"}
    assert named == set(errors.__all__)


def test_every_code_of_the_command_is_listed() -> None:
    from gamutmeta.batch.outcome import Failure  # noqa: PLC0415 - its source is looked at

    rows = {row[0].strip("`") for row in manual.table("errors.md", "| code | what it means |")}
    assert rows == set(re.findall(r'cls\(\s*"(\w+)"', inspect.getsource(Failure)))


def test_every_field_of_a_report_is_listed() -> None:
    rows = manual.table("pipelines.md", "| field |")
    listed = [name for row in rows for name in re.findall(r"`(\w+)`", row[0])]
    assert sorted(listed) == sorted(field.name for field in fields(Report))


def test_fields_of_info_and_validate_are_listed() -> None:
    text = " ".join(manual.text_of("pipelines.md").split())
    for command, result in (("info", PayloadInfo), ("validate", Validation)):
        (said,) = re.findall(rf"- `{command}`: (.*?)\.(?: - | Wrong )", text)
        for name in (
            field.name for kind in (result, *((Stage,) if result is Validation else ())) for field in fields(kind)
        ):
            assert f"`{name}`" in said, (command, name)


def test_every_kind_of_file_is_listed() -> None:
    rows = manual.table("formats.md", "| suffix | format | bits, default first |")
    expected = [
        [
            ", ".join(f"`{suffix}`" for suffix in kind.suffixes),
            kind.title,
            ", ".join(map(str, kind.depths)),
            "" if kind.quality is None else str(kind.quality),
        ]
        for kind in KINDS.values()
    ]
    assert rows == expected
    srgb = {ending for row in manual.table("formats.md", "| suffix | format | bits |") for ending in row[0].split(", ")}
    assert srgb == {f"`{suffix}`" for suffix in carriers.SUFFIXES}
    read = {name.split(",")[0] for name, *_ in manual.table("formats.md", "| kind |")}
    assert {"HEIF" if name == "HEIC" else name for name in read} == {*_READERS, "raw"}
    spaces = [(row[0].strip("`"), row[1]) for row in manual.table("formats.md", "| `--space` |")]
    assert spaces == [(space.name, space.title) for space in SPACES.values()]
