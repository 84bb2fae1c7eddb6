"""Photographs in files: reading, writing, and :class:`WideImage` between the two. Knows no models."""

from __future__ import annotations

from gamutmeta.photo.pixels import decode_srgb, encode_srgb_file
from gamutmeta.photo.read import read_photo
from gamutmeta.photo.wide import WideImage
from gamutmeta.photo.write import write_photo

__all__ = ["WideImage", "decode_srgb", "encode_srgb_file", "read_photo", "write_photo"]
