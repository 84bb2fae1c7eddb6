"""What a method of the tables is: it reduces a photograph to sRGB and some bytes, and expands these again."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from benchmarks.arrays import Codes, Wide
from benchmarks.rivals.method import Metadata
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.gamut import reduce_to_codes
from gamutmeta.color.srgb_codes import Rounding

__all__ = ["Clipped", "FittedMethod", "Metadata", "Method", "Plan", "Setting", "clip_codes"]


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

    @property
    def rounding(self) -> Rounding:
        return Rounding.TRUNCATE if self.truncate else Rounding.HALF_EVEN


class Method(Protocol):
    """One row of a table.

    Five attributes are optional: ``version`` (an integer that is raised where the arithmetic changes, so that older
    measurements are not taken for new ones), ``absent`` (why the row cannot be measured here, or ""),
    ``shows_own_codes`` (True where the sRGB picture, which everybody sees, is another than the clipped one),
    ``codings`` (names of the only codings in which it has a part; of "jpeg", too, its ``reduce`` gives the codes) and
    ``learned_from`` (names of the photographs, without suffix, that what it brings along was learned from).
    """

    @property
    def key(self) -> str:
        """For ``--rows``, in small letters and hyphens: "mlp-53kb"."""

    @property
    def title(self) -> str:
        """In the tables."""

    @property
    def group(self) -> str:
        """One of "conventional", "optimised", "pre-trained", "rival", "ours"."""

    def reduce(self, wide: Wide, setting: Setting) -> tuple[Codes, Metadata]:
        """Reduce a photograph.

        Args:
            wide: 16-bit ROMM RGB, uint16 (H, W, 3).
            setting: how.

        Returns:
            8-bit sRGB codes, uint8 (H, W, 3), and what is stored with them: ``data`` (b"" for nothing), whose length is
            the cost; ``seconds`` of the optimisation by the wall clock; and ``note``, the settings for people, which
            says "quick: N of M steps" where fewer steps were done than the method's own.
        """

    def expand(self, codes: Codes, data: bytes, setting: Setting) -> Wide:
        """Restore the photograph, ROMM RGB, uint16 (H, W, 3), from the codes and the stored bytes alone."""


@runtime_checkable
class FittedMethod(Method, Protocol):
    """A method that can be fitted to any codes, such as those that a reader decodes from a JPEG.

    Only these take part in the JPEG protocol. Their ``reduce`` is ``fit`` on :func:`clip_codes`.
    """

    def fit(self, wide: Wide, codes: Codes, setting: Setting) -> Metadata:
        """Make what is stored for a photograph, uint16 (H, W, 3), and the codes to restore it from, uint8 (H, W, 3)."""


class Clipped(ABC):
    """What most methods are built on: a :class:`FittedMethod` whose sRGB picture is the clipped one."""

    __slots__ = ()

    def reduce(self, wide: Wide, setting: Setting) -> tuple[Codes, Metadata]:
        codes = clip_codes(wide, setting)
        return codes, self.fit(wide, codes, setting)

    @abstractmethod
    def fit(self, wide: Wide, codes: Codes, setting: Setting) -> Metadata: ...


def clip_codes(wide: Wide, setting: Setting) -> Codes:
    """Reduce ROMM codes by clipping to sRGB codes: matrix, clip, sRGB curve, round or truncate."""
    return reduce_to_codes(wide, setting.adaptation, setting.rounding)[0]


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how fast a network is trained: steps of Adam, its learning rate, samples for each step."""

    steps: int
    rate: float
    batch: int = 1 << 16

    def quickened(self, share: float) -> int:
        """How many steps that share of all is; one at least."""
        return max(1, round(self.steps * share))


def steps_note(done: int, full: int) -> str:
    """The steps, for the table; says so where they are fewer than the method's own."""
    return f"{full:,} steps" if done == full else f"quick: {done:,} of {full:,} steps"
