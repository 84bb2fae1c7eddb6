"""Payload and C2PA signature in one file: which of them may come first."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from benchmarks.interop.outcome import CARRIERS, Sample, sample
from gamutmeta import carriers
from gamutmeta.choices import Carrier
from gamutmeta.errors import GamutMetaError
from gamutmeta.pipeline.expand import expand


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What came of one order: of the manifest (`signing.Manifest`), of the expansion, and whether that was exact."""

    carrier: Carrier
    order: str
    state: str
    failures: tuple[str, ...]
    expand: str
    exact: bool | None

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"failures": list(self.failures)}


def _attach(data: bytes, given: Sample) -> bytes:
    return carriers.embed(data, given.container, carrier=given.carrier)


def _sign(data: bytes) -> bytes:
    from benchmarks.interop import signing

    return signing.sign(data)


ORDERS: dict[str, Callable[[Sample], bytes]] = {
    "attach, sign": lambda given: _sign(given.data),
    "sign, attach": lambda given: _attach(_sign(given.twin), given),
    "attach, sign, strip": lambda given: carriers.strip(_sign(given.data)),
    "sign, attach, sign": lambda given: _sign(_attach(_sign(given.twin), given)),
    "attach, sign, strip, sign": lambda given: _sign(carriers.strip(_sign(given.data))),
}
"""Name -> the file that is made in that order."""


def in_order(name: str, carrier: Carrier) -> Order:
    """Make a file in one of the `ORDERS`, and read it with both readers."""
    from benchmarks.interop import signing

    given = sample(carrier)
    data = ORDERS[name](given)
    manifest = signing.read(data)
    if manifest is None:
        return Order(carrier=carrier, order=name, state="none", failures=(), expand="", exact=None)
    exact = None
    try:
        exact = np.array_equal(expand(data).array, given.expanded)
        answer = "ok"
    except GamutMetaError as error:
        answer = error.code
    return Order(
        carrier=carrier, order=name, state=manifest.state, failures=manifest.failures, expand=answer, exact=exact
    )


def orders() -> list[Order]:
    return [in_order(name, carrier) for name in ORDERS for carrier in CARRIERS]
