"""Payload and C2PA manifest in one file: attach first, sign then; and APP11 segments of both beside each other."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from interop.demand import demand

pytest.importorskip("torch")

from benchmarks.interop.orders import ORDERS, in_order
from benchmarks.interop.outcome import CARRIERS, sample
from benchmarks.interop.tools import environment, resolve
from gamutmeta import carriers
from gamutmeta.carriers import jumbf
from gamutmeta.formats.jpeg import APP11, Segment, iter_picture
from gamutmeta.pipeline.expand import expand

if TYPE_CHECKING:
    from pathlib import Path

C2PA_INSTANCE = 0x0211
SEVERAL_SEGMENTS = 150_000


@pytest.fixture(scope="module")
def signing() -> Any:
    demand("c2pa-python")
    from benchmarks.interop import signing  # noqa: PLC0415 - only where c2pa is installed

    return signing


def app11(data: bytes) -> list[tuple[int, Segment]]:
    """Box instance number and place of every APP11 segment."""
    segments = [segment for segment in iter_picture(data) if segment.marker == APP11]
    packets = [jumbf.packet(data[segment.start : segment.end]) for segment in segments]
    assert None not in packets
    return [(packet.instance, segment) for packet, segment in zip(packets, segments, strict=True) if packet]


def labels(data: bytes, folder: Path) -> list[str]:
    """The labels of the boxes that ExifTool finds, and its warnings."""
    demand("ExifTool")
    path = folder / "x.jpg"
    path.write_bytes(data)
    command = [*(resolve("exiftool") or []), "-a", "-s3", "-JUMDLabel", "-warning", str(path)]
    ran = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=60, check=True)
    return ran.stdout.splitlines()


def is_restored(data: bytes, carrier: str = "app11") -> bool:
    return np.array_equal(expand(data).array, sample(carrier).expanded)


@pytest.mark.parametrize("carrier", CARRIERS)
def test_an_unsigned_file_is_nothing_to_a_c2pa_reader(signing: Any, carrier: str) -> None:
    assert signing.read(sample(carrier).data) is None


@pytest.mark.parametrize("carrier", CARRIERS)
def test_attach_then_sign(signing: Any, carrier: str) -> None:
    data = ORDERS["attach, sign"](sample(carrier))
    manifest = signing.read(data)
    assert (manifest.state, manifest.failures) == ("Trusted", ())
    assert "assertion.dataHash.match" in manifest.successes
    assert carriers.extract(data).container == sample(carrier).container
    assert is_restored(data, carrier)


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize("order", ["sign, attach", "attach, sign, strip"])
def test_attaching_or_stripping_after_signing_breaks_the_signature(signing: Any, order: str, carrier: str) -> None:
    data = ORDERS[order](sample(carrier))
    manifest = signing.read(data)
    assert (manifest.state, manifest.failures) == ("Invalid", ("assertion.dataHash.mismatch",))
    # It is the bytes of the file that differ; the manifest itself is sound.
    assert "claimSignature.validated" in manifest.successes
    assert in_order(order, carrier).expand == ("ok" if order == "sign, attach" else "carrier.none")


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize("order", ["sign, attach, sign", "attach, sign, strip, sign"])
def test_signing_again_mends_it(signing: Any, order: str, carrier: str) -> None:
    assert signing is not None
    mended = in_order(order, carrier)
    assert (mended.state, mended.failures) == ("Trusted", ())
    assert mended.exact is (True if order == "sign, attach, sign" else None)


@pytest.mark.parametrize("attached_first", [True, False])
def test_both_readers_find_their_own_beside_a_long_chain(
    signing: Any,
    attached_first: bool,  # noqa: FBT001 - a parameter
    tmp_path: Path,
) -> None:
    given = sample("app11")
    if attached_first:
        data = signing.sign(given.data, padding=SEVERAL_SEGMENTS)
    else:
        data = carriers.embed(signing.sign(given.twin, padding=SEVERAL_SEGMENTS), given.container)
    instances = [instance for instance, _ in app11(data)]
    assert instances == [*[C2PA_INSTANCE] * 3, jumbf.INSTANCE]
    manifest = signing.read(data)
    assert manifest.failures == (() if attached_first else ("assertion.dataHash.mismatch",))
    assert is_restored(data)
    found = labels(data, tmp_path)
    assert "gamutmeta" in found
    assert "c2pa.hash.data" in found
    assert not [line for line in found if "JUMBF" in line]


def test_why_chains_are_not_split(signing: Any, tmp_path: Path) -> None:
    given = sample("app11")
    signed = signing.sign(given.twin, padding=SEVERAL_SEGMENTS)
    (_, ours), *_ = app11(given.data)
    (_, second), *_ = app11(signed)[1:]
    split = signed[: second.end] + given.data[ours.offset : ours.end] + signed[second.end :]
    # Readers still find it, and the manifest is as sound as with any bytes added after signing ...
    assert is_restored(split)
    assert signing.read(split).failures == ("assertion.dataHash.mismatch",)
    assert carriers.strip(split) == signed
    # ... but ExifTool does not, and no C2PA writer takes the file again.
    found = labels(split, tmp_path)
    assert "gamutmeta" not in found
    assert "Duplicate JUMBF sequence number" in found
    with pytest.raises(Exception, match="not contiguous"):
        signing.sign(split)


def test_a_changed_picture_is_refused_whoever_signed_it(signing: Any) -> None:
    data = bytearray(signing.sign(sample("app11").data))
    data[-20] ^= 1  # in the scan
    assert signing.read(bytes(data)).failures == ("assertion.dataHash.mismatch",)
    with pytest.raises(ValueError, match="coded picture data differ"):
        expand(bytes(data))
