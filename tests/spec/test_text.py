"""The specification as a document: links lead somewhere, and every rule about words is kept."""

from __future__ import annotations

import json
import re

import pytest
from spec_text import SPEC, text

README = (SPEC / "README.md").read_text(encoding="utf-8")


def anchors(document: str) -> set[str]:
    headings = re.findall(
        r"^#+ (.+)$", re.sub(r"^```.*?^```$", "", document, flags=re.MULTILINE | re.DOTALL), re.MULTILINE
    )
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", ["gamutmeta-1.md", "gamutmeta-2.md", "README.md"])
def test_links(name: str) -> None:
    document = (SPEC / name).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", document):
        path, _, anchor = target.partition("#")
        assert not path or (SPEC / path).exists(), target
        if anchor:
            assert anchor in anchors((SPEC / (path or name)).read_text(encoding="utf-8")), target


OF_OTHERS = re.compile(r"RFC \d+, |C2PA 2\.2, |TIFF 6\.0, |RFC 8878, Zstandard, ")
"""What stands before the sections of other documents."""


def sections(document: str) -> set[str]:
    return set(re.findall(r"^#+ (?:Annex )?([0-9A-F]\d?(?:\.\d+)?) ", document, re.MULTILINE))


def test_sections_that_are_referred_to_exist() -> None:
    words = " ".join(text().split())
    numbers = sections(text())
    references = list(re.finditer(r"(\S+ \S+ \S+ )?sections? ([0-9A-F]\d?(?:\.\d+)*)", words))
    ours = {match[2] for match in references if not OF_OTHERS.search(match[1] or "")}
    assert len(ours) > 10
    assert ours | set(re.findall(r"\(([A-F]\.\d)\)", words)) <= numbers


def test_sections_that_version_2_refers_to_exist_in_either() -> None:
    words = " ".join(text(2).split())
    theirs = set(re.findall(r"§([0-9A-F]\d?(?:\.\d+)*)", words))
    assert len(theirs) > 10
    assert theirs <= sections(text())
    ours = re.findall(r"sections? (\d+(?:\.\d+)?|[A-C]\.\d)|(?<!, )Annex ([A-Z])\b(?! of version 1)", words)
    assert len(ours) > 10
    assert {number or annex for number, annex in ours} <= sections(text(2))


def test_requirement_words_are_explained() -> None:
    used = set(
        re.findall(
            r"\b(MUST NOT|MUST|SHOULD NOT|SHOULD|SHALL NOT|SHALL|NOT RECOMMENDED|RECOMMENDED|MAY|OPTIONAL)\b",
            text() + text(2),
        )
    )
    explained = text().split("## 2 Conventions")[1].split("###")[0]
    for word in used:
        assert word in explained


@pytest.mark.parametrize(("version", "annex"), [(1, "G"), (2, "E")])
def test_informative_parts_require_nothing(version: int, annex: str) -> None:
    informative = text(version).split(f"\n## Annex {annex} ")[1]
    assert not re.search(r"\b(MUST|SHALL)\b", informative)


def test_plain_json_examples_are_json() -> None:
    for body in re.findall(r"^```json\n(.*?)^```$", text() + text(2), re.MULTILINE | re.DOTALL):
        json.loads(body)


def test_readme_lists_everything_in_the_folder() -> None:
    for path in SPEC.iterdir():
        if path.name not in {"README.md", "__init__.py", "__pycache__"}:
            assert f"[{path.name}{'/' * path.is_dir()}]({path.name})" in README or f"`{path.name}`" in README, path.name


def test_status() -> None:
    assert "frozen" in README
    assert "US 2024/0161344" in text()
    assert "not registered" in text()
