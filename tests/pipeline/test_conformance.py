"""The package's end of the conformance runner's pipe."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from gamutmeta import carriers
from gamutmeta.carriers import samples_digest
from gamutmeta.cli import app
from gamutmeta.container import Binding, Payload, encode
from gamutmeta.errors import BindingError, PhotoError
from gamutmeta.model.descriptor import Descriptor
from gamutmeta.pipeline.conformance import answer, answer_all, expand_vector, read_ppm

CODES = np.arange(18, dtype=np.uint8).reshape(2, 3, 3)


def container(binding: Binding | None = None) -> bytes:
    return encode(Payload(3, 2, binding or Binding("rgb8", samples_digest(CODES)), Descriptor(), ()))


@pytest.fixture
def question(tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "x.gamut").write_bytes(container())
    (tmp_path / "x.ppm").write_bytes(b"P6\n3 2\n255\n" + CODES.tobytes())
    paths = {"file": str(tmp_path / "x.gamut"), "pixels": str(tmp_path / "x.ppm")}
    return {"id": "expand/x", "operation": "expand", **paths}


def test_expansion_of_a_bare_container(question: dict[str, Any]) -> None:
    said = answer(question)
    assert (said["id"], said["width"], said["height"]) == ("expand/x", 3, 2)
    samples = np.frombuffer(base64.b64decode(str(said["samples"])), ">u2").reshape(2, 3, 3)
    np.testing.assert_array_equal(samples, expand_vector(container(), CODES))


def test_extraction_of_a_bare_container(question: dict[str, Any]) -> None:
    said = answer({**question, "operation": "extract"})
    assert base64.b64decode(str(said["container"])) == container()


def test_errors_have_their_code(question: dict[str, Any]) -> None:
    Path(question["file"]).write_bytes(container()[:-1])
    said = answer(question)
    assert said["error"] == "payload"
    assert "ends here" in str(said["message"])
    assert said.keys() == {"id", "error", "message"}


def test_without_pixels_the_host_file_is_decoded(question: dict[str, Any], tmp_path: Path) -> None:
    del question["pixels"]
    assert answer(question)["error"] == "photo"  # a container by itself shows nothing
    bare = io.BytesIO()
    Image.fromarray(CODES).save(bare, "PNG")
    (tmp_path / "x.png").write_bytes(carriers.embed(bare.getvalue(), container()))
    said = answer({**question, "file": str(tmp_path / "x.png")})
    assert (said["width"], said["height"]) == (3, 2)
    (tmp_path / "x.png").write_bytes(carriers.embed(bare.getvalue(), container()[:-1] + b"\0"))
    assert answer({**question, "file": str(tmp_path / "x.png")})["error"] == "payload.checksum"


def test_a_container_by_itself_has_no_coded_data() -> None:
    with pytest.raises(BindingError, match="no JPEG"):
        expand_vector(container(Binding("jpeg", bytes(16))), CODES)


def test_the_size_comes_before_the_digest() -> None:
    with pytest.raises(BindingError, match="3x2 pixels"):
        expand_vector(container(Binding("jpeg", bytes(16))), CODES[:1])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"P5\n3 2\n255\n" + bytes(18),
        b"P6\n3 2\n65535\n" + bytes(36),
        b"P6\n3 2\n255\n" + bytes(17),
        b"P6\n3\n255\n",
    ],
)
def test_what_is_no_such_ppm(data: bytes) -> None:
    with pytest.raises(PhotoError):
        read_ppm(data)


def test_lines_are_answered_one_by_one(question: dict[str, Any]) -> None:
    said = io.StringIO()
    answer_all([json.dumps(question) + "\n", json.dumps({**question, "id": "expand/y"}) + "\n"], said)
    assert [json.loads(line)["id"] for line in said.getvalue().splitlines()] == ["expand/x", "expand/y"]


def test_the_command(question: dict[str, Any]) -> None:
    result = CliRunner().invoke(app, ["conform"], input=json.dumps(question) + "\n", catch_exceptions=False)
    assert result.exit_code == 0
    assert json.loads(result.stdout)["id"] == "expand/x"
    assert "conform" not in CliRunner().invoke(app, ["--help"]).stdout


def test_files_of_unknown_kind(question: dict[str, Any]) -> None:
    Path(question["file"]).write_bytes(carriers.MAGIC[:7])
    assert answer(question)["error"] == "carrier.unsupported"
