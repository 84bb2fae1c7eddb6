"""The fuzz targets by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.fuzz.targets import (
    container,
    descriptor,
    frame,
    hosts,
    icc,
    metadata,
    photo,
    pillow,
    records,
    sizes,
    transform,
    validate,
)

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping

__all__ = ["TARGETS", "Target"]


@dataclass(frozen=True, slots=True)
class Target:
    """One target.

    Attributes:
        run: takes an input; an exception is a finding.
        mutated: makes an input of another one, by chance.
        seeds: inputs to start from, by name; made from the package.
    """

    run: Callable[[bytes], None]
    mutated: Callable[[bytes, random.Random], bytes]
    seeds: Callable[[], dict[str, bytes]]


TARGETS: Mapping[str, Target] = {
    "container": Target(container.run, container.mutated, container.seeds),
    "descriptor": Target(descriptor.run, descriptor.mutated, descriptor.seeds),
    "frame": Target(frame.run, frame.mutated, frame.seeds),
    "transform": Target(transform.run, transform.mutated, transform.seeds),
    "jpeg": Target(hosts.run, hosts.mutated, hosts.jpeg_seeds),
    "png": Target(hosts.run, hosts.mutated, hosts.png_seeds),
    "tiff": Target(hosts.run, hosts.mutated, hosts.tiff_seeds),
    "metadata": Target(metadata.run, metadata.mutated, metadata.seeds),
    "pillow": Target(pillow.run, pillow.mutated, pillow.seeds),
    "validate": Target(validate.run, validate.mutated, validate.seeds),
    "icc": Target(icc.run, icc.mutated, icc.seeds),
    "photo": Target(photo.run, photo.mutated, photo.seeds),
    "sizes": Target(sizes.run, sizes.mutated, sizes.seeds),
    "records": Target(records.run, records.mutated, records.seeds),
}
