"""Options that several commands share."""

from __future__ import annotations

import re
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast, get_args

import click
from click.core import ParameterSource

from gamutmeta import batch, carriers
from gamutmeta.choices import ExpandedSamples
from gamutmeta.cli.epilog import examples
from gamutmeta.cli.numbers import WholeNumber
from gamutmeta.cli.streams import Input, in_words
from gamutmeta.container import Limits
from gamutmeta.container.limits import DEFAULT_LIMITS
from gamutmeta.errors import GamutMetaError
from gamutmeta.pipeline.map_limits import MAP_BYTES, MAX_MAP_BYTES, MIN_MAP_BYTES

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from gamutmeta.batch.earlier import Unwanted

__all__ = [
    "FILE",
    "QUIET",
    "REMEDIES_WITHOUT_FORCE",
    "REMEDIES_WITH_SAMPLES",
    "as_options",
    "examples",
    "json_lines",
    "limits",
    "listed",
    "map_bytes",
    "output",
    "overwrite",
    "planned",
    "quiet",
    "refusals",
    "refuse_given",
    "samples",
    "sidecar",
    "without_payload",
]

AnyFunction = TypeVar("AnyFunction", bound="Callable[..., object]")

FILE = Input(path_type=Path, readable=False)
"""A path, or - for standard input. Only reading it shows whether it exists; if it does not, only that file fails."""


def output(help_text: str, *, required: bool = True) -> Callable[[AnyFunction], AnyFunction]:
    """The option -o. A separator at the end of its value is kept: it says that a folder is meant."""
    return click.option("-o", "--output", metavar="OUT|DIR", type=str, required=required, help=help_text)


def limits(command: AnyFunction) -> AnyFunction:
    """The options for what strangers' files may cost; the command gets one argument, `limits`."""

    @wraps(command)
    def with_limits(
        *arguments: Any, max_pixels: int, pixels_per_byte: int, multiply_adds: int, **settings: Any
    ) -> object:
        bounds = Limits(
            pixels=min(max_pixels, DEFAULT_LIMITS.pixels),
            picture_pixels=max_pixels,
            pixels_per_byte=pixels_per_byte,
            multiply_adds=multiply_adds,
        )
        return command(*arguments, limits=bounds, **settings)

    most = click.option(
        "--max-pixels",
        type=WholeNumber("pixels", 1, example=50_000_000),
        default=DEFAULT_LIMITS.picture_pixels,
        show_default=True,
        help="Refuse pictures with more pixels before they are decoded.",
    )
    density = click.option(
        "--pixels-per-byte",
        type=WholeNumber("pixels", 1, example=DEFAULT_LIMITS.pixels_per_byte),
        default=DEFAULT_LIMITS.pixels_per_byte,
        show_default=True,
        help="Refuse pictures of more than 16 megapixels that have more pixels for each byte of the file, as no"
        " photograph has.",
    )
    work = click.option(
        "--multiply-adds",
        type=WholeNumber("multiply-adds", 1, example=250_000_000_000),
        default=DEFAULT_LIMITS.multiply_adds,
        show_default=True,
        help="Refuse payloads whose model takes more multiply-adds for the whole picture.",
    )
    return cast("AnyFunction", most(density(work(with_limits))))


overwrite = click.option("--overwrite", is_flag=True, help="Replace existing files.")

QUIET = "gamutmeta.quiet"
"""What the context calls the wish for silence."""


