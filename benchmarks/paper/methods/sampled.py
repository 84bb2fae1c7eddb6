"""ProPhoto-Sampled: pixels of the photograph on a regular grid, 135 KB, to which the reader fits a colour correction.

135,000 bytes hold 22,500 samples of three uint16, less one for the head. The reader fits polynomials by least squares;
the correction varies over the picture, since what remains at the samples is interpolated between them. It is that of
:mod:`benchmarks.rivals.samples`, which tries 36 variants and takes the best: a rival at its strongest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.paper.method import Metadata, Method, Setting, clip_codes
from benchmarks.rivals.samples import Samples

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Sampled", "methods"]


@dataclass(frozen=True, slots=True)
class Sampled:
    """One row.

    Attributes:
        key, title: of the row.
        budget: bytes of samples.
    """

    key: str
    title: str
    budget: int
    group: str = "optimised"

    def reduce(self, wide: NDArray[np.uint16], setting: Setting) -> tuple[NDArray[np.uint8], Metadata]:
        """See :class:`~benchmarks.paper.method.Method`."""
        codes = clip_codes(wide, setting)
        return codes, self.fit(wide, codes, setting)

    def fit(self, wide: NDArray[np.uint16], codes: NDArray[np.uint8], setting: Setting) -> Metadata:
        """See :class:`~benchmarks.paper.method.FittedMethod`; nothing is optimised in steps."""
        return Samples((), setting.adaptation).fit(wide, codes, self.budget, setting.seed)

    def expand(self, codes: NDArray[np.uint8], data: bytes, setting: Setting) -> NDArray[np.uint16]:
        """See :class:`~benchmarks.paper.method.Method`."""
        return Samples((), setting.adaptation).expand(codes, data)


def methods() -> list[Method]:
    """The row."""
    return [Sampled("sampled", "ProPhoto-Sampled, 135 KB", 135_000)]
