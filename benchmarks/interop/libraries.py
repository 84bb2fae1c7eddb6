"""Operations of Python libraries, each as somebody would write it who has never heard of payloads."""

import importlib
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import tifffile
from PIL import Image, ImageOps

from benchmarks.interop.operations import EVERY, HOST_FORMATS, Kind, Operation, Place, ToolError, Work, complaints
from gamutmeta.carriers import HostFormat

_JPEG: Final[tuple[HostFormat, ...]] = ("jpeg",)
_PNG: Final[tuple[HostFormat, ...]] = ("png",)
_TIFF: Final[tuple[HostFormat, ...]] = ("tiff",)


def _library(
    tool: str,
    kind: Kind,
    label: str,
    body: Callable[[Place], Any],
    hosts: tuple[HostFormat, ...] = HOST_FORMATS,
    *,
    keeps: tuple[str, ...] = (),
    suffix: str | None = None,
) -> Operation:
    """An operation from a function that writes the target, or gives back pixels it has read."""

    def run(place: Place) -> Work:
        with warnings.catch_warnings(record=True) as caught, _standard_error() as said:
            warnings.simplefilter("always")
            try:
                given = body(place)
            except ImportError:
                raise
            except Exception as error:  # whatever a library raises is its answer
                raise ToolError(f"{type(error).__name__}: {error}") from error
            messages = complaints(said(), place) + [f"{w.category.__name__}: {w.message}" for w in caught]
        target = place.target if suffix is None else place.target.with_suffix(suffix)
        if isinstance(given, np.ndarray):
            target = target.with_suffix(".npy")
            np.save(target, given)
        return Work(target if target.exists() else None, messages)

    return Operation(tool, kind, label, hosts, run, keeps)


@contextmanager
def _standard_error() -> Iterator[Callable[[], str]]:
    """Catch what the C code of libraries prints; the function that is given tells it."""
    with tempfile.TemporaryFile() as file:
        before = os.dup(2)
        os.dup2(file.fileno(), 2)

        def said() -> str:
            file.seek(0)
            return file.read().decode(errors="replace")

        try:
            yield said
        finally:
            os.dup2(before, 2)
            os.close(before)


# --- Pillow, with the built-in handlers: what applications do that do not know gamutmeta -----------------------------


def _saved(
    edit: Callable[[Image.Image], Image.Image | None] = lambda _: None, **options: Any
) -> Callable[[Place], None]:
    """Open, edit and save; an option that is a function is asked for its value."""

    def body(place: Place) -> None:
        with Image.open(place.source) as image:
            edited = edit(image) or image
            found = {name: value(image) if callable(value) else value for name, value in options.items()}
            edited.save(place.target, **found)

    return body


def _converted(suffix: str) -> Callable[[Place], None]:
    def body(place: Place) -> None:
        with Image.open(place.source) as image:
            image.save(place.target.with_suffix(suffix))

    return body


def _pillow_read(place: Place) -> Any:
    with Image.open(place.source) as image:
        return np.asarray(image)


def _kept_text(image: Image.Image) -> Any:
    from PIL.PngImagePlugin import PngInfo

    text = PngInfo()
    for name, value in image.text.items():  # type: ignore[attr-defined] # a PngImageFile
        text.add_itxt(name, str(value))
    return text


# --- others ----------------------------------------------------------------------------------------------------------


def _by(module: str, work: Callable[[Any, str, str], Any]) -> Callable[[Place], Any]:
    """What a module, which is imported for this alone, does with the names of source and target."""
    return lambda place: work(importlib.import_module(module), str(place.source), str(place.target))


def module(name: str) -> Any:
    """A module that is imported for this alone.

    Raises:
        ImportError: it is not installed.
    """
    return importlib.import_module(name)


def library(tool: str, kind: Kind, label: str, work: Callable[[Any, str, str], Any], name: str) -> Operation:
    """An operation on JPEGs from what a module does with the names of source and target."""
    return _library(tool, kind, label, _by(name, work), _JPEG)


def _jpegli_read(jpegli: Any, source: str, _: str) -> Any:
    pixels, width, height = jpegli.decode(Path(source).read_bytes())
    return np.frombuffer(pixels, np.uint8).reshape(height, width, 3)


def _jpegli_rewritten(jpegli: Any, source: str, target: str) -> None:
    Path(target).write_bytes(jpegli.encode(*jpegli.decode(Path(source).read_bytes()), quality=95))


def _imagecodecs_read(codecs: Any, source: str, _: str) -> Any:
    decode = {".jpg": codecs.jpeg8_decode, ".png": codecs.png_decode}[Path(source).suffix]
    return decode(Path(source).read_bytes())


def _vips(method: str = "copy", *arguments: Any) -> Callable[[Place], None]:
    def work(pyvips: Any, source: str, target: str) -> None:
        getattr(pyvips.Image.new_from_file(source), method)(*arguments).write_to_file(target)

    return _by("pyvips", work)


def _piexif_inserted(piexif: Any, source: str, target: str) -> None:
    exif = piexif.load(source)
    exif["0th"][piexif.ImageIFD.Artist] = b"Somebody"
    piexif.insert(piexif.dump(exif), source, target)


def _oxipng(*, level: int = 2, strip: str = "none") -> Callable[[Place], None]:
    def work(oxipng: Any, source: str, target: str) -> None:
        oxipng.optimize(source, target, level=level, strip=getattr(oxipng.StripChunks, strip)())

    return _by("oxipng", work)


def _c2pa_read(signing: Any, source: str, _: str) -> None:
    if signing.read(Path(source).read_bytes()) is not None:
        raise ToolError("a manifest was found where there is none")


