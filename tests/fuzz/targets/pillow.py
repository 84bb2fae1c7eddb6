"""Any bytes opened with Pillow, without the plugin and with it, and the payload that it finds expanded."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import msgpack
import numpy as np
from PIL import Image

from gamutmeta import carriers, edit, pillow
from gamutmeta.errors import GamutMetaError
from gamutmeta.pipeline.binding import binding_of_file
from gamutmeta.pipeline.expand import expand
from tests.fuzz import samples
from tests.fuzz.expect import CODES, result_or_refusal
from tests.fuzz.limits import PIXELS
from tests.fuzz.mutations import container, files

if TYPE_CHECKING:
    import random

__all__ = ["mutated", "rebound", "run", "seeds"]

_OTHERS = tuple(samples.bound(host, "default") for host in samples.HOSTS)


def run(data: bytes) -> None:
    """The target."""
    before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, PIXELS // 2
    try:
        plain = _opened(data)
        pillow.register()
        try:
            assert _opened(data) == plain, "the plugin changed what Image.open gives"
            whole = result_or_refusal(expand, CODES, data, threads=1)
            if isinstance(plain, tuple):
                _lazily(data, whole)
        finally:
            pillow.unregister()
    finally:
        Image.MAX_IMAGE_PIXELS = before


def _opened(data: bytes) -> tuple[Any, ...] | type[BaseException]:
    """What the picture is and shows, or the exception Pillow raised."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            return image.format, image.mode, image.size, sorted(map(str, image.info)), image.tobytes()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is Pillow's
        return type(error)


def _lazily(data: bytes, whole: Any) -> None:
    image: Any = Image.open(io.BytesIO(data))
    found = result_or_refusal(image.gamut_expand, CODES, threads=1)
    assert (found is None) == (whole is None)
    if found is None:
        return
    assert np.array_equal(found.array, whole.array)
    image.load()
    assert np.array_equal(image.gamut_expand(threads=1).array, whole.array)
    turned = result_or_refusal(edit.rotate90, CODES, image)
    if turned is not None:
        assert turned.expand(threads=1).array.shape[2] == 3


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Another file, whose payload is mostly bound to its new picture."""
    data = files.mutated(data, rng, rng.choice(_OTHERS))
    return rebound(data) if rng.randrange(3) else data


def rebound(data: bytes) -> bytes:
    """The file with its payload bound to the picture it has now, as far as it has both; the payload may be damaged."""
    try:
        found = carriers.extract(data)
        parts = container.Parts.of(found.container)
        own_binding = binding_of_file(data, max_pixels=PIXELS)
        with Image.open(io.BytesIO(data)) as image:
            width, height = image.size
        if parts is None:
            return data
        values = dict(msgpack.unpackb(parts.descriptor, object_pairs_hook=list, strict_map_key=False))
        values = {key: value for key, value in values.items() if key not in {"jpeg", "rgb8"}}
        values |= {"w": width, "h": height, own_binding.kind: own_binding.digest}
        pairs = dict(sorted(values.items()))
        own = container.Parts(parts.versions, container.packed(pairs), parts.tensor_length, parts.frame)
        return carriers.embed(data, own.to_bytes(), carrier=found.carrier, replace=True)
    except (GamutMetaError, OSError, SyntaxError, ValueError, TypeError, Image.DecompressionBombError):
        return data


def seeds() -> dict[str, bytes]:
    """Each kind of file with a payload of its own."""
    models = [name for name in samples.MODELS if not name.startswith("samples")]  # which only a JPEG has
    found = {
        host.replace("/", "-"): samples.bound(host, models[i % len(models)]) for i, host in enumerate(samples.HOSTS)
    }
    return found | {
        "jpeg-com": samples.bound("jpeg/baseline", "default", "com"),
        "jpeg-samples": samples.bound("jpeg/baseline", "samples"),
    }
