from __future__ import annotations

from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")

from gamutmeta.errors import FitError  # noqa: E402
from gamutmeta.fit.config import PRESETS, FitConfig  # noqa: E402
from gamutmeta.fit.network import Network  # noqa: E402
from gamutmeta.fit.rate import RateControl, container_size, stored_tensors, tensors_within  # noqa: E402

CONFIG = replace(PRESETS["balanced"], steps=100)


def network_of(config: FitConfig, spread: float) -> Network:
    """A model whose grid has values of that many steps."""
    generator = torch.Generator().manual_seed(0)
    descriptor = config.descriptor(900, 600, 0 if config.model == "grid" else None)
    network = Network(descriptor, 900, 600, grid_step=config.grid_step, generator=generator, device=torch.device("cpu"))
    with torch.no_grad():
        network.values.copy_(torch.randn(network.values.shape, generator=generator))
        if network.grid is not None:
            network.grid.mul_(spread)
    return network


def watched(network: Network, config: FitConfig) -> RateControl:
    control = RateControl(network, config)
    for step in range(config.steps):
        control.after(step)
    return control


def test_the_weight_rises_while_the_grid_is_too_large() -> None:
    assert watched(network_of(CONFIG, 20.0), CONFIG).weight > 10 * CONFIG.rate_weight


def test_the_weight_never_falls_below_the_presets() -> None:
    assert watched(network_of(CONFIG, 0.1), CONFIG).weight == CONFIG.rate_weight


def test_the_weight_is_left_alone_early() -> None:
    control = RateControl(network_of(CONFIG, 20.0), CONFIG)
    for step in range(CONFIG.steps // 5):
        control.after(step)
    assert control.weight == CONFIG.rate_weight


def test_a_model_without_a_grid_has_no_rate() -> None:
    paper = replace(PRESETS["paper"], steps=100)
    assert watched(network_of(paper, 1.0), paper).weight == paper.rate_weight


def test_a_grid_that_is_too_large_is_rounded_more_coarsely() -> None:
    network = network_of(CONFIG, 20.0)
    whole = stored_tensors(network, CONFIG)
    assert container_size(network, whole) > 8_000
    tensors = tensors_within(network, replace(CONFIG, max_bytes=4_000))
    assert 3_000 < container_size(network, tensors) <= 4_000
    assert tensors[0].scale is not None
    assert whole[0].scale is not None
    assert tensors[0].scale > whole[0].scale
    # The values stay where they were, to the coarser step.
    assert abs(tensors[0].decode() - whole[0].decode()).max() <= tensors[0].scale


def test_a_grid_that_fits_is_left_alone() -> None:
    network = network_of(CONFIG, 0.5)
    assert tensors_within(network, replace(CONFIG, max_bytes=20_000)) == stored_tensors(network, CONFIG)


def test_a_model_that_never_fits_is_an_error() -> None:
    with pytest.raises(FitError, match="only 500 are allowed"):
        tensors_within(network_of(CONFIG, 20.0), replace(CONFIG, max_bytes=500))
