"""Every built-in rule's query is one that both databases take."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from store_samples import item, link, save

from rules import compile_rule, load_catalogue
from store import Store

_CLOCK = {"today": date(2026, 11, 24), "now": datetime(2026, 11, 24, 8, 0, tzinfo=UTC)}


@pytest.mark.parametrize("with_rows", [False, True])
def test_every_built_in_rule_runs(store: Store, with_rows: bool) -> None:
    if with_rows:
        save(store, item(1, kind="risk"), item(2), link("a", 1, 2))
        store.replace("derived_twin", {"twin_id": ["t"], "a_id": ["shop/1"], "b_id": ["shop/2"]})
        store.replace("derived_person", {"person_id": ["p"], "accounts": [["shop:p"]]})
    ran = []
    for rule in load_catalogue():
        compiled = compile_rule(rule, store.dialect)
        parameters = {**_CLOCK, **compiled.parameters}
        store.select(compiled.view, columns=compiled.columns, where=compiled.where, parameters=parameters)
        ran.append(rule.id)

    assert len(ran) >= 10
