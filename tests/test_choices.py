"""The words of types are those that the package takes; annotations of public functions use them."""

from __future__ import annotations

import inspect
from typing import get_args

import pytest

import gamutmeta
from gamutmeta import carriers, choices, edit
from gamutmeta.color.spaces import ALIASES, ASSUMABLE, ASSUMABLE_ALIASES, SPACES
from gamutmeta.fit.config import PRESETS
from gamutmeta.gpu.devices import DEVICES
from gamutmeta.photo.jpeg_out import SUBSAMPLINGS
from gamutmeta.photo.kinds import KINDS
from gamutmeta.photo.raw_in import RAW_STYLES
from gamutmeta.photo.read import read_photo
from gamutmeta.pipeline.options import SAMPLES
from gamutmeta.pipeline.srgb_file import EXPANDED_SAMPLES

WORDS = {
    "Preset": PRESETS,
    "SpaceName": SPACES,
    "SpaceAlias": ALIASES,
    "Carrier": carriers.CARRIERS,
    "Device": DEVICES,
    "RawStyle": RAW_STYLES,
    "Samples": SAMPLES,
    "ExpandedSamples": EXPANDED_SAMPLES,
    "Subsampling": SUBSAMPLINGS,
    "HostFormat": set(carriers.SUFFIXES.values()),
    "PhotoFormat": KINDS,
    "Space": {*SPACES, *ALIASES},
    "AssumedSpace": {*ASSUMABLE, *ASSUMABLE_ALIASES},
}

ARGUMENTS = {
    "assume_space": "AssumedSpace | None",
    "carrier": "Carrier | None",
    "device": "Device",
    "preset": "Preset | FitConfig",
    "raw_style": "RawStyle",
    "space": "Space",
    "subsampling": "Subsampling",
}
"""Arguments of that name have this type in every public function."""


def words(alias: object) -> set[str]:
    """Of a literal, or of a union of them."""
    return set().union(*(words(part) if not isinstance(part, str) else {part} for part in get_args(alias)))


def test_every_type_is_looked_at() -> None:
    assert sorted(choices.__all__) == sorted(WORDS)


@pytest.mark.parametrize("name", WORDS)
def test_they_are_the_words_that_are_taken(name: str) -> None:
    assert words(getattr(choices, name)) == set(WORDS[name])


@pytest.mark.parametrize(
    "function",
    [
        gamutmeta.reduce, gamutmeta.reduce_file, gamutmeta.expand, gamutmeta.expand_file, gamutmeta.verify_file,
        gamutmeta.WideImage, gamutmeta.WideImage.from_linear, gamutmeta.Reduction.save, gamutmeta.Reduction.to_bytes,
        read_photo, carriers.embed, edit.edit_file, edit.Edited.save, edit.Edited.expand,
    ],
    ids=lambda function: function.__qualname__,
)  # fmt: skip
def test_public_functions_have_them(function: object) -> None:
    parameters = inspect.signature(function).parameters  # type: ignore[arg-type]
    typed = {name: str(parameter.annotation) for name, parameter in parameters.items() if name in ARGUMENTS}
    assert typed
    assert {name: kind.removesuffix(" | None") for name, kind in typed.items()} == {
        name: ARGUMENTS[name].removesuffix(" | None") for name in typed
    }
