"""Any bytes as a file to be validated; what is found valid expands, and what expands is valid."""

from __future__ import annotations

import atexit
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from gamutmeta import carriers
from gamutmeta.pipeline.expand import expand
from gamutmeta.pipeline.validate import STAGES, validate_file
from tests.fuzz import samples
from tests.fuzz.expect import CARRIER_CODES, CODES, result_or_refusal
from tests.fuzz.limits import PIXELS
from tests.fuzz.targets import pillow

if TYPE_CHECKING:
    import random

__all__ = ["mutated", "run", "seeds"]

_folder = tempfile.TemporaryDirectory(prefix="gamutmeta-fuzz-")
atexit.register(_folder.cleanup)


def run(data: bytes) -> None:
    """The target."""
    path = Path(_folder.name) / "picture"
    path.write_bytes(data)
    before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, PIXELS // 2
    try:
        found = validate_file(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            wide = None if found.carrier == "sidecar" else result_or_refusal(expand, CODES, data, threads=1)
    finally:
        Image.MAX_IMAGE_PIXELS = before
    assert tuple(stage.stage for stage in found.stages) == STAGES
    results = [stage.result for stage in found.stages]
    failed = results.index("error") if "error" in results else len(results)
    assert set(results[:failed]) <= {"ok"} or found.carrier == "sidecar"
    assert all(result == "skipped" for result in results[failed + 1 :])
    assert all((stage.code in CODES) == (stage.result == "error") for stage in found.stages)
    assert found.to_json()["valid"] == found.is_good
    assert str(found)
    if found.carrier is not None and found.carrier != "sidecar":
        assert found.is_good == (wide is not None), "valid and expandable are the same"
        assert result_or_refusal(carriers.deviations, CARRIER_CODES, data) is not None


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Another file, or another container by itself."""
    return pillow.mutated(data, rng)


def seeds() -> dict[str, bytes]:
    """Files with payloads, and payloads by themselves."""
    return pillow.seeds() | {f"bare-{name}": data for name, data in samples.containers().items()}
