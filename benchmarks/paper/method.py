"""What a method of the tables is: it reduces a photograph to sRGB and some bytes, and expands these again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from benchmarks.rivals.method import Metadata
from gamutmeta.color.gamut import reduce_to_codes
from gamutmeta.color.srgb_codes import Rounding

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gamutmeta.color.adaptation import Adaptation

__all__ = ["FittedMethod", "Metadata", "Method", "Setting", "clip_codes"]


@dataclass(frozen=True, slots=True)
class Setting:
    """How the methods are run.

    Attributes:
        device: "cpu" or "cuda".
        seed: of whatever is drawn at random.
        quick: share of a method's own optimisation steps that is done, in (0, 1]; 1 is the whole, and the tables flag
            every other value.
        truncate: whether the 8-bit sRGB codes are truncated, as the paper's code does, instead of rounded.
        adaptation: of the matrices between ProPhoto and sRGB; the paper's is CAT02.
    """

    device: str
    seed: int
    quick: float
    truncate: bool
    adaptation: Adaptation


class Method(Protocol):
    """One row of a table."""

    @property
    def key(self) -> str:
        """For ``--rows``, in small letters and hyphens: "mlp-53kb"."""

    @property
    def title(self) -> str:
        """In the tables."""

    @property
    def group(self) -> str:
        """One of "conventional", "optimised", "pre-trained", "rival", "ours"."""

    def reduce(self, wide: NDArray[np.uint16], setting: Setting) -> tuple[NDArray[np.uint8], Metadata]:
        """Reduce a photograph.

        Args:
            wide: 16-bit ROMM RGB, uint16 (H, W, 3).
            setting: how.

        Returns:
            8-bit sRGB codes, uint8 (H, W, 3), and what is stored with them: ``data`` (b"" for nothing), whose length is
            the cost; ``seconds`` of the optimisation by the wall clock; and ``note``, the settings for people, which
            says "quick: N of M steps" where fewer steps were done than the method's own.
        """

    def expand(self, codes: NDArray[np.uint8], data: bytes, setting: Setting) -> NDArray[np.uint16]:
        """Restore the photograph, ROMM RGB, uint16 (H, W, 3), from the codes and the stored bytes alone."""


@runtime_checkable
class FittedMethod(Method, Protocol):
    """A method that can be fitted to any codes, such as those that a reader decodes from a JPEG.

    Only these take part in the JPEG protocol. Their ``reduce`` is ``fit`` on :func:`clip_codes`.
    """

    def fit(self, wide: NDArray[np.uint16], codes: NDArray[np.uint8], setting: Setting) -> Metadata:
        """Make what is stored for a photograph, uint16 (H, W, 3), and the codes to restore it from, uint8 (H, W, 3)."""


@runtime_checkable
class ShownMethod(Method, Protocol):
    """A method whose sRGB picture, which everybody sees, is another than the clipped one.

    What it shows is compared with the clipped picture; in the JPEG protocol it is what is coded.
    """

    @property
    def shows_own_codes(self) -> bool:
        """Whether it does."""


def clip_codes(wide: NDArray[np.uint16], setting: Setting) -> NDArray[np.uint8]:
    """Reduce by clipping, as all methods but Soft Clip do: matrix, clip, sRGB curve, round or truncate.

    Args:
        wide: ROMM RGB, uint16 (H, W, 3).
        setting: gives the adaptation, and whether codes are truncated.

    Returns:
        sRGB codes, uint8 (H, W, 3).
    """
    rounding = Rounding.TRUNCATE if setting.truncate else Rounding.HALF_EVEN
    return reduce_to_codes(wide, setting.adaptation, rounding)[0]
