"""Carriers: payloads in JPEG, PNG and TIFF files or next to them, and digests of the pictures in these files.

The container is opaque here. Files are spliced, never re-encoded: the coded picture stays the same, byte for byte.
"""

from __future__ import annotations

from gamutmeta.carriers.digest import coded_digest, file_digest, samples_digest
from gamutmeta.carriers.host import CARRIERS, SUFFIXES, HostFormat, carriers_of, default_carrier, host_format
from gamutmeta.carriers.payload import MAGIC, MAX_CONTAINER, Extracted
from gamutmeta.carriers.sidecar import SIDECAR_SUFFIX, read_sidecar, sidecar_path, write_sidecar
from gamutmeta.carriers.splice import departures, embed, extract, extract_from_file, find, strip

__all__ = [
    "CARRIERS",
    "MAGIC",
    "MAX_CONTAINER",
    "SIDECAR_SUFFIX",
    "SUFFIXES",
    "Extracted",
    "HostFormat",
    "carriers_of",
    "coded_digest",
    "default_carrier",
    "departures",
    "embed",
    "extract",
    "extract_from_file",
    "file_digest",
    "find",
    "host_format",
    "read_sidecar",
    "samples_digest",
    "sidecar_path",
    "strip",
    "write_sidecar",
]
