"""Operations on Pillow's registry in any order, by us and by others: nobody loses a handler."""

from __future__ import annotations

import functools
import io
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from PIL import Image

from gamutmeta import pillow
from tests.fuzz import samples

FORMATS = ("JPEG", "MPO", "PNG", "TIFF")
PNG = samples.bound("png/rgb", "default")


def _wrapped(handler: Any) -> Any:
    @functools.wraps(handler)
    def wrapper(*arguments: Any) -> Any:
        return handler(*arguments)

    return wrapper


class Registry(RuleBasedStateMachine):
    """Keeps account of what others have put where; what is not theirs is Pillow's or ours."""

    @initialize()
    def begin(self) -> None:
        Image.init()
        pillow.unregister()
        self.before = [dict(registry) for registry in (Image.OPEN, Image.SAVE, Image.SAVE_ALL)]
        self.registered = False
        self.theirs: dict[tuple[str, str], Any] = {}

    def teardown(self) -> None:
        pillow.unregister()
        if hasattr(self, "before"):
            for registry, before in zip((Image.OPEN, Image.SAVE, Image.SAVE_ALL), self.before, strict=True):
                registry.clear()
                registry.update(before)  # type: ignore[arg-type] - each by its own

    @rule()
    def register(self) -> None:
        pillow.register()
        if not self.registered:
            # We have wrapped theirs.
            self.theirs = {key: handler for key, handler in self.theirs.items() if handler is None}
            self.registered = True

    @rule()
    def unregister(self) -> None:
        pillow.unregister()
        self.registered = False

    @rule(name=st.sampled_from(FORMATS))
    def others_wrap_an_opener(self, name: str) -> None:
        factory, accept = Image.OPEN.get(name, (None, None))
        if factory is not None:
            self.theirs["OPEN", name] = _wrapped(factory)
            Image.register_open(name, self.theirs["OPEN", name], accept)

    @rule(name=st.sampled_from(FORMATS), registry=st.sampled_from(["SAVE", "SAVE_ALL"]))
    def others_wrap_a_saver(self, name: str, registry: str) -> None:
        handlers = getattr(Image, registry)
        if name in handlers:
            self.theirs[registry, name] = handlers[name] = _wrapped(handlers[name])

    @rule(name=st.sampled_from(("MPO", "TIFF")), registry=st.sampled_from(["OPEN", "SAVE", "SAVE_ALL"]))
    def others_remove_a_format(self, name: str, registry: str) -> None:
        getattr(Image, registry).pop(name, None)
        self.theirs[registry, name] = None

    @rule()
    def others_have_a_method(self) -> None:
        if not self.registered:
            Image.Image.gamut_expand = object()  # type: ignore[attr-defined]
            with pytest.raises(pillow.GamutMetaError):
                pillow.register()
            del Image.Image.gamut_expand  # type: ignore[attr-defined]

    @invariant()
    def what_others_have_put_is_there(self) -> None:
        for (registry, name), handler in getattr(self, "theirs", {}).items():
            there = getattr(Image, registry).get(name)
            assert (there[0] if isinstance(there, tuple) else there) is handler

    @invariant()
    def the_method_is_there_while_registered(self) -> None:
        assert hasattr(Image.Image, "gamut_expand") == getattr(self, "registered", False)

    @invariant()
    def pictures_open_and_are_saved(self) -> None:
        with Image.open(io.BytesIO(PNG), formats=("PNG",)) as image:
            image.save(io.BytesIO(), "PNG")
            if getattr(self, "registered", False):
                assert image.gamut_expand().size == image.size  # type: ignore[attr-defined]


class TestRegistry(Registry.TestCase):  # type: ignore[misc] - made by Hypothesis
    settings = settings(max_examples=30, stateful_step_count=20, deadline=None)
