from __future__ import annotations

from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING

import gamutmeta
from benchmarks import installed

if TYPE_CHECKING:
    import pytest


def test_packages_are_followed_through_extras_and_markers() -> None:
    found = installed.needed(["pytest>=8", "never-there; python_version < '3'"])
    assert {"pytest", "pluggy", "iniconfig"} <= found
    assert "hypothesis" not in found
    assert "never-there" not in found


def test_what_is_not_installed_is_no_part_of_the_table(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def needed(requirements: list[str]) -> set[str]:
        if any("torch" in requirement for requirement in requirements):
            raise installed.PackageNotFoundError("torch")
        return {"pluggy"}

    monkeypatch.setattr(installed, "needed", needed)
    sizes = installed.sizes()
    assert "fit" not in sizes
    assert "all" not in sizes
    assert capsys.readouterr().out.startswith("fit: ")
    assert sizes["io"] == {"bytes": 0, "packages": {}}


def test_sizes_are_those_of_the_files() -> None:
    folder = Path(str(distribution("pluggy").locate_file("pluggy")))
    least = sum(path.stat().st_size for path in folder.glob("*.py"))
    assert least < installed.size_of("pluggy") < 2 * least
    assert installed.package_size() > Path(gamutmeta.__file__).with_name("demo").joinpath("carrots.tif").stat().st_size


def test_the_table() -> None:
    measured = {"": {"bytes": 20_400_000, "packages": {"b": ("2", 20_000_000), "a": ("1", 400_000)}}}
    measured["x"] = {"bytes": 3_000_000, "packages": {"c": ("3", 3_000_000)}}
    assert installed.table(measured)[2:] == ["| none | 20 | b 2 (20), a 1 (0.4) |", "| `x` | 3.0 | c 3 (3.0) |"]
