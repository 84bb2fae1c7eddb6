from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from fit.gpu.test_static_step import several  # noqa: E402

from gamutmeta.fit.gpu.pack import Pack  # noqa: E402


def test_networks_live_in_rows() -> None:
    networks = [network for network, _ in several()]
    before = [network.values.detach().clone() for network in networks]
    pack = Pack.of(networks)
    assert pack.values.shape == (3, max(len(values) for values in before))
    for network, values, row, gradient in zip(networks, before, pack.values, pack.gradient, strict=True):
        torch.testing.assert_close(row[: len(values)], values, rtol=0, atol=0)
        assert not row[len(values) :].any()
        assert network.grid is not None
        assert network.grid_gradient is not None
        with torch.no_grad():
            network.grid.fill_(7)
            network.layers[0][0].fill_(8)
        network.grid_gradient.fill_(9)
        assert (row[pack.mlp_size : len(values)] == 7).all()
        assert row[0] == 8
        assert (gradient[pack.mlp_size : len(values)] == 9).all()
    assert [part.shape[1] for part in pack.mlp] == [pack.mlp_size] * 2
    assert sum(part.shape[1] for part in (pack.mlp[0], pack.grids[0])) == pack.values.shape[1]


def test_gradients_go_where_the_parameters_went() -> None:
    network, problem = several()[0]
    Pack.of([network])
    network.residual(problem.batch(0, 50), network.grid).square().sum().backward()
    assert network.gradient.abs().min() >= 0
    assert network.gradient[: network.mlp_size].any()
    assert network.gradient[network.mlp_size :].any()
