"""Short forms of objects for people who look at them in a shell, a notebook or a log."""

from __future__ import annotations

from dataclasses import MISSING, Field, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["repr_of_changed"]


def repr_of_changed(instance: DataclassInstance) -> str:
    """The call that makes a dataclass, without the fields that have their defaults."""
    found = ((field, getattr(instance, field.name)) for field in fields(instance) if field.repr)
    changed = ", ".join(f"{field.name}={value!r}" for field, value in found if value != _default(field))
    return f"{type(instance).__name__}({changed})"


def _default(field: Field[Any]) -> object:
    return field.default if field.default_factory is MISSING else field.default_factory()
