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


def watched(network: Network, config: FitConfig, steps: int | None = None) -> RateControl:
    """Rate control over a training in which nothing but the quantisation step changes."""

    def rescale(factor: float) -> None:
        with torch.no_grad():
            assert network.grid is not None
            network.grid /= factor
        network.grid_step *= factor

    control = RateControl(network, config, rescale)
    control.update_error(0.1)
    for step in range(config.steps if steps is None else steps):
        control.adjust(step)
    return control


@pytest.mark.parametrize("max_bytes", [2_600, 4_000, 5_900])
def test_a_grid_that_is_too_large_gets_a_coarser_step_until_it_fits(max_bytes: int) -> None:
    config = replace(CONFIG, max_bytes=max_bytes)
    network = network_of(config, 20.0)
    assert container_size(network, stored_tensors(network, config)) > 3 * max_bytes
    control = watched(network, config)
    assert 0.9 * max_bytes < container_size(network, stored_tensors(network, config)) <= max_bytes
    coarsened = network.grid_step / config.grid_step
    assert coarsened > 2
    assert control.weight == pytest.approx(config.rate_weight * 0.1 * coarsened**2)


def test_the_step_becomes_finer_again_but_never_finer_than_the_presets() -> None:
    network = network_of(CONFIG, 0.1)
    network.grid_step = CONFIG.grid_step * 3
    control = watched(network, CONFIG)
    assert network.grid_step == pytest.approx(CONFIG.grid_step)
    assert control.weight == pytest.approx(CONFIG.rate_weight * 0.1)


def test_the_step_is_left_alone_early() -> None:
    network = network_of(CONFIG, 20.0)
    watched(network, CONFIG, CONFIG.steps // 2)
    assert network.grid_step == CONFIG.grid_step


def test_the_weight_is_relative_to_the_error() -> None:
    control = watched(network_of(CONFIG, 0.1), CONFIG, 0)
    first = control.weight
    control.update_error(0.05)
    assert control.weight == pytest.approx(first / 2)
    assert RateControl(network_of(CONFIG, 0.1), CONFIG, lambda _: None).weight == 0


def test_a_model_without_a_grid_is_left_alone() -> None:
    paper = replace(PRESETS["paper"], steps=100)
    network = network_of(paper, 1.0)
    watched(network, paper)
    assert network.grid_step == paper.grid_step


def test_a_grid_that_is_too_large_is_rounded_more_coarsely() -> None:
    network = network_of(CONFIG, 20.0)
    whole = stored_tensors(network, CONFIG)
    assert container_size(network, whole) > 8_000
    tensors = tensors_within(network, CONFIG, 4_000)
    assert 3_000 < container_size(network, tensors) <= 4_000
    assert tensors[0].scale is not None
    assert whole[0].scale is not None
    assert tensors[0].scale > whole[0].scale
    # The values stay where they were, to the coarser step.
    assert abs(tensors[0].decode() - whole[0].decode()).max() <= tensors[0].scale


def test_a_grid_that_fits_is_left_alone() -> None:
    network = network_of(CONFIG, 0.5)
    assert tensors_within(network, CONFIG, 20_000) == stored_tensors(network, CONFIG)


def test_a_model_that_never_fits_is_an_error() -> None:
    with pytest.raises(FitError, match="only 500 are allowed"):
        tensors_within(network_of(CONFIG, 20.0), CONFIG, 500)
