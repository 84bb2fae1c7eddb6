"""Words stay true on every page: links resolve, options and extras exist, terms are used and mean one thing."""

from __future__ import annotations

import json
import re
import tomllib
from functools import cache
from pathlib import Path

import click
import manual
import pytest
from PIL import Image

import gamutmeta
from gamutmeta.cli import app
from gamutmeta.color.icc import profile_bytes

ROOT = manual.ROOT
PAGES = [
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    *sorted(path.relative_to(ROOT).as_posix() for path in manual.DOCS.rglob("*.md")),
]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
COMMANDS = [name for name in app.list_commands(click.Context(app)) if name != "conform"]

FOREIGN = {
    "docs/scale.md": {"--array", "--cpus-per-task"},
    "docs/plugins/exiftool/README.md": set(),
    "CONTRIBUTING.md": {"--method", "--only", "--rehearse"},
    "docs/gpu.md": {"--rehearse"},
}
"""Options of other programs than `gamutmeta`, by page."""

ONE_TERM = {
    r"\b(en)?coded anew\b": "re-encoded",
    r"\bbare payloads?\b": "payload",
    r"\bwide colours?\b": "wide-gamut colour",
    r"\btelephones?\b": "phone",
    r"\bgoes on where it was\b": "run the same command again to resume",
    r"\bfor want of\b": "because ... ran out",
    r"\bstreets?\b": "reduction and expansion",
    r"\bendings?\b": "suffix",
    r"\bputs? up with\b": "accepts",
}
"""What was once said in several ways, and the one way that stays."""


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def prose_of(page: str) -> str:
    """A page without its blocks of code."""
    return re.sub(r"^( *)```.*?^\1```$", "", text_of(page), flags=re.MULTILINE | re.DOTALL)


@cache
def help_of(name: str) -> str:
    command = app.get_command(click.Context(app), name)
    assert command is not None
    return command.get_help(click.Context(command, info_name=name))


@cache
def all_options() -> set[str]:
    found = {"--help", "--version"}
    for name in COMMANDS:
        command = app.get_command(click.Context(app), name)
        assert command is not None
        found |= {option for given in command.params for option in (*given.opts, *given.secondary_opts)}
    return found


def terms() -> list[str]:
    return re.findall(r"^- \*\*([^*]+)\*\*", text_of("docs/glossary.md"), re.MULTILINE)


@pytest.mark.parametrize("page", PAGES)
def test_links_resolve(page: str) -> None:
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)", text_of(page)):
        path = (ROOT / page).parent / target if target else ROOT / page
        assert path.exists(), target
        assert not anchor or anchor in manual.anchors(path), f"{target}#{anchor}"


def test_there_is_a_glossary() -> None:
    assert len(terms()) > 30
    assert len(set(terms())) == len(terms())
    for page in ("README.md", "docs/index.md"):
        assert re.search(r"\]\((docs/)?glossary\.md\)", text_of(page)), page


@pytest.mark.parametrize("term", terms())
def test_terms_of_the_glossary_are_used(term: str) -> None:
    used = " ".join([*(text_of(page) for page in PAGES if page != "docs/glossary.md"), *map(help_of, COMMANDS)])
    assert re.search(rf"\b{re.escape(term)}", " ".join(used.split()), re.IGNORECASE)


@pytest.mark.parametrize("page", PAGES)
def test_options_in_the_text_exist(page: str) -> None:
    """In code spans; blocks are executed or parsed elsewhere."""
    spans = re.findall(r"`([^`]+)`", prose_of(page))
    ours = [span for span in spans if re.match(r"(gamutmeta |--|[a-z]+ --)", span)]
    foreign = FOREIGN.get(page, set()) | {"--extra-index-url"}
    for span in ours:
        assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", span)) - foreign <= all_options(), span


def test_every_option_is_in_the_manual() -> None:
    said = " ".join(text_of(page) for page in PAGES)
    missing = {option for option in all_options() if option.startswith("--")} - set(re.findall(r"--[a-z][a-z-]*", said))
    assert missing == {"--output", "--resume"}, "short as -o, and the default"


