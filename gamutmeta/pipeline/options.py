"""All options of a gamut reduction in one object, which the functions pass on unchanged."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, get_args

from gamutmeta.choices import Samples
from gamutmeta.color.spaces import assumable_space
from gamutmeta.errors import PhotoError
from gamutmeta.fit.config import FitConfig, preset_named
from gamutmeta.pipeline.map_limits import MAP_BYTES, check_map_bytes
from gamutmeta.runtime.reprs import repr_of_changed

if TYPE_CHECKING:
    import os

    from gamutmeta.choices import AssumedSpace, Carrier, Device, HostFormat, Preset, RawStyle, Subsampling
    from gamutmeta.container import Limits

__all__ = ["JPEG_OPTIONS", "MAX_VISIBLE_CHANGE", "SAMPLES", "ReduceOptions", "Samples", "notes_on_unused"]

SAMPLES: tuple[Samples, ...] = get_args(Samples)

_OF_CODING = {"quality": 95, "subsampling": "4:4:4", "progressive": False, "visible_change": 0, "resize": None}
"""Options that say how a picture is coded, and their defaults."""

JPEG_OPTIONS = {"quality": 95, "subsampling": "4:4:4", "progressive": False, "samples": "extended"}
"""Options that nothing but a JPEG has, and their defaults."""

MAX_VISIBLE_CHANGE = 2.0
"""Beyond that, everybody sees it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReduceOptions:
    """The options of a gamut reduction: the arguments of :func:`gamutmeta.reduce_file` and their defaults.

    Attributes:
        preset: name of a preset, or a configuration.
        max_bytes: upper limit for the container, 400 to 61,440 bytes; None for the preset's own. It is rounded down to
            a rung of a ladder, see :meth:`gamutmeta.fit.config.FitConfig.within`.
        base: your own sRGB export of the photograph, path or bytes: an 8-bit JPEG, PNG or TIFF, mapped, toned and
            sharpened as you like. It stays as it is, byte for byte, and gets the payload. None to clip the photograph
            and code it here. The options of coding go with None only.
        resize: most pixels of the longer side; a larger photograph is resampled first, a smaller one stays as it is.
            None to keep the size. Not with a base.
        quality: of JPEG, 1 to 100.
        subsampling: of JPEG's chroma.
        progressive: JPEG only.
        samples: of a JPEG: "extended" to keep colours outside sRGB in its YCbCr samples, as far as 8 bits hold them,
            or "plain" for clipped ones. What viewers show is the clipped picture either way. With a JPEG as base,
            "extended" lets the model take its YCbCr samples if they hold such colours, and "plain" keeps to version 1
            of the format.
        visible_change: of a PNG or TIFF: how much its picture may differ from exact clipping to the eye, for colours
            outside sRGB that its last codes then hold; 0 to 2, the 99th percentile of CIEDE2000 over the pixels, whose
            mean stays within a tenth of it. 0 changes nothing; 0.5 and 1.0 are recommended. Not with a base.
        show_wide: put a gain map into a JPEG with which browsers that apply it show Display P3 colours by themselves.
        map_bytes: upper limit for all that the gain map adds to the file, 1,000 to 60,000 bytes.
        carrier: None for the format's own, "com" for JPEG's comment, "sidecar" for a file beside the output.
        device: where to fit: "cpu", "cuda", or "auto" for the CPU, but CUDA on a card that was measured (none yet).
            What CUDA fails to fit, or gets wrong, is fitted on the CPU; the report's notes say so, and what was tried
            on the card.
        seed: same seed, same payload on one device.
        assume_space: the colour space of a photograph that names none.
        raw_style: how a raw photograph is developed, see :data:`gamutmeta.photo.raw_in.RAW_STYLES`.
        limits: of the photograph that the file announces (`pixels`, `picture_pixels`, `pixels_per_byte`), and of the
            payload of a file that was reduced before.

    Raises:
        FitError: for an unknown preset, or a limit that is not a whole number from 400 to 61,440.
        PhotoError: for unknown samples, a size that is none, a visible change out of range, a limit of the gain map
            that is not a whole number from 1,000 to 60,000, and for options of coding together with a base.
    """

    preset: Preset | FitConfig = "balanced"
    max_bytes: int | None = None
    base: str | os.PathLike[str] | bytes | None = None
    resize: int | None = None
    quality: int = 95
    subsampling: Subsampling = "4:4:4"
    progressive: bool = False
    samples: Samples = "extended"
    visible_change: float = 0.0
    show_wide: bool = False
    map_bytes: int = MAP_BYTES
    carrier: Carrier | None = None
    device: Device = "auto"
    seed: int = 0
    assume_space: AssumedSpace | None = None
    raw_style: RawStyle = "neutral"
    limits: Limits | None = None

    def __repr__(self) -> str:
        return repr_of_changed(self)

    def __post_init__(self) -> None:
        # Raises errors in these two options before a photograph is read.
        _ = self.config
        check_map_bytes(self.map_bytes)
        if self.samples not in SAMPLES:
            raise PhotoError(f"the samples of a JPEG can be {' or '.join(SAMPLES)}, not {self.samples!r}")
        if self.base is not None:
            chosen = [name for name, default in _OF_CODING.items() if getattr(self, name) != default]
            if chosen:
                raise PhotoError(f"{' and '.join(chosen)} cannot be chosen with a base, which stays as it is coded")
        longest: object = self.resize
        if longest is not None and (isinstance(longest, bool) or not isinstance(longest, int) or longest < 1):
            raise PhotoError(f"resize: the longer side has a whole number of pixels, at least 1, not {longest!r}")
        change: object = self.visible_change
        if isinstance(change, bool) or not isinstance(change, (int, float)) or not 0 <= change <= MAX_VISIBLE_CHANGE:
            raise PhotoError(f"the visible change can be 0 to {MAX_VISIBLE_CHANGE:g} (CIEDE2000), not {change!r}")

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

    def notes_on_unused(self, format_: HostFormat) -> tuple[str, ...]:
        """Notes, for people, on options that were chosen and have no effect on a file of this format."""
        notes = notes_on_unused(format_, **{name: getattr(self, name) for name in JPEG_OPTIONS})
        if self.show_wide or self.map_bytes == MAP_BYTES:
            return notes
        return (*notes, "map_bytes has no effect without show_wide=True: no gain map was asked for")

    def settings(self) -> dict[str, object]:
        """The options that change the output, as JSON values.

        The device is not one of them, since it changes last digits at most: a folder can be started on one machine and
        finished on another. Limits change none. Of a base they say only that there is one; its content counts like
        that of the photograph.
        """
        values = {name: value for name, value in asdict(self).items() if name not in {"device", "limits"}}
        named = {"preset": self.preset if isinstance(self.preset, str) else self.preset.name}
        space = None if self.assume_space is None else assumable_space(self.assume_space).name
        settings = values | named | {"base": self.base is not None, "assume_space": space}
        # Of what was not asked for, records of earlier versions know nothing.
        return {name: value for name, value in settings.items() if name != "resize" or value is not None}


def notes_on_unused(format_: HostFormat, **chosen: object) -> tuple[str, ...]:
    """Notes, for people, on options of JPEG that were chosen for another kind of file.

    Args:
        format_: of the file.
        chosen: any of quality, subsampling, progressive and samples. That a default was asked for is not to be told.
    """
    names = [name for name, value in chosen.items() if value != JPEG_OPTIONS[name]]
    if format_ == "jpeg" or not names:
        return ()
    return (f"only a JPEG has {' and '.join(names)}: what was chosen has no effect on a {format_.upper()} file",)
