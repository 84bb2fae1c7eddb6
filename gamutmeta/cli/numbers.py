"""Numbers of things on the command line: bytes, pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from typing import NoReturn

__all__ = ["WholeNumber"]


class WholeNumber(click.IntRange):
    """A whole number without a unit. Whatever is none, 4k or 2048px, is refused with the unit and an example.

    Units are not read, as 4k is 4,000 to some and 4,096 to others.

    Args:
        unit: what is counted, in the plural.
        minimum: the least that is accepted.
        maximum: the most, or None.
        example: a number that is accepted.
    """

    def __init__(self, unit: str, minimum: int, maximum: int | None = None, *, example: int) -> None:
        super().__init__(minimum, maximum)
        self._unit = unit
        self._example = example

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number; click calls this.

        Raises:
            BadParameter: if it is none, or outside the range.
        """
        try:
            number: int = super().convert(value, None, None)
        except click.BadParameter:
            self._refuse(value, param, ctx)
        return number

    def _refuse(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> NoReturn:
        bounds = f"{self.min:,} or more" if self.max is None else f"{self.min:,} to {self.max:,}"
        self.fail(
            f"{str(value)!r}: {self._unit}, a whole number without a unit, {bounds}; for instance {self._example}",
            param,
            ctx,
        )
