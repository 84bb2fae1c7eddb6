"""Standard input, output and error that are closed; each process of these tests is one of its own."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")

_CODE = """
import os, sys
from gamutmeta.runtime.standard import open_missing_streams
open_missing_streams()
with open("opened.txt", "wb") as file:
    number = file.fileno()
    os.write(2, b"of a library\\n")
    print("of Python", file=sys.stderr)
where = [os.path.samestat(os.fstat(each), os.stat(os.devnull)) for each in (0, 1, 2)]
inherited = all(map(os.get_inheritable, (0, 1, 2)))
with open("said.txt", "w") as file:
    print(number > 2, where, inherited, sys.stdin is None, sys.stdout is None, sys.stderr is None, file=file)
"""


@pytest.mark.parametrize("closed", ["", "2>&-", "<&-", ">&-", "<&- >&-", "<&- >&- 2>&-"])
def test_no_file_gets_the_number_of_one_that_is_closed(closed: str, tmp_path: Path) -> None:
    command = f"'{sys.executable}' -c '{_CODE}' {closed}"
    with (tmp_path / "in").open("wb+") as given:
        done = subprocess.run(
            ["/bin/sh", "-c", command], cwd=tmp_path, stdin=given, capture_output=True, text=True, check=True
        )
    shut = [sign in closed.split() for sign in ("<&-", ">&-", "2>&-")]
    wanted = f"True {shut} True {shut[0]} {shut[1]} False\n"
    assert (tmp_path / "said.txt").read_text() == wanted
    assert (tmp_path / "opened.txt").read_bytes() == b""
    assert done.stderr == ("" if shut[2] else "of a library\nof Python\n")
