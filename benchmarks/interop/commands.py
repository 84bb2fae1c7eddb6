"""Operations of programs."""

from typing import Final

from benchmarks.interop.operations import EVERY, Command, Kind, Operation
from gamutmeta.carriers import HostFormat

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
