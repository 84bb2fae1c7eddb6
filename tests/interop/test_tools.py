"""Missing software is told, and can be made a failure; what installs it gives up with a reason."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from interop.demand import demand, go_without

from benchmarks.interop import tools
from benchmarks.interop.tools import TOOLS, Tool

SCRIPT = Path(__file__).with_name("install_tools.sh")
ABSENT = Tool("Absent", "apt", "absent", ("no-such-program-of-gamutmeta", "--version"))


@pytest.mark.parametrize("absent", [ABSENT, Tool("Absent", "pip", "no-such-package-of-gamutmeta")])
def test_what_is_missing_has_no_version(absent: Tool) -> None:
    assert absent.version() is None


def test_missing_tools_skip_with_the_package_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GAMUTMETA_REQUIRE_TOOLS", raising=False)
    monkeypatch.setitem(TOOLS, "Absent", ABSENT)
    with pytest.raises(pytest.skip.Exception, match=r"Absent is not installed \(apt: absent\)"):
        demand("Absent")


def test_missing_tools_can_be_made_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAMUTMETA_REQUIRE_TOOLS", "1")
    monkeypatch.setitem(TOOLS, "Absent", ABSENT)
    with pytest.raises(pytest.fail.Exception, match="GAMUTMETA_REQUIRE_TOOLS"):
        demand("Absent")
    monkeypatch.setitem(TOOLS, "Absent", replace(ABSENT, required=False))
    with pytest.raises(pytest.skip.Exception):
        demand("Absent")
    with pytest.raises(pytest.fail.Exception, match="no network"):
        go_without("no network")


def test_the_list_of_packages_needs_no_package() -> None:
    command = [sys.executable, "-S", "-m", "benchmarks.interop.tools"]
    for installer in ("apt", "pip"):
        ran = subprocess.run([*command, installer], cwd=SCRIPT.parents[2], capture_output=True, text=True, check=True)
        assert set(ran.stdout.split()) >= {t.package for t in TOOLS.values() if t.installer == installer and t.required}


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_without_apt_the_script_gives_up_and_says_why(tmp_path: Path) -> None:
    for program in ("bash", "dirname"):
        (tmp_path / program).symlink_to(shutil.which(program) or "")
    ran = subprocess.run(
        ["bash", str(SCRIPT), sys.executable], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1
    assert "there is no apt-get; the tests that need other software will be skipped" in ran.stderr


def test_imagemagick_is_never_another_convert(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools.shutil, "which", lambda name: f"/bin/{name}" if name == "convert" else None)
    assert tools.resolve("convert") is None
    monkeypatch.setattr(tools.shutil, "which", lambda name: f"/bin/{name}")
    assert tools.resolve("identify") == ["/bin/magick", "identify"]
