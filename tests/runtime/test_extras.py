from __future__ import annotations

import pytest
from photo_files import hide

from gamutmeta.errors import MissingExtraError
from gamutmeta.runtime.extras import imagecodecs_for, optional


def test_installed() -> None:
    assert optional("json", "json", "none", "reading").__name__ == "json"


def test_missing() -> None:
    with pytest.raises(MissingExtraError, match=r"^reading X needs the-lib; pip install 'gamutmeta\[ex\]' ") as caught:
        optional("no_such_module_anywhere", "the-lib", "ex", "reading X")
    assert caught.value.extra == "ex"
    assert isinstance(caught.value.__cause__, ImportError)


def test_imagecodecs(monkeypatch: pytest.MonkeyPatch) -> None:
    hide(monkeypatch, "imagecodecs")
    with pytest.raises(MissingExtraError, match=r"writing needs imagecodecs.*\[io\]"):
        imagecodecs_for("writing")
