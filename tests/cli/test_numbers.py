"""Numbers of bytes and pixels on the command line, which have no units."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from gamutmeta.cli import app
from gamutmeta.cli.numbers import WholeNumber
from gamutmeta.fit.config import MAX_BYTES, MIN_BYTES

UNITS = ["4k", "4K", "4KB", "4 KiB", "4kB", "4096B", "4096 bytes", "4,096", "4096.0", "4e3", "0x1000", "", "-4096"]


@pytest.mark.parametrize("value", UNITS)
def test_what_a_size_is_said_with_units(value: str) -> None:
    result = CliRunner().invoke(app, ["reduce", "a.tif", "-o", "a.jpg", "--max-bytes", value])
    assert result.exit_code == 2
    wanted = "bytes, a whole number without a unit, 400 to 61,440; for instance 4096"
    assert f"Invalid value for '--max-bytes': {value!r}: {wanted}\n" in result.stderr


@pytest.mark.parametrize(
    ("command", "option", "value", "said"),
    [
        ("reduce", "--max-bytes", "399", "bytes, a whole number without a unit, 400 to 61,440; for instance 4096"),
        ("reduce", "--map-bytes", "4KB", "bytes, a whole number without a unit, 1,000 to 60,000; for instance 4000"),
        ("show-wide", "--map-bytes", "999", "bytes, a whole number without a unit, 1,000 to 60,000; for instance 4000"),
        ("reduce", "--resize", "2048px", "pixels, a whole number without a unit, 1 or more; for instance 2048"),
        ("expand", "--max-pixels", "50MP", "pixels, a whole number without a unit, 1 or more; for instance 50000000"),
        ("view", "--pixels-per-byte", "0", "pixels, a whole number without a unit, 1 or more; for instance "),
        ("info", "--multiply-adds", "1e9", "multiply-adds, a whole number without a unit, 1 or more; for instance "),
    ],
)
def test_every_option_of_a_size(command: str, option: str, value: str, said: str) -> None:
    arguments = ["a.jpg"] if command == "info" else ["a.jpg", "-o", "b.html" if command == "view" else "b.jpg"]
    result = CliRunner().invoke(app, [command, *arguments, option, value])
    assert result.exit_code == 2
    assert f"Invalid value for '{option}': {value!r}: {said}" in result.stderr


@given(st.integers())
def test_numbers_in_the_range_and_no_others(number: int) -> None:
    kind = WholeNumber("bytes", MIN_BYTES, MAX_BYTES, example=4096)
    if MIN_BYTES <= number <= MAX_BYTES:
        assert kind.convert(str(number), None, None) == kind.convert(number, None, None) == number
    else:
        with pytest.raises(click.BadParameter, match="a whole number"):
            kind.convert(str(number), None, None)


@given(st.integers(MIN_BYTES, MAX_BYTES))
def test_examples_are_accepted(number: int) -> None:
    with pytest.raises(click.BadParameter) as caught:
        WholeNumber("bytes", MIN_BYTES, MAX_BYTES, example=number).convert("4k", None, None)
    assert int(caught.value.message.split()[-1]) == number
