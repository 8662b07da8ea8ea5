"""Writing our fields: all of an item in one JSON Patch that tests its revision, many items in one batch.

An edit that was overtaken (412, 409) or whose answer was lost is computed again from what stands then.
Repeating it is harmless: the test of the revision lets the same edit through once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from connectors.answers import Refusal
from connectors.azure_devops import edits
from connectors.azure_devops import wire_writing as wire
from connectors.azure_devops.remote import Remote, Standing
from connectors.azure_devops.sending import ATTEMPTS, Outcome, Sender
from connectors.azure_devops.site import Site
from connectors.targets import GONE, compared, same
from portfolio.errors import AccessDenied, BadAnswer, SourceError, TargetMissing, Unavailable
from portfolio.intents import Applied, Conflict, Gone, Intent, Receipt, Refused, Unchanged, Unknown

_LOOK_AGAIN_SECONDS = 1.0
STALE = frozenset({409, 412})
_FORBIDDEN = "WorkItemTrackingUnauthorizedOperationException"
_MOST_REVISIONS = 10_000
_LOUD = (
    "the account may not suppress notifications: grant it “Suppress notifications for work item updates”, "
    "or set write.mail_if_needed: true, which mails those who follow the item"
)
_KEPT = "Azure DevOps answered that it was done, but the value is as before; a rule of the process keeps it"
_MOVING = "it changes faster than it can be written"
_FULL = (
    "the item has reached 10,000 revisions, after which Azure DevOps takes no more changes from a program; "
    "copy it to a new item to go on"
)


class Planned(msgspec.Struct, frozen=True):
    """One item's edit, the intents it carries out, and what it was computed from."""

    now: Standing
    intents: list[Intent]
    edit: edits.FieldEdit


