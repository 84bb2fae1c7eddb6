"""Writing TIFF files, through tifffile.

tifffile writes the picture; EXIF fields need directories of their own, which it cannot write, so they are appended
and the first directory is written anew behind them.
"""

from __future__ import annotations

import importlib
import io
import struct
from typing import TYPE_CHECKING, BinaryIO

from gamutmeta.formats.exif import tree_for_tiff
from gamutmeta.formats.exif_tree import pack_directory, pack_sub_directories
from gamutmeta.formats.photoshop import IPTC, iptc_of, read_resources
from gamutmeta.formats.tiff_ifd import BYTE, IPTC_TAG, PHOTOSHOP_TAG, UNDEFINED, XMP_TAG, read_ifd0
from gamutmeta.photo.alpha import with_alpha
from gamutmeta.runtime.threads import thread_count

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["write_tiff"]

_DEFLATE_LEVELS = {8: 6, 16: 1}
"""By bits per sample: noise in the lower bits of 16 leaves nothing to search for; the fastest level is the smallest."""
_MAX_THREADS = 8


def write_tiff(
    file: BinaryIO,
    samples: NDArray[np.uint8 | np.uint16],
    *,
    icc: bytes | None,
    exif: bytes | None = None,
    xmp: bytes | None = None,
    photoshop: bytes | None = None,
    alpha: NDArray[np.uint8 | np.uint16] | None = None,
) -> None:
    """Write an RGB or RGBA TIFF: Deflate, with the horizontal predictor where imagecodecs is installed.

    Args:
        file: an empty file, open for reading and writing.
        samples: uint8 or uint16, shape (height, width, 3).
        icc: ICC profile.
        exif: EXIF block; its descriptive fields and its Exif and GPS directories are written, without maker notes.
        xmp: XMP packet.
        photoshop: Photoshop image resources; IPTC-IIM gets its own tag as well.
        alpha: transparency, shape (height, width) and the type of `samples`, which are not multiplied by it; written
            as unassociated alpha (ExtraSamples 2).

    Raises:
        CarrierError: the EXIF block is damaged.
    """
    import tifffile  # noqa: PLC0415  # takes a tenth of a second

    tifffile.imwrite(
        file,
        with_alpha(samples, alpha),
        byteorder="<",
        planarconfig="contig",
        photometric="rgb",
        compression="zlib",
        compressionargs={"level": _DEFLATE_LEVELS[8 * samples.itemsize]},
        predictor=_has_predictor(),
        iccprofile=icc,
        extrasamples=None if alpha is None else ["unassalpha"],
        metadata=None,
        software=False,
        # Left to itself it takes half the cores. The file is the same.
        maxworkers=thread_count(_MAX_THREADS),
        extratags=_tags(xmp, photoshop),
    )
    if exif:
        _append_exif(file, exif)


def _tags(xmp: bytes | None, photoshop: bytes | None) -> list[tuple[int, int, int, bytes, bool]]:
    iptc = iptc_of(photoshop)
    is_iptc_alone = photoshop is not None and [r.number for r in read_resources(photoshop)] == [IPTC]
    fields = [(XMP_TAG, BYTE, xmp), (IPTC_TAG, UNDEFINED, iptc)]
    fields.append((PHOTOSHOP_TAG, BYTE, None if is_iptc_alone else photoshop))
    return [(tag, kind, len(value), value, True) for tag, kind, value in fields if value]


def _has_predictor() -> bool:
    try:
        importlib.import_module("imagecodecs")
    except ImportError:
        return False
    return True


def _append_exif(file: BinaryIO, exif: bytes) -> None:
    ifd = read_ifd0(file)
    layout = ifd.layout
    tree = tree_for_tiff(exif).with_byte_order(layout.order)
    end = file.seek(0, io.SEEK_END)
    end += file.write(bytes(-end % layout.alignment))
    sub_directories, pointers = pack_sub_directories(tree, layout, end)
    sub_directories += bytes(-len(sub_directories) % layout.alignment)
    fields = [*tree.image, *pointers]
    replaced = {field.tag for field in fields}
    start = end + len(sub_directories)
    kept = [entry for entry in ifd.entries if entry.tag not in replaced]
    file.write(sub_directories + pack_directory(layout, fields, start, kept=kept))
    file.seek(layout.pointer)
    file.write(struct.pack(layout.offset_format, start))
    file.seek(0, io.SEEK_END)
