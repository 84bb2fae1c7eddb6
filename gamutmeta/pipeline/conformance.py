"""Answers the conformance runner: it reads one question per line and writes one answer per line.

The runner is ``spec/conformance.py``, which knows nothing of this package. Questions and answers are JSON objects::

    {"id": "...", "operation": "extract", "file": "/x.jpg"}
    {"id": "...", "container": "<base64>"}

    {"id": "...", "operation": "expand", "file": "/x.jpg", "pixels": "/x.ppm"}
    {"id": "...", "width": 3, "height": 2, "samples": "<base64 of big-endian 16-bit samples>"}

    {"id": "...", "error": "payload.checksum", "message": "for people"}
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from gamutmeta import carriers
from gamutmeta.carriers.container_bytes import checked
from gamutmeta.container import Payload
from gamutmeta.errors import GamutMetaError, PhotoError
from gamutmeta.model.expand import expand as expand_pixels
from gamutmeta.pipeline.binding import check_binding, decode_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from numpy.typing import NDArray

    from gamutmeta.model.descriptor import Descriptor
    from gamutmeta.model.features import Floats

    Expander = Callable[[Descriptor, Mapping[str, Floats], NDArray[np.uint8]], NDArray[np.uint16]]

__all__ = ["answer", "answer_all", "expand_vector", "extract_container", "read_ppm"]


def extract_container(data: bytes) -> bytes:
    """The container in a JPEG, PNG or TIFF file, or in a file that is a container itself (a sidecar).

    Raises:
        CarrierError: there is none, or more than one, or the file is damaged or of another kind.
    """
    if data.startswith(carriers.MAGIC):
        return checked(data, "sidecar")
    return carriers.extract(data).container


def expand_vector(data: bytes, codes: NDArray[np.uint8] | None, expand: Expander = expand_pixels) -> NDArray[np.uint16]:
    """Expand a picture whose pixels the caller has decoded.

    Args:
        data: as for :func:`extract_container`.
        codes: the pixels, uint8 (H, W, 3); None to decode the host file.
        expand: which implementation of the arithmetic.

    Returns:
        ROMM RGB, uint16 (H, W, 3).

    Raises:
        GamutMetaError: CarrierError, PayloadError, PhotoError or BindingError, as it applies. A payload that
            is bound to the coded data of a JPEG needs the JPEG: a container by itself is refused.
    """
    payload = Payload.from_bytes(extract_container(data))
    if codes is None:
        codes, _ = decode_for(payload, data)
    check_binding(payload, data, codes)
    return expand(payload.descriptor, payload.weights(), codes)


def read_ppm(data: bytes) -> NDArray[np.uint8]:
    """The samples of a binary PPM with a maximum of 255 and no comments, uint8 (H, W, 3).

    Raises:
        PhotoError: it is something else.
    """
    try:
        magic, size, maximum, samples = data.split(b"\n", 3)
        width, height = map(int, size.split())
        if (magic, maximum) == (b"P6", b"255"):
            return np.frombuffer(samples, np.uint8).reshape(height, width, 3)
    except ValueError:
        pass
    raise PhotoError("not a binary PPM with a maximum of 255")


def answer(question: Mapping[str, Any]) -> dict[str, object]:
    """Answer one question.

    Raises:
        OSError: a file cannot be read.
        KeyError: the question lacks a key, or asks for an unknown operation.
    """
    try:
        result = _OPERATIONS[question["operation"]](question)
    except GamutMetaError as error:
        result = {"error": error.code, "message": str(error)}
    return {"id": question["id"], **result}


def answer_all(questions: Iterable[str], answers: IO[str]) -> None:
    """Answer questions, one JSON object a line, until there are no more."""
    for line in questions:
        answers.write(json.dumps(answer(json.loads(line))) + "\n")
        answers.flush()


def _extract(question: Mapping[str, Any]) -> dict[str, object]:
    container = extract_container(Path(question["file"]).read_bytes())
    return {"container": base64.b64encode(container).decode()}


def _expand(question: Mapping[str, Any]) -> dict[str, object]:
    data = Path(question["file"]).read_bytes()
    wide = expand_vector(data, read_ppm(Path(question["pixels"]).read_bytes()) if "pixels" in question else None)
    height, width, _ = wide.shape
    return {"width": width, "height": height, "samples": base64.b64encode(wide.astype(">u2").tobytes()).decode()}


_OPERATIONS = {"extract": _extract, "expand": _expand}