def _c2pa_signed(times: int) -> Callable[[Place], None]:
    def work(signing: Any, source: str, target: str) -> None:
        data = Path(source).read_bytes()
        for _ in range(times):
            data = signing.sign(data)
        Path(target).write_bytes(data)

    return _by("benchmarks.interop.signing", work)


JPEGLI_REWRITTEN: Final = (
    library("jpegli", "read", "pyjpegli.decode(IN)", _jpegli_read, "pyjpegli"),
    library("jpegli", "resave", "pyjpegli.encode(*pyjpegli.decode(IN), quality=95)", _jpegli_rewritten, "pyjpegli"),
)
# fmt: off
LIBRARIES: Final = (
    _library("Pillow", "read", "Image.open(IN)", _pillow_read),
    _library("tifffile", "read", "tifffile.imread(IN)", lambda place: tifffile.imread(place.source), _TIFF),
    _library("imagecodecs", "read", "jpeg8_decode / png_decode",
             _by("imagecodecs", _imagecodecs_read), ("jpeg", "png")),
    _library("OpenCV", "read", "cv2.imread(IN)", _by("cv2", lambda cv2, i, _: cv2.imread(i))),
    _library("pyvips", "read", "Image.new_from_file(IN).numpy()",
             _by("pyvips", lambda pyvips, i, _: pyvips.Image.new_from_file(i).numpy())),
    JPEGLI_REWRITTEN[0],
    _library("c2pa-python", "read", "Reader(IN)", _by("benchmarks.interop.signing", _c2pa_read)),
    _library("piexif", "metadata", "piexif.insert(exif, IN, OUT)", _by("piexif", _piexif_inserted), _JPEG, keeps=EVERY),
    _library("piexif", "metadata", "piexif.transplant(IN, twin, OUT)",
             lambda place: importlib.import_module("piexif").transplant(str(place.source), str(place.twin),
             str(place.target)), _JPEG),
    _library("piexif", "strip", "piexif.remove(IN, OUT)",
             _by("piexif", lambda piexif, i, o: piexif.remove(i, o)), _JPEG, keeps=EVERY),
    _library("c2pa-python", "sign", "Builder.sign(IN, OUT)", _c2pa_signed(1), keeps=EVERY),
    _library("c2pa-python", "sign", "Builder.sign() twice", _c2pa_signed(2), keeps=EVERY),
    _library("oxipng", "recode", "oxipng.optimize(IN, OUT)", _oxipng(), _PNG, keeps=EVERY),
    _library("oxipng", "recode", "oxipng.optimize(IN, OUT, level=6)", _oxipng(level=6), _PNG, keeps=EVERY),
    _library("oxipng", "strip", "oxipng.optimize(IN, OUT, strip=safe)", _oxipng(strip="safe"), _PNG),
    _library("oxipng", "strip", "oxipng.optimize(IN, OUT, strip=all)", _oxipng(strip="all"), _PNG),
    _library("Pillow", "resave", "image.save(OUT)", _saved()),
    _library("Pillow", "resave", "image.save(OUT, exif=image.getexif())",
             _saved(exif=lambda image: image.getexif()), keeps=("tiff",)),
    _library("Pillow", "resave", 'image.save(OUT, quality="keep")', _saved(quality="keep"), _JPEG),
    _library("Pillow", "resave", "image.save(OUT, pnginfo=text)", _saved(pnginfo=_kept_text), _PNG, keeps=EVERY),
    _library("Pillow", "resave", 'image.save(OUT, compression="raw")', _saved(compression="raw"), _TIFF),
    _library("Pillow", "resave", 'image.save(OUT, compression="tiff_lzw")', _saved(compression="tiff_lzw"), _TIFF),
    _library("Pillow", "turn", "image.transpose(ROTATE_90).save(OUT)",
             _saved(lambda image: ImageOps.exif_transpose(image.transpose(Image.Transpose.ROTATE_90))), ("png",
             "tiff")),
    _library("Pillow", "resize", "image.resize(half).save(OUT)",
             _saved(lambda image: image.resize((image.width // 2, image.height // 2)))),
    _library("Pillow", "resize", "image.thumbnail(half); image.save(OUT)",
             _saved(lambda image: image.thumbnail((48, 48)))),
    _library("Pillow", "convert", 'image.save("OUT.png")', _converted(".png"), ("jpeg", "tiff"), suffix=".png"),
    _library("Pillow", "convert", 'image.save("OUT.tif")', _converted(".tif"), ("jpeg", "png"), suffix=".tif"),
    _library("Pillow", "convert", 'image.save("OUT.jpg")', _converted(".jpg"), ("png", "tiff"), suffix=".jpg"),
    _library("tifffile", "resave", "tifffile.imwrite(OUT, tifffile.imread(IN))",
             lambda place: tifffile.imwrite(place.target, tifffile.imread(place.source), photometric="rgb"), _TIFF),
    _library("OpenCV", "resave", "cv2.imwrite(OUT, cv2.imread(IN))",
             _by("cv2", lambda cv2, i, o: cv2.imwrite(o, cv2.imread(i)) and None)),
    _library("OpenCV", "resize", "cv2.imwrite(OUT, cv2.resize(...))",
             _by("cv2", lambda cv2, i, o: cv2.imwrite(o, cv2.resize(cv2.imread(i), (48, 32))) and None)),
    _library("pyvips", "resave", "image.write_to_file(OUT)", _vips()),
    JPEGLI_REWRITTEN[1],
    _library("pyvips", "turn", "image.rot90().write_to_file(OUT)", _vips("rot90"), ("png", "tiff")),
    _library("pyvips", "resize", "image.resize(0.5).write_to_file(OUT)", _vips("resize", 0.5)),
)
# fmt: on
