"""The one promise of all targets: a result or an error of gamutmeta's, whose code is one of the specification."""

from __future__ import annotations

from typing import TYPE_CHECKING, ParamSpec, TypeVar

from gamutmeta.errors import GamutMetaError, PayloadError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CARRIER_CODES", "CODES", "PAYLOAD_CODES", "refused", "result_or_refusal"]

P = ParamSpec("P")
T = TypeVar("T")

PAYLOAD_CODES = frozenset({"payload", "payload.checksum", "payload.version", "payload.limit"})
CARRIER_CODES = frozenset(
    {"carrier", "carrier.unsupported", "carrier.multi-picture", "carrier.none", "carrier.duplicate"}
    | {"carrier.too-large", "carrier.exists"}
)
CODES = PAYLOAD_CODES | CARRIER_CODES | {"binding", "photo"}


def refused(error: GamutMetaError, codes: frozenset[str] = CODES) -> None:
    """Make sure that an error says something, under one of the codes."""
    assert error.code in codes, f"{type(error).__name__} has the code {error.code}"
    assert str(error)
    if isinstance(error, PayloadError):
        assert str(error).startswith(f"payload field {error.field}: ")


def result_or_refusal(
    function: Callable[P, T], codes: frozenset[str], /, *args: P.args, **kwargs: P.kwargs
) -> T | None:
    """What a function gives, or None if it refuses with one of the codes. Every other exception passes through."""
    try:
        return function(*args, **kwargs)
    except GamutMetaError as error:
        refused(error, codes)
        return None
