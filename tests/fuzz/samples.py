"""Small valid things to start from: payloads, host files, and files whose payload is bound to their picture.

All of it is made from fixed numbers, so that it comes out the same every time.
"""

from __future__ import annotations

import io
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import tifffile
from PIL import Image, PngImagePlugin

from gamutmeta import carriers
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.shoulder import End, Shoulder
from gamutmeta.container import Binding, Payload, Tensor, encode
from gamutmeta.model.descriptor import Descriptor, FourierXY, Grid, Head, Rgb, RgbSource, SampleCoding
from gamutmeta.pipeline.binding import binding_of_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gamutmeta.container.binding import BindingKind

__all__ = ["HEIGHT", "HOSTS", "MODELS", "WIDTH", "bound", "containers", "exif", "payload", "picture"]

WIDTH, HEIGHT = 10, 7

MODELS: Mapping[str, Descriptor] = {
    "empty": Descriptor(),
    "empty-cat02": Descriptor(adaptation=Adaptation.CAT02),
    "default": Descriptor(Head.SRGB_EXCESS, Grid(3, 4, 5), rgb=Rgb(2), hidden=(6, 5), gate=0),
    "soft-gate": Descriptor(Head.SRGB_EXCESS, Grid(2, 2, 3), rgb=Rgb(1), hidden=(4,), gate=24),
    "paper": Descriptor(
        Head.WIDE_RESIDUAL, xy=FourierXY(3), rgb=Rgb(2, RgbSource.WIDE, identity=False), hidden=(5,), bias=False,
        adaptation=Adaptation.CAT02,
    ),
    "cropped": Descriptor(
        Head.SRGB_EXCESS, Grid(2, 3, 3), FourierXY(1), hidden=(4,), gate=12, affine=(0.5, 0.0, 0.25, 0.0, 0.75, 0.125)
    ),
    "turned": Descriptor(
        Head.SRGB_EXCESS, Grid(1, 3, 2), FourierXY(2), Rgb(0), affine=(0.0, -1.0, 1.0, 1.0, 0.0, 0.0)
    ),
    "skewed": Descriptor(
        Head.WIDE_RESIDUAL, Grid(1, 2, 2), FourierXY(1), affine=(0.5, 0.25, 0.0, -0.25, 0.5, 0.25)
    ),
    "samples": Descriptor(Head.SRGB_EXCESS, Grid(2, 3, 2), rgb=Rgb(1), hidden=(4,), samples=SampleCoding.SYCC),
    "samples-alone": Descriptor(samples=SampleCoding.SYCC),
    "shoulder": Descriptor(
        Head.SRGB_EXCESS, Grid(2, 3, 2), rgb=Rgb(1), hidden=(4,), gate=0,
        shoulder=Shoulder((End(), End(1, 99), End(4, 20)), (End(8, 9), End(2, 60), End())),
    ),
}  # fmt: skip


def payload(model: str, dtype: type = np.int8, seed: int = 1) -> Payload:
    """A payload with small random numbers, of a picture of WIDTH x HEIGHT."""
    rng = np.random.default_rng(seed)
    scale = None if dtype is np.float16 else 0.03125
    tensors = tuple(
        Tensor((rng.normal(0, 20 if scale else 0.5, spec.shape)).astype(dtype), scale)
        for spec in MODELS[model].tensor_specs()
    )
    kind: BindingKind = "jpeg" if MODELS[model].samples is SampleCoding.SYCC else "rgb8"
    return Payload(WIDTH, HEIGHT, Binding(kind, bytes(range(16))), MODELS[model], tensors)


def containers() -> dict[str, bytes]:
    """One of each model, and one in float16."""
    found = {name: encode(payload(name)) for name in MODELS}
    mixed = payload("soft-gate")
    floats = tuple(
        Tensor(tensor.decode().astype(np.float16), None) if i % 2 else tensor for i, tensor in enumerate(mixed.tensors)
    )
    return found | {"float16": encode(payload("paper", np.float16)), "mixed": encode(replace(mixed, tensors=floats))}


@cache
def picture() -> NDArray[np.uint8]:
    """Codes at and near both ends as well as between them, (HEIGHT, WIDTH, 3)."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    codes = np.stack((x * 31 % 256, y * 43 % 256, (x * y * 17) % 256), axis=-1).astype(np.uint8)
    codes[:2], codes[2:3] = 255, 0
    return codes


def _pillow(kind: str, mode: str = "RGB", **options: Any) -> bytes:
    file = io.BytesIO()
    image = Image.fromarray(picture())
    image = image.quantize(16) if mode == "P" else image.convert(mode)
    image.save(file, kind, **options)
    return file.getvalue()


def _tiff(*pages: NDArray[Any], **options: Any) -> bytes:
    file = io.BytesIO()
    layout = {name: options.pop(name) for name in ("byteorder", "bigtiff") if name in options}
    with tifffile.TiffWriter(file, **layout) as writer:
        for page in pages or (picture(),):
            writer.write(page, **({"photometric": "rgb", "metadata": None, "software": False} | options))
    return file.getvalue()


def exif() -> bytes:
    """An EXIF block with four directories."""
    block = Image.Exif()
    block[0x010F], block[0x0112] = "Maker", 6
    block.get_ifd(0x8769)[0xA002] = WIDTH
    block.get_ifd(0x8825)[1] = "N"
    return block.tobytes()


def _hosts() -> dict[str, bytes]:
    text = PngImagePlugin.PngInfo()
    text.add_text("Title", "a title")
    text.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta xmlns:x='adobe:ns:meta/'/>")
    icc = bytes(36) + b"acsp" + bytes(90)
    two = (picture(), picture()[::-1].copy())
    return {
        "jpeg/baseline": _pillow("JPEG", quality=40),
        "jpeg/progressive": _pillow("JPEG", quality=30, progressive=True),
        "jpeg/grey-restart": _pillow("JPEG", "L", quality=20, restart_marker_blocks=1),
        "jpeg/metadata": _pillow("JPEG", quality=20, exif=exif(), icc_profile=icc, comment=b"a comment", xmp=b"<x/>"),
        "png/rgb": _pillow("PNG"),
        "png/palette": _pillow("PNG", "P", transparency=3),
        "png/grey-alpha": _pillow("PNG", "LA"),
        "png/metadata": _pillow("PNG", "RGBA", pnginfo=text, exif=exif(), icc_profile=icc),
        "tiff/little": _pillow("TIFF"),
        "tiff/big-endian": _tiff(byteorder=">", extratags=[(65_000, 1, 3, b"abc", True)]),
        "tiff/bigtiff-pages": _tiff(*two, bigtiff=True),
        "tiff/deflate": _pillow("TIFF", "RGBA", compression="tiff_adobe_deflate"),
        "tiff/lzw": _pillow("TIFF", "L", compression="tiff_lzw"),
        "tiff/exif": _pillow("TIFF", exif=exif()),
    }


HOSTS: Mapping[str, bytes] = _hosts()


def bound(host: str, model: str, carrier: str | None = None) -> bytes:
    """A host file with a payload that is bound to its picture."""
    own = payload(model).bind(WIDTH, HEIGHT, binding_of_file(HOSTS[host]))
    return carriers.embed(HOSTS[host], encode(own), carrier=carrier)
