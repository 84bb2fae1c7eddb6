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
    assert done.stdout.startswith("6 200 0 xxx and 45 lines more")


def test_what_is_not_counted_is_not_given_as_a_number() -> None:
    done = run("""
keep_printed()
for count in (6, 100_000):
    with printed_by_libraries() as lines:
        os.write(2, b"".join(b"%d\\n" % i for i in range(count)))
    print(lines)
with printed_by_libraries() as lines:
    os.write(2, b"x" * 1_000_000)
print(len(lines[0]), lines[1:])
""")
    few, many, long = done.stdout.splitlines()
    assert few == "['0', '1', '2', '3', '4', 'and 1 line more']"
    assert many == "['0', '1', '2', '3', '4', 'and more']"
    assert long == "200 ['and more']"


def test_one_inside_another_keeps_its_own() -> None:
    done = run("""
keep_printed()
with printed_by_libraries() as outer:
    os.write(2, b"first\\n")
    with printed_by_libraries() as inner:
        os.write(2, b"second\\n")
    os.write(2, b"third\\n")
    try:
        with printed_by_libraries():
            os.write(2, b"fourth\\n")
            raise ValueError
    except ValueError:
        pass
print(inner, outer)
""")
    assert (done.stdout, done.stderr) == ("['second'] ['first', 'third', 'fourth']\n", "")


def test_without_a_place_for_temporary_files_nothing_is_kept_and_nothing_lost() -> None:
    done = run("""
import tempfile
tempfile.tempdir = "/nowhere"
keep_printed()
with printed_by_libraries() as lines:
    os.write(2, b"one\\n")
print(lines)
""")
    assert (done.stdout, done.stderr) == ("[]\n", "one\n")


def test_nothing_happens_unless_it_is_asked_for() -> None:
    done = run("""
with printed_by_libraries() as lines:
    os.write(2, b"one\\n")
print(lines, is_kept())
""")
    assert (done.stdout, done.stderr) == ("[] False\n", "one\n")


def test_errors_and_interrupts_give_back_the_descriptor_and_what_was_printed() -> None:
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
    assert (done.stdout, done.stderr) == ("['before']\n['before']\n", 2 * "before\nafter\n")


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
