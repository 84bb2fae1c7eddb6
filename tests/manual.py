"""The pages of the manual, taken apart."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(path.name for path in DOCS.glob("*.md"))


def text_of(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    """Code blocks of a language, also those within lists, without their indentation."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^\1```$", text_of(page), re.MULTILINE | re.DOTALL)
    return [re.sub(rf"^{indent}", "", code, flags=re.MULTILINE) for indent, code in found]


def commands(page: str) -> list[str]:
    """Every call of the command in blocks, without redirections."""
    lines = "\n".join(blocks(page, "sh") + blocks(page, "console")).replace("\\\n", " ").splitlines()
    called = [line.removeprefix("$ ") for line in lines]
    return [re.sub(r" >>? \S+$| +#.*$", "", line) for line in called if line.startswith("gamutmeta ")]


def mentions(page: str) -> list[str]:
    """Commands in the text, many of them without what they need."""
    return re.findall(r"`gamutmeta ([a-z][^`]*)`", text_of(page))


def table(page: str, head: str) -> list[list[str]]:
    """The rows of the table whose head begins with `head`."""
    lines = text_of(page).splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(head)) + 2
    end = next(i for i in range(start, len(lines) + 1) if i == len(lines) or not lines[i].startswith("|"))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[start:end]]


def anchors(path: Path) -> set[str]:
    """Names that links to headings of a Markdown file can have."""
    heads = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
