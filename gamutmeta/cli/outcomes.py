"""Prints the result of each file, for people or as JSON, and sets the exit code."""

from __future__ import annotations

import errno
import json
import math
import os
import sys
import time
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

import click

from gamutmeta.cli.options import QUIET, as_options
from gamutmeta.cli.progress import progress
from gamutmeta.cli.streams import STREAM, as_typed, in_words
from gamutmeta.runtime.words import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from gamutmeta.batch import Outcome
    from gamutmeta.report import MapFigures, Report

__all__ = ["quality_table", "report_line", "show"]


class Described(Protocol):
    """A result that can be printed as JSON."""

    def to_json(self) -> dict[str, object]: ...


Item = TypeVar("Item")
Result = TypeVar("Result", bound=Described)

_NONE: Mapping[str, str] = {}


def show(
    outcomes: Iterable[Outcome[Item, Result]],
    *,
    total: int,
    name: Callable[[Item], str | os.PathLike[str]],
    text: Callable[[Result], str] | None,
    as_json: bool,
    summarise: bool = False,
    remedies: Mapping[str, str] = _NONE,
) -> None:
    """Print outcomes as they arrive, then end the command: exit code 0, 1 if any failed, 130 after an interrupt.

    A result with an attribute `is_good` that is false counts as failed, too. Results go to standard output, and so do
    failures as JSON. Everything else goes to standard error. With --quiet, only failures and JSON are printed.

    Args:
        outcomes: of :func:`gamutmeta.batch.run`.
        total: number of outcomes to come.
        name: the file that an item stands for.
        text: a result for people; None to print none.
        as_json: print one JSON object per file instead.
        summarise: show progress also of several files, and say at the end how many files were done.
        remedies: what helps in this command, by the code of the failure; for people.
    """
    tally, quiet = _Tally(total), bool(click.get_current_context().meta.get(QUIET))
    try:
        with progress(0 if quiet or (total == 1 and as_json) or not (summarise or total == 1) else total) as advance:
            for outcome in outcomes:
                tally.count(outcome)
                advance()
                with _printing():
                    _show_one(outcome, name(outcome.item), text, as_json=as_json, quiet=quiet, remedies=remedies)
    except KeyboardInterrupt:
        if summarise and not as_json and not quiet:
            click.echo(f"interrupted: {tally}; run the same command again to resume", err=True)
        click.get_current_context().exit(130)
    if total > 1 and not as_json and not quiet and (summarise or tally.failed):
        click.echo(str(tally) if summarise else f"{tally.failed} of {total} files failed", err=True)
    click.get_current_context().exit(1 if tally.failed else 0)