class FieldWriter:
    """Writes fields of one organisation."""

    def __init__(self, site: Site, remote: Remote, sender: Sender) -> None:
        self._site = site
        self._remote = remote
        self._sender = sender
        write = site.settings.write
        self._silent = write.silent if write else True
        self._may_mail = write.mail_if_needed if write else False
        self._no_silence: set[str] = set()  # projects where the account may not suppress notifications

    def write(
        self, standing: Mapping[str, Standing], wanted: Mapping[str, list[Intent]]
    ) -> Iterator[Receipt]:
        """One receipt per intent of these items, at most 200, from what stood there a moment ago.

        Raises:
            SourceError: the source stops; intents without a receipt were not sent, or nobody knows.
        """
        todo = dict(wanted)
        lost: dict[str, SourceError] = {}
        for attempt in range(ATTEMPTS):
            planned: list[Planned] = []
            for item, intents in todo.items():
                yield from self._plan(standing.get(item), intents, planned, was_sent=item in lost)
            todo = {}
            for one, outcome in self._outcomes(planned, dry=False):
                yield from self._judged(one, outcome, todo, lost)
            if not todo:
                return
            if any(item in lost for item in todo):
                self._site.context.sleep(_LOOK_AGAIN_SECONDS * attempt)
            standing = self._remote.standing(list(todo))
        for item, intents in todo.items():
            undone: list[Planned] = []
            yield from self._plan(standing.get(item), intents, undone, was_sent=item in lost)
            for intent in (intent for one in undone for intent in one.intents):
                if item in lost:
                    yield Unknown(intent_id=intent.intent_id, reason=lost[item].message)
                else:
                    yield Conflict(intent_id=intent.intent_id, reason=_MOVING)

    def verify(
        self, standing: Mapping[str, Standing], wanted: Mapping[str, list[Intent]]
    ) -> Iterator[Receipt]:
        """What the tracker would answer, by its own dry run; nothing is written."""
        planned: list[Planned] = []
        for item, intents in wanted.items():
            yield from self._plan(standing.get(item), intents, planned, was_sent=False)
        for one, outcome in self._outcomes(planned, dry=True):
            if isinstance(outcome, wire.ItemNow):
                yield from (Unchanged(intent_id=intent.intent_id) for intent in one.intents)
            elif isinstance(outcome, (Unavailable, BadAnswer)):
                yield from (
                    Unknown(intent_id=intent.intent_id, reason=outcome.message) for intent in one.intents
                )
            else:
                for intent in one.intents:
                    named = outcome.fields if isinstance(outcome, Refusal) else {}
                    field = self._remote.slots[intent.slot].reference_name
                    if named and field not in named:
                        yield Unchanged(intent_id=intent.intent_id)
                    else:
                        yield self._refused(intent, outcome, one.now)

    # From intents to edits.

    def _plan(
        self, now: Standing | None, intents: Sequence[Intent], planned: list[Planned], *, was_sent: bool
    ) -> Iterator[Receipt]:
        """Receipts for what needs no edit, and the edit for the rest."""
        if now is None:
            yield from (Gone(intent_id=intent.intent_id, reason=GONE) for intent in intents)
            return
        sent: list[Intent] = []
        operations: list[dict[str, object]] = [{"op": "test", "path": "/rev", "value": now.rev}]
        for intent in intents:
            receipt = compared(intent, now.values.get(intent.slot))
            if isinstance(receipt, Unchanged) and was_sent:
                receipt = Applied(
                    intent_id=intent.intent_id, at=self._site.context.clock(), revision=str(now.rev)
                )
            if receipt is not None:
                yield receipt
                continue
            try:
                operations.append(self._operation(intent, now))
            except ValueError as error:
                yield Refused(intent_id=intent.intent_id, reason=str(error))
            else:
                sent.append(intent)
        if sent:
            silent = self._silent and not (self._may_mail and now.project in self._no_silence)
            planned.append(Planned(now, sent, edits.FieldEdit(now.item, operations, silent)))

    def _operation(self, intent: Intent, now: Standing) -> dict[str, object]:
        field = self._remote.slots[intent.slot]
        path = f"/fields/{field.reference_name}"
        if intent.wanted is None:
            return {"op": "remove", "path": path}
        allowed = self._remote.allowed(now, field.reference_name)
        return {"op": "add", "path": path, "value": field.write(intent.wanted, allowed, self._site.zone)}

    def _outcomes(self, planned: Sequence[Planned], *, dry: bool) -> Iterator[tuple[Planned, Outcome]]:
        by_item = {one.now.item: one for one in planned}
        for item, outcome in self._sender.send([one.edit for one in planned], dry=dry):
            yield by_item[item], outcome

    # From outcomes to receipts.

    def _judged(
        self,
        one: Planned,
        outcome: Outcome,
        again: dict[str, list[Intent]],
        lost: dict[str, SourceError],
    ) -> Iterator[Receipt]:
        """Receipts for what is decided; the rest goes into `again`, to be computed anew."""
        item = one.now.item
        if isinstance(outcome, wire.ItemNow):
            yield from self._verified(one, outcome)
        elif isinstance(outcome, (Unavailable, BadAnswer)):
            lost[item] = outcome
            again[item] = one.intents
        elif isinstance(outcome, Refusal) and outcome.status in STALE:
            again[item] = one.intents
        elif self._is_about_silence(one, outcome):
            if self._may_mail:
                again[item] = one.intents
            else:
                yield from (Refused(intent_id=intent.intent_id, reason=_LOUD) for intent in one.intents)
        else:
            yield from self._refusals(one, outcome, again)

    def _verified(self, one: Planned, now: wire.ItemNow) -> Iterator[Receipt]:
        """The receipts, from the item as the answer shows it."""
        values = self._remote.values(now.fields)
        for intent in one.intents:
            stands = values.get(intent.slot)
            if same(stands, intent.wanted):
                at = self._site.context.clock()
                yield Applied(intent_id=intent.intent_id, at=at, revision=str(now.rev))
            elif same(stands, intent.before):
                yield Refused(intent_id=intent.intent_id, reason=_KEPT)
            else:
                yield Conflict(intent_id=intent.intent_id, now=stands)

    def _refusals(
        self, one: Planned, error: SourceError, again: dict[str, list[Intent]]
    ) -> Iterator[Receipt]:
        """Fields that the tracker names are left out, and the others tried without them."""
        named = error.fields if isinstance(error, Refusal) else {}
        slots = self._remote.slots
        wrong = [intent for intent in one.intents if slots[intent.slot].reference_name in named]
        for intent in wrong or one.intents:
            yield self._refused(intent, error, one.now)
        if wrong and (others := [intent for intent in one.intents if intent not in wrong]):
            again[one.now.item] = others

    def _refused(self, intent: Intent, error: SourceError, now: Standing) -> Receipt:
        if isinstance(error, TargetMissing):
            return Gone(intent_id=intent.intent_id, reason=GONE)
        if isinstance(error, AccessDenied):
            return Refused(intent_id=intent.intent_id, reason=f"{error.message} {error.hint}")
        if not isinstance(error, Refusal):
            return Refused(intent_id=intent.intent_id, reason=error.message)
        if error.status in STALE:
            return Conflict(intent_id=intent.intent_id)
        field = self._remote.slots[intent.slot]
        said = error.fields.get(field.reference_name)
        if said is not None:
            return Refused(
                intent_id=intent.intent_id, reason=f"{field.name} ({field.reference_name}): {said}"
            )
        if error.fields:
            said = "; ".join(f"{name}: {words}" for name, words in error.fields.items())
            return Refused(intent_id=intent.intent_id, reason=said)
        return Refused(intent_id=intent.intent_id, reason=_FULL if _is_full(error, now) else error.reason)

    def _is_about_silence(self, one: Planned, error: SourceError) -> bool:
        """Whether it was the wish to mail nobody that was refused: a dry run without it goes through."""
        is_forbidden = isinstance(error, AccessDenied) or (
            isinstance(error, Refusal) and error.code == _FORBIDDEN
        )
        if not (one.edit.silent and is_forbidden):
            return False
        if one.now.project in self._no_silence:
            return True
        try:
            self._sender.one(msgspec.structs.replace(one.edit, silent=False), dry=True)
        except Refusal as answer:
            if answer.status not in STALE:
                return False
        except SourceError:
            return False
        self._no_silence.add(one.now.project)
        return True


def _is_full(error: Refusal, now: Standing) -> bool:
    """Whether an item takes no more revisions (facts/azure_devops.md §7); how that is worded is not known."""
    said = error.code.casefold()
    return now.rev >= _MOST_REVISIONS or ("revision" in said and "limit" in said)