def _be_quiet(context: click.Context, _parameter: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's
    context.meta[QUIET] = value


quiet = click.option(
    "-q", "--quiet", is_flag=True, expose_value=False, callback=_be_quiet, help="Print errors only, and --json lines."
)
"""Has no argument; :func:`gamutmeta.cli.outcomes.show` heeds it."""

json_lines = click.option("--json", "as_json", is_flag=True, help="Print one JSON object per file, and nothing else.")

_EXTENDED = "if it is a JPEG written with extended samples, --samples extended restores what these hold"

_REMEDIES = {
    "binding": "use --force to expand it anyway",
    "carrier.none": "the file was re-encoded or stripped, or never had one; use --sidecar to take it from another file",
}
"""What helps, in commands with --force and --sidecar, by the code of the failure."""

REMEDIES_WITH_SAMPLES = {
    **{code: f"{remedy}; {_EXTENDED}" for code, remedy in _REMEDIES.items()},
    "payload": _EXTENDED,
    "payload.checksum": _EXTENDED,
    "payload.limit": _EXTENDED,
    "payload.version": _EXTENDED,
}
"""The same, in commands that have --samples as well."""

REMEDIES_WITHOUT_FORCE = {**REMEDIES_WITH_SAMPLES, "binding": _EXTENDED}
"""The same, in commands that have no --force, or where it was given and did not help."""

_OPTION_OF: Mapping[str, str] = {
    "assume_space": "--assume-space",
    "multiply_adds": "--multiply-adds",
    "overwrite": "--overwrite",
    "pixels_per_byte": "--pixels-per-byte",
    "replace": "--replace",
    "samples": "--samples extended",
}
"""The options that stand for the library's keyword arguments, where its messages name one as a remedy."""

_KEYWORD = re.compile(rf"\bpass ({'|'.join(_OPTION_OF)})=\S+ to\b")


def as_options(message: str) -> str:
    """A message of the library in the command's words: "pass overwrite=True to" becomes "use --overwrite to"."""
    return _KEYWORD.sub(lambda found: f"use {_OPTION_OF[found[1]]} to", message)


map_bytes = click.option(
    "--map-bytes",
    type=WholeNumber("bytes", MIN_MAP_BYTES, MAX_MAP_BYTES, example=MAP_BYTES),
    default=MAP_BYTES,
    show_default=True,
    help="Upper limit for all that the gain map adds to the file, in bytes.",
)

sidecar = click.option("--sidecar", type=FILE, help="Read the payload from this file.")

samples = click.option(
    "--samples",
    type=click.Choice(get_args(ExpandedSamples)),
    default="payload",
    show_default=True,
    help="extended: use no payload, but the YCbCr samples of a JPEG before clipping. For JPEGs written with extended"
    " samples that lost their payload, and for those of cameras that write sYCC.",
)


def without_payload(chosen: str, others: Iterable[str]) -> None:
    """Refuse the options about payloads that were given together with samples that need none.

    Args:
        chosen: the value of :data:`samples`.
        others: the names of the options' arguments.
    """
    if chosen == "extended":
        refuse_given(others, "is about payloads, and --samples extended uses none")


def planned(
    sources: Iterable[str | os.PathLike[str]],
    output: str,
    *,
    readable: Collection[str],
    suffix: str | None = None,
    base: Path | None = None,
    patterns: batch.Patterns | None = None,
    preferred: Collection[str] = (),
    unwanted: Unwanted | None = None,
) -> list[batch.Task]:
    """The tasks that :func:`gamutmeta.batch.plan` makes; what it refuses is wrong usage."""
    sources = [*sources]
    _require_folders(sources, patterns)
    with refusals():
        return batch.plan(
            sources,
            output,
            readable=readable,
            suffix=suffix,
            base=base,
            patterns=patterns,
            preferred=preferred,
            unwanted=unwanted,
        )


def listed(
    sources: Iterable[str | os.PathLike[str]], patterns: batch.Patterns | None = None, *, sidecars: bool = True
) -> list[Path]:
    """The named files, and in folders all pictures that may carry payloads, and sidecars."""
    sources = [*sources]
    _require_folders(sources, patterns)
    readable = {*carriers.READABLE_SUFFIXES, *([carriers.SIDECAR_SUFFIX] if sidecars else [])}
    with refusals():
        return batch.listed(sources, readable=readable, patterns=patterns)


def _require_folders(sources: Iterable[str | os.PathLike[str]], patterns: batch.Patterns | None) -> None:
    """Refuse patterns where they choose nothing: a file that is named is always taken."""
    if patterns is not None and not any(batch.is_folder(Path(source)) for source in sources):
        raise click.UsageError("--include and --exclude choose files in folders, and none of the inputs is a folder")


def refuse_given(names: Iterable[str], why: str) -> None:
    """Refuse options that would have no effect, even if they are given their defaults.

    Args:
        names: of their arguments.
        why: the rest of the sentence.
    """
    context = click.get_current_context()
    called = {parameter.name: max(parameter.opts, key=len) for parameter in context.command.params}
    for name in names:
        if context.get_parameter_source(name) is not ParameterSource.DEFAULT:
            raise click.UsageError(f"{called[name]} {why}")


@contextmanager
def refusals() -> Iterator[None]:
    """Turn the refusal of a whole run into wrong usage."""
    try:
        yield
    except (GamutMetaError, OSError) as error:
        raise click.UsageError(in_words(as_options(batch.Failure.of(error).message))) from error
