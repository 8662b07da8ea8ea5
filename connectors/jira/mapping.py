"""Jira's issues as portfolio records. Pure: no request is made here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from connectors.jira import wire
from connectors.jira.fields import HISTORY_ONLY, Resolved
from connectors.jira.history import HistoryReader, Timeline
from connectors.jira.mapping_site import identity, iteration, schedule_id
from connectors.jira.remote_links import linked
from connectors.jira.settings import JiraSettings
from connectors.jira.values import (
    States,
    account_of,
    day,
    epoch_ms,
    instant,
    kind_of,
    number_of,
    rank_of,
    text_of,
    texts_of,
)
from connectors.ratings import health_of, level_of
from portfolio.errors import MappingError
from portfolio.records import (
    AnyRecord,
    Dependency,
    Identity,
    ItemId,
    Iteration,
    Risk,
    Unmapped,
    WorkItem,
    item_id,
)

# Part of the mapping version: raise it when records of the same settings come to look different.
MAPPING_REVISION = 3

_SPRINTS = msgspec.json.Decoder(list[wire.Sprint])


class Mapped(msgspec.Struct, frozen=True, kw_only=True):
    """One issue as records, the instant it was last updated, and what of it could not be understood."""

    item: WorkItem
    updated_ms: int
    records: list[AnyRecord]
    problems: list[str]


class IssueMapper:
    """Maps the issues of one site. Remembers which accounts and sprints it has told of already."""

    def __init__(
        self,
        settings: JiraSettings,
        resolved: Resolved,
        statuses: Sequence[wire.Status],
        zone: ZoneInfo,
        own_account: str | None = None,
    ) -> None:
        self._settings = settings
        self._source = settings.name
        self._zone = zone
        self._states = States(settings.states)
        self._waits = frozenset(phrase.strip().casefold() for phrase in settings.links.waits_on)
        self._history = HistoryReader(settings.name, resolved, statuses, self._states, own_account)
        custom = {
            name: (field.id, msgspec.Raw)
            for name, field in resolved.fields.items()
            if name not in HISTORY_ONLY
        }
        self._known = frozenset(custom)
        self._fields = msgspec.json.Decoder(wire.fields_struct(custom))
        self._kinds: dict[str, tuple[str | None, bool]] = {}
        self._told: dict[tuple[str, str], AnyRecord] = {}
        self._seen: set[tuple[object, ...]] = set()  # a cheap look before a record is made
        self._unmapped: dict[tuple[str, str], int] = {}
        self.accounts: set[str] = set()  # everybody who owns something

    def map(
        self,
        issue: wire.Issue,
        histories: Sequence[wire.History],
        remote_links: Sequence[wire.RemoteLink] = (),
    ) -> Mapped:
        """The records of an issue: itself, its risk face, links, timeline, and people not told of yet.

        Raises:
            MappingError: the issue as a whole cannot be understood; the message names the field.
        """
        where = issue.key or issue.id
        try:
            return self._map(issue, where, histories, remote_links)
        except (msgspec.DecodeError, ValueError, OverflowError, RecursionError) as error:
            raise MappingError(self._source, f"{where}: {str(error)[:160]}") from error

    def _map(
        self,
        issue: wire.Issue,
        where: str,
        histories: Sequence[wire.History],
        remote_links: Sequence[wire.RemoteLink],
    ) -> Mapped:
        fields: Any = self._fields.decode(issue.fields)
        if fields.status is None or fields.issuetype is None or fields.updated is None:
            raise MappingError(self._source, f"{where}: status, type or update instant is missing.")
        updated = instant(fields.updated)
        ident = item_id(self._source, issue.id)
        problems: list[str] = []
        finish = self._text(fields, "finish")
        timeline = self._history.read(ident, histories, due=fields.duedate, finish=finish)
        sprints = self._sprints(fields, where, problems)
        item = self._item(issue, ident, fields, updated, timeline, sprints, problems)
        elsewhere = linked(self._source, ident, remote_links, self._settings.links.waits_on)
        if elsewhere.addresses:
            item = msgspec.structs.replace(item, linked_urls=elsewhere.addresses)
        records: list[AnyRecord] = [item]
        if item.kind == "risk":
            records.append(self._risk(ident, fields, problems))
        records.extend(self._dependencies(ident, fields.issuelinks or ()))
        records.extend(elsewhere.dependencies)
        records.extend(timeline.changes)
        records.extend(self._news(self._iterations(sprints, where, problems)))
        records.extend(self._people(fields.assignee, histories))
        return Mapped(item=item, updated_ms=epoch_ms(updated), records=records, problems=problems)

    def unmapped(self) -> list[Unmapped]:
        """Values the mapping does not know, with how often they were met so far."""
        for name, count in self._history.unknown_statuses.items():
            self._unmapped["status in history", name] = count
        return [
            Unmapped(source=self._source, what=what, value=value, count=count)
            for (what, value), count in self._unmapped.items()
        ]

    # One issue.

    def _item(
        self,
        issue: wire.Issue,
        ident: ItemId,
        fields: Any,
        updated: datetime,
        timeline: Timeline,
        sprints: Sequence[wire.Sprint],
        problems: list[str],
    ) -> WorkItem:
        kind, is_container = self._kind(fields.issuetype)
        resolution = fields.resolution.name if fields.resolution else None
        state = self._states.of(fields.status.statusCategory.key, fields.status.name, resolution)
        created = instant(fields.created) if fields.created else None
        is_blocked = bool(self._texts(fields, "flagged"))
        priority = fields.priority.name if fields.priority else None
        scope = fields.project.key if fields.project else issue.key.rpartition("-")[0]
        rank = rank_of(priority, self._settings.priorities)
        if priority and rank is None:
            self._count("priority", priority)
        release, releases = self._releases(fields.fix_versions or ())
        ended = instant(fields.resolutiondate) if fields.resolutiondate else timeline.ended_at
        owner = fields.assignee.accountId or None if fields.assignee else None
        health = self._text(fields, "health")
        return WorkItem(
            item_id=ident,
            source=self._source,
            native_id=issue.id,
            key=issue.key,
            url=f"{self._settings.url}/browse/{issue.key}",
            scope=scope,
            kind=kind,
            type=fields.issuetype.name,
            title=fields.summary or "",
            revision=str(epoch_ms(updated)),
            schedule_id=schedule_id(self._source, fields.project.id) if fields.project else None,
            parent_id=item_id(self._source, fields.parent.id) if fields.parent and fields.parent.id else None,
            status=fields.status.name,
            state=state,
            priority=priority,
            priority_rank=rank,
            severity=self._text(fields, "severity"),
            is_milestone=kind in ("milestone", "gate"),
            is_summary=is_container,
            is_detail=not is_container and state != "removed" and kind not in _NO_WORK,
            is_blocked=is_blocked,
            blocked_since=(timeline.blocked_at or created) if is_blocked else None,
            owner_id=owner,
            team=self._text(fields, "team"),
            start=self._day(fields, "start", issue, problems),
            due=self._day(fields, "finish", issue, problems) or day(fields.duedate),
            actual_start=self._on(timeline.started_at) if state != "todo" else None,
            actual_finish=self._on(ended) if state == "done" else None,
            estimate_hours=_hours(fields.original_estimate),
            spent_hours=_hours(fields.time_spent),
            remaining_hours=_hours(fields.time_estimate),
            points=self._number(fields, "points"),
            budget=self._number(fields, "budget"),
            actual_cost=self._number(fields, "actual_cost"),
            forecast_cost=self._number(fields, "forecast_cost"),
            iteration_id=_current(self._source, sprints),
            release_id=release,
            release_ids=releases,
            labels=fields.labels or (),
            components=[one.name for one in fields.components or ()],
            health_declared=health_of(health) or health,
            twin_keys=self._texts(fields, "twin"),
            created_at=created,
            updated_at=updated,
        )

    def _risk(self, ident: ItemId, fields: Any, problems: list[str]) -> Risk:
        probability, impact = self._text(fields, "probability"), self._text(fields, "impact")
        response = self._text(fields, "response")
        for what, text in (("probability", probability), ("impact", impact)):
            if text and level_of(text) is None:
                self._count(what, text)
        return Risk(
            item_id=ident,
            source=self._source,
            probability=level_of(probability),
            impact=level_of(impact),
            probability_raw=probability,
            impact_raw=impact,
            response=response.strip().casefold() if response else None,
            has_response=bool(response),
            approver_id=account_of(self._raw(fields, "approver")),
            response_due=self._day(fields, "response_due", None, problems),
            review_due=self._day(fields, "review_due", None, problems),
            proximity_from=self._day(fields, "proximity_from", None, problems),
            proximity_to=self._day(fields, "proximity_to", None, problems),
        )

    def _dependencies(self, ident: ItemId, links: Iterable[wire.Link]) -> list[Dependency]:
        """The links that say who waits for whom, by the phrase of the end that waits."""
        found: dict[str, Dependency] = {}
        for link in links:
            other = link.outwardIssue or link.inwardIssue
            if other is None or not other.id or not link.id:
                continue
            inward_waits = self._waits_on(link.type.inward) or self._waits_on(link.type.name)
            outward_waits = self._waits_on(link.type.outward)
            if inward_waits == outward_waits:
                continue  # neither end waits, or the type's words contradict each other
            other_id = item_id(self._source, other.id)
            # outwardIssue is there: this issue `type.outward` it, so the other is at the inward end.
            other_waits = inward_waits if link.outwardIssue is not None else outward_waits
            predecessor, successor = (ident, other_id) if other_waits else (other_id, ident)
            # Both ends show the link with one id; the pair it makes is the same from both.
            found[link.id] = Dependency(
                dependency_id=f"{self._source}/link-{link.id}",
                source=self._source,
                predecessor_id=predecessor,
                successor_id=successor,
            )
        return list(found.values())

    def _waits_on(self, phrase: str | None) -> bool:
        return bool(phrase) and str(phrase).strip().casefold() in self._waits

    def _releases(self, versions: Sequence[wire.Version]) -> tuple[str | None, list[str]]:
        if not versions:
            return None, []
        ids = [item_id(self._source, version.id) for version in versions]
        # The earliest unreleased one is what the work is held to; without one, the last that shipped.
        pending = [v for v in versions if not v.released and not v.archived]
        if pending:
            chosen = min(pending, key=lambda v: (v.releaseDate or "9999", v.id))
        else:
            chosen = max(versions, key=lambda v: (v.releaseDate or "", v.id))
        return item_id(self._source, chosen.id), ids

    def _kind(self, type_: wire.IssueType) -> tuple[str, bool]:
        known = self._kinds.get(type_.id)
        if known is None:
            level = -1 if type_.subtask and type_.hierarchyLevel is None else type_.hierarchyLevel
            kind = kind_of(type_.id, type_.name, level, self._settings.kinds)
            known = self._kinds[type_.id] = (kind, level is not None and level >= 1)
        kind, is_container = known
        if kind is None:
            self._count("issue type", type_.name)
        return kind or "task", is_container

    # Fields that a site may lack.

    def _raw(self, fields: Any, name: str) -> msgspec.Raw | None:
        return getattr(fields, name) if name in self._known else None

    def _text(self, fields: Any, name: str) -> str | None:
        return text_of(self._raw(fields, name))

    def _texts(self, fields: Any, name: str) -> list[str]:
        return texts_of(self._raw(fields, name))

    def _number(self, fields: Any, name: str) -> float | None:
        return number_of(self._raw(fields, name))

    def _day(self, fields: Any, name: str, issue: wire.Issue | None, problems: list[str]) -> date | None:
        text = self._text(fields, name)
        try:
            return day(text, self._zone)
        except ValueError:
            problems.append(f"{issue.key if issue else name}: {name} is no date")
            return None

    def _on(self, moment: datetime | None) -> date | None:
        return moment.astimezone(self._zone).date() if moment else None

    def _sprints(self, fields: Any, where: str, problems: list[str]) -> list[wire.Sprint]:
        raw = self._raw(fields, "sprint")
        if raw is None or bytes(raw) == b"null":
            return []
        try:
            return _SPRINTS.decode(raw)
        except msgspec.DecodeError:
            problems.append(f"{where}: the sprint field is not understood")
            return []

    def _iterations(
        self, sprints: Iterable[wire.Sprint], where: str, problems: list[str]
    ) -> Iterator[Iteration]:
        for sprint in sprints:
            try:
                yield iteration(self._source, sprint, self._zone)
            except ValueError:
                problems.append(f"{where}: the dates of sprint {sprint.id} are not understood")

    # What is told once.

    def _people(self, assignee: wire.User | None, histories: Iterable[wire.History]) -> list[AnyRecord]:
        users = [entry.author for entry in histories if entry.author is not None]
        if assignee is not None:
            users.append(assignee)
            if assignee.accountId:
                self.accounts.add(assignee.accountId)
        fresh: dict[tuple[object, ...], wire.User] = {}
        for user in users:
            seen = (user.accountId, user.active, user.displayName, user.emailAddress)
            if user.accountId and seen not in self._seen:
                self._seen.add(seen)
                fresh[seen] = user
        return self._news(identity(self._source, user) for user in fresh.values())

    def _news(self, records: Iterable[Identity | Iteration]) -> list[AnyRecord]:
        fresh: list[AnyRecord] = []
        for record in records:
            key = record.iteration_id if isinstance(record, Iteration) else record.account_id
            slot = (type(record).__name__, key)
            if self._told.get(slot) != record:
                self._told[slot] = record
                fresh.append(record)
        return fresh

    def _count(self, what: str, value: str) -> None:
        self._unmapped[what, value] = self._unmapped.get((what, value), 0) + 1


_NO_WORK = frozenset({"risk", "decision", "change", "status_report", "issue"})


def _current(source: str, sprints: Sequence[wire.Sprint]) -> str | None:
    """The sprint the work is in: the active one, else the next, else the last it was in."""
    if not sprints:
        return None
    by_state = {"active": 0, "future": 1}
    ranked = [(by_state.get(one.state.lower(), 2), one.id) for one in sprints]
    state = min(rank for rank, _ in ranked)
    # Of several: the next one to start, or the last one that ended.
    ids = [sprint_id for rank, sprint_id in ranked if rank == state]
    return item_id(source, max(ids) if state == 2 else min(ids))


def _hours(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / 3600
