"""Work items of Azure DevOps as portfolio records. Pure: no request is made here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote
from zoneinfo import ZoneInfo

import msgspec

from connectors.azure_devops.fields import Resolved
from connectors.azure_devops.mapping_site import iteration_id, schedule_id
from connectors.azure_devops.relations import Related, related
from connectors.azure_devops.settings import AzureDevOpsSettings
from connectors.azure_devops.values import (
    account,
    account_of,
    any_of,
    day,
    folded,
    instant_of,
    kind_of,
    likelihood_of,
    number_of,
    rank_of,
    severity_level,
    state_of,
    tags_of,
    text_of,
    truth_of,
)
from connectors.ratings import health_of, level_of
from portfolio.errors import MappingError
from portfolio.records import AnyRecord, ItemId, Risk, Unmapped, WorkItem, item_id

if TYPE_CHECKING:
    from collections.abc import Sequence

# Part of the mapping version: raise it when records of the same settings come to look different.
MAPPING_REVISION = 2

_NO_WORK = frozenset({"risk", "decision", "change", "status_report", "issue"})
_CONTAINERS = frozenset({"initiative", "epic", "feature"})
# A strategy ("mitigate", "accept") is a word; CMMI's mitigation plan is an essay.
_LONGEST_RESPONSE = 40


class Process(Protocol):
    """What the mapping asks of the organisation's processes."""

    def category(self, project: str, type_: str, state: str) -> str | None:
        """The category of a state of a work item type in a project; None where nobody knows."""
        ...

    def level_kind(self, project: str, type_: str) -> str | None:
        """The kind of an own type of a process, by its backlog level."""
        ...

    def project_id(self, project: str) -> str | None:
        """The id of a project."""
        ...

    def iteration(self, project: str, path: str) -> int | None:
        """The id of an iteration by its path, which is all that an item read whole shows."""
        ...


class Mapped(msgspec.Struct, frozen=True, kw_only=True):
    """One item as records, what they hang together by, and what of it could not be understood."""

    item: WorkItem
    records: list[AnyRecord]
    links: Related
    problems: list[str]


