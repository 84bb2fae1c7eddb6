"""The words that arguments take, as types for type checkers and editors.

::

    from gamutmeta.choices import Preset, Space

    def restored(path: str, space: Space = "display-p3") -> gamutmeta.WideImage:
        return gamutmeta.expand(path, space=space)

Each is a ``typing.Literal``; ``typing.get_args(Space)`` lists its words. It imports nothing but typing.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

__all__ = [
    "AssumedSpace",
    "Carrier",
    "Device",
    "ExpandedSamples",
    "HostFormat",
    "PhotoFormat",
    "Preset",
    "RawStyle",
    "Samples",
    "Space",
    "SpaceAlias",
    "SpaceName",
    "Subsampling",
]

Preset: TypeAlias = Literal["balanced", "small", "best", "paper"]
"""Of a fit; the keys of `gamutmeta.PRESETS`."""

SpaceName: TypeAlias = Literal["prophoto", "rec2020", "display-p3", "adobe-rgb", "srgb"]
"""A known colour space, as results name it; see :data:`gamutmeta.color.spaces.SPACES`."""

SpaceAlias: TypeAlias = Literal["p3", "adobergb"]
"""Other names of known spaces: Display P3 and Adobe RGB (1998)."""

Space: TypeAlias = SpaceName | SpaceAlias
"""A known colour space, as arguments name it."""

AssumedSpace: TypeAlias = (
    Space
    | Literal[
        "linear-prophoto",
        "linear-rec2020",
        "linear-display-p3",
        "linear-p3",
        "linear-adobe-rgb",
        "linear-adobergb",
        "linear-srgb",
    ]
)
"""What a photograph that names no space can be assumed to be in: a known one, or one of them with linear light."""

Carrier: TypeAlias = Literal["app11", "com", "itxt", "tiff", "sidecar"]
"""Where a payload is; see :data:`gamutmeta.carriers.CARRIERS`."""

Device: TypeAlias = Literal["auto", "cpu", "cuda"]
"""Where to compute."""

RawStyle: TypeAlias = Literal["neutral", "vivid"]
"""How raw photographs are developed; see :data:`gamutmeta.photo.raw_in.RAW_STYLES`."""

Samples: TypeAlias = Literal["extended", "plain"]
"""Of a JPEG that is written: extended ones hold colours outside sRGB, which viewers clip; plain ones are clipped."""

ExpandedSamples: TypeAlias = Literal["payload", "extended"]
"""What to expand: the samples that the payload takes, with it; or a JPEG's extended samples alone, without one."""

Subsampling: TypeAlias = Literal["4:4:4", "4:2:2", "4:2:0"]
"""Of a JPEG's chroma channels."""

HostFormat: TypeAlias = Literal["jpeg", "png", "tiff"]
"""A kind of file that can carry a payload."""

PhotoFormat: TypeAlias = Literal["tiff", "png", "jpeg", "avif", "heic", "jxl"]
"""A kind of file that photographs are written to; see :data:`gamutmeta.photo.kinds.KINDS`."""
