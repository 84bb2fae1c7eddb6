"""Keeping what libraries print; each process of these tests is one of its own."""

from __future__ import annotations

import subprocess
import sys

_START = """
import os, sys, threading, warnings
from gamutmeta.runtime.printed import is_kept, keep_printed, printed_by_libraries
"""


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", _START + code], capture_output=True, text=True, check=False)


def test_only_what_libraries_print_is_kept() -> None:
    done = run("""
keep_printed(); keep_printed()
with printed_by_libraries() as lines:
    os.write(2, b"one\\n\\n  two \\none\\n")
    print("of Python", file=sys.stderr)
os.write(2, b"afterwards\\n")
print(lines, is_kept())
""")
    assert (done.stdout, done.stderr, done.returncode) == ("['one', 'two'] True\n", "of Python\nafterwards\n", 0)


def test_long_outpourings_are_cut() -> None:
    done = run("""
keep_printed()
with printed_by_libraries() as lines:
    os.write(2, b"".join(b"%d " % i + b"x" * 500 + b"\\n" for i in range(50)))
print(len(lines), max(map(len, lines)), lines[0][:5], lines[-1])
""")
    assert done.stdout.startswith("6 200 0 xxx and ")


def test_nothing_happens_unless_it_is_asked_for() -> None:
    done = run("""
with printed_by_libraries() as lines:
    os.write(2, b"one\\n")
print(lines, is_kept())
""")
    assert (done.stdout, done.stderr) == ("[] False\n", "one\n")


def test_errors_and_interrupts_give_the_descriptor_back() -> None:
    done = run("""
keep_printed()
for error in (ValueError, KeyboardInterrupt):
    try:
        with printed_by_libraries() as lines:
            os.write(2, b"before\\n")
            raise error
    except error:
        os.write(2, b"after\\n")
    print(lines)
""")
    assert (done.stdout, done.stderr) == ("['before']\n['before']\n", "after\nafter\n")


def test_a_crash_leaves_words() -> None:
    done = run("""
keep_printed()
with printed_by_libraries():
    os.abort()
""")
    assert done.returncode != 0
    assert "Fatal Python error: Aborted" in done.stderr


def test_without_standard_error() -> None:
    done = run("""
os.close(2)
keep_printed()
with printed_by_libraries() as lines:
    pass
print(is_kept())
""")
    assert done.stdout == "False\n"
