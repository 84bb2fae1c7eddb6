from __future__ import annotations

import subprocess
import sys

import pytest
from matplotlib import pyplot as plt

from gamutmeta.errors import MissingExtraError
from gamutmeta.plot import axes as library


def test_axes_that_are_given_are_used() -> None:
    axes = plt.subplots()[1]
    assert library.axes_or_new(axes) is axes
    assert library.axes_or_new(None) is not axes


def test_importing_loads_no_matplotlib() -> None:
    code = "import sys, gamutmeta.plot; sys.exit('matplotlib' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(MissingExtraError, match=r"drawing a figure needs matplotlib; pip install 'gamutmeta\[plot\]'"):
        library.axes_or_new(None)
