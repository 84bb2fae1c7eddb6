"""All of a payload but its numbers <-> the msgpack map of the container.

The keys, in the order in which they stand. A key whose value is the default is absent.

======  ===================  =========  ================================================================================
key     value                default    meaning
======  ===================  =========  ================================================================================
aff     [a, b, c, d, e, f]   identity   where the picture lies in the fitted one, with `grid` or `xy` only: see below
bias    false                true       whether the layers have biases
cat     1                    0          chromatic adaptation transform: 0 Bradford, 1 CAT02
gate    0..255               no gate    gate T
grid    [C, GH, GW]          no grid    channels, nodes down, nodes across
h       1..2^32-1            required   height of the coded picture, pixels
head    1, 2                 0          0 there is no model (clip), 1 wide-residual, 2 srgb-excess
jpeg    16 bytes             see below  digest of the coded JPEG data
like    71 bytes             none       likeness of the picture as it is shown; version 2
mlp     [n, ...]             []         widths of the hidden layers
q       [number or "f16"]    []         encoding of each tensor, in their order: see below
rgb     0..16                no colour  octaves of the pixel's colour
rgb8    16 bytes             see below  digest of the decoded 8-bit samples
shl     12 bytes             none       shoulder of sRGB codes: see below; version 2
smp     1                    0          which samples are the codes: 0 sRGB, 1 YCbCr before clamping; version 2
src     1                    0          whose colour, with `rgb` only: 0 the 8-bit code's, 1 clipped linear ProPhoto's
t       false                true       whether t itself is a feature of the colour, with `rgb` only
w       1..2^32-1            required   width of the coded picture, pixels
xy      1..16                no place   octaves of the position
======  ===================  =========  ================================================================================

Exactly one of `jpeg` and `rgb8` is there: the binding. `like`, `shl` and `smp` need version 2 of the container, `smp`
the binding `jpeg` as well. A container whose descriptor has no such key is of version 1.

An element of `q` is an integer e for an int8 tensor with scale 2^-e, a float for an int8 tensor with a scale that is no
power of two, or the string "f16" for a float16 tensor. Scales are normal single-precision numbers, at most 2^120.

`aff` takes a position (u, v) in the picture to (a u + b v + c, d u + e v + f) in the fitted one: six floats up to 16 in
magnitude, -0 not among them, and together not the identity (1, 0, 0, 0, 1, 0).

`shl` has for red, green and blue, of each the dark and then the bright end, two bytes: how many codes are stretched, 0
to 8, and their growth, 0 without codes; see :class:`gamutmeta.color.shoulder.Shoulder`.

Canonical: keys are strings in strictly ascending byte order, integers and lengths take their shortest form, floats are
single precision (float 32), byte strings occur as digests, likeness and shoulder only, nil and extension types not at
all. So a map has one encoding, and a reader checks by encoding again what it has read and comparing bytes. It refuses
unknown keys: what a reader may ignore is no part of what it restores, and what it may not comes with a new version.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, cast

import msgpack

from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.shoulder import SHOULDER_BYTES, Shoulder
from gamutmeta.container.binding import BINDING_KINDS, Binding
from gamutmeta.container.tensors import check_scale
from gamutmeta.envelope import DIGEST_BYTES, LIKENESS_BYTES
from gamutmeta.errors import PayloadError
from gamutmeta.model.descriptor import MAX_OCTAVES, Descriptor, FourierXY, Grid, Head, Rgb, RgbSource, SampleCoding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gamutmeta.container.limits import Limits
    from gamutmeta.model.descriptor import Affine

__all__ = ["MAX_SIDE", "Contents", "pack", "unpack", "version_of"]

MAX_SIDE = (1 << 32) - 1
"""Largest width or height; TIFF's."""

_HEADS = (Head.CLIP, Head.WIDE_RESIDUAL, Head.SRGB_EXCESS)
_ADAPTATIONS = (Adaptation.BRADFORD, Adaptation.CAT02)
_SOURCES = (RgbSource.CODE, RgbSource.WIDE)
_SAMPLES = (SampleCoding.SRGB, SampleCoding.SYCC)
_FLOAT16 = "f16"
_MAX_EXPONENT = 126

_DEFAULTS: Mapping[str, object] = {"bias": True, "cat": 0, "head": 0, "mlp": [], "q": [], "smp": 0, "src": 0, "t": True}
_VERSION_2_KEYS = frozenset({"like", "shl", "smp"})
_KEYS = frozenset((*_DEFAULTS, *BINDING_KINDS, "aff", "gate", "grid", "h", "like", "rgb", "shl", "w", "xy"))
_MAX_NAME = 32
"""Longer than any key or value, so that a wrong one can be named."""
_MAX_ENTRIES = 16
"""Of any map, however many keys are known: the form of a descriptor is the same in all versions."""

_Choice = TypeVar("_Choice")


