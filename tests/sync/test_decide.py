"""Three values decide each write: base, now and wanted."""

from __future__ import annotations

import pytest

from portfolio.intents import COMMENT, RemoteComment, Slots, Value
from portfolio.notes import Note, Paragraph, Text
from store import SlotBase
from sync.decide import decide, same
from sync.wanted import Wanted

NOTE = Note([Paragraph([Text("late")])])


def field(value: Value) -> Wanted:
    return Wanted(item_id="shop/1", slot="health", value=value)


def comment(*, may_create: bool = True, is_news: bool = True) -> Wanted:
    return Wanted(
        item_id="shop/1",
        slot=COMMENT,
        value=NOTE.digest(),
        note=NOTE,
        may_create=may_create,
        is_news=is_news,
    )


def holding(value: Value, **more: object) -> Slots:
    return Slots(item_id="shop/1", fields={"health": value}, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("base", "now", "wanted", "verdict"),
    [
        # base known
        ("red", "red", "red", "nothing"),
        ("green", "green", "red", "write"),
        ("green", "amber", "red", "conflict"),
        ("green", None, "red", "conflict"),
        ("green", "red", "red", "adopt"),
        # base unknown: the configuration names the field as Dovetail's
        ("unknown", None, "red", "write"),
        ("unknown", "red", "red", "adopt"),
        ("unknown", "green", "red", "write"),
    ],
)
def test_the_three_values_of_a_field_decide(base: str, now: Value, wanted: str, verdict: str) -> None:
    known = None if base == "unknown" else SlotBase(value=base)
    decision = decide(field(wanted), known, holding(now))
    assert (decision.verdict, decision.now) == (verdict, None if verdict == "nothing" else now)


def test_numbers_are_the_same_whatever_their_type_and_an_empty_text_is_nothing() -> None:
    assert same(40, 40.0)
    assert same("", None)
    assert not same(0, None)
    assert not same("40", 40)


def test_a_field_that_is_not_on_the_screen_is_skipped_with_the_trackers_reason() -> None:
    decision = decide(field("red"), None, holding(None, unwritable={"health": "not on the edit screen"}))
    assert (decision.verdict, decision.reason) == ("skip", "not on the edit screen")


def test_an_item_that_is_gone_is_skipped() -> None:
    gone = Slots(item_id="shop/1", exists=False, gone_because="moved to another site")
    decision = decide(comment(), None, gone)
    assert (decision.verdict, decision.reason) == ("skip", "moved to another site")


@pytest.mark.parametrize(
    ("base", "standing", "wanted", "verdict"),
    [
        (None, None, comment(), "write"),
        (None, None, comment(may_create=False), "nothing"),
        ("old", None, comment(), "conflict"),
        ("old", None, comment(is_news=False), "nothing"),
        ("old", RemoteComment(remote_id="7", digest="old"), comment(), "write"),
        ("old", RemoteComment(remote_id="7", digest="newer"), comment(may_create=False), "write"),
        (None, RemoteComment(remote_id="7", digest="old"), comment(may_create=False), "write"),
        (None, RemoteComment(remote_id="7", digest=NOTE.digest()), comment(), "adopt"),
        (NOTE.digest(), RemoteComment(remote_id="7", digest=NOTE.digest()), comment(), "nothing"),
        (NOTE.digest(), RemoteComment(remote_id="8", digest=NOTE.digest()), comment(), "adopt"),
        ("old", RemoteComment(remote_id="7", digest="old", is_edited=True), comment(), "conflict"),
    ],
)
def test_what_stands_there_decides_about_the_comment(
    base: str | None, standing: RemoteComment | None, wanted: Wanted, verdict: str
) -> None:
    known = None if base is None else SlotBase(value=base, remote_id="7")
    assert decide(wanted, known, Slots(item_id="shop/1", comment=standing)).verdict == verdict
