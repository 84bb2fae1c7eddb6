"""Readers of version 1, of which a frozen one is in version1/: they refuse what is new by name, and that alone."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from spec_text import SPEC, hex_example
from strategies import container_resealed

from gamutmeta.errors import CarrierError
from gamutmeta.pipeline.conformance import extract_container

VERSION_1 = Path(__file__).parent / "version1"
FOLDER = SPEC / "vectors"
VECTORS: list[dict[str, Any]] = [
    vector for vector in json.loads((FOLDER / "index.json").read_bytes())["vectors"] if vector["operation"] == "expand"
]


def answers(containers: list[bytes]) -> list[str]:
    """What a reader of version 1 says of each."""
    lines = "".join(base64.b64encode(data).decode() + "\n" for data in containers)
    command = [sys.executable, str(VERSION_1 / "check.py")]
    ran = subprocess.run(command, input=lines, capture_output=True, text=True, check=True, timeout=300)
    found = ran.stdout.split()
    assert len(found) == len(containers)
    return found


def container_of_vector(vector: dict[str, Any]) -> bytes | None:
    try:
        return extract_container((FOLDER / vector["file"]).read_bytes())
    except CarrierError:
        return None


def test_what_is_new_is_refused_by_name() -> None:
    new = [vector for vector in VECTORS if "since" in vector]
    containers = [extract_container((FOLDER / vector["file"]).read_bytes()) for vector in new]
    assert sum(vector["result"] == "ok" for vector in new) > 30
    assert set(answers(containers)) == {"payload.version"}


def test_all_else_is_answered_as_before() -> None:
    pairs = [(vector, container_of_vector(vector)) for vector in VECTORS if "since" not in vector]
    old = [(vector, container) for vector, container in pairs if container is not None]
    assert len(old) > 600
    for (vector, _), answer in zip(old, answers([container for _, container in old]), strict=True):
        right = vector.get("error", "ok")
        # The binding is not looked at there.
        assert answer == (right if right.startswith("payload") else "ok"), vector["id"]


def test_the_examples() -> None:
    names = [f"container-{number}" for number in range(1, 8)]
    assert answers(list(map(hex_example, names))) == ["ok", "ok", *["payload.version"] * 5]


def test_a_newer_key_in_an_older_container_is_an_error_for_both() -> None:
    for name in ("container-3", "container-5", "container-6", "container-7"):
        data = bytearray(hex_example(name))
        data[8:10] = b"\1\1"
        assert answers([container_resealed(bytes(data))]) == ["payload"]
