"""Payload <-> bytes, container version 1. Knows no pixels and no files.

====================  =================================================
`payload`             the payload and its two conversions
`transform`           the payload of an edited picture
`binding`, `tensors`  its parts
`header`              magic, versions, lengths, checksum
`descriptor_map`      the msgpack map: picture, model, encodings
`frame`               the zstd frame around the numbers
`limits`              how large all of it may be
====================  =================================================
"""

from __future__ import annotations

from gamutmeta.container.binding import Binding
from gamutmeta.container.limits import DEFAULT_LIMITS, Limits
from gamutmeta.container.payload import Payload
from gamutmeta.container.tensors import Tensor
from gamutmeta.container.transform import transform_payload

__all__ = ["DEFAULT_LIMITS", "Binding", "Limits", "Payload", "Tensor", "decode", "encode", "transform_payload"]


def encode(payload: Payload) -> bytes:
    """The container of a payload; see :meth:`Payload.to_bytes`."""
    return payload.to_bytes()


def decode(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Payload:
    """The payload of a container; see :meth:`Payload.from_bytes`."""
    return Payload.from_bytes(data, limits)