@dataclass(frozen=True, slots=True)
class Contents:
    """What the map says.

    Attributes:
        width, height: of the coded picture, pixels.
        binding: which picture.
        descriptor: which model.
        scales: for each tensor, None for float16.
        likeness: of the picture, 71 bytes, or None.
    """

    width: int
    height: int
    binding: Binding
    descriptor: Descriptor
    scales: tuple[float | None, ...]
    likeness: bytes | None = None


def pack(contents: Contents) -> bytes:
    """Encode canonically.

    Raises:
        PayloadError: if the model takes samples that the picture it is bound to does not have.
    """
    model = contents.descriptor
    _check_samples(model, contents.binding)
    entries: dict[str, object] = {
        "aff": list(model.affine) if model.affine else None,
        "bias": model.bias,
        "cat": _ADAPTATIONS.index(model.adaptation),
        "gate": model.gate,
        "grid": [model.grid.channels, model.grid.height, model.grid.width] if model.grid else None,
        "h": contents.height,
        "head": _HEADS.index(model.head),
        contents.binding.kind: contents.binding.digest,
        "like": contents.likeness,
        "mlp": list(model.hidden),
        "q": [_encoding_of_scale(scale) for scale in contents.scales],
        "shl": model.shoulder.to_bytes() if model.shoulder else None,
        "smp": _SAMPLES.index(model.samples),
        "w": contents.width,
        "xy": model.xy.octaves if model.xy else None,
    }
    if model.rgb:
        entries |= {"rgb": model.rgb.octaves, "src": _SOURCES.index(model.rgb.source), "t": model.rgb.identity}
    said = {key: entries[key] for key in sorted(entries) if entries[key] not in (None, _DEFAULTS.get(key))}
    return cast("bytes", msgpack.packb(said, use_single_float=True))


def version_of(contents: Contents) -> int:
    """The version of the container that the contents need."""
    model = contents.descriptor
    is_first = model.samples is SampleCoding.SRGB and model.shoulder is None and contents.likeness is None
    return 1 if is_first else 2


def unpack(data: bytes, limits: Limits, version: int = 1) -> Contents:
    """Decode, and refuse everything that :func:`pack` would not have written in a container of that version.

    Raises:
        PayloadError: if the bytes are no such map, naming the key.
        LimitError: if picture or model are larger than `limits` allow.
    """
    entries = _decode(data, version)
    for key in sorted(_VERSION_2_KEYS & entries.keys()):
        if version < 2:
            raise PayloadError("descriptor", f"the key {key!r} needs version 2, this container is of version {version}")
    width, height = _integer(entries, "w", 1, MAX_SIDE), _integer(entries, "h", 1, MAX_SIDE)
    limits.check_picture(width, height)
    binding = _binding(entries)
    model, likeness = _descriptor(entries), _likeness(entries)
    _check_samples(model, binding)
    limits.check_model(model)
    contents = Contents(width, height, binding, model, _scales(entries, model), likeness)
    if pack(contents) != data:
        raise PayloadError("descriptor", "is not in canonical form")
    if version_of(contents) < version:
        raise PayloadError("header.min_reader_version", f"is {version}, but version 1 can express this descriptor")
    return contents


def _check_samples(model: Descriptor, binding: Binding) -> None:
    if model.samples is SampleCoding.SYCC and binding.kind != "jpeg":
        raise PayloadError("descriptor.smp", "YCbCr samples need the binding to a JPEG")


def _decode(data: bytes, version: int) -> dict[str, Any]:
    """The map as decoded, with known keys only, each once.

    Byte strings are no longer than the longest of that version, wherever they are, so that readers of all versions give
    the same answer.
    """
    try:
        entries = msgpack.unpackb(
            data,
            raw=False,
            strict_map_key=True,
            object_pairs_hook=_unique,
            ext_hook=_refuse_extension,
            max_str_len=_MAX_NAME,
            max_bin_len=DIGEST_BYTES if version < 2 else LIKENESS_BYTES,
            max_array_len=len(data),
            max_map_len=_MAX_ENTRIES,
            max_ext_len=0,
        )
    except PayloadError:
        raise
    except (ValueError, msgpack.UnpackException) as error:
        raise PayloadError("descriptor", f"is not the expected msgpack ({error or type(error).__name__})") from error
    if type(entries) is not dict:
        raise PayloadError("descriptor", "must be a map")
    for key in entries:
        if key not in _KEYS:
            raise PayloadError("descriptor", f"unknown key {key!r}")
    return entries


def _unique(pairs: Sequence[tuple[object, object]]) -> dict[object, object]:
    entries: dict[object, object] = {}
    for key, value in pairs:
        if key in entries:
            raise PayloadError("descriptor", f"the key {key!r} occurs twice")
        entries[key] = value
    return entries


def _refuse_extension(code: int, _data: bytes) -> NoReturn:
    raise PayloadError("descriptor", f"extension types (here {code}) are not allowed")


