from __future__ import annotations

import numpy as np

from gamutmeta.measure.colormap import heat_colours


def test_heat_rises_in_lightness() -> None:
    lightness = heat_colours(np.linspace(0, 1, 64)) @ np.array([0.2126, 0.7152, 0.0722])
    assert (np.diff(lightness) > 0).all()
    assert (heat_colours(np.array([-1.0, 0.0])) == heat_colours(np.zeros(2))).all()
    assert (heat_colours(np.array([2.0])) == heat_colours(np.ones(1))).all()
