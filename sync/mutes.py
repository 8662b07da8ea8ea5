"""Mutes from the trackers: what people wrote in comments on items where our comment stands.

Few requests: only items that carry our comment and have changed since they were last listened to are asked
about. A comment is taken in once, and again only when it was edited: what is decided afterwards on the
command line stands. docs/decisions/0035.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec

from connectors.base import Connector, TellsRemarks
from portfolio.audit import AuditEvent
from portfolio.errors import ConfigError, SourceError
from portfolio.findings import Finding
from portfolio.intents import COMMENT
from portfolio.records import Cursor, ItemId, Page
from portfolio.remarks import Remark
from sync.audit import finding_muted
from sync.mute_words import ALL, Request, plain, requests_in
from sync.progress import Progress, Tell, failure, silent

if TYPE_CHECKING:
    from store import Store

MAX_DAYS = 180
# Kept in the place of a stream that no source has: a source that is read anew says nothing new about mutes.
_NO_SOURCE = ""
_MUTABLE = ("open", "acknowledged", "snoozed", "suppressed")
_ID_LENGTH = 6
_KEEP_DAYS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class MuteSettings:
    """Who may mute what in a tracker. By default nobody.

    Attributes:
        comments: whether comments are listened to.
        people: by address, or `source:account`, who may; None is every person.
        approvers: who may mute critical findings, too.
        max_days: how long at most; also where no day is named.
        zone: the portfolio's zone, in which a day begins.
    """

    comments: bool = False
    people: frozenset[str] | None = None
    approvers: frozenset[str] = frozenset()
    max_days: int = 90
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))


@dataclass(slots=True, kw_only=True)
class MuteOutcome:
    """How it went.

    Attributes:
        muted: ids of the findings that were muted, snoozed or woken.
        refused: requests that were not followed, in words.
        failed: sources whose comments could not be read; they are asked again by the next run.
    """

    muted: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


def listen(
    store: Store,
    connectors: Mapping[str, Connector],
    settings: MuteSettings,
    *,
    run_id: str,
    today: date,
    now: datetime,
    tell: Tell = silent,
) -> MuteOutcome:
    """Take in what people wrote about findings since the last time.

    Args:
        store: what was pulled, what was found, and where our comments stand.
        connectors: the sources that could be opened, by name.
        settings: see `MuteSettings`.
        run_id: the run that changes are booked on.
        today: the day of the run in the portfolio's zone.
        now: the instant of the run.
        tell: is told what was refused, and why.
    """
    outcome = MuteOutcome()
    if not settings.comments:
        return outcome
    states = store.sources()
    for source, connector in connectors.items():
        state = states.get(source)
        if state is None or state.error is not None or not isinstance(connector, TellsRemarks):
            continue
        ear = _Ear(store, connector, settings, outcome, run_id, today, now)
        try:
            ear.listen()
        except (SourceError, ConfigError) as error:
            outcome.failed[source] = failure(source, error)
    for line in outcome.refused:
        tell(Progress(step="pull", note=line))
    return outcome


@dataclass(slots=True)
class _Ear:
    """Listens to one source."""

    store: Store
    connector: Connector
    settings: MuteSettings
    outcome: MuteOutcome
    run_id: str
    today: date
    now: datetime

    def listen(self) -> None:
        source = self.connector.source
        stream = f"mutes:{source}"
        before = self.store.cursor(_NO_SOURCE, stream)
        heard: Mapping[str, str] = {} if before is None else before.value.get("heard", {})  # type: ignore[assignment]
        taken: dict[str, str] = {} if before is None else dict(before.value.get("taken", {}))  # type: ignore[call-overload]
        stamps = self._stamps(source)
        changed = sorted(item for item, stamp in stamps.items() if heard.get(item) != stamp)
        if changed:
            assert isinstance(self.connector, TellsRemarks)  # noqa: S101 - the caller has asked
            remarks = sorted(self.connector.remarks(changed), key=lambda one: (one.at, one.remark_id))
            self._take(remarks, taken)
        kept = {one: at for one, at in taken.items() if not self._is_forgotten(at)}
        value: dict[str, object] = {"heard": stamps, "taken": kept}
        if before is None or before.value != value:
            page = Page(cursor=Cursor(version=1, value=value))
            self.store.save_page(_NO_SOURCE, stream, page, tombstones={}, run_id=self.run_id, now=self.now)

    def _is_forgotten(self, at: str) -> bool:
        """Whether a comment is so old that nobody knows whether it was heard: then it is not."""
        return datetime.fromisoformat(at) < self.now - timedelta(days=_KEEP_DAYS)

    def _stamps(self, source: str) -> dict[ItemId, str]:
        """The items with our comment, and when each of them was changed last."""
        ours = {item for item, slot in self.store.slots(source) if slot == COMMENT}
        if not ours:
            return {}
        rows = self.store.read("tracker_item", ("item_id", "updated_at"))
        return {
            item: "" if at is None else at.isoformat()
            for item, at in zip(*rows.values(), strict=True)
            if item in ours
        }

    def _take(self, remarks: Iterable[Remark], taken: dict[str, str]) -> None:
        findings: dict[ItemId, list[Finding]] | None = None
        for remark in remarks:
            at = remark.at.isoformat()
            if taken.get(remark.remark_id) == at or self._is_forgotten(at):
                continue
            said = requests_in(remark.text)
            if not said:
                continue
            taken[remark.remark_id] = at
            if findings is None:
                findings = _by_item(self.store.findings(states=_MUTABLE))
            here = findings.setdefault(remark.item_id, [])
            for request in said:
                self._answer(remark, request, here)

    def _answer(self, remark: Remark, request: Request | str, here: list[Finding]) -> None:
        if isinstance(request, str):
            self._refuse(remark, request)
            return
        reason = self._why_not(remark)
        if reason is not None:
            self._refuse(remark, reason)
            return
        meant = [one for one in here if _is_meant(one, request.what)]
        if not meant:
            self._refuse(remark, f"nothing is open here that is called {request.what}")
        for finding in meant:
            changed = self._changed(remark, request, finding)
            if isinstance(changed, str):
                self._refuse(remark, changed)
                continue
            by = changed.muted_by or self._by(remark)
            event = finding_muted(changed, run_id=self.run_id, by=by, at=self.now)
            self.store.save_findings([changed], self.run_id, events=[event])
            self.outcome.muted.append(changed.finding_id)
            here[here.index(finding)] = changed

    def _changed(self, remark: Remark, request: Request, finding: Finding) -> Finding | str:
        if request.verb == "unmute":
            return msgspec.structs.replace(
                finding, state="open", muted_until=None, muted_by=None, muted_reason=None, muted_approver=None
            )
        # Counted from the comment: one that is taken in late, or again, mutes no longer for it.
        said_on = min(remark.at.astimezone(self.settings.zone).date(), self.today)
        last = said_on + timedelta(days=min(self.settings.max_days, MAX_DAYS))
        until = min(request.until or last, last)
        if until <= self.today:
            return f"{until} is not in the future"
        is_approver = self._is_one_of(remark, self.settings.approvers)
        if finding.severity == "critical" and not is_approver:
            return f"{finding.rule} is critical here, and who may mute that stands under mute.approvers"
        by = self._by(remark)
        return msgspec.structs.replace(
            finding,
            state="suppressed" if request.verb == "mute" else "snoozed",
            muted_until=datetime.combine(until, time(), tzinfo=self.settings.zone),
            muted_by=by,
            muted_reason=request.reason or None,
            muted_approver=by if is_approver and request.verb == "mute" else None,
        )

    def _by(self, remark: Remark) -> str:
        return plain(remark.name) or remark.account_id

    def _why_not(self, remark: Remark) -> str | None:
        """Why an account may not mute; None where it may."""
        # Both have to say so: to the list of accounts a customer of a service project is a person, too.
        known = self._identities.get(remark.account_id)
        kinds = [remark.kind] if known in (None, "unknown") else [remark.kind, known]
        for kind in kinds:
            if kind != "person":
                return f"the account is no person but {kind}"
        if self.settings.people is not None and not self._is_one_of(remark, self.settings.people):
            return "mute.people does not name this person"
        return None

    def _is_one_of(self, remark: Remark, names: frozenset[str]) -> bool:
        account = f"{self.connector.source}:{remark.account_id}".casefold()
        return account in names or (remark.email or "").casefold() in names or self._email(remark) in names

    def _email(self, remark: Remark) -> str:
        return self._addresses.get(remark.account_id, "").casefold()

    @property
    def _identities(self) -> Mapping[str, str]:
        rows = self.store.read("tracker_identity", ("source", "account_id", "kind"))
        return {
            one: kind
            for owner, one, kind in zip(*rows.values(), strict=True)
            if owner == self.connector.source
        }

    @property
    def _addresses(self) -> Mapping[str, str]:
        rows = self.store.read("tracker_identity", ("source", "account_id", "email"))
        return {
            one: email
            for owner, one, email in zip(*rows.values(), strict=True)
            if owner == self.connector.source and email
        }

    def _refuse(self, remark: Remark, reason: str) -> None:
        source, key = self.connector.source, self._key(remark.item_id)
        self.outcome.refused.append(f"{source} {key}: what {self._by(remark)} asks is not done: {reason}.")
        event = AuditEvent(
            at=self.now,
            event="muting",
            run_id=self.run_id,
            source=source,
            item_id=remark.item_id,
            key=key,
            outcome="refused",
            details={"by": self._by(remark), "reason": reason, "comment": remark.remark_id},
        )
        self.store.record_events([event])

    def _key(self, item: ItemId) -> str:
        row = next(iter(self.store.rows("item", where={"item_id": item})), None)
        return item if row is None else str(row["key"])


def _by_item(findings: Sequence[Finding]) -> dict[ItemId, list[Finding]]:
    found: dict[ItemId, list[Finding]] = {}
    for one in findings:
        for item in dict.fromkeys((one.item_id, *one.comment_items)):
            if item is not None:
                found.setdefault(item, []).append(one)
    return found


def _is_meant(finding: Finding, what: str) -> bool:
    if what in (ALL, finding.rule):
        return True
    return len(what) >= _ID_LENGTH and finding.finding_id.startswith(what)