def _descriptor(entries: Mapping[str, Any]) -> Descriptor:
    """The model, checked by Descriptor itself."""
    grid = _integers(entries, "grid")
    if "grid" in entries and len(grid) != 3:
        raise _wrong("grid", "channels, height and width")
    rgb = None
    if "rgb" in entries:
        rgb = Rgb(_integer(entries, "rgb", 0, MAX_OCTAVES), _choice(entries, "src", _SOURCES), _flag(entries, "t"))
    elif "src" in entries or "t" in entries:
        raise PayloadError("descriptor.rgb", "is missing, but 'src' or 't' is there")
    return Descriptor(
        head=_choice(entries, "head", _HEADS),
        grid=Grid(*grid) if grid else None,
        xy=FourierXY(_integer(entries, "xy", 1, MAX_OCTAVES)) if "xy" in entries else None,
        rgb=rgb,
        hidden=_integers(entries, "mlp"),
        bias=_flag(entries, "bias"),
        gate=_integer(entries, "gate", 0, 255) if "gate" in entries else None,
        adaptation=_choice(entries, "cat", _ADAPTATIONS),
        affine=_affine(entries),
        samples=_choice(entries, "smp", _SAMPLES),
        shoulder=_shoulder(entries),
    )


def _shoulder(entries: Mapping[str, Any]) -> Shoulder | None:
    if "shl" not in entries:
        return None
    data = entries["shl"]
    if type(data) is not bytes or len(data) != SHOULDER_BYTES:
        raise _wrong("shl", f"a byte string of {SHOULDER_BYTES} bytes")
    try:
        return Shoulder.from_bytes(data)
    except ValueError as error:
        raise PayloadError("descriptor.shl", str(error)) from error


def _affine(entries: Mapping[str, Any]) -> Affine | None:
    """Six floats, or None; Descriptor checks their values."""
    if "aff" not in entries:
        return None
    values = entries["aff"]
    if type(values) is not list or len(values) != 6 or any(type(value) is not float for value in values):
        raise _wrong("aff", "an array of six floats")
    a, b, c, d, e, f = values
    return a, b, c, d, e, f


def _binding(entries: Mapping[str, Any]) -> Binding:
    kinds = [kind for kind in BINDING_KINDS if kind in entries]
    if len(kinds) != 1:
        raise PayloadError("descriptor.binding", f"exactly one of {', '.join(BINDING_KINDS)} must be there")
    digest = entries[kinds[0]]
    if type(digest) is not bytes or len(digest) != DIGEST_BYTES:
        raise _wrong(kinds[0], f"a byte string of {DIGEST_BYTES} bytes")
    return Binding(kinds[0], digest)


def _likeness(entries: Mapping[str, Any]) -> bytes | None:
    if "like" not in entries:
        return None
    likeness = entries["like"]
    if type(likeness) is not bytes or len(likeness) != LIKENESS_BYTES:
        raise _wrong("like", f"a byte string of {LIKENESS_BYTES} bytes")
    return likeness


def _scales(entries: Mapping[str, Any], model: Descriptor) -> tuple[float | None, ...]:
    """The scale of each tensor, None for float16."""
    specs = model.tensor_specs()
    encodings = entries.get("q", [])
    if type(encodings) is not list or len(encodings) != len(specs):
        raise _wrong("q", f"an array of {len(specs)} encodings")
    return tuple(_scale_of_encoding(f"descriptor.q.{spec.name}", e) for spec, e in zip(specs, encodings, strict=True))


def _encoding_of_scale(scale: float | None) -> int | float | str:
    if scale is None:
        return _FLOAT16
    mantissa, exponent = math.frexp(scale)
    return 1 - exponent if mantissa == 0.5 else scale


def _scale_of_encoding(field: str, encoding: object) -> float | None:
    if type(encoding) is str and encoding == _FLOAT16:
        return None
    if type(encoding) is int and abs(encoding) <= _MAX_EXPONENT:
        encoding = 2.0**-encoding
    if type(encoding) is not float:
        raise PayloadError(field, f"must be an exponent up to {_MAX_EXPONENT}, a scale or {_FLOAT16!r}")
    check_scale(field, encoding)
    return encoding


def _integer(entries: Mapping[str, Any], key: str, low: int, high: int) -> int:
    value = entries.get(key)
    # bool is a subclass of int, hence no isinstance.
    if type(value) is not int or not low <= value <= high:
        raise _wrong(key, f"an integer in {low}..{high}")
    return value


def _integers(entries: Mapping[str, Any], key: str) -> tuple[int, ...]:
    values = entries.get(key, [])
    if type(values) is not list or any(type(value) is not int for value in values):
        raise _wrong(key, "an array of integers")
    return tuple(values)


def _flag(entries: Mapping[str, Any], key: str) -> bool:
    value = entries.get(key, _DEFAULTS[key])
    if type(value) is not bool:
        raise _wrong(key, "a boolean")
    return value


def _choice(entries: Mapping[str, Any], key: str, choices: Sequence[_Choice]) -> _Choice:
    value = entries.get(key, _DEFAULTS[key])
    if type(value) is not int or not 0 <= value < len(choices):
        raise _wrong(key, f"an integer in 0..{len(choices) - 1}")
    return choices[value]


def _wrong(key: str, expected: str) -> PayloadError:
    return PayloadError(f"descriptor.{key}", f"must be {expected}")
