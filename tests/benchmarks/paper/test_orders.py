"""The committed tables have the paper's orders, but for those that are told here; and how an order is decided."""

import json

import pytest

from benchmarks.harness import RESULTS, Row
from benchmarks.paper.report.orders import ORDERS, Order, Verdict
from benchmarks.paper.training_set import read_split

OPEN = frozenset({
    "clip < gamutnet", "gamutnet < sampled",
    "sampled < mlp-23kb", "sampled < mlp-48kb", "sampled < mlp-53kb",
    "mlp-23kb < mlp-23kb-meta", "mlp-53kb < mlp-53kb-meta",
    "mlp-23kb-xy < mlp-23kb-rgb", "mlp-23kb-rgb < mlp-23kb",
    "mlp-23kb-raw < mlp-23kb", "mlp-53kb-raw < mlp-53kb",
    "mlp-11kb < mlp-23kb", "mlp-23kb < mlp-53kb",
})  # fmt: skip
"""Orders that the committed tables do not decide yet. Whoever measures them takes them off this list."""

DIFFERING = frozenset({"mlp-23kb-meta < mlp-53kb-meta"})
"""Orders that are others here; benchmarks/paper/README.md says why of each."""


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    found = json.loads((RESULTS / "paper" / "tables.json").read_text(encoding="utf-8"))["rows"]
    assert {row["photograph"] for row in found} == set(read_split().unseen)
    return list(found)


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.key)
def test_the_committed_tables_have_the_papers_orders(rows: list[Row], order: Order) -> None:
    wanted = Verdict.DIFFERS if order.key in DIFFERING else Verdict.OPEN if order.key in OPEN else Verdict.HOLDS
    assert order.verdict(rows) == wanted


def test_the_lists_name_orders() -> None:
    keys = [order.key for order in ORDERS]
    assert len(keys) == len(set(keys))
    assert set(keys) >= OPEN | DIFFERING
    assert not OPEN & DIFFERING


def made_up(method: str, photograph: str, og: float, **changes: object) -> Row:
    row = {"method": method, "photograph": photograph, "psnr_og": og, "coding": "rounded", "note": "9 steps"}
    return row | {"setting": {"quick": 1.0}} | changes


def test_an_order_is_decided_by_six_whole_rows_of_each() -> None:
    order = Order("a", "b", 1.0)

    def six(method: str, og: float) -> list[Row]:
        return [made_up(method, name, og + k) for k, name in enumerate("uvwxyz")]

    assert order.verdict([*six("a", 30.0), *six("b", 31.5)]) == Verdict.HOLDS
    assert order.differences([*six("a", 30.0), *six("b", 31.5)]) == [1.5] * 6
    assert order.verdict([*six("a", 30.0), *six("b", 31.0)]) == Verdict.DIFFERS
    assert order.verdict([*six("a", 30.0), *six("b", 31.5)[1:]]) == Verdict.OPEN
    learned = [row | {"learned_from": ["z", "other"]} for row in six("b", 31.5)]
    assert order.differences([*six("a", 30.0), *learned, made_up("c", "y", 1.0, learned_from=["y"])]) == [1.5] * 5
    quick = [made_up("b", name, 40.0, note="quick: 1 of 9 steps", setting={"quick": 0.1}) for name in "uvwxyz"]
    assert order.verdict([*six("a", 30.0), *quick]) == Verdict.OPEN
    other = [row | {"coding": "truncated"} for row in six("b", 40.0)]
    assert order.verdict([*six("a", 30.0), *six("b", 20.0), *other]) == Verdict.DIFFERS