class ItemMapper:
    """Maps the items of one organisation."""

    def __init__(
        self, settings: AzureDevOpsSettings, resolved: Resolved, process: Process, zone: ZoneInfo
    ) -> None:
        self._settings = settings
        self._source = settings.name
        self._resolved = resolved
        self._process = process
        self.zones: Sequence[ZoneInfo] = [zone, *map(ZoneInfo, settings.date_zones)]
        marks = settings.marks
        self._milestone_tags, self._milestone_types = (
            folded(marks.milestone_tags),
            folded(marks.milestone_types),
        )
        self._risk_tags, self._risk_types = folded(marks.risk_tags), folded(marks.risk_types)
        self._blocked_tags = folded(marks.blocked_tags)
        self._unmapped: dict[tuple[str, str], int] = {}
        self._states: dict[tuple[str, str, str, str | None], str] = {}  # what is known of these so far

    def map(self, row: Any, *, with_relations: bool) -> Mapped:
        """The records of one item.

        `with_relations` says that the row was asked with them, so that none means none.

        Raises:
            MappingError: it lacks what every work item has.
        """
        fields = row.fields
        if not (fields.project and fields.type and fields.state and fields.area):
            raise MappingError(self._source, f"item {row.id} lacks its project, type, state or area.")
        problems: list[str] = []
        number: int = row.id
        ident = item_id(self._source, number)
        links = related(self._source, number, row.relations or ()) if with_relations else Related()
        read = _Reader(self, number, fields, problems)
        item = self._item(read, ident, row, links)
        records: list[AnyRecord] = [item]
        if item.kind == "risk":
            records.append(self._risk(read, ident))
        records.extend(links.dependencies)
        return Mapped(item=item, records=records, links=links, problems=problems)

    def unmapped(self) -> list[Unmapped]:
        """Values the mapping does not know, with how often they were met so far."""
        return [
            Unmapped(source=self._source, what=what, value=value, count=count)
            for (what, value), count in self._unmapped.items()
        ]

    def state(
        self, project: str | None, type_: str | None, state: str | None, reason: str | None
    ) -> str | None:
        """The portfolio's state for a state of a type in a project; None where nobody knows."""
        if not (project and type_ and state):
            return None
        key = (project, type_, state, reason)
        known = self._states.get(key)
        if known is None:
            category = self._process.category(project, type_, state)
            if category is None:
                return None
            known = state_of(category, reason, self._settings.states)
            if known is not None:
                self._states[key] = known
        return known

    def getter(self, project: str | None, type_: str | None) -> Mapping[str, Callable[[Any], Any]]:
        """What stands for each meaning in rows of this project and type."""
        return self._resolved.getter(project, type_)

    def is_risk(self, fields: Any) -> bool:
        """Whether an item is a risk, whose plan is a long text that batches leave out."""
        return self._kind(fields, tags_of(fields.tags), count=False)[0] == "risk"

    def is_blocked(self, value: Any, tags: list[str]) -> bool:
        """Blocked by the field or by a tag."""
        return truth_of(value) or any_of(tags, self._blocked_tags)

    def rank(self, priority: Any) -> int | None:
        """The rank of a priority."""
        return rank_of(text_of(priority), self._settings.priorities)

    def kind_of_type(self, project: str, type_: str) -> str | None:
        """The kind of a type's items, tags apart; None where nothing says it."""
        kind = self._settings.kinds.get(type_)
        if kind is None and type_.casefold() in self._risk_types:
            kind = "risk"
        if kind is None and type_.casefold() in self._milestone_types:
            kind = "milestone"
        return kind or kind_of(type_, {}) or self._process.level_kind(project, type_)

    def count(self, what: str, value: str) -> None:
        """Remember a value that is not known."""
        self._unmapped[what, value] = self._unmapped.get((what, value), 0) + 1

    def _item(self, read: _Reader, ident: ItemId, row: Any, links: Related) -> WorkItem:
        fields = row.fields
        tags = tags_of(fields.tags)
        kind, is_container = self._kind(fields, tags, count=True)
        state = self.state(fields.project, fields.type, fields.state, fields.reason)
        if state is None:
            self.count("state", f"{fields.type}: {fields.state}")
            state = "todo"
        priority = text_of(fields.priority)
        rank = rank_of(priority, self._settings.priorities)
        if priority and rank is None:
            self.count("priority", priority)
        project_id = self._process.project_id(fields.project)
        parent = links.parent or fields.parent
        iteration = fields.iteration
        if iteration is None and fields.iteration_path:
            iteration = self._process.iteration(fields.project, fields.iteration_path)
        health = read.text("health")
        changed = read.instant("changed_date")
        return WorkItem(
            item_id=ident,
            source=self._source,
            native_id=str(row.id),
            key=str(row.id),
            url=f"{self._settings.url}/{quote(fields.project)}/_workitems/edit/{row.id}",
            scope=fields.area,
            kind=kind,
            type=fields.type,
            title=fields.title or "",
            revision=str(row.rev),
            schedule_id=schedule_id(self._source, project_id) if project_id else None,
            parent_id=item_id(self._source, parent) if parent else None,
            status=fields.state,
            state=state,
            priority=priority,
            priority_rank=rank,
            severity=text_of(fields.severity),
            board_column=text_of(fields.column),
            is_milestone=kind in ("milestone", "gate") or any_of(tags, self._milestone_tags),
            is_summary=is_container,
            is_detail=not is_container and state != "removed" and kind not in _NO_WORK,
            is_blocked=self.is_blocked(read.raw("blocked"), tags),
            owner_id=account_of(fields.owner),
            team=read.text("team"),
            start=read.day("start"),
            due=read.day("due"),
            actual_start=self._on(read.instant("activated", "state_since")) if state in _STARTED else None,
            actual_finish=self._on(read.instant("closed", "resolved", "state_since"))
            if state == "done"
            else None,
            estimate_hours=read.number("estimate"),
            spent_hours=read.number("spent"),
            remaining_hours=read.number("remaining"),
            points=read.number("points"),
            budget=read.number("budget"),
            actual_cost=read.number("actual_cost"),
            forecast_cost=read.number("forecast_cost"),
            iteration_id=iteration_id(self._source, iteration) if iteration else None,
            labels=tags,
            health_declared=health_of(health) or health,
            twin_keys=[
                one for one in (read.text("twin") or "").replace(";", ",").replace(",", " ").split() if one
            ],
            linked_urls=links.linked_urls,
            created_at=read.instant("created_date"),
            updated_at=changed,
        )

    def _risk(self, read: _Reader, ident: ItemId) -> Risk:
        probability, severity = read.text("probability"), text_of(read.fields.severity)
        impact = read.text("impact")
        impact_level = level_of(impact) if impact else severity_level(severity)
        probability_level = likelihood_of(probability)
        for what, text, level in (
            ("probability", probability, probability_level),
            ("impact", impact, impact_level),
        ):
            if text and level is None:
                self.count(what, text)
        response = read.text("response")
        return Risk(
            item_id=ident,
            source=self._source,
            probability=probability_level,
            impact=impact_level,
            probability_raw=probability,
            impact_raw=impact or severity,
            response=response.casefold() if response and len(response) <= _LONGEST_RESPONSE else None,
            has_response=bool(response),
            approver_id=account_of(account(read.raw("approver"))),
            response_due=read.day("response_due"),
            review_due=read.day("review_due"),
            proximity_from=read.day("proximity_from"),
            proximity_to=read.day("proximity_to"),
        )

    def _kind(self, fields: Any, tags: list[str], *, count: bool) -> tuple[str, bool]:
        type_ = fields.type or ""
        kind: str | None = None
        if type_ not in self._settings.kinds:
            if any_of(tags, self._risk_tags):
                kind = "risk"
            elif any_of(tags, self._milestone_tags) and type_.casefold() not in self._risk_types:
                kind = "milestone"
        kind = kind or self.kind_of_type(fields.project, type_)
        if kind is None and count:
            self.count("work item type", type_)
        return kind or "task", kind in _CONTAINERS

    def _on(self, moment: datetime | None) -> date | None:
        try:
            return moment.astimezone(self.zones[0]).date() if moment else None
        except OverflowError:
            return None


