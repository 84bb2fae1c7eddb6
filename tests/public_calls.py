"""Every function of the public interface once, for tests of what a call does to everybody else."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from pictures import QUICK, colourful, photograph
from PIL import Image

import gamutmeta
from gamutmeta import carriers, edit
from gamutmeta.batch import attempt
from gamutmeta.errors import GamutMetaError
from gamutmeta.photo.wide import WideImage
from gamutmeta.photo.write import write_photo
from gamutmeta.pipeline.comparison import compare_files
from gamutmeta.pipeline.validate import validate_file
from gamutmeta.view import write_page

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["Files", "calls", "made_files"]

KINDS = ("tif", "png", "jpg", "avif", "heic", "jxl")


@dataclass(frozen=True, slots=True)
class Files:
    """Files to call with, in one folder.

    Attributes:
        folder: of all of them.
        photographs: one of each kind.
        reduced: a JPEG, a PNG and a TIFF with payloads.
        damaged: files with a beginning that each reader takes for one of its own.
        odd: a JPEG with payload whose EXIF block is damaged, of which Pillow warns.
    """

    folder: Path
    photographs: dict[str, Path]
    reduced: dict[str, Path]
    damaged: list[Path]
    odd: Path


def made_files(folder: Path) -> Files:
    """Write them. Kinds whose library is not installed are left out."""
    wide = photograph()
    photographs = {}
    for kind in KINDS:
        path = folder / f"photograph.{kind}"
        try:
            write_photo(wide, path)
        except gamutmeta.GamutMetaError:
            continue
        photographs[kind] = path
    eight = WideImage(colourful(40, 60), "srgb")
    write_photo(eight, folder / "eight.png", depth=8)
    photographs["8-bit png"] = folder / "eight.png"
    with Image.open(folder / "eight.png") as image:
        image.save(folder / "eight.webp")
    photographs["webp"] = folder / "eight.webp"
    reduced = {}
    for suffix in ("jpg", "png", "tif"):
        reduced[suffix] = folder / f"reduced.{suffix}"
        gamutmeta.reduce_file(photographs["tif"], reduced[suffix], preset=QUICK, device="cpu")
    damaged = []
    for kind, path in photographs.items():
        cut = folder / f"damaged-{kind.replace(' ', '-')}{path.suffix}"
        cut.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
        damaged.append(cut)
    odd = folder / "odd.tif"
    odd.write_bytes(_with_field_outside(reduced["tif"].read_bytes()))
    return Files(folder, photographs, reduced, damaged, odd)


def _with_field_outside(data: bytes) -> bytes:
    """A TIFF to which a field was added whose value lies behind the end of the file: Pillow warns of it."""
    order = "little" if data[:2] == b"II" else "big"
    at = int.from_bytes(data[4:8], order)
    count = int.from_bytes(data[at : at + 2], order)
    entries = [data[at + 2 + 12 * i : at + 14 + 12 * i] for i in range(count)]
    # A private tag, ASCII; the last one, as Pillow reads no further then.
    field = b"".join(n.to_bytes(size, order) for n, size in ((65_500, 2), (2, 2), (1000, 4), (len(data) * 8, 4)))
    entries.append(field)
    entries.sort(key=lambda entry: int.from_bytes(entry[:2], order))
    rest = data[at + 2 + 12 * count : at + 6 + 12 * count]
    directory = (count + 1).to_bytes(2, order) + b"".join(entries) + rest
    padded = data + bytes(len(data) % 2)
    return padded[:4] + len(padded).to_bytes(4, order) + padded[8:] + directory


def calls(files: Files, place: Path) -> dict[str, Callable[[], object]]:
    """The calls by the names of the functions; a name may have a remark behind a space.

    Args:
        files: what to work on; not changed.
        place: a folder for what is written, of this user of the calls alone.
    """
    jpeg, data = files.reduced["jpg"], files.reduced["png"].read_bytes()
    container = gamutmeta.extract(data).container
    payload = gamutmeta.Payload.from_bytes(container)
    wide = photograph()

    def refused(work: Callable[..., object], *arguments: Any) -> object:
        try:
            return work(*arguments)
        except GamutMetaError as error:
            return error

    def with_pillow() -> object:
        with Image.open(jpeg) as image:
            return edit.rotate90(edit.flip(edit.crop(image, (8, 8, 72, 56)))).expand()

    def saved_edit() -> object:
        with Image.open(files.reduced["png"]) as image:
            edited = edit.resize(image, (40, 30))
        edited.save(place / "edited.jpg", overwrite=True)
        return edit.exif_transpose(edited)

    def array() -> object:
        with Image.open(io.BytesIO(data)) as image:
            return gamutmeta.expand_array(payload, np.asarray(image.convert("RGB")))

    made: dict[str, Callable[[], object]] = {
        "reduce": lambda: gamutmeta.reduce(wide, preset=QUICK, device="cpu"),
        "reduce (progressive JPEG)": lambda: gamutmeta.reduce(
            wide, preset=QUICK, device="cpu", format="jpeg", progressive=True
        ).to_bytes(),
        "reduce_file": lambda: gamutmeta.reduce_file(
            files.photographs["tif"], place / "r.jpg", preset=QUICK, device="cpu", overwrite=True
        ),
        "expand": lambda: [gamutmeta.expand(path, space="rec2020") for path in files.reduced.values()],
        "expand_array": array,
        "expand_file": lambda: [
            gamutmeta.expand_file(jpeg, place / f"x.{kind}", overwrite=True) for kind in ("tif", "png", "jpg")
        ],
        "show_wide_file": lambda: gamutmeta.show_wide_file(jpeg, place / "shown.jpg", overwrite=True),
        "verify_file": lambda: gamutmeta.verify_file(jpeg, files.photographs["tif"]),
        "compare_files": lambda: compare_files(jpeg, files.photographs["tif"]).differences,
        "validate_file": lambda: [validate_file(path) for path in (*files.reduced.values(), files.odd)],
        "read_photo": lambda: [gamutmeta.read_photo(path) for path in files.photographs.values()],
        "WideImage": lambda: (wide.convert("display-p3").to_pillow(), wide._repr_html_()),
        "write_photo": lambda: [
            write_photo(wide, place / f"w.{kind}", overwrite=True) for kind in KINDS if kind in files.photographs
        ],
        "extract": lambda: gamutmeta.extract(jpeg.read_bytes()),
        "embed": lambda: carriers.embed(data, container, replace=True),
        "strip": lambda: [gamutmeta.strip(path.read_bytes()) for path in files.reduced.values()],
        "host_format": lambda: gamutmeta.host_format(data),
        "transform_payload": lambda: gamutmeta.transform_payload(payload, crop=(0, 0, 48, 36)),
        "Payload": payload.to_bytes,
        "edit": with_pillow,
        "edit (saved)": saved_edit,
        "edit_file": lambda: edit.edit_file(jpeg, place / "turned.jpg", rotate=90, overwrite=True),
        "write_page": lambda: write_page(jpeg, place / "page.html", overwrite=True),
        "attempt": lambda: attempt(gamutmeta.read_photo, files.photographs["8-bit png"]),
        "read_photo (damaged)": lambda: [refused(gamutmeta.read_photo, path) for path in files.damaged],
        "expand (damaged)": lambda: [refused(gamutmeta.expand, path) for path in files.damaged],
        "validate_file (damaged)": lambda: [validate_file(path) for path in files.damaged],
    }
    return made
