"""Files with payloads are valid files: strict readers say nothing that they do not say without the payload as well."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest
from carriers.hosts import CONTAINER, JPEG_HOSTS, PNG_HOSTS, TIFF_HOSTS
from interop.demand import demand

from benchmarks.interop.tools import environment, resolve
from gamutmeta.carriers import MAGIC, MAX_CONTAINER, embed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HOSTS = {"jpeg": JPEG_HOSTS, "png": PNG_HOSTS, "tiff": TIFF_HOSTS}
SUFFIXES = {"jpeg": "jpg", "png": "png", "tiff": "tif"}
CARRIERS = {"app11": "jpeg", "com": "jpeg", "itxt": "png", "tiff": "tiff"}
LIMITS = {"com": 49_000}

KNOWN = {
    # LibTIFF and ExifTool name every tag they do not know; nothing is wrong with it.
    "tiff": re.compile(r"Unknown (field with|IFD0) tag (65357|0xff4d)|Not decoding some large array"),
    # GraphicsMagick has doubts about its own way of joining two comments.
    "com": re.compile(r'Extending attribute value text is deprecated! \(key="comment"\)'),
}

READERS = {
    "ExifTool": ("jpeg", "png", "tiff"),
    "Exiv2": ("jpeg", "png", "tiff"),
    "ImageMagick": ("jpeg", "png", "tiff"),
    "GraphicsMagick": ("jpeg", "png", "tiff"),
    "jpeginfo": ("jpeg",),
    "pngcheck": ("png",),
    "LibTIFF": ("tiff",),
}
LINES: dict[str, Callable[[list[str]], list[str]]] = {
    "ExifTool": lambda names: ["exiftool", "-validate", "-warning", "-error", "-a", *names],
    "Exiv2": lambda names: ["exiv2", "-pa", *names],
    # With a digest of all decoded pixels.
    "ImageMagick": lambda names: ["identify", "-format", "%f %wx%h %#\n", *names],
    "GraphicsMagick": lambda names: ["gm", "identify", "-format", "%f %wx%h %#\n", *names],
    "jpeginfo": lambda names: ["jpeginfo", "-c", *names],
    "pngcheck": lambda names: ["pngcheck", *names],
    "LibTIFF": lambda names: ["tiffinfo", "-D", *names],
}


@pytest.mark.parametrize("size", ["small", "largest"])
@pytest.mark.parametrize(
    ("carrier", "reader"), [(c, r) for c, kind in CARRIERS.items() for r, kinds in READERS.items() if kind in kinds]
)
def test_readers_say_the_same_with_and_without(carrier: str, size: str, reader: str, tmp_path: Path) -> None:
    kind = CARRIERS[carrier]
    demand(reader)
    container = CONTAINER if size == "small" else MAGIC.ljust(LIMITS.get(carrier, MAX_CONTAINER), b"\xa5")
    said = []
    for folder in (tmp_path / "with", tmp_path / "without"):
        folder.mkdir()
        for name, data in HOSTS[kind].items():
            file = embed(data, container, carrier=carrier) if folder.name == "with" else data
            (folder / f"{name.replace(':', '')}.{SUFFIXES[kind]}").write_bytes(file)
        said.append(answer(reader, folder))
    with_payload, without = said
    news = [line for line in with_payload if line not in without]
    assert [line for line in news if not (carrier in KNOWN and KNOWN[carrier].search(line))] == []
    # Nothing that was there is gone, the digests of the pixels among it.
    assert [line for line in without if line not in with_payload] == []


def answer(reader: str, folder: Path) -> list[str]:
    """What a reader says of all files in a folder, and how it ends; without sizes and lists of what is in the files."""
    program, *words = LINES[reader](sorted(path.name for path in folder.iterdir()))
    start = resolve(program)
    assert start is not None
    ran = subprocess.run([*start, *words], cwd=folder, env=environment(), capture_output=True, timeout=60, check=False)
    error = ran.stderr.decode(errors="replace").splitlines()
    output = ran.stdout.decode(errors="replace").splitlines()
    if reader == "ExifTool":
        output = by_file(output)
    elif reader == "jpeginfo":
        output = [f"{line.split()[0]} {line.split()[-1]}" for line in output]
    elif reader == "pngcheck":
        output = [re.sub(r"\(.*", "", line) for line in output]
    elif reader in ("Exiv2", "LibTIFF"):
        output = []  # lists of the tags
    return [*output, *error, f"exit code {ran.returncode}"]


def by_file(output: list[str]) -> list[str]:
    """ExifTool's lines with the file they are about, without their number, and without the segment before a gap."""
    name, lines = "", []
    for line in output:
        if line.startswith("======== "):
            name = line
        elif not line.startswith("Validate "):
            lines.append(f"{name} {re.sub(r'after JPEG .* segment', 'after a segment', line)}")
    return lines
