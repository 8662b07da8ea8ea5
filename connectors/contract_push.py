"""The half of the connector suite that is about writing. `connectors/contract.py` is the one to subclass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pytest

from portfolio.intents import (
    COMMENT,
    Applied,
    Conflict,
    Gone,
    Intent,
    Receipt,
    Refused,
    Slots,
    Unchanged,
    Value,
)
from portfolio.notes import Heading, Note, Paragraph, Quoted, Text
from portfolio.records import ItemId, WorkItem

if TYPE_CHECKING:
    from connectors.base import Connector
    from connectors.contract import World

# One plausible value per rollup field, none of them what an empty tracker would show.
WANTED: dict[str, Value] = {
    "health": "amber",
    "forecast_finish": "2027-03-19",
    "slip_wd": 4,
    "percent_complete": 40,
    "open_risks": 2,
    "open_findings": 3,
    "worst_finding": "high",
}
_HOSTILE = "||{html}<script>alert(1)</script> [~accountid:1] @everyone ](javascript:x) & <!-- dovetail -->"
READ_ONLY = "this form of the tracker is read only"


class PushContract:
    """What the engine relies on when it writes. Every test runs on each slot the capabilities name."""

    def test_pushing_nothing_answers_nothing(self, connector: Connector) -> None:
        """No intents, no receipts, no cost."""
        _require(list(connector.push([])) == [], "a receipt for no intent")
        _require(connector.cost([]).requests == 0, "no intents cost requests")

    def test_look_answers_once_per_target(self, world: World, connector: Connector) -> None:
        """One answer per item, and the gone one is told as gone, with the reason."""
        made = world.arrange(3)
        world.delete(made[2])
        found = {slots.item_id: slots for slots in connector.look(made)}
        _require(found.keys() == set(made), "not one answer per target")
        _require(found[made[0]].exists and found[made[1]].exists, "an existing item is called gone")
        _require(not found[made[2]].exists, "a deleted item is called existing")
        _require(bool(found[made[2]].gone_because), "it does not say why the item is gone")

    def test_a_read_only_source_refuses_with_a_reason(self, world: World, connector: Connector) -> None:
        """Where there is no place for a slot, every intent gets a refusal that people understand."""
        told = connector.capabilities
        slots = [slot for slot in (COMMENT, *WANTED) if slot not in _slots(connector)]
        if not slots:
            pytest.skip("it has a place for everything")
        item = _item(connector, world.arrange(1)[0])
        stands = _look(connector, item.item_id)
        intents = [_intent(item, slot, stands) for slot in slots]
        receipts = list(connector.push(intents))
        _require(_ids(receipts) == {one.intent_id for one in intents}, "not one receipt per intent")
        for receipt in receipts:
            _require(isinstance(receipt, Refused), f"{told.form} has no place for it, and answers {receipt}")
            _require(bool(isinstance(receipt, Refused) and receipt.reason), "a refusal without a reason")
        _require(_look(connector, item.item_id) == stands, "something was written")

    def test_what_was_pushed_stands_there(self, world: World, connector: Connector) -> None:
        """Applied means that a look shows the wanted value."""
        item, intents = _prepared(world, connector)
        receipts = list(connector.push(intents))
        _require(all(isinstance(one, Applied) for one in receipts), f"not applied: {receipts}")
        _require(_ids(receipts) == {one.intent_id for one in intents}, "not one receipt per intent")
        _require_stands(_look(connector, item.item_id), intents)

    def test_the_same_intent_twice_is_one_effect(self, world: World, connector: Connector) -> None:
        """A repeated push finds its own work and changes nothing, also from another process."""
        item, intents = _prepared(world, connector)
        list(connector.push(intents))
        stands, effects = _look(connector, item.item_id), world.writes()
        for again in (connector, world.connect()):
            receipts = list(again.push(intents))
            _require(all(isinstance(one, Unchanged) for one in receipts), f"written again: {receipts}")
        _require(world.writes() == effects, "the second push had an effect of its own")
        _require(_look(connector, item.item_id) == stands, "the second push changed something")

    def test_the_comment_is_edited_in_place(self, world: World, connector: Connector) -> None:
        """A new text replaces the old one, also where the comment's id was forgotten: found by its marker."""
        if connector.capabilities.comment == "none":
            pytest.skip(READ_ONLY)
        item = _item(connector, world.arrange(1)[0])
        list(connector.push([_intent(item, COMMENT, _look(connector, item.item_id))]))
        first = _look(connector, item.item_id)
        forgetful = world.connect()
        list(forgetful.push([_intent(item, COMMENT, first, text="resolved on 19 Nov")]))
        second = _look(forgetful, item.item_id)
        if first.comment is None or second.comment is None:
            pytest.fail("the comment was not found again")
        _require(second.comment.remote_id == first.comment.remote_id, "a second comment was written")
        _require(second.comment.digest != first.comment.digest, "the text did not change")
        _require(not second.comment.duplicates, "the marker stands in several comments")

    def test_what_was_written_can_be_taken_back(self, world: World, connector: Connector) -> None:
        """An intent that wants nothing empties the place: `undo` puts back what stood before."""
        item, intents = _prepared(world, connector)
        before = _look(connector, item.item_id)
        list(connector.push(intents))
        emptied = [_emptying(one, _look(connector, item.item_id)) for one in intents]
        receipts = list(connector.push(emptied))
        _require(all(isinstance(one, Applied) for one in receipts), f"not applied: {receipts}")
        _require(_ids(receipts) == {one.intent_id for one in emptied}, "not one receipt per intent")
        after = _look(connector, item.item_id)
        _require(after.comment is None, "our comment still stands there")
        for intent in intents:
            if intent.slot != COMMENT:
                now, then = after.fields.get(intent.slot), before.fields.get(intent.slot)
                _require(now == then, f"{intent.slot} shows {now!r}, not {then!r}")

    def test_taking_back_twice_is_one_effect(self, world: World, connector: Connector) -> None:
        """What is empty already is not emptied again, also from another process."""
        item, intents = _prepared(world, connector)
        list(connector.push(intents))
        emptied = [_emptying(one, _look(connector, item.item_id)) for one in intents]
        list(connector.push(emptied))
        effects = world.writes()
        for again in (connector, world.connect()):
            receipts = list(again.push(emptied))
            _require(all(isinstance(one, Unchanged) for one in receipts), f"emptied again: {receipts}")
        _require(world.writes() == effects, "the second push had an effect of its own")

    def test_a_comment_that_was_taken_back_can_be_written_again(
        self, world: World, connector: Connector
    ) -> None:
        """An undo can be undone: the new comment is the only one."""
        if connector.capabilities.comment == "none":
            pytest.skip(READ_ONLY)
        item = _item(connector, world.arrange(1)[0])
        intent = _intent(item, COMMENT, _look(connector, item.item_id))
        list(connector.push([intent]))
        list(connector.push([_emptying(intent, _look(connector, item.item_id))]))
        receipts = list(connector.push([intent]))
        _require(all(isinstance(one, Applied) for one in receipts), f"not applied: {receipts}")
        _require_stands(_look(connector, item.item_id), [intent])

    def test_what_changed_meanwhile_is_not_taken_back(self, world: World, connector: Connector) -> None:
        """A place that no longer shows what was seen there is left alone."""
        item, intents = _prepared(world, connector)
        list(connector.push(intents))
        stands, effects = _look(connector, item.item_id), world.writes()
        stale = [_changed(_stale(one), before=_stale(one).before, wanted=None, note=None) for one in intents]
        receipts = list(connector.push(stale))
        _require(all(isinstance(one, Conflict) for one in receipts), f"not told as conflicts: {receipts}")
        _require(world.writes() == effects, "a conflict was emptied")
        _require(_look(connector, item.item_id) == stands, "a conflict changed something")

    def test_what_changed_meanwhile_is_a_conflict(self, world: World, connector: Connector) -> None:
        """A target that no longer shows what the plan saw is left alone."""
        item, intents = _prepared(world, connector)
        list(connector.push(intents))
        stands, effects = _look(connector, item.item_id), world.writes()
        stale = [_stale(one) for one in intents]
        receipts = list(connector.push(stale))
        _require(_ids(receipts) == {one.intent_id for one in stale}, "not one receipt per intent")
        _require(all(isinstance(one, Conflict) for one in receipts), f"not told as conflicts: {receipts}")
        _require(world.writes() == effects, "a conflict was written over")
        _require(_look(connector, item.item_id) == stands, "a conflict changed something")

    def test_a_missing_item_is_gone(self, world: World, connector: Connector) -> None:
        """An item that was deleted since the plan gets the receipt Gone, and the others are still written."""
        if not _slots(connector):
            pytest.skip(READ_ONLY)
        made = world.arrange(2)
        kept, lost = _item(connector, made[0]), _item(connector, made[1])
        intents = [
            _intent(item, slot, _look(connector, item.item_id))
            for item in (lost, kept)
            for slot in _slots(connector)
        ]
        world.delete(lost.item_id)
        by_id = {one.intent_id: one for one in connector.push(intents)}
        _require(by_id.keys() == {one.intent_id for one in intents}, "not one receipt per intent")
        for intent in intents:
            expected = Gone if intent.item_id == lost.item_id else Applied
            receipt = by_id[intent.intent_id]
            _require(isinstance(receipt, expected), f"{intent.slot}: {receipt}, not {expected.__name__}")

    def test_verify_writes_nothing(self, world: World, connector: Connector) -> None:
        """Verify may say nothing; what it says is about the intents it was given."""
        item = _item(connector, world.arrange(1)[0])
        stands, effects = _look(connector, item.item_id), world.writes()
        intents = [_intent(item, slot, stands) for slot in _slots(connector) or [COMMENT]]
        _require(_ids(connector.verify(intents)) <= {one.intent_id for one in intents}, "a foreign receipt")
        _require(world.writes() == effects, "verify wrote something")
        _require(_look(connector, item.item_id) == stands, "verify changed something")

    def test_cost_is_told_without_a_request(self, world: World, connector: Connector) -> None:
        """The plan shows what apply would cost before anything is sent."""
        item = _item(connector, world.arrange(1)[0])
        intents = [_intent(item, slot, _look(connector, item.item_id)) for slot in (COMMENT, *WANTED)]
        before = world.requests()
        cost = connector.cost(intents)
        _require(world.requests() == before, "telling the cost made requests")
        _require(cost.requests >= 0 and cost.budget >= 0 and cost.emails >= 0, f"a negative cost: {cost}")
        if _slots(connector):
            _require(cost.requests > 0, "writing is said to cost no request")


