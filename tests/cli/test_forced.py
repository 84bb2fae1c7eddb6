"""``--force``: a payload of another picture is used, and everybody is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from carrots import QUICK, write_piece
from click.testing import CliRunner, Result
from PIL import Image

import gamutmeta
from gamutmeta import carriers
from gamutmeta.cli import app
from gamutmeta.pipeline.comparison import compare_files

MADE_FOR = "the payload was made for another picture, or for this one before it was changed: the colours may be wrong ("


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photograph, a JPEG and a PNG of it, and the same turned by 180 degrees with the payloads of the first."""
    folder = tmp_path_factory.mktemp("forced")
    write_piece(folder / "wide.tif")
    for name in ("a.jpg", "a.png"):
        gamutmeta.reduce_file(folder / "wide.tif", folder / name, preset=QUICK)
        container = carriers.extract(folder / name).container
        with Image.open(folder / name) as image:
            image.rotate(180).save(folder / f"turned-{name}", quality=90)
        bare = (folder / f"turned-{name}").read_bytes()
        (folder / f"turned-{name}").write_bytes(carriers.embed(bare, container))
    # The same picture, whose samples are no longer those of the payload.
    with Image.open(folder / "a.jpg") as image:
        image.save(folder / "recoded-a.jpg", quality=90)
    bare = (folder / "recoded-a.jpg").read_bytes()
    (folder / "recoded-a.jpg").write_bytes(carriers.embed(bare, carriers.extract(folder / "a.jpg").container))
    return folder


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.mark.parametrize("name", ["a.jpg", "a.png"])
@pytest.mark.parametrize(
    "command",
    [("expand", "-o", "x.tif"), ("expand", "-o", "x.jpg"), ("view", "-o", "x.html"), ("view", "-o", "x.html", "-r")],
    ids=" ".join,
)
class TestNotes:
    def test_a_payload_of_another_picture(self, made: Path, name: str, command: tuple[str, ...]) -> None:
        arguments = self._arguments(made, f"turned-{name}", command)
        refused = run(*arguments)
        assert (refused.exit_code, list(Path().iterdir())) == (1, [])
        assert "use --force to expand it anyway" in refused.stderr
        result = run(*arguments, "--force")
        assert result.exit_code == 0
        assert f"note: {made / f'turned-{name}'}: {MADE_FOR}" in result.stderr
        (line,) = map(json.loads, run(*arguments, "--force", "--overwrite", "--json").stdout.splitlines())
        assert sum(note.startswith(MADE_FOR) for note in line["notes"]) == 1

    def test_its_own_payload(self, made: Path, name: str, command: tuple[str, ...]) -> None:
        result = run(*self._arguments(made, name, command), "--force", "--json")
        (line,) = map(json.loads, result.stdout.splitlines())
        assert "notes" not in line

    @staticmethod
    def _arguments(made: Path, name: str, command: tuple[str, ...]) -> list[str | Path]:
        more = ("--reference", made / "wide.tif") if "-r" in command else ()
        return [command[0], made / name, *command[1:3], *more]


def test_the_same_picture_coded_anew(made: Path) -> None:
    """It is known by its likeness, with --force or without; view tells of it as well."""
    for command, output in (("expand", "x.tif"), ("view", "x.html")):
        said = [
            json.loads(run(command, made / "recoded-a.jpg", "-o", output, "--overwrite", "--json", *more).stdout)[
                "notes"
            ]
            for more in ((), ("--force",))
        ]
        assert said[0] == said[1]
        assert said[0][0].startswith("the picture was re-encoded, or slightly damaged, after the payload was made")


@pytest.mark.parametrize("name", ["a.jpg", "a.png"])
def test_in_python(made: Path, name: str) -> None:
    path = made / f"turned-{name}"
    assert gamutmeta.expand(path, check=False).notes[0].startswith(MADE_FOR)
    for report in (
        gamutmeta.expand_file(path, "x.tif", check=False),
        gamutmeta.verify_file(path, made / "wide.tif", check=False),
        compare_files(path, made / "wide.tif", check=False).report,
    ):
        assert any(note.startswith(MADE_FOR) for note in report.notes)
    assert not gamutmeta.expand(made / name, check=False).notes


def test_what_force_cannot_do_is_not_offered_again(made: Path) -> None:
    """The payload takes the YCbCr samples of a JPEG, and a PNG has none."""
    arguments = ["expand", made / "a.png", "-o", "x.tif", "--sidecar", "a.gamut"]
    assert run("extract", made / "a.jpg", "-o", "a.gamut").exit_code == 0
    result = run(*arguments, "--force")
    assert (result.exit_code, "--force" in result.stderr) == (1, False)
    assert "but this is a PNG file" in result.stderr
