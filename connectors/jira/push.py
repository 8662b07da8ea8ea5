"""Writing: one comment per issue and our own fields, each verified, each at most once.

Per issue: look, compare with what the plan saw, write, verify from the answer. Nothing is sent twice without
another look, because a person may have written there while we waited. A new comment is not sent twice at all:
when its answer is lost, it is found by its marker, or the outcome is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from connectors.answers import OutcomeUnknown, Refusal
from connectors.jira import edits
from connectors.jira.remote import Marker, Remote
from connectors.jira.render import decode_body, document, text_hash
from connectors.jira.site import Site
from connectors.targets import GONE, by_item, compared, compared_comment, is_as_wanted, native, same
from portfolio.errors import AccessDenied, RateLimited, TargetMissing, Unavailable
from portfolio.intents import (
    COMMENT,
    Applied,
    Conflict,
    Cost,
    Gone,
    Intent,
    Receipt,
    Refused,
    RemoteComment,
    Slots,
    Unchanged,
    Unknown,
)

# A comment that was made may take a moment to be shown; then nobody knows.
_LOOK_AGAIN_SECONDS = (0.0, 1.0, 3.0)
_PATIENCE_SECONDS = 120.0
_ATTEMPTS = 4
_FIRST_PAUSE_SECONDS = 2.0
_IGNORED = (
    "Jira answered that it was done, but the value is as before: without Administer Jira or Administer "
    "Projects it ignores edits that mail nobody. Grant it, or set write.silent: false."
)


class _Unanswered(Exception):
    """A signal between two methods, never seen outside: edits got no answer, and a look tells what to do."""

    def __init__(self, intents: Sequence[Intent], error: Unavailable) -> None:
        super().__init__(str(error))
        self.intents = intents
        self.error = error


class Writer:
    """Writes to one site."""

    def __init__(self, site: Site, remote: Remote) -> None:
        self._site = site
        self._remote = remote
        self._client = site.client
        write = site.settings.write
        self._silent = write.silent if write else True

    def push(self, intents: Sequence[Intent]) -> Iterator[Receipt]:
        """One receipt per intent, issue by issue.

        Raises:
            SourceError: the source stops; intents without a receipt were not sent, or nobody knows.
        """
        self._client.myself()
        for issue, group in by_item(intents).items():
            yield from self._patiently(issue, group)

    def verify(self, intents: Sequence[Intent]) -> Iterator[Receipt]:
        """Whether Jira would accept them, from its edit screens; nothing is written."""
        groups = by_item(intents)
        targets = list(dict.fromkeys(intent.item_id for intent in intents))
        standing = {native(slots.item_id): slots for slots in self._remote.look(targets)}
        for issue, group in groups.items():
            slots = standing[issue]
            for intent in group:
                if not slots.exists:
                    yield Gone(intent_id=intent.intent_id, reason=slots.gone_because or GONE)
                elif intent.slot in slots.unwritable:
                    yield Refused(intent_id=intent.intent_id, reason=slots.unwritable[intent.slot])
                else:
                    yield Unchanged(intent_id=intent.intent_id)

    def cost(self, intents: Sequence[Intent]) -> Cost:
        """A look at each issue, a second one at its comment, and one write each for comment and fields."""
        requests = emails = 0
        for group in by_item(intents).values():
            comment = next((intent for intent in group if intent.slot == COMMENT), None)
            has_fields = any(intent.slot != COMMENT for intent in group)
            is_new = comment is not None and comment.before is None
            knows_it = comment is not None and comment.remote_id is not None
            requests += 1 + (1 if comment and not is_new and (has_fields or not knows_it) else 0)
            requests += (1 if comment else 0) + (1 if has_fields else 0)
            emails += 1 if is_new else 0
        return Cost(requests=requests, budget=requests, budget_unit="requests", emails=emails)

    def _patiently(self, issue: str, group: list[Intent]) -> list[Receipt]:
        """The receipts for one issue, once its rate limit lets us; what was done is done only once."""
        done: dict[str, Receipt] = {}
        unanswered: set[str] = set()
        for attempt in range(_ATTEMPTS):
            waiting = [intent for intent in group if intent.intent_id not in done]
            try:
                for receipt in self._issue(issue, waiting):
                    done[receipt.intent_id] = (
                        self._made(receipt) if receipt.intent_id in unanswered else receipt
                    )
                break
            except RateLimited as error:
                wait = error.retry_after_seconds or 0.0
                if attempt == _ATTEMPTS - 1 or wait > _PATIENCE_SECONDS or "quota" in error.message:
                    raise
                # A refused write had no effect, but it is looked at again before it is repeated.
                self._site.context.sleep(wait)
            except _Unanswered as lost:
                unanswered.update(intent.intent_id for intent in lost.intents)
                if attempt == _ATTEMPTS - 1:
                    left = [intent for intent in group if intent.intent_id not in done]
                    return [*done.values(), *self._given_up(issue, left, lost.error)]
                self._site.context.sleep(_FIRST_PAUSE_SECONDS * 2**attempt)
        return list(done.values())

    def _made(self, receipt: Receipt) -> Receipt:
        """What was sent and stands there by now was made by us, though nobody told us so."""
        if not isinstance(receipt, Unchanged):
            return receipt
        return Applied(intent_id=receipt.intent_id, remote_id=receipt.remote_id, at=self._now())

    def _given_up(self, issue: str, intents: Sequence[Intent], error: Unavailable) -> Iterator[Receipt]:
        """A last look at what was sent often enough."""
        slots = self._remote.look_at(issue)
        for intent in intents:
            if intent.slot == COMMENT:
                stands, number = is_as_wanted(intent, slots.comment), intent.remote_id
            else:
                stands, number = same(slots.fields.get(intent.slot), intent.wanted), None
            if slots.exists and stands:
                yield Applied(intent_id=intent.intent_id, remote_id=number, at=self._now())
            else:
                yield Unknown(intent_id=intent.intent_id, reason=error.message)

    def _issue(self, issue: str, group: Sequence[Intent]) -> Iterator[Receipt]:
        try:
            slots = self._standing(issue, group)
        except TargetMissing:
            slots = Slots(item_id=group[0].item_id, exists=False, gone_because=GONE)
        if not slots.exists:
            for intent in group:
                yield Gone(intent_id=intent.intent_id, reason=slots.gone_because or GONE)
            return
        fields: list[Intent] = []
        for intent in group:
            if (reason := slots.unwritable.get(intent.slot)) is not None:
                yield Refused(intent_id=intent.intent_id, reason=reason)
            elif intent.slot == COMMENT:
                yield self._guarded(intent, issue, slots.comment)
            elif intent.slot not in self._remote.slots:
                yield Refused(intent_id=intent.intent_id, reason="the configuration names no field for it")
            elif (answer := compared(intent, slots.fields.get(intent.slot))) is not None:
                yield answer
            else:
                fields.append(intent)
        if fields:
            yield from self._fields(issue, fields)

    def _standing(self, issue: str, group: Sequence[Intent]) -> Slots:
        """What stands now. A comment whose id is known is read alone, with one small request."""
        known = group[0].remote_id if len(group) == 1 and group[0].slot == COMMENT else None
        if known is not None and known.isdigit():
            comment = self._remote.comment(issue, known)
            if comment is not None:
                return Slots(item_id=group[0].item_id, comment=comment)
        return self._remote.look_at(issue)

    # The comment.

    def _guarded(self, intent: Intent, issue: str, standing: RemoteComment | None) -> Receipt:
        try:
            return self._comment(intent, issue, standing)
        except OutcomeUnknown as error:
            if standing is not None:
                raise _Unanswered([intent], error) from error
            return self._after_lost_answer(intent, issue, error)
        except TargetMissing:
            return self._missing(intent, issue)
        except AccessDenied as error:
            return Refused(intent_id=intent.intent_id, reason=f"{error.message} {error.hint}")
        except Refusal as error:
            return _refused(intent, error)
        except Unavailable as error:
            if standing is not None:
                raise _Unanswered([intent], error) from error
            return Unknown(intent_id=intent.intent_id, reason=error.message)

    def _missing(self, intent: Intent, issue: str) -> Receipt:
        """What a 404 means: the issue is gone, or only the comment that was to be deleted."""
        if intent.wanted is None:
            slots = self._remote.look_at(issue)
            if slots.exists and slots.comment is None:
                return Applied(intent_id=intent.intent_id, remote_id=intent.remote_id, at=self._now())
        return Gone(intent_id=intent.intent_id, reason=GONE)

    def _comment(self, intent: Intent, issue: str, standing: RemoteComment | None) -> Receipt:
        settled = compared_comment(intent, standing)
        if settled is not None:
            return settled
        if intent.note is None or intent.wanted is None:
            assert standing is not None  # noqa: S101 - else it would be as wanted already
            edits.delete_comment(self._client, issue, standing.remote_id)
            return Applied(intent_id=intent.intent_id, remote_id=standing.remote_id, at=self._now())
        body = document(intent.note)
        marker = Marker(issue=issue, digest=str(intent.wanted), body=text_hash(body))
        if standing is None:
            written = edits.add_comment(self._client, issue, body, marker)
        else:
            written = edits.edit_comment(self._client, issue, standing.remote_id, body, marker)
        said = text_hash(decode_body(written.body))
        if said != marker.body:
            # Jira stored it in other words; what a person edits is told from what Jira stored.
            marker = Marker(issue=issue, digest=marker.digest, body=said)
            edits.set_marker(self._client, issue, written.id, marker)
        return Applied(intent_id=intent.intent_id, remote_id=written.id, at=self._now())

    def _after_lost_answer(self, intent: Intent, issue: str, error: OutcomeUnknown) -> Receipt:
        """Look for the comment that may or may not have been made; never make a second one."""
        for pause in _LOOK_AGAIN_SECONDS:
            if pause:
                self._site.context.sleep(pause)
            try:
                slots = self._remote.look_at(issue)
            except (Unavailable, RateLimited):
                continue
            comment = slots.comment
            if slots.exists and is_as_wanted(intent, comment):
                number = comment.remote_id if comment else intent.remote_id
                return Applied(intent_id=intent.intent_id, remote_id=number, at=self._now())
        return Unknown(intent_id=intent.intent_id, reason=error.message)

    # Fields.

    def _fields(self, issue: str, intents: Sequence[Intent]) -> Iterator[Receipt]:
        """All fields of an issue in one edit; those that Jira names as wrong are left out of a second one."""
        values: dict[str, object] = {}
        sent: list[Intent] = []
        for intent in intents:
            slot = self._remote.slots[intent.slot]
            try:
                values[slot.field_id] = slot.write(intent.wanted, self._remote.options(issue, slot.field_id))
                sent.append(intent)
            except ValueError as error:
                yield Refused(intent_id=intent.intent_id, reason=str(error))
        if not sent:
            return
        try:
            answer = edits.edit_issue(self._client, issue, values, silent=self._silent)
        except Refusal as error:
            yield from self._refused_fields(issue, sent, error)
        except TargetMissing:
            for intent in sent:
                yield Gone(intent_id=intent.intent_id, reason=GONE)
        except AccessDenied as error:
            for intent in sent:
                yield Refused(intent_id=intent.intent_id, reason=f"{error.message} {error.hint}")
        except Unavailable as error:
            raise _Unanswered(sent, error) from error
        else:
            yield from self._verified(issue, sent, answer.body)

    def _verified(self, issue: str, intents: Sequence[Intent], body: bytes) -> Iterator[Receipt]:
        """The receipts, from the issue as the answer shows it, or as a look shows it where there is none."""
        fields = self._remote.decode(body) if body else None
        standing = self._remote.values(fields) if fields is not None else self._remote.look_at(issue).fields
        for intent in intents:
            if same(standing.get(intent.slot), intent.wanted):
                yield Applied(intent_id=intent.intent_id, at=self._now())
            elif same(standing.get(intent.slot), intent.before):
                yield Refused(intent_id=intent.intent_id, reason=_IGNORED)
            else:
                yield Conflict(intent_id=intent.intent_id, now=standing.get(intent.slot))

    def _refused_fields(self, issue: str, intents: Sequence[Intent], error: Refusal) -> Iterator[Receipt]:
        wrong = {
            intent.intent_id: error.fields[field_id]
            for intent in intents
            if (field_id := self._remote.slots[intent.slot].field_id) in error.fields
        }
        others = [intent for intent in intents if intent.intent_id not in wrong]
        if not wrong or error.status == 409:
            for intent in intents:
                yield _refused(intent, error)
            return
        for intent in intents:
            if intent.intent_id in wrong:
                yield Refused(intent_id=intent.intent_id, reason=wrong[intent.intent_id])
        if others:
            yield from self._fields(issue, others)

    def _now(self) -> datetime:
        return self._site.context.clock()


def _refused(intent: Intent, error: Refusal) -> Receipt:
    if error.status == 409:
        return Conflict(intent_id=intent.intent_id, reason="somebody edits the issue at this moment")
    return Refused(intent_id=intent.intent_id, reason=error.reason)
