"""Failures as they are reported."""

from __future__ import annotations

import pytest

from gamutmeta.batch import Failure
from gamutmeta.errors import GamutMetaError, MissingExtraError, OutputExistsError

_RIGHTS = "change its permissions, or choose another place"
_ROOM = "make room there, or choose another place"


class TestFailure:
    @pytest.mark.parametrize(
        ("error", "failure"),
        [
            (OutputExistsError("x.jpg exists"), Failure("output.exists", "x.jpg exists")),
            (
                MissingExtraError("reading LZW TIFF", "imagecodecs", "io"),
                Failure(
                    "missing-extra",
                    "reading LZW TIFF needs imagecodecs; pip install 'gamutmeta[io]' (in a clone: '.[io]')",
                ),
            ),
            (PermissionError(13, "Permission denied", "x"), Failure("os", f"Permission denied: x ({_RIGHTS})")),
            (OSError(28, "No space left on device"), Failure("os", f"No space left on device ({_ROOM})")),
            (OSError(2, "No such file or directory", "x"), Failure("os", "No such file or directory: x")),
            (OSError("odd"), Failure("os", "odd")),
            (OSError(), Failure("os", "OSError")),
            (MemoryError(), Failure("memory", "not enough memory; try fewer jobs at a time (MemoryError)")),
            (KeyError("x"), Failure("defect", "a defect, please report it: KeyError: 'x'")),
        ],
    )
    def test_of(self, error: GamutMetaError | OSError, failure: Failure) -> None:
        assert Failure.of(error) == failure
