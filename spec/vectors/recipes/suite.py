"""Collects vectors and writes them out."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from gamutmeta.container import decode
from gamutmeta.model.reference import expand_reference

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from spec.vectors.recipes.bases import Bases
    from spec.vectors.recipes.pictures import Picture

__all__ = ["Suite", "wide_ppm"]

_SUFFIXES = {
    b"\xff\xd8\xff": ".jpg",
    b"\x89PNG\r\n\x1a\n": ".png",
    b"II*\0": ".tif",
    b"MM\0*": ".tif",
    b"II+\0": ".tif",
    b"MM\0+": ".tif",
    b"\x89GMT\r\n\x1a\n": ".gmt",
}

_ID = re.compile(r"(extract|expand)(/[a-z0-9][a-z0-9.-]*)+")


@dataclass(slots=True)
class Suite:
    """All vectors and their files.

    Attributes:
        bases: see there.
        vectors: entries of the index.
        files: by path below the folder of the vectors.
    """

    bases: Bases
    vectors: list[dict[str, object]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)

    def expands(
        self, name: str, file: bytes, picture: Picture, container: bytes, rationale: str, *tags: str, since: int = 1
    ) -> None:
        """A picture that must be expanded; the result is that of the normative arithmetic.

        Args:
            name: of the vector, below ``expand/``.
            file: host file, or the container itself.
            picture: its decoded pixels.
            container: what lies in it.
            rationale: why this vector is there; one sentence.
            tags: what it is about.
            since: the version of readers from which on this is the answer; before it is ``payload.version``.
        """
        payload = decode(container)
        codes = np.frombuffer(picture.samples, np.uint8).reshape(picture.height, picture.width, 3)
        expected = wide_ppm(expand_reference(payload.descriptor, payload.weights(), codes))
        path = self._put(f"expected/{_flat(name)}.ppm", expected)
        self._add(f"expand/{name}", file, picture, {"result": "ok", "expected": path}, rationale, tags, since)

    def refuses(
        self, name: str, file: bytes, picture: Picture | None, error: str, rationale: str, *tags: str, since: int = 1
    ) -> None:
        """A picture that must not be expanded.

        Args:
            name: as for :meth:`expands`.
            file: likewise.
            picture: likewise; None if no codes come of the host file.
            error: the code.
            rationale: as for :meth:`expands`.
            tags: likewise.
            since: likewise.
        """
        self._add(f"expand/{name}", file, picture, {"result": "error", "error": error}, rationale, tags, since)

    def extracts(self, name: str, file: bytes, container: bytes, rationale: str, *tags: str) -> None:
        """A file out of which exactly `container` must come; the rest is as for :meth:`expands`."""
        same = (path for path, data in self.files.items() if path.startswith("expected/") and data == container)
        path = next(same, None) or self._put(f"expected/{_flat(name)}.gmt", container)
        self._add(f"extract/{name}", file, None, {"result": "ok", "expected": path}, rationale, tags)

    def extracts_not(self, name: str, file: bytes, error: str, rationale: str, *tags: str) -> None:
        """A file out of which no container must come; the rest is as for :meth:`refuses`."""
        self._add(f"extract/{name}", file, None, {"result": "error", "error": error}, rationale, tags)

    def index(self) -> bytes:
        """The index as JSON, in the order in which the vectors were added."""
        whole = {"format": "gamutmeta vectors", "version": 2, "vectors": self.vectors}
        return (json.dumps(whole, indent=1, ensure_ascii=True) + "\n").encode()

    def write(self, folder: Path) -> None:
        """Write index and files, and remove what is left from before."""
        for kind in ("files", "pixels", "expected"):
            (folder / kind).mkdir(parents=True, exist_ok=True)
            for old in (folder / kind).iterdir():
                if f"{kind}/{old.name}" not in self.files:
                    old.unlink()
        for path, data in self.files.items():
            (folder / path).write_bytes(data)
        (folder / "index.json").write_bytes(self.index())

    def _add(  # noqa: PLR0917 - all of a vector
        self,
        identity: str,
        file: bytes,
        picture: Picture | None,
        result: Mapping[str, str],
        rationale: str,
        tags: tuple[str, ...],
        since: int = 1,
    ) -> None:
        if not _ID.fullmatch(identity) or any(vector["id"] == identity for vector in self.vectors):
            raise ValueError(f"vector {identity}: not a new, well-formed name")
        if not rationale.endswith(".") or not tags:
            raise ValueError(f"vector {identity}: the rationale is a sentence, and there are tags")
        operation = identity.partition("/")[0]
        vector: dict[str, object] = {
            "id": identity,
            "operation": operation,
            "class": "decoder" if operation == "expand" else "extractor",
            "file": self._put(f"files/{_flat(identity)}{_suffix(file)}", file),
        }
        if picture is not None:
            vector["pixels"] = self._put(f"pixels/{picture.name}.ppm", picture.ppm())
        if since > 1:
            vector["since"] = since
        self.vectors.append({**vector, **result, "rationale": rationale, "tags": sorted(set(tags))})

    def _put(self, path: str, data: bytes) -> str:
        if self.files.setdefault(path, data) != data:
            raise ValueError(f"two contents for {path}")
        return path


def wide_ppm(pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint16]]) -> bytes:
    """16-bit pixels, uint16 of shape (H, W, 3), as binary PPM with a maximum of 65535."""
    height, width, _ = pixels.shape
    return b"P6\n%d %d\n65535\n" % (width, height) + pixels.astype(">u2").tobytes()


def _suffix(file: bytes) -> str:
    """What the file is called, by its first bytes, so that people and programs can look at it."""
    return next((suffix for head, suffix in _SUFFIXES.items() if file.startswith(head)), ".bin")


def _flat(name: str) -> str:
    return name.replace("/", "-")
