"""Any bytes as a host file: found, taken out, put in, removed, digested. Three targets, by where they start from."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

from gamutmeta import carriers
from gamutmeta.errors import NoPayloadError
from gamutmeta.formats.tiff import Entry, Ifd, iter_ifds, read_value
from gamutmeta.pipeline.binding import binding_of_file
from tests.fuzz import samples
from tests.fuzz.expect import CARRIER_CODES, CODES, result_or_refusal
from tests.fuzz.limits import PIXELS
from tests.fuzz.mutations import files

if TYPE_CHECKING:
    import random

    from gamutmeta.container import Binding

__all__ = ["jpeg_seeds", "mutated", "png_seeds", "run", "tiff_seeds"]

_CONTAINER = samples.containers()["empty"]
_OTHERS = tuple(samples.HOSTS.values())

_PICTURE_OFFSETS = frozenset({273, 324})
_INTEGERS = {3: "H", 4: "I", 16: "Q"}


def run(data: bytes) -> None:
    """The target."""
    present = result_or_refusal(carriers.find, CARRIER_CODES, data)
    taken = result_or_refusal(carriers.extract, CARRIER_CODES, data)
    from_file = result_or_refusal(carriers.extract_from_file, CARRIER_CODES, io.BytesIO(data))
    assert taken == from_file
    if taken is not None:
        assert taken.container.startswith(carriers.MAGIC)
        assert len(taken.container) <= carriers.MAX_CONTAINER
        assert present is None or taken.carrier in present
        assert result_or_refusal(carriers.deviations, CARRIER_CODES, data) is not None
    result_or_refusal(carriers.coded_digest, CARRIER_CODES, data)
    _digest(data)
    bare = result_or_refusal(carriers.strip, CARRIER_CODES, data)
    if bare is not None:
        _is_bare(data, bare)
    if present == []:
        assert bare == data
    if bare is not None:
        for carrier in carriers.carriers_of(carriers.host_format(data))[:-1]:
            _goes_in_and_out(data, bare, carrier)


def _is_bare(data: bytes, bare: bytes) -> None:
    assert len(bare) <= len(data)
    assert carriers.find(bare) == []
    assert carriers.strip(bare) == bare
    try:
        carriers.extract(bare)
    except NoPayloadError:
        return
    raise AssertionError("a payload is left")


def _goes_in_and_out(data: bytes, bare: bytes, carrier: str) -> None:
    """The payload comes back, the picture stays, and nothing is left when it is removed."""
    stamped = result_or_refusal(carriers.embed, CARRIER_CODES, bare, _CONTAINER, carrier=carrier)
    if stamped is None:
        return
    assert carriers.extract(stamped) == carriers.Extracted(_CONTAINER, carrier)
    assert carriers.embed(data, _CONTAINER, carrier=carrier, replace=True) == stamped
    if carrier == "tiff" and not _is_sound_tiff(bare):
        assert carrier in carriers.find(stamped)
        return
    assert carriers.find(stamped) == [carrier]
    assert carriers.strip(stamped) == bare
    digested = _digest(bare)
    assert digested is None or _digest(stamped) == digested


def _is_sound_tiff(data: bytes) -> bool:
    """Whether nothing in the file means bytes beyond its end, or those of the header, which embedding changes.

    In a file that was damaged like this before, what lay beyond the end is something afterwards.
    """
    for ifd in iter_ifds(data):
        if len({entry.tag for entry in ifd.entries}) < len(ifd.entries):
            return False
        for entry in ifd.entries:
            if entry.nbytes is None or entry.value_offset + entry.nbytes > len(data):
                return False
            if entry.tag in _PICTURE_OFFSETS and (entry.type not in _INTEGERS or _smallest(data, ifd, entry) < 16):
                return False
    longer = data + b"\xa5\x5a" * 500
    return _digest(data) == _digest(longer)


def _digest(data: bytes) -> Binding | None:
    return result_or_refusal(binding_of_file, CODES, data, max_pixels=PIXELS)


def _smallest(data: bytes, ifd: Ifd, entry: Entry) -> int:
    form = f"{ifd.layout.order}{entry.count}{_INTEGERS[entry.type]}"
    return min(struct.unpack(form, read_value(data, entry)), default=0)


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Another file."""
    return files.mutated(data, rng, rng.choice(_OTHERS))


def jpeg_seeds() -> dict[str, bytes]:
    """JPEG with and without payloads."""
    return _seeds("jpeg", ("app11", "com"))


def png_seeds() -> dict[str, bytes]:
    """PNG with and without payloads."""
    return _seeds("png", ("itxt",))


def tiff_seeds() -> dict[str, bytes]:
    """TIFF with and without payloads."""
    return _seeds("tiff", ("tiff",))


def _seeds(kind: str, names: tuple[str, ...]) -> dict[str, bytes]:
    hosts = {name.partition("/")[2]: data for name, data in samples.HOSTS.items() if name.startswith(kind)}
    stamped = {
        f"{name}-{carrier}": carriers.embed(data, samples.containers()["turned"], carrier=carrier)
        for name, data in hosts.items()
        for carrier in names
    }
    return hosts | stamped