def _slots(connector: Connector) -> list[str]:
    told = connector.capabilities
    return [*([COMMENT] if told.comment != "none" else []), *sorted(told.fields)]


def _prepared(world: World, connector: Connector) -> tuple[WorkItem, list[Intent]]:
    slots = _slots(connector)
    if not slots:
        pytest.skip(READ_ONLY)
    item = _item(connector, world.arrange(1)[0])
    stands = _look(connector, item.item_id)
    return item, [_intent(item, slot, stands) for slot in slots]


def _item(connector: Connector, wanted: ItemId) -> WorkItem:
    for stream in connector.streams:
        for page in connector.pull(stream, None):
            for record in page.records:
                if isinstance(record, WorkItem) and record.item_id == wanted:
                    return record
    pytest.fail(f"{wanted} was made and is not delivered")


def _look(connector: Connector, item: ItemId) -> Slots:
    found = list(connector.look([item]))
    _require(len(found) == 1, "not one answer to one target")
    return found[0]


def _intent(item: WorkItem, slot: str, stands: Slots, text: str = "due 19 Nov") -> Intent:
    note = None
    if slot == COMMENT:
        note = Note(
            blocks=[
                Heading(content=[Text(text="Dovetail")]),
                Paragraph(content=[Text(text=f"{text}: "), Quoted(text=_HOSTILE)]),
            ]
        )
        before: Value = stands.comment.digest if stands.comment else None
        wanted: Value = note.digest()
    else:
        before, wanted = stands.fields.get(slot), WANTED[slot]
    return Intent(
        intent_id=f"{item.item_id}:{slot}",
        source=item.source,
        item_id=item.item_id,
        native_id=item.native_id,
        key=item.key,
        slot=slot,
        before=before,
        wanted=wanted,
        note=note,
    )


