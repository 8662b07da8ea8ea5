"""Names of every kind are taken out of texts, whole, and nothing else is."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from store_samples import NOW, item, save

from portfolio.audit import AuditEvent
from portfolio.records import Identity
from store import Store
from store.erasure import Person
from store.mentions import Mentions


def called(*names: str, account: str = "4711") -> Person:
    return Person(
        accounts={("shop", account): "erased-1f-1"},
        addresses={},
        texts=dict.fromkeys(names, "erased person 1f"),
        name="erased person 1f",
    )


@pytest.mark.parametrize(
    ("name", "text", "left"),
    [
        ("Bo Li", "Ask BO LI about it", "Ask erased person 1f about it"),
        ("Bo Li", "Ask Bo Lindt about it", "Ask Bo Lindt about it"),
        ("Jörg Strauß", "Jörg Strauß decides", "erased person 1f decides"),
        ("Jörg Strauß", "JÖRG STRAUSS decides", "erased person 1f decides"),
        ("José Núñez", unicodedata.normalize("NFD", "Ask José Núñez."), "Ask erased person 1f."),
        (unicodedata.normalize("NFD", "José Núñez"), "Ask José Núñez.", "Ask erased person 1f."),
        ("王小明", "请问王小明。", "请问erased person 1f。"),
        ("Max", "Max", "erased person 1f"),
        ("Max", "Max load of the crane", "Max load of the crane"),
        ("Yvonne", "Ask Yvonne", "Ask erased person 1f"),
    ],
)
def test_a_name_is_found_however_it_is_written(name: str, text: str, left: str) -> None:
    assert Mentions(called(name)).without(text) == left


def test_a_number_means_nobody() -> None:
    mentions = Mentions(called("Bo Li", account="4711"))
    assert mentions.without({"owner": "Bo Li", "budget": "4711"}) == {
        "owner": "erased person 1f",
        "budget": "4711",
    }


def test_a_short_word_is_told_as_vague() -> None:
    assert Mentions(called("Max", "Bo Li", "王伟", "Yvonne")).vague == ["Max"]


def test_a_short_name_goes_from_every_table(store: Store) -> None:
    owner = Identity(source="shop", account_id="4711", name="Bo Li", email=None, kind="person")
    save(store, owner, item(1, owner_id="4711", title="Ask Bo Li"))
    store.record_events([AuditEvent(at=NOW, event="muting", run_id="r", details={"reason": "Bo Li said so"})])
    counts = store.erase_person(called("Bo Li"), now=NOW, by="Pia", dry_run=False)
    assert counts == {"engine_audit": 1, "tracker_identity": 1, "tracker_item": 1}
    assert [row["title"] for row in store.rows("item")] == ["Ask erased person 1f"]
    assert [one.event for one in store.audit()] == ["muting", "erase"]


def test_an_erasure_that_fails_leaves_the_trail_as_it_was(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.record_events([AuditEvent(at=NOW, event="muting", run_id="r", details={"reason": "Bo Li said so"})])
    save(store, item(1, owner_id="4711", title="Ask Bo Li"))

    def fails(*_: Any) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr("store.erasure.write_erased", fails)
    with pytest.raises(OSError, match="the disk is full"):
        store.erase_person(called("Bo Li"), now=NOW, by="Pia", dry_run=False)
    assert [(one.event, one.details) for one in store.audit()] == [("muting", {"reason": "Bo Li said so"})]


def test_more_entries_than_a_database_takes_parameters_are_blanked(store: Store) -> None:
    events = [AuditEvent(at=NOW, event="write", run_id="r", details={"after": n}) for n in range(11_000)]
    store.record_events(events)
    assert store.erase_audit_details(range(1, 11_001), by="Pia", run_id=None, now=NOW) == 11_000
    (last,) = store.audit(last=1)
    assert (last.event, last.seq) == ("erase", 11_001)


def test_a_short_account_that_stands_alone_may_be_somebody_s_of_another_tracker() -> None:
    mentions = Mentions(called("Bo Li", account="max"))
    assert mentions.without({"owner": "max", "name": "Bo Li"}) == {"owner": "max", "name": "erased person 1f"}
