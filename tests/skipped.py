"""Why tests were skipped, as a short list at the end: one line for each thing that is missing, and how many need it."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from textwrap import wrap
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["pytest_terminal_summary", "summary"]

_INSTALLED_BY_CI = "software that .ci/run installs"
_NEEDED = (
    (re.compile(r"CUDA device"), "a GPU with CUDA"),
    (re.compile(r"(?P<name>\S+) is not installed|(?P<other>\S+) cannot be driven"), _INSTALLED_BY_CI),
    (re.compile(r"could not import '(?P<module>[\w.]+)'"), _INSTALLED_BY_CI),
)
"""What the reasons of this project's tests, and those of ``pytest.importorskip``, say is needed."""


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Pytest's hook. Tests and whole modules; pytest's options ``-rs`` and ``-ra`` list each one besides."""
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped:
        terminalreporter.section(f"{len(skipped)} skipped", sep="-")
        for line in summary(report.longrepr[2] for report in skipped):
            terminalreporter.line(line)


def summary(reasons: Iterable[str]) -> list[str]:
    """Lines of at most 100 characters, the most frequent first; names of software with their numbers of tests.

    Args:
        reasons: as pytest reports them, with or without ``Skipped:``; reasons of other kinds are told as they are.
    """
    tests: Counter[str] = Counter()
    names: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for reason in reasons:
        text = reason.removeprefix("Skipped: ") or "no reason given"
        for pattern, needed in _NEEDED:
            if (found := pattern.search(text)) is not None:
                tests[f"need {needed}"] += 1
                names[f"need {needed}"].update(name for name in found.groupdict().values() if name)
                break
        else:
            tests[text] += 1
    return [line for what, count in tests.most_common() for line in _item(count, what, names[what])]


def _item(count: int, what: str, names: Counter[str]) -> list[str]:
    # Lines do not end between a name and its number: a space that is none keeps them together.
    listed = ": " + ", ".join(f"{name}\0({times})" for name, times in names.most_common()) if names else ""
    lines = wrap(what + listed, 100, initial_indent=f"{count:5}  ", subsequent_indent=" " * 7, break_on_hyphens=False)
    return [line.replace("\0", " ") for line in lines]
