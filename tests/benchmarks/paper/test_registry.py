from __future__ import annotations

import pytest

from benchmarks.paper import registry
from benchmarks.paper.method import FittedMethod
from benchmarks.paper.methods import clip
from benchmarks.paper.registry import TABLES, Registry, UnknownRowError, build, chosen

GROUPS = {"conventional", "pre-trained", "optimised", "rival", "ours"}


def test_every_module_is_there_or_said_to_be_absent() -> None:
    found = build()
    keys = [method.key for method in found.methods]
    assert keys[:2] == ["clip", "soft-clip"]
    assert len(set(keys)) == len(keys)
    assert {method.group for method in found.methods} <= GROUPS
    assert all(why for why in found.absent.values())
    assert not set(found.absent) & set(keys)


def test_a_module_that_is_not_there_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_MODULES", {"clip": "Clip", "nowhere": "A row or two"})
    found = build.__wrapped__()
    assert [method.key for method in found.methods] == ["clip"]
    assert found.absent == {"nowhere": "A row or two: there is no benchmarks.paper.methods.nowhere"}


def test_two_methods_with_one_key_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clip, "methods", lambda: [clip.Clip(), clip.Clip()])
    monkeypatch.setattr(registry, "_MODULES", {"clip": "Clip"})
    with pytest.raises(ValueError, match="two methods have the key clip"):
        build.__wrapped__()


def test_tables() -> None:
    found = build()
    table_1 = [method.key for method in found.table("table1")]
    assert {"clip", "soft-clip", "mlp-48kb", "mlp-53kb", "mlp-23kb"} <= set(table_1)
    assert not {"mlp-23kb-xy", "mlp-53kb-raw", "mlp-137kb"} & set(table_1)
    for name, keys in TABLES.items():
        assert [method.key for method in found.table(name)] == list(keys)


def test_rows_are_chosen_in_the_tables_order() -> None:
    found = build()
    assert [method.key for method in chosen(found, ["mlp-11kb", "conventional"])] == ["clip", "soft-clip", "mlp-11kb"]
    assert chosen(found, ["all"]) == found.methods
    assert set(chosen(found, ["figure8"])) == set(found.table("figure8"))
    assert chosen(found, []) == ()
    assert all(isinstance(method, FittedMethod) for method in chosen(found, ["table2"]))


def test_unknown_rows_say_why() -> None:
    found = Registry((clip.Clip(),), {"mlp-23kb-meta": "no learned start weights"})
    with pytest.raises(UnknownRowError, match="row 'mlp-23kb-meta': no learned start weights"):
        chosen(found, ["mlp-23kb-meta"])
    with pytest.raises(UnknownRowError, match=r"row 'nothing': there is none; there are all, table1, .*, clip"):
        chosen(found, ["nothing"])
