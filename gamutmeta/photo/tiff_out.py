"""Writing TIFF files, through tifffile.

tifffile writes the picture; EXIF fields need directories of their own, which it cannot write, so they are appended
and the first directory is written anew behind them.
"""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, BinaryIO

from gamutmeta.formats.exif import tree_for_tiff
from gamutmeta.formats.exif_tree import pack_directory, pack_sub_directories
from gamutmeta.formats.photoshop import IPTC, iptc_of, read_resources
from gamutmeta.formats.tiff_ifd import BYTE, IPTC_TAG, PHOTOSHOP_TAG, UNDEFINED, XMP_TAG, read_ifd0
from gamutmeta.photo.tiff_strips import compressed_strips, rows_per_strip

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gamutmeta.photo.streamed import Rows

__all__ = ["write_tiff"]


def write_tiff(
    file: BinaryIO,
    samples: NDArray[np.uint8 | np.uint16] | Rows,
    *,
    icc: bytes | None,
    exif: bytes | None = None,
    xmp: bytes | None = None,
    photoshop: bytes | None = None,
    alpha: NDArray[np.uint8 | np.uint16] | None = None,
) -> None:
    """Write an RGB or RGBA TIFF: Deflate, with the horizontal predictor.

    Args:
        file: an empty file, open for reading and writing.
        samples: uint8 or uint16, shape (height, width, 3); or what gives the rows of such an array.
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

    height, width = samples.shape[:2]
    channels = 3 if alpha is None else 4
    tifffile.imwrite(
        file,
        compressed_strips(samples, alpha),
        shape=(height, width, channels),
        dtype=samples.dtype,
        rowsperstrip=rows_per_strip(width, channels * samples.itemsize),
        byteorder="<",
        planarconfig="contig",
        photometric="rgb",
        compression="zlib",
        predictor=True,
        iccprofile=icc,
        extrasamples=None if alpha is None else ["unassalpha"],
        metadata=None,
        software=False,
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