def _stale(intent: Intent) -> Intent:
    """Wants something else, and saw something that never stood there."""
    if intent.slot == COMMENT:
        note = Note(blocks=[Paragraph(content=[Text(text="another text")])])
        return _changed(intent, before="0" * 16, wanted=note.digest(), note=note)
    if isinstance(intent.wanted, str):
        other = {"health": "red", "forecast_finish": "2027-05-07", "worst_finding": "low"}[intent.slot]
        seen = {"health": "green", "forecast_finish": "2026-12-04", "worst_finding": "critical"}[intent.slot]
        return _changed(intent, before=seen, wanted=other, note=None)
    return _changed(intent, before=77, wanted=9, note=None)


def _emptying(intent: Intent, stands: Slots) -> Intent:
    """Wants nothing in the place, and saw what stands there."""
    if intent.slot == COMMENT:
        before: Value = stands.comment.digest if stands.comment else None
    else:
        before = stands.fields.get(intent.slot)
    return _changed(intent, before=before, wanted=None, note=None)


def _changed(intent: Intent, *, before: Value, wanted: Value, note: Note | None) -> Intent:
    return Intent(
        intent_id=intent.intent_id,
        source=intent.source,
        item_id=intent.item_id,
        native_id=intent.native_id,
        key=intent.key,
        slot=intent.slot,
        before=before,
        wanted=wanted,
        note=note,
    )


def _require_stands(stands: Slots, intents: Sequence[Intent]) -> None:
    for intent in intents:
        if intent.slot != COMMENT:
            now = stands.fields.get(intent.slot)
            _require(now == intent.wanted, f"{intent.slot} shows {now!r}, not {intent.wanted!r}")
            continue
        comment = stands.comment
        if comment is None:
            pytest.fail("the comment that was written is not found")
        _require(comment.digest == intent.wanted, "the marker holds another digest")
        _require(not comment.is_edited, "our own comment is called edited by a person")
        _require(not comment.duplicates, "the marker stands in several comments")


def _ids(receipts: Sequence[Receipt] | Iterator[Receipt]) -> set[str]:
    answered = [one.intent_id for one in receipts]
    _require(len(set(answered)) == len(answered), "two receipts for one intent")
    return set(answered)


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        pytest.fail(otherwise)