def install_lines() -> list[tuple[str, str]]:
    pages = {page: text_of(page) for page in PAGES}
    for path in manual.DOCS.rglob("*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        pages[path.name] = "\n".join("".join(cell["source"]) for cell in cells)
    return [(page, line) for page, text in pages.items() for line in re.findall(r"pip install [^`\n]*", text)]


def test_install_lines_use_extras_that_exist() -> None:
    known = set(PROJECT["optional-dependencies"])
    for page, line in install_lines():
        for extras in re.findall(r"\[([\w,]+)\]", line):
            assert set(extras.split(",")) <= known, (page, line)


def test_install_lines_ask_no_index_for_gamutmeta() -> None:
    for page, line in install_lines():
        assert "gamutmeta" not in line, (page, line)


@pytest.mark.parametrize("page", ["README.md", "docs/install.md"])
def test_the_recommended_line_reads_compressed_tiff(page: str) -> None:
    line = next(line for name, line in install_lines() if name == page)
    assert {"fit", "cli", "io"} <= set(re.findall(r"\w+", line))


def test_words_are_one_for_one_thing() -> None:
    said = {page: prose_of(page) for page in PAGES} | {f"{name} --help": help_of(name) for name in COMMANDS}
    for where, text in said.items():
        for pattern, better in ONE_TERM.items():
            found = re.search(pattern, " ".join(text.split()), re.IGNORECASE)
            assert found is None, f"{where}: {found[0]!r}; say {better!r}"


def test_every_make_target_is_explained() -> None:
    (phony,) = re.findall(r"^\.PHONY: (.*)$", text_of("Makefile"), re.MULTILINE)
    explained = set(re.findall(r"^\| `make ([\w-]+)", text_of("CONTRIBUTING.md"), re.MULTILINE))
    assert explained - {"quick"} == set(phony.split()) - {"quick"}


def test_the_picture_is_small_and_in_display_p3() -> None:
    path = ROOT / re.findall(r"!\[[^]]+\]\((.*?)\)", text_of("README.md"))[0]
    assert path.stat().st_size <= 300_000
    with Image.open(path) as picture:
        assert picture.info["icc_profile"] == profile_bytes("display-p3")


def test_the_citation_is_of_this_version() -> None:
    yaml = pytest.importorskip("yaml")
    citation = yaml.safe_load(text_of("CITATION.cff"))
    assert citation["cff-version"] == "1.2.0"
    assert (citation["version"], citation["license"]) == (gamutmeta.__version__, PROJECT["license"])
    (paper,) = citation["references"]
    assert paper["title"] in " ".join(text_of("README.md").split())


def test_the_hooks_are_the_checks_of_the_makefile() -> None:
    yaml = pytest.importorskip("yaml")
    (local,) = yaml.safe_load(text_of(".pre-commit-config.yaml"))["repos"]
    entries = [hook["entry"].removesuffix(" --force-exclude") for hook in local["hooks"]]
    makefile = text_of("Makefile").replace("$(BIN)", ".venv/bin")
    for entry in entries:
        assert f"\t{entry}" in makefile, entry


def test_the_hosted_runner_does_what_ci_does() -> None:
    yaml = pytest.importorskip("yaml")
    (job,) = yaml.safe_load(text_of(".github/workflows/ci.yml"))["jobs"].values()
    assert job["steps"][-1] == {"run": ".ci/run"}
    for path in sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml")):
        form = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert {"name", "description", "body"} <= set(form), path.name
        fields = [field for field in form["body"] if field["type"] != "markdown"]
        assert len({field["id"] for field in fields}) == len(fields), path.name
        assert all(field["attributes"]["label"] for field in fields), path.name


def test_pages_are_pages_of_this_clone() -> None:
    for page in PAGES:
        assert not re.search(r"(?<![\w.~])/(work|root|tmp|home)/", text_of(page)), page
        assert Path(page).suffix == ".md"
