"""What the software is asked to do, and how one such thing is done."""

import re
import shlex
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from benchmarks.interop.tools import SECONDS, environment, resolve
from gamutmeta.carriers import HostFormat

Kind = Literal["read", "metadata", "strip", "recode", "turn", "resave", "resize", "convert", "sign"]

KINDS: dict[Kind, str] = {
    "read": "read",
    "metadata": "edit or copy metadata",
    "sign": "sign",
    "recode": "code anew without loss",
    "turn": "turn or crop without loss",
    "strip": "remove metadata",
    "resave": "decode and save again",
    "resize": "resize",
    "convert": "convert to another format",
}
"""Kinds of operations, in the order of the tables."""


EVERY = ("app11", "com", "itxt", "tiff")
"""The carriers inside files."""


class ToolError(Exception):
    """The software failed; the message is what it said."""


@dataclass(frozen=True, slots=True)
class Place:
    """The files an operation works on: what it is given, where the result goes, and some to put in.

    Operations that work in place find a copy of the source, which is not to be changed, at the target. The twin is the
    same file without the payload.
    """

    source: Path
    target: Path
    twin: Path
    xmp: Path
    icc: Path


@dataclass(slots=True)
class Work:
    """What an operation left: the file it wrote, if any, and what it complained of."""

    result: Path | None = None
    messages: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing a tool of `TOOLS` is asked to do.

    The label says it exactly: a command line or some Python. `keeps` are the carriers whose payload has to outlive it,
    still valid; for the others nothing is promised.
    """

    tool: str
    kind: Kind
    label: str
    hosts: tuple[HostFormat, ...]
    run: Callable[[Place], Work] = field(repr=False)
    keeps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Command:
    """A command line to run, or several joined by ``&&``.

    ``IN`` and ``OUT`` stand for the files; ``OUT.png`` and the like for another ending. Without ``IN``, the command
    changes ``OUT``, a copy of the source (``onto_twin``: of the twin). ``XMP`` and ``ICC`` are files to put in. With
    ``listing``, complaints come with the other output, not on standard error.
    """

    line: str
    listing: bool = False
    onto_twin: bool = False

    def __call__(self, place: Place) -> Work:
        """Run it; ToolError where an exit code is another than 0."""
        work = Work()
        if self.onto_twin or "IN" not in self.line:
            place.target.write_bytes((place.twin if self.onto_twin else place.source).read_bytes())
        for part in self.line.split(" && "):
            program, *words = shlex.split(part)
            arguments = [self._fill(word, place, work) for word in words]
            work.messages += _run(program, arguments, place, listing=self.listing)
        if work.result is not None and not work.result.exists():
            raise ToolError("no file was written")
        return work

    @staticmethod
    def _fill(word: str, place: Place, work: Work) -> str:
        for name, path in (("IN", place.source), ("XMP", place.xmp), ("ICC", place.icc)):
            if re.fullmatch(rf"(.*<=)?{name}", word):
                return f"{word.removesuffix(name)}{path}"
        found = re.match(r"(.*:)?(OUT|MID)(\.\w+)?", word)
        if found is None:
            return word
        path = place.target.with_suffix(found[3]) if found[3] else place.target
        if found[2] == "OUT":
            work.result = path
        else:
            path = path.with_stem("mid")
        return f"{found[1] or ''}{path}{word[found.end() :]}"


def _run(program: str, arguments: list[str], place: Place, *, listing: bool) -> list[str]:
    start = resolve(program)
    if start is None:
        raise ToolError(f"{program} is not installed")
    ran = subprocess.run(
        [*start, *arguments], cwd=place.target.parent, env=environment(), stdin=subprocess.DEVNULL,
        capture_output=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    said = ran.stdout + ran.stderr if listing else ran.stderr
    if ran.returncode and not said:
        said = ran.stdout
    messages = complaints(said.decode(errors="replace"), place)
    if ran.returncode:
        raise ToolError("; ".join(messages) or f"exit code {ran.returncode}")
    return messages


def complaints(text: str, place: Place) -> list[str]:
    """What a tool said, line by line, without what differs from file to file and from run to run."""
    return [line for line in (_without_names(line, place) for line in text.splitlines()) if line]


def _without_names(line: str, place: Place) -> str:
    if line.startswith("Validate "):  # a count of the other lines
        return ""
    for path in (place.source, place.target, place.twin):
        line = line.replace(str(path), path.stem.upper()).replace(path.name, path.stem.upper())
    line = re.sub(r"\(\w+:\d+\): ", "", line)  # process number
    line = re.sub(r"\d\d:\d\d:\d\d\.\d+: ", "", line)  # time of day
    line = re.sub(r"\[ *(\w+):\d+@[\d.]+\]", r"\1:", line)  # thread and running time
    return " ".join(line.split())


# --- operations of programs ------------------------------------------------------------------------------------------

_ALL: Final[tuple[HostFormat, ...]] = ("jpeg", "png", "tiff")
_JPEG: Final[tuple[HostFormat, ...]] = ("jpeg",)
_PNG: Final[tuple[HostFormat, ...]] = ("png",)
_TIFF: Final[tuple[HostFormat, ...]] = ("tiff",)

_EXIFTOOL = "exiftool -q -overwrite_original"
_SHARP = 'const sharp = require("sharp"); const [i, o] = process.argv.slice(1); '


def _command(
    tool: str,
    kind: Kind,
    line: str,
    hosts: tuple[HostFormat, ...] = _ALL,
    *,
    keeps: tuple[str, ...] = (),
    listing: bool = False,
    onto_twin: bool = False,
) -> Operation:
    return Operation(tool, kind, line, hosts, Command(line, listing=listing, onto_twin=onto_twin), keeps)


def _sharp(kind: Kind, code: str) -> Operation:
    script = _SHARP + code.replace("IN", "i").replace("OUT", "o")
    return Operation("sharp", kind, code, _ALL, Command(f"node -e '{script}' -- IN OUT"))


COMMANDS: Final = (
    # Reading. Decoders write PPM, so that pixels can be compared.
    _command("ExifTool", "read", "exiftool -validate -warning -error -a IN", listing=True),
    _command("Exiv2", "read", "exiv2 -pa IN"),
    _command("jpeginfo", "read", "jpeginfo -c IN", _JPEG),
    _command("jhead", "read", "jhead IN", _JPEG),
    _command("libjpeg-turbo", "read", "djpeg -outfile OUT.ppm IN", _JPEG),
    _command("pngcheck", "read", "pngcheck -q IN", _PNG),
    _command("LibTIFF", "read", "tiffinfo -D IN", _TIFF),
    _command("ImageMagick", "read", "identify -regard-warnings IN"),
    _command("ImageMagick", "read", "convert IN OUT.ppm"),
    _command("GraphicsMagick", "read", "gm convert IN OUT.ppm"),
    _command("libvips", "read", "vips copy IN OUT.ppm"),
    _command("WebP", "read", "cwebp -quiet -lossless IN -o OUT.webp"),
    # Metadata. The coded picture stays as it is.
    _command("ExifTool", "metadata", f"{_EXIFTOOL} -EXIF:Artist=Somebody OUT", keeps=EVERY),
    _command("ExifTool", "metadata", f"{_EXIFTOOL} -n -Orientation=6 OUT", keeps=EVERY),
    _command("ExifTool", "metadata", f"{_EXIFTOOL} '-XMP<=XMP' OUT", keeps=EVERY),
    _command("ExifTool", "metadata", f"{_EXIFTOOL} '-ICC_Profile<=ICC' OUT", keeps=EVERY),
    _command("ExifTool", "metadata", f"{_EXIFTOOL} -Comment=text OUT", _JPEG, keeps=("app11",)),
    _command("ExifTool", "metadata", f"{_EXIFTOOL} -tagsFromFile IN -all:all OUT", onto_twin=True),
    _command("ExifTool", "strip", f"{_EXIFTOOL} -EXIF:all= OUT", keeps=EVERY),
    _command("ExifTool", "strip", f"{_EXIFTOOL} -all= OUT"),
    _command("Exiv2", "metadata", 'exiv2 -M "set Exif.Image.Artist Somebody" OUT', keeps=EVERY),
    _command("Exiv2", "metadata", 'exiv2 -M "set Xmp.xmp.Rating 5" OUT', keeps=EVERY),
    _command("Exiv2", "metadata", "exiv2 -c text OUT", _JPEG, keeps=("app11",)),
    _command("Exiv2", "strip", "exiv2 -da OUT"),
    _command("jhead", "metadata", "jhead -q -ts2020:01:01-00:00:00 OUT", _JPEG, keeps=EVERY),
    _command("jhead", "metadata", "jhead -q -cl text OUT", _JPEG, keeps=("app11",)),
    _command("jhead", "strip", "jhead -q -de OUT", _JPEG, keeps=EVERY),
    _command("jhead", "strip", "jhead -q -purejpg OUT", _JPEG),
    _command("LibTIFF", "metadata", "tiffset -s 315 Somebody OUT", _TIFF, keeps=EVERY),
    # The same pixels, coded in other ways.
    _command("libjpeg-turbo", "recode", "jpegtran -outfile OUT IN", _JPEG, keeps=("com",)),
    _command("libjpeg-turbo", "recode", "jpegtran -copy all -outfile OUT IN", _JPEG, keeps=EVERY),
    _command("libjpeg-turbo", "recode", "jpegtran -copy all -optimize -outfile OUT IN", _JPEG),
    _command("libjpeg-turbo", "recode", "jpegtran -copy all -progressive -outfile OUT IN", _JPEG),
    _command("libjpeg-turbo", "turn", "jpegtran -rotate 90 -outfile OUT IN", _JPEG),
    _command("libjpeg-turbo", "turn", "jpegtran -copy all -rotate 90 -outfile OUT IN", _JPEG),
    _command("libjpeg-turbo", "turn", "jpegtran -copy all -flip horizontal -outfile OUT IN", _JPEG),
    _command("libjpeg-turbo", "turn", "jpegtran -copy all -crop 48x32+16+16 -outfile OUT IN", _JPEG),
    _command("libjpeg-turbo", "strip", "jpegtran -copy none -outfile OUT IN", _JPEG),
    _command("jpegoptim", "recode", "jpegoptim -q OUT", _JPEG),
    _command("jpegoptim", "strip", "jpegoptim -q --strip-com OUT", _JPEG),
    _command("jpegoptim", "strip", "jpegoptim -q --strip-all OUT", _JPEG),
    _command("jpegoptim", "resave", "jpegoptim -q -m80 OUT", _JPEG),
    _command(
        "libjxl", "recode", "cjxl --quiet --lossless_jpeg=1 IN MID.jxl && djxl --quiet MID.jxl OUT", _JPEG, keeps=EVERY
    ),
    _command("OptiPNG", "recode", "optipng -quiet OUT", _PNG, keeps=EVERY),
    _command("OptiPNG", "recode", "optipng -quiet -i1 OUT", _PNG, keeps=EVERY),
    _command("OptiPNG", "strip", "optipng -quiet -strip all OUT", _PNG),
    _command("pngcrush", "recode", "pngcrush -s IN OUT", _PNG, keeps=EVERY),
    _command("pngcrush", "strip", "pngcrush -s -rem alla IN OUT", _PNG),
    _command("pngquant", "resave", "pngquant --output OUT IN", _PNG),
    _command("LibTIFF", "recode", "tiffcp IN OUT", _TIFF),
    _command("LibTIFF", "recode", "tiffcp -c lzw IN OUT", _TIFF),
    # Decoded, and coded again.
    _command("ImageMagick", "resave", "convert IN OUT"),
    _command("ImageMagick", "turn", "convert IN -rotate 90 OUT", ("png", "tiff")),
    _command("ImageMagick", "strip", "convert IN -strip OUT"),
    _command("ImageMagick", "resize", "convert IN -resize 50% OUT"),
    _command("ImageMagick", "convert", "convert IN OUT.png", ("jpeg", "tiff")),
    _command("ImageMagick", "convert", "convert IN OUT.tif", ("jpeg", "png")),
    _command("ImageMagick", "convert", "convert IN OUT.jpg", ("png", "tiff")),
    _command("GraphicsMagick", "resave", "gm convert IN OUT"),
    _command("GraphicsMagick", "turn", "gm convert IN -rotate 90 OUT", ("png", "tiff")),
    _command("GraphicsMagick", "strip", "gm convert IN -strip OUT"),
    _command("GraphicsMagick", "resize", "gm convert IN -resize 50% OUT"),
    _command("GraphicsMagick", "convert", "gm convert IN OUT.png", ("jpeg", "tiff")),
    _command("GraphicsMagick", "convert", "gm convert IN OUT.tif", ("jpeg", "png")),
    _command("GraphicsMagick", "convert", "gm convert IN OUT.jpg", ("png", "tiff")),
    _command("libvips", "resave", "vips copy IN OUT"),
    _command("libvips", "turn", "vips rot IN OUT d90", ("png", "tiff")),
    _command("libvips", "strip", "vips copy IN OUT[strip]"),
    _command("libvips", "resize", "vips thumbnail IN OUT 48"),
    _command("libvips", "convert", "vips copy IN OUT.png", ("jpeg", "tiff")),
    _command("libvips", "convert", "vips copy IN OUT.tif", ("jpeg", "png")),
    _command("libvips", "convert", "vips copy IN OUT.jpg", ("png", "tiff")),
    _command("WebP", "convert", "cwebp -quiet -metadata all IN -o OUT.webp"),
    _sharp("resave", "sharp(IN).toFile(OUT)"),
    _sharp("resave", "sharp(IN).keepMetadata().toFile(OUT)"),
    _sharp("resize", "sharp(IN).resize(48).keepMetadata().toFile(OUT)"),
)