_STARTED = frozenset({"in_progress", "done"})


class _Reader:
    """Reads the meanings of one item, and notes what cannot be understood."""

    def __init__(self, mapper: ItemMapper, number: int, fields: Any, problems: list[str]) -> None:
        self._zones = mapper.zones
        self._number = number
        self._problems = problems
        self._getter = mapper.getter(fields.project, fields.type)
        self.fields = fields

    def raw(self, meaning: str) -> Any:
        """What stands in the meaning's first field that holds something."""
        get = self._getter.get(meaning)
        return get(self.fields) if get else None

    def text(self, meaning: str) -> str | None:
        """The text people see."""
        return text_of(self.raw(meaning))

    def number(self, meaning: str) -> float | None:
        """The number."""
        return number_of(self.raw(meaning))

    def day(self, meaning: str) -> date | None:
        """The date."""
        value = self.raw(meaning)
        if value is None or value == "":
            return None
        try:
            return day(value, self._zones)
        except (ValueError, TypeError):
            self._problems.append(f"{self._number}: {meaning} is no date")
            return None

    def instant(self, *names: str) -> datetime | None:
        """The first of these fields in which something stands."""
        for name in names:
            value = getattr(self.fields, name)
            if value:
                moment = instant_of(value)
                if moment is not None:
                    return moment
                self._problems.append(f"{self._number}: {name} is no instant")
        return None
