"""Carriers: payloads in JPEG, PNG and TIFF files or next to them, and digests of the pictures in these files.

The container is opaque here. Files are spliced, never re-encoded: the coded picture stays the same, byte for byte.
"""

from __future__ import annotations

from gamutmeta.carriers.container_bytes import MAGIC, MAX_CONTAINER, Extracted
from gamutmeta.carriers.digest import coded_digest, samples_digest
from gamutmeta.carriers.dispatch import (
    deviations,
    embed,
    extract,
    extract_from_file,
    extract_or_sidecar,
    find,
    host_format,
    strip,
)
from gamutmeta.carriers.names import CARRIERS, carrier_for, carriers_of
from gamutmeta.carriers.sidecar import SIDECAR_SUFFIX, read_sidecar, sidecar_beside, sidecar_path
from gamutmeta.formats.signature import READABLE_SUFFIXES, SUFFIXES, HostFormat, format_of

__all__ = [
    "CARRIERS",
    "MAGIC",
    "MAX_CONTAINER",
    "READABLE_SUFFIXES",
    "SIDECAR_SUFFIX",
    "SUFFIXES",
    "Extracted",
    "HostFormat",
    "carrier_for",
    "carriers_of",
    "coded_digest",
    "deviations",
    "embed",
    "extract",
    "extract_from_file",
    "extract_or_sidecar",
    "find",
    "format_of",
    "host_format",
    "read_sidecar",
    "samples_digest",
    "sidecar_beside",
    "sidecar_path",
    "strip",
]
