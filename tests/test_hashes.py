"""What .ci/run installs is what constraints.txt names, each with a hash."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
from typing import TYPE_CHECKING

import manual

if TYPE_CHECKING:
    from pathlib import Path

CI = manual.ROOT / ".ci"
LINE = re.compile(r"([a-z0-9._-]+)==(\S+) --hash=sha256:([0-9a-f]{64})")


def pins(name: str) -> dict[str, str]:
    lines = (CI / name).read_text().splitlines()
    found = [LINE.fullmatch(line) for line in lines]
    assert all(found), [line for line, match in zip(lines, found, strict=True) if not match]
    return {match[1].replace("_", "-"): match[2].partition("+")[0] for match in found if match}


def test_every_version_is_that_of_the_constraints() -> None:
    pinned = pins("hashes.txt") | pins("hashes-ray.txt")
    lines = (manual.ROOT / "constraints.txt").read_text().lower().splitlines()
    wanted = dict(line.replace("_", "-").split("==") for line in lines if "==" in line)
    assert {name: pinned.get(name) for name in wanted} == wanted


def test_the_script_uses_them() -> None:
    script = (CI / "run").read_text()
    subprocess.run(["bash", "-n", CI / "run"], check=True)
    assert "--require-hashes" in script
    assert script.index(".ci/hashes.txt") < script.index("make --no-print-directory lint")
    assert ".ci/hashes-ray.txt" in script


def test_they_are_written_from_a_report_of_pip(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("write_hashes", CI / "write_hashes.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    archive = {"archive_info": {"hashes": {"sha256": "0" * 64}}}
    report = {"install": [{"metadata": {"name": "Some_Name", "version": "1.0"}, "download_info": archive}]}
    (tmp_path / "report.json").write_text(json.dumps(report))
    assert module.lines_of(tmp_path / "report.json") == {"some_name": f"some_name==1.0 --hash=sha256:{'0' * 64}\n"}
