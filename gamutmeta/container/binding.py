"""The binding: which picture a payload belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from gamutmeta.envelope import DIGEST_BYTES
from gamutmeta.errors import PayloadError

__all__ = ["BINDING_KINDS", "Binding", "BindingKind"]

BindingKind = Literal["jpeg", "rgb8"]
BINDING_KINDS: tuple[BindingKind, ...] = get_args(BindingKind)


@dataclass(frozen=True, slots=True)
class Binding:
    """Digest of the picture that the payload was fitted to: SHA-256 (FIPS 180-4), its first 128 bits.

    Attributes:
        kind: what was digested. ``"jpeg"``: the coded data (tables, frame and scans), so that changes to metadata keep
            the payload valid. ``"rgb8"``: the decoded 8-bit samples, so that lossless recompression does as well.
        digest: 16 bytes.

    Raises:
        PayloadError: if either is something else.
    """

    kind: BindingKind
    digest: bytes

    def __repr__(self) -> str:
        return f"<Binding {self.kind} {self.digest.hex()}>"

    def __post_init__(self) -> None:
        if self.kind not in BINDING_KINDS:
            raise PayloadError("binding.kind", f"must be one of {', '.join(BINDING_KINDS)}")
        if type(self.digest) is not bytes or len(self.digest) != DIGEST_BYTES:
            raise PayloadError("binding.digest", f"must be {DIGEST_BYTES} bytes")
