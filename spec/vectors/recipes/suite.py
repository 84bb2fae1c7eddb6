"""Collects vectors and writes them out."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from gamutmeta.container import decode
from gamutmeta.model.plain import expand_plain

if TYPE_CHECKING:
    from pathlib import Path

    from spec.vectors.recipes.bases import Bases
    from spec.vectors.recipes.pictures import Picture

__all__ = ["Suite", "wide_ppm"]

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
        self, name: str, file: bytes, suffix: str, picture: Picture, container: bytes, rationale: str, *tags: str
    ) -> None:
        """A picture that must be expanded; the result is that of the normative arithmetic.

        Args:
            name: of the vector, below ``expand/``.
            file: host file, or the container itself.
            suffix: of the file.
            picture: its decoded pixels.
            container: what lies in it.
            rationale: why this vector is there; one sentence.
            tags: what it is about.
        """
        payload = decode(container)
        codes = np.frombuffer(picture.samples, np.uint8).reshape(picture.height, picture.width, 3)
        expected = wide_ppm(expand_plain(payload.descriptor, payload.weights(), codes))
        result = {"result": "ok", "expected": self._put(f"expected/{_flat(name)}.ppm", expected)}
        self._add("expand", name, file, suffix, picture, result, rationale, tags)

    def refuses(
        self, name: str, file: bytes, suffix: str, picture: Picture, error: str, rationale: str, *tags: str
    ) -> None:
        """A picture that must not be expanded; `error` is the code, the rest is as for :meth:`expands`."""
        result = {"result": "error", "error": error}
        self._add("expand", name, file, suffix, picture, result, rationale, tags)

    def extracts(self, name: str, file: bytes, suffix: str, container: bytes, rationale: str, *tags: str) -> None:
        """A file out of which exactly `container` must come; the rest is as for :meth:`expands`."""
        same = (path for path, data in self.files.items() if path.startswith("expected/") and data == container)
        path = next(same, None) or self._put(f"expected/{_flat(name)}.gmt", container)
        result = {"result": "ok", "expected": path}
        self._add("extract", name, file, suffix, None, result, rationale, tags)

    def extracts_not(self, name: str, file: bytes, suffix: str, error: str, rationale: str, *tags: str) -> None:
        """A file out of which no container must come; the rest is as for :meth:`refuses`."""
        result = {"result": "error", "error": error}
        self._add("extract", name, file, suffix, None, result, rationale, tags)

    def index(self) -> bytes:
        """The index as JSON, in the order in which the vectors were added."""
        whole = {"format": "gamutmeta vectors", "version": 1, "vectors": self.vectors}
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

    def _add(
        self,
        operation: str,
        name: str,
        file: bytes,
        suffix: str,
        picture: Picture | None,
        result: dict[str, object],
        rationale: str,
        tags: tuple[str, ...],
    ) -> None:
        identity = f"{operation}/{name}"
        if not _ID.fullmatch(identity) or any(vector["id"] == identity for vector in self.vectors):
            raise ValueError(f"vector {identity}: not a new, well-formed name")
        if not rationale.endswith("."):
            raise ValueError(f"vector {identity}: the rationale is a sentence")
        vector: dict[str, object] = {
            "id": identity,
            "operation": operation,
            "class": "decoder" if operation == "expand" else "extractor",
            "file": self._put(f"files/{operation}-{_flat(name)}{suffix}", file),
        }
        if picture is not None:
            vector["pixels"] = self._put(f"pixels/{picture.name}.ppm", picture.ppm())
        self.vectors.append({**vector, **result, "rationale": rationale, "tags": sorted(set(tags))})

    def _put(self, path: str, data: bytes) -> str:
        if self.files.setdefault(path, data) != data:
            raise ValueError(f"two contents for {path}")
        return path


def wide_ppm(pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint16]]) -> bytes:
    """16-bit pixels, uint16 of shape (H, W, 3), as binary PPM with a maximum of 65535."""
    height, width, _ = pixels.shape
    return b"P6\n%d %d\n65535\n" % (width, height) + pixels.astype(">u2").tobytes()


def _flat(name: str) -> str:
    return name.replace("/", "-")
