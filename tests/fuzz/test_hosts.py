"""Whole host files, as they are and after mutations: payloads go in and out, and pictures stay."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from strategies import (
    carriers_containers,
    fuzz_bound,
    fuzz_hosts,
    fuzz_jpegs,
    fuzz_mutated,
    fuzz_pngs,
    fuzz_tiffs,
    payloads,
)

from gamutmeta import carriers
from gamutmeta.errors import CarrierError, PhotoError
from gamutmeta.pipeline.binding import binding_of_file
from tests.fuzz.targets import hosts, pillow

if TYPE_CHECKING:
    from pathlib import Path

    from gamutmeta.container import Payload

# Pillow warns of damaged files.
pytestmark = pytest.mark.filterwarnings("ignore")

CONTAINER = carriers.MAGIC + b"any payload"
HOSTS = {"jpeg": fuzz_jpegs(), "png": fuzz_pngs(), "tiff": fuzz_tiffs()}
each_kind = pytest.mark.parametrize("kind", HOSTS)
# Drawing a file takes longer than looking at it.
MANY = settings.default.max_examples
structured = settings(deadline=None, max_examples=MANY * 3 // 5, suppress_health_check=[HealthCheck.too_slow])


def shown(data: bytes) -> Any:
    """What Pillow makes of a file, or the exception it raises."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            return image.mode, image.size, image.info.get("icc_profile"), image.info.get("exif"), image.tobytes()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is Pillow's
        return type(error)


@each_kind
@structured
@given(data=st.data(), container=carriers_containers(49_000))
def test_payloads_go_in_and_out_and_nothing_else_changes(kind: str, data: st.DataObject, container: bytes) -> None:
    host = data.draw(HOSTS[kind])
    assert carriers.find(host) == []
    assert carriers.strip(host) == host
    picture = shown(host)
    for carrier in carriers.carriers_of(kind)[:-1]:
        stamped = carriers.embed(host, container, carrier=carrier)
        assert carriers.extract(stamped) == carriers.Extracted(container, carrier)
        assert carriers.find(stamped) == [carrier]
        assert carriers.embed(stamped, container, carrier=carrier, replace=True) == stamped
        assert carriers.strip(stamped) == host
        assert shown(stamped) == picture
        try:
            digest = binding_of_file(host)
        except (CarrierError, PhotoError):
            continue
        assert binding_of_file(stamped) == digest


@structured
@given(data=st.data(), payload=payloads())
def test_all_carriers_carry_the_same_bytes(tmp_path_factory: Any, data: st.DataObject, payload: Payload) -> None:
    container = payload.to_bytes()
    beside: Path = tmp_path_factory.mktemp("sidecar") / "x.gamut"
    beside.write_bytes(container)
    assert carriers.read_sidecar(beside) == container
    passed_on = container
    for kind, strategy in HOSTS.items():
        host = data.draw(strategy)
        for carrier in carriers.carriers_of(kind)[:-1]:
            passed_on = carriers.extract(carriers.embed(host, passed_on, carrier=carrier)).container
    assert passed_on == container


@each_kind
@settings(structured, max_examples=2 * MANY)
@given(data=st.data())
def test_mutated_files_give_a_result_or_an_error_of_ours(kind: str, data: st.DataObject) -> None:
    stamped = HOSTS[kind].map(lambda host: carriers.embed(host, CONTAINER))
    hosts.run(data.draw(fuzz_mutated(HOSTS[kind] | stamped)))


@settings(structured, max_examples=MANY * 3 // 2)
@given(fuzz_mutated(fuzz_bound().map(lambda pair: pair[0])))
def test_the_plugin_never_changes_what_image_open_gives(data: bytes) -> None:
    pillow.run(data)
    pillow.run(pillow.rebound(data))


@structured
@given(fuzz_hosts(), fuzz_hosts(), st.floats(0, 1), st.floats(0, 1))
def test_two_files_spliced(first: bytes, second: bytes, to: float, since: float) -> None:
    first, second = (carriers.embed(host, CONTAINER) for host in (first, second))
    hosts.run(first[: int(to * len(first))] + second[int(since * len(second)) :])


@each_kind
@structured
@given(data=st.data(), where=st.floats(0, 1))
def test_truncated_files(kind: str, data: st.DataObject, where: float) -> None:
    stamped = carriers.embed(data.draw(HOSTS[kind]), CONTAINER)
    cut = stamped[: int(where * len(stamped))]
    hosts.run(cut)
    pillow.run(cut)
