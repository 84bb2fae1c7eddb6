"""All options of a gamut reduction in one object, which the functions pass on unchanged."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal, get_args

from gamutmeta.errors import PhotoError
from gamutmeta.fit.config import FitConfig, preset_named

if TYPE_CHECKING:
    from gamutmeta.photo.jpeg_out import Subsampling

__all__ = ["SAMPLES", "ReduceOptions", "Samples"]

Samples = Literal["extended", "plain"]
"""Of a JPEG that is written: extended ones hold colours outside sRGB, which viewers clip; plain ones are clipped."""

SAMPLES: tuple[Samples, ...] = get_args(Samples)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReduceOptions:
    """The options of a gamut reduction: the arguments of :func:`gamutmeta.reduce_file` and their defaults.

    Attributes:
        preset: name of a preset, or a configuration.
        max_bytes: upper limit for the container, 400 to 61,440 bytes; None for the preset's own. It is rounded down to
            a rung of a ladder, see :meth:`gamutmeta.fit.config.FitConfig.within`.
        quality: of JPEG, 1 to 100.
        subsampling: of JPEG's chroma.
        progressive: JPEG only.
        samples: of a JPEG: "extended" to keep colours outside sRGB in its YCbCr samples, as far as 8 bits hold them,
            or "plain" for clipped ones. What viewers show is the clipped picture either way.
        carrier: None for the format's own, "com" for JPEG's comment, "sidecar" for a file beside the output.
        device: where to fit: "cpu", "cuda", or "auto": the CPU, but CUDA when present for the preset ``paper``.
        seed: same seed, same payload on one device.
        assume_space: the colour space of a photograph that names none.
        raw_style: how a raw photograph is developed, see :data:`gamutmeta.photo.raw_in.RAW_STYLES`.

    Raises:
        FitError: for an unknown preset, or a limit that is not a whole number from 400 to 61,440.
        PhotoError: for unknown samples.
    """

    preset: str | FitConfig = "balanced"
    max_bytes: int | None = None
    quality: int = 95
    subsampling: Subsampling = "4:4:4"
    progressive: bool = False
    samples: Samples = "extended"
    carrier: str | None = None
    device: str = "auto"
    seed: int = 0
    assume_space: str | None = None
    raw_style: str = "neutral"

    def __post_init__(self) -> None:
        # Raises errors in these two options before a photograph is read.
        _ = self.config
        if self.samples not in SAMPLES:
            raise PhotoError(f"the samples of a JPEG can be {' or '.join(SAMPLES)}, not {self.samples!r}")

    @property
    def config(self) -> FitConfig:
        """The settings of the fit: the preset, with the limit."""
        config = preset_named(self.preset) if isinstance(self.preset, str) else self.preset
        return config if self.max_bytes is None else config.within(self.max_bytes)

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes on the options, for people: a limit that was rounded down."""
        kept = self.config.max_bytes
        if self.max_bytes is None or self.max_bytes == kept:
            return ()
        return (
            f"the limit of {self.max_bytes:,} bytes was rounded down to {kept:,}, the next smaller size of a model",
        )

    def settings(self) -> dict[str, object]:
        """The options that change the output, as JSON values.

        The device is not one of them, since it changes last digits at most: a folder can be started on one machine and
        finished on another.
        """
        values = {name: value for name, value in asdict(self).items() if name != "device"}
        return values | {"preset": self.preset if isinstance(self.preset, str) else self.preset.name}
