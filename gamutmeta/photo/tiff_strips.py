"""The strips of a TIFF: horizontal differences, compressed by Deflate on all cores.

tifffile has the differences only with imagecodecs, and no encoder as fast as ISA-L, which takes half of the time for 16
bits.

References:
    TIFF 6.0, section 14 (differencing predictor); Adobe Photoshop TIFF Technical Notes (Deflate).
"""

from __future__ import annotations

import importlib
import zlib
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from gamutmeta.photo.alpha import with_alpha
from gamutmeta.photo.deflate import isal
from gamutmeta.runtime.strips import row_strips
from gamutmeta.runtime.threads import thread_count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from gamutmeta.photo.streamed import Rows

    Samples = NDArray[np.uint8 | np.uint16]

__all__ = ["compressed_strips", "encoder", "rows_per_strip"]

_STRIP_BYTES = 1 << 18
"""Before compression. Larger ones make no smaller files."""
_LEVELS = {8: 6, 16: 1}
"""By bits per sample: noise in the lower bits of 16 leaves nothing to search for; the fastest level is the smallest."""
_MAX_THREADS = 8
_AHEAD = 4
"""Strips per thread that may wait for the file to be written."""


def rows_per_strip(width: int, pixel_bytes: int) -> int:
    """Rows of a strip of a picture."""
    return max(1, _STRIP_BYTES // (width * pixel_bytes))


def compressed_strips(samples: Samples | Rows, alpha: Samples | None) -> Iterator[bytes]:
    """Each strip as it stands in the file, little-endian.

    Args:
        samples: uint8 or uint16, shape (height, width, 3); or what gives the rows of such an array.
        alpha: transparency, shape (height, width) and the type of `samples`; None for none.
    """
    height, width = samples.shape[:2]
    rows = rows_per_strip(width, samples.itemsize * (3 if alpha is None else 4))
    deflate = encoder(8 * samples.itemsize)

    def compressed(rows: slice) -> bytes:
        strip = with_alpha(samples[rows], None if alpha is None else alpha[rows])
        return deflate(_differences(strip).reshape(-1).view(np.uint8))

    threads = thread_count(_MAX_THREADS)
    with ThreadPoolExecutor(threads, thread_name_prefix="gamutmeta-tiff") as pool:
        strips = row_strips(height, width, rows * width)
        waiting = [pool.submit(compressed, strip) for strip in islice(strips, _AHEAD * threads)]
        while waiting:
            yield waiting.pop(0).result()
            waiting += [pool.submit(compressed, strip) for strip in islice(strips, 1)]


def _differences(strip: Samples) -> Samples:
    """To the pixel on the left; of the first one, to 0. They wrap around."""
    result = np.empty(strip.shape, strip.dtype.newbyteorder("<"))
    result[:, 0] = strip[:, 0]
    np.subtract(strip[:, 1:], strip[:, :-1], out=result[:, 1:])
    return result


@cache
def encoder(bits: int) -> Callable[[NDArray[np.uint8]], bytes]:
    """The fastest encoder that is installed, of those whose files are within 2 percent of the smallest."""
    level, library = _LEVELS[bits], isal()
    if bits == 16 and library is not None:
        return partial(library.compress, level=library.ISAL_DEFAULT_COMPRESSION)
    try:
        codecs: Any = importlib.import_module("imagecodecs")
    except ImportError:
        return partial(zlib.compress, level=level)
    return partial(codecs.deflate_encode, level=level)
