"""The notebook runs from top to bottom. Its cells are executed as they are; no kernel is needed for that."""

from __future__ import annotations

import ast
import json
from typing import Any

import manual
import pytest

import gamutmeta

NOTEBOOK = manual.DOCS / "notebooks" / "first-look.ipynb"
CELLS = json.loads(NOTEBOOK.read_text(encoding="utf-8"))


def test_it_is_small_and_has_no_outputs() -> None:
    assert CELLS["nbformat"] == 4
    assert NOTEBOOK.stat().st_size < 10_000
    assert len({cell["id"] for cell in CELLS["cells"]}) == len(CELLS["cells"])
    for cell in CELLS["cells"]:
        if cell["cell_type"] == "code":
            assert (cell["outputs"], cell["execution_count"]) == ([], None)


def execute(source: str, names: dict[str, Any]) -> object:
    """Run a cell; its value is that of its last line, unless a semicolon follows."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) and not source.rstrip().endswith(";") else None
    exec(compile(tree, "cell", "exec"), names)  # noqa: S102 - that is the point
    return None if last is None else eval(compile(ast.Expression(last.value), "cell", "eval"), names)  # noqa: S307


@pytest.mark.slow
def test_it_runs(tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.switch_backend("agg")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    shown = [execute("".join(cell["source"]), names) for cell in CELLS["cells"] if cell["cell_type"] == "code"]
    photographs = [value for value in shown if isinstance(value, gamutmeta.WideImage)]
    assert [photo.size for photo in photographs] == [(600, 400), (600, 400), (300, 250)]
    assert all("outside sRGB" in photo._repr_html_() for photo in photographs)
    for number in pyplot.get_fignums():
        pyplot.figure(number).canvas.draw()
    assert len(pyplot.get_fignums()) == 4
    pyplot.close("all")
    assert "dB restored" in capsys.readouterr().out
