"""Fitted models as payloads that are bound to no picture."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gamutmeta.container import Binding, Payload


def payload_of(codes: NDArray[np.uint8], result: Any, kind: Literal["rgb8", "jpeg"] = "rgb8") -> Payload:
    """The model of a :class:`gamutmeta.fit.engine.FitResult` for a picture, uint8 (H, W, 3)."""
    height, width = codes.shape[:2]
    return Payload(width, height, Binding(kind, bytes(16)), result.descriptor, result.tensors)
