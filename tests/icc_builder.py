"""Synthetic ICC profiles for tests."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

D50_COLORANTS_SRGB = ((0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141))
"""As the widespread sRGB profiles print them."""
D50_COLORANTS_WIDE = ((0.66, 0.29, 0.001), (0.18, 0.68, 0.04), (0.1242, 0.03, 0.7839))
"""Of no known space: between Rec.2020 and ProPhoto; they add up to D50."""


def fixed(value: float) -> bytes:
    """s15Fixed16Number."""
    return struct.pack(">i", round(value * 65536))


def xyz(values: Sequence[float]) -> bytes:
    return b"XYZ " + bytes(4) + b"".join(fixed(v) for v in values)


def curv(entries: Sequence[int]) -> bytes:
    return b"curv" + bytes(4) + struct.pack(f">I{len(entries)}H", len(entries), *entries)


def gamma_curv(gamma: float) -> bytes:
    return curv([round(gamma * 256)])


def para(function: int, parameters: Sequence[float]) -> bytes:
    return b"para" + bytes(4) + struct.pack(">HH", function, 0) + b"".join(fixed(p) for p in parameters)


def desc(text: str) -> bytes:
    raw = text.encode("latin-1") + b"\0"
    return b"desc" + bytes(4) + struct.pack(">I", len(raw)) + raw + bytes(4 + 4 + 2 + 1 + 67)


def mluc(text: str) -> bytes:
    raw = text.encode("utf-16-be")
    return b"mluc" + bytes(4) + struct.pack(">II4sII", 1, 12, b"enUS", len(raw), 28) + raw


def profile(
    tags: Mapping[str, bytes],
    *,
    device_class: bytes = b"mntr",
    data_space: bytes = b"RGB ",
    pcs: bytes = b"XYZ ",
    version: int = 0x02400000,
) -> bytes:
    """A profile of these tags; equal tag data are stored once."""
    offset = 128 + 4 + 12 * len(tags)
    places: dict[bytes, int] = {}
    body = b""
    table = struct.pack(">I", len(tags))
    for name, data in tags.items():
        if data not in places:
            places[data] = offset + len(body)
            body += data + bytes(-len(data) % 4)
        table += struct.pack(">4sII", name.encode("latin-1"), places[data], len(data))
    size = offset + len(body)
    header = struct.pack(">I4sI4s4s4s", size, b"test", version, device_class, data_space, pcs)
    header += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)
    header += fixed(0.9642) + fixed(1.0) + fixed(0.8249)
    return header.ljust(128, b"\0") + table + body


def matrix_profile(
    curves: bytes | Sequence[bytes],
    colorants: Sequence[Sequence[float]] = D50_COLORANTS_SRGB,
    *,
    name: str = "test matrix",
    extra: Mapping[str, bytes] | None = None,
    **options: bytes,
) -> bytes:
    """An RGB matrix/TRC profile with one curve for all channels, or three."""
    trc = [curves] * 3 if isinstance(curves, bytes) else list(curves)
    tags = {"desc": desc(name), "cprt": b"text" + bytes(4) + b"CC0\0", "wtpt": xyz((0.9642, 1.0, 0.8249))}
    tags |= {f"{c}XYZ": xyz(v) for c, v in zip("rgb", colorants, strict=True)}
    tags |= {f"{c}TRC": v for c, v in zip("rgb", trc, strict=True)}
    tags |= extra or {}
    return profile(tags, **options)


def gray_profile(curve: bytes, tag: str = "kTRC", **options: bytes) -> bytes:
    """A grey profile with a curve, or with the lookup table `curve` in another tag."""
    return profile(
        {
            "desc": desc("test grey"),
            "cprt": b"text" + bytes(4) + b"CC0\0",
            "wtpt": xyz((0.9642, 1, 0.8249)),
            tag: curve,
        },
        data_space=b"GRAY",
        **options,
    )


def gray_table(lab: Sequence[tuple[float, float, float]]) -> bytes:
    """An ``mft2`` table from grey to CIE Lab, of equally spaced nodes: L* / 100, a* and b* / 100."""
    head = b"mft2" + bytes(4) + struct.pack(">BBBx", 1, 3, len(lab))
    head += b"".join(fixed(v) for v in (1, 0, 0, 0, 1, 0, 0, 0, 1)) + struct.pack(">HH", 2, 2)
    ends = struct.pack(">HH", 0, 65535)
    # Version 2: 0xFF00 is L* 100, 0x8000 is 0 of a* and b* and 256 steps are 1.
    nodes = b"".join(
        struct.pack(">HHH", *(round(0xFF00 * v[0]), *(0x8000 + round(25600 * x) for x in v[1:]))) for v in lab
    )
    return head + ends + nodes + ends * 3


def cicp_tag(primaries: int, transfer: int) -> bytes:
    return b"cicp" + bytes(4) + bytes([primaries, transfer, 0, 1])


def lut_profile(
    data_space: bytes = b"RGB ",
    colorants: Sequence[Sequence[float]] = D50_COLORANTS_SRGB,
    extra: Mapping[str, bytes] | None = None,
) -> bytes:
    """A scanner profile with one ``mft2`` table of 2 x 2 x 2 nodes to PCSXYZ: the cube's corners mix linearly.

    Its curves are identities, so it equals a matrix profile of gamma 1 with these colorants.
    """
    channels = {b"RGB ": 3, b"CMYK": 4}[data_space]
    head = b"mft2" + bytes(4) + struct.pack(">BBBx", channels, 3, 2)
    head += b"".join(fixed(v) for v in (1, 0, 0, 0, 1, 0, 0, 0, 1)) + struct.pack(">HH", 2, 2)
    nodes = b""
    for node in range(2**channels):
        bits = [(node >> (channels - 1 - c)) & 1 for c in range(channels)]
        for component in range(3):
            value = sum(b * colorants[c][component] for c, b in enumerate(bits[:3]))
            nodes += struct.pack(">H", min(65535, round(value * 32768)))  # u1Fixed15Number
    ends = struct.pack(">HH", 0, 65535)
    table = head + ends * channels + nodes + ends * 3
    tags = {
        "desc": desc("test tables"),
        "cprt": b"text" + bytes(4) + b"CC0\0",
        "wtpt": xyz((0.9642, 1, 0.8249)),
        "A2B0": table,
        **(extra or {}),
    }
    return profile(tags, device_class=b"scnr", data_space=data_space)
