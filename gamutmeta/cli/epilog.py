"""The end of help pages; apart from the options, so that the list of commands needs nothing else."""

from __future__ import annotations

__all__ = ["examples"]


def examples(*commands: str) -> str:
    """The end of a help page. A backspace is how click is told not to re-wrap it."""
    return "\n".join(["\b", "Examples:", *(f"  {command}" for command in commands)])
