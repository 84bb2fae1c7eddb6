"""ProPhoto-Sampled: pixels of the photograph on a regular grid, 135 KB, to which the reader fits a colour correction.

135,000 bytes hold 22,500 samples of three uint16, less one for the head. The reader fits polynomials by least squares;
the correction varies over the picture, since what remains at the samples is interpolated between them. It is that of
:mod:`benchmarks.rivals.samples`, which tries 36 variants and takes the best: a rival at its strongest.
"""

from benchmarks.arrays import Codes, Wide
from benchmarks.paper.method import Clipped, Metadata, Method, Setting
from benchmarks.rivals.samples import Samples

_BUDGET = 135_000


class Sampled(Clipped):
    """See the module."""

    key = "sampled"
    title = "ProPhoto-Sampled, 135 KB"
    group = "optimised"

    def fit(self, wide: Wide, codes: Codes, setting: Setting) -> Metadata:
        return Samples((), setting.adaptation).fit(wide, codes, _BUDGET, setting.seed)

    def expand(self, codes: Codes, data: bytes, setting: Setting) -> Wide:
        return Samples((), setting.adaptation).expand(codes, data)


def methods() -> list[Method]:
    return [Sampled()]