@contextmanager
def _printing() -> Iterator[None]:
    """End the command with an error message if results cannot be printed, for example to a full disk."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.EPIPE:
            # Nobody reads them any more. click ends the command without a message.
            raise
        # Otherwise the rest of the buffer would fail again at exit.
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 - until the end
        raise click.ClickException(f"cannot print the results: {error.strerror}") from error


class _Tally:
    """How many files were done, skipped, or failed."""

    def __init__(self, total: int) -> None:
        self.total, self.done, self.skipped, self.failed = total, 0, 0, 0
        self.start = time.monotonic()

    def count(self, outcome: Outcome[Item, Result]) -> None:
        if outcome.failure is not None or not getattr(outcome.result, "is_good", True):
            self.failed += 1
        elif getattr(outcome.result, "skipped", None):
            self.skipped += 1
        else:
            self.done += 1

    def __str__(self) -> str:
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        failed = f", {self.failed} failed" if self.failed else ""
        seconds = time.monotonic() - self.start
        took = f"{seconds:.1f} s" if seconds < 100 else str(timedelta(seconds=round(seconds)))
        return f"{self.done} of {self.total} files done{skipped}{failed}; {took}"


def _show_one(
    outcome: Outcome[Item, Result],
    file: str | os.PathLike[str],
    text: Callable[[Result], str] | None,
    *,
    as_json: bool,
    quiet: bool,
    remedies: Mapping[str, str],
) -> None:
    if not quiet:
        _say("warning", file, outcome.warnings)
    if outcome.failure is not None:
        message = as_options(outcome.failure.message)
        if as_json:
            error = {"code": outcome.failure.code, "message": message}
            click.echo(json.dumps(as_typed({"file": str(file), "error": error})))
        else:
            remedy = remedies.get(outcome.failure.code)
            _say("error", file, ["; ".join(filter(None, (message, remedy)))])
    elif outcome.result is not None and as_json:
        click.echo(json.dumps(as_typed(outcome.result.to_json())))
    elif outcome.result is not None and not quiet:
        if text is not None:
            click.echo(in_words(text(outcome.result)))
        notes = getattr(outcome.result, "notes", ())
        said = " ".join(outcome.warnings)
        _say("note", file, (note for note in notes if note not in said))


def report_line(report: Report) -> str:
    """A report in one line."""
    facts = []
    if report.psnr_og is not None and report.psnr_clip_og is not None and not math.isnan(report.psnr_og):
        facts.append(
            f"{_share(report.og_percent)}: {_decibel(report.psnr_clip_og)} -> {_decibel(report.psnr_og)}"
            f" ({_gain(report.psnr_og, report.psnr_clip_og)})"
        )
    elif report.og_percent == 0:
        facts.append("nothing outside sRGB")
    if report.payload_bytes is not None:
        whole = "" if report.file_bytes is None else f" of {_bytes(report.file_bytes)}"
        facts.append(f"payload {_bytes(report.payload_bytes)}{whole} ({report.carrier})")
    if report.visible_change is not None and report.visible_change_99 is not None:
        facts.append(f"visible change {report.visible_change:.2f} (99 % below {report.visible_change_99:.2f})")
    if report.gain_map is not None:
        facts.append(_map_line(report.gain_map))
    if report.seconds is not None:
        facts.append(f"{report.seconds:.1f} s")
    onto = " onto ".join(click.format_filename(name) for name in (report.file, report.base) if name is not None)
    target = None if report.output is None else click.format_filename(report.output)
    names = onto if target is None else f"{onto} -> {'standard output' if target == STREAM else target}"
    if report.skipped:
        return f"{names}: skipped, already done"
    return f"{names}: {'; '.join(facts)}" if facts else names


def _map_line(figures: MapFigures) -> str:
    """What a gain map shows, and what it changes on sRGB screens."""
    gain = _gain(figures.p3_psnr_og, figures.p3_psnr_og_plain)
    change = f"within {counted(figures.srgb_codes, 'code')}, {_decibel(figures.srgb_psnr)}"
    srgb = change if figures.srgb_codes else "unchanged"
    return f"gain map {_bytes(figures.map_bytes)} (Display P3: out of gamut {gain}; sRGB: {srgb})"


def quality_table(report: Report) -> str:
    """Quality after clipping and after restoring, and the size of the payload."""
    rows = [f"{'':22}{'clipped':>12}{'restored':>12}{'gain':>12}"]
    for title, clipped, restored in (
        ("PSNR outside sRGB", report.psnr_clip_og, report.psnr_og),
        ("whole-image PSNR", report.psnr_clip, report.psnr),
    ):
        if clipped is not None and restored is not None and not math.isnan(restored):
            rows.append(f"  {title:20}{_decibel(clipped):>12}{_decibel(restored):>12}{_gain(restored, clipped):>12}")
    if report.og_percent is not None:
        rows.append(f"  {'outside sRGB':20}{report.og_percent:>10.2f} % of the pixels")
    if report.payload_bytes is not None and report.file_bytes is not None:
        share = 100 * report.payload_bytes / report.file_bytes
        whole = f"of {report.file_bytes:,} bytes ({share:.1f} %, {report.carrier})"
        rows.append(f"  {'payload':20}{report.payload_bytes:>10,} {whole}")
    if report.visible_change is not None and report.visible_change_99 is not None:
        change = f"CIEDE2000 on the mean, 99 % of the pixels below {report.visible_change_99:.2f}"
        rows.append(f"  {'visible change':20}{report.visible_change:>10.2f} {change}")
    if report.seconds is not None:
        rows.append(f"  {'time':20}{report.seconds:>10.1f} s")
    return "\n".join(rows)


def _share(percent: float | None) -> str:
    """How much of the picture a figure is about."""
    if percent is None:
        return "outside sRGB"
    if percent >= 99.95:
        return "all of the picture outside sRGB"
    digits = f"{percent:.0f}" if percent >= 9.95 else f"{percent:.1f}" if percent >= 0.95 else f"{percent:.2f}"
    share = f"{digits} %" if percent >= 0.01 else "less than 0.01 %"
    return f"{share} of the picture outside sRGB"


def _decibel(psnr: float) -> str:
    """A PSNR; "exact" if there is no error (infinite)."""
    return "exact" if math.isinf(psnr) else f"{psnr:.1f} dB"


def _gain(restored: float, clipped: float) -> str:
    """The difference of two PSNRs as they are printed, so that the three figures agree."""
    if not (math.isfinite(restored) and math.isfinite(clipped)):
        return "-"
    gain = round(round(restored, 1) - round(clipped, 1), 1)
    return f"{gain:+.1f} dB" if gain else "no gain"


def _bytes(size: int) -> str:
    """A size in bytes, kilobytes or megabytes (of 1,000)."""
    if size < 1_000:
        return f"{size} B"
    return f"{size / 1e3:.1f} KB" if size < 1_000_000 else f"{size / 1e6:.1f} MB"


def _say(kind: str, file: str | os.PathLike[str], messages: Iterable[str]) -> None:
    """Print messages about a file to standard error, each on a line that begins with its kind."""
    name = click.format_filename(file)
    for message in messages:
        # Many messages name the file themselves.
        line = f"{kind}: {message}" if name in message else f"{kind}: {name}: {message}"
        click.echo(in_words(line), err=True)
