"""The files that are handed to the software: one per carrier, each with a twin that lacks nothing but the payload."""

import io
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

import gamutmeta.demo
from benchmarks.arrays import Codes, Wide
from gamutmeta.carriers import HostFormat
from gamutmeta.expansion import expand
from gamutmeta.fit.config import PRESETS
from gamutmeta.photo.read import read_photo
from gamutmeta.photo.wide import WideImage
from gamutmeta.reduction import reduce

CARRIERS: Final[dict[str, HostFormat]] = {"app11": "jpeg", "com": "jpeg", "itxt": "png", "tiff": "tiff"}
"""Carrier inside a file -> kind of file."""

HOSTS: Final[dict[HostFormat, tuple[str, ...]]] = {"jpeg": ("app11", "com"), "png": ("itxt",), "tiff": ("tiff",)}

SUFFIXES: Final[dict[HostFormat, str]] = {"jpeg": ".jpg", "png": ".png", "tiff": ".tif"}

XMP = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
    'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="3"/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
).encode()

_BOX = np.s_[290:354, 500:596]
"""64 x 96 pixels of the demonstration's photograph with carrots in them: whole blocks, so that a JPEG can be turned."""

# The model is real, but what becomes of it does not hang on how good it is.
_FIT: Final = replace(PRESETS["balanced"], name="quick", steps=160, batch=1024, network_rate=2e-2)


@dataclass(frozen=True, slots=True)
class Sample:
    """A file with a payload, its twin without, and what is known about it.

    That is the payload, the decoded picture, uint8 (H, W, 3), and the restored photograph, uint16 (H, W, 3).
    """

    carrier: str
    host: HostFormat
    data: bytes = field(repr=False)
    twin: bytes = field(repr=False)
    container: bytes = field(repr=False)
    pixels: Codes = field(repr=False)
    expanded: Wide = field(repr=False)


@cache
def sample(carrier: str) -> Sample:
    """A reduced photograph with EXIF, XMP and ICC profile. JPEG: quality 95, 4:4:4; TIFF: deflated."""
    host = CARRIERS[carrier]
    piece = read_photo(Path(gamutmeta.demo.__file__).with_name("carrots.tif")).array[_BOX]
    photo = WideImage(piece, exif=_exif(host), xmp=XMP)
    reduction = reduce(photo, preset=_FIT, format=host, device="cpu")
    data, twin = reduction.to_bytes(carrier), reduction.to_bytes("sidecar")
    pixels = np.asarray(Image.open(io.BytesIO(twin)))
    return Sample(carrier, host, data, twin, reduction.payload.to_bytes(), pixels, expand(data).array)


def _exif(host: HostFormat) -> bytes:
    """All that the standard requires, and an artist.

    Without a directory of its own in a TIFF: Pillow 13.0 fails to save one again.
    """
    exif = Image.Exif()
    exif.update({271: "Maker", 272: "Model", 282: 72.0, 283: 72.0, 296: 2, 315: "Artist"})
    if host != "tiff":
        exif[531] = 1
        exif.get_ifd(0x8769).update({36864: b"0232", 40960: b"0100", 40961: 1, 40962: 96, 40963: 64})
    return exif.tobytes()
