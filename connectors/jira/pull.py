"""The stream of issues: ids by `updated`, details and complete histories in bulk, pages that can be resumed.

A search shows at most 100 issues a page when it shows anything besides ids, and 5000 bare ids (facts/jira.md
§1.1). So the newest changes are looked at first, with their `updated`: mostly that one page is all there is,
and what the cursor knows already costs nothing. Where there is more, ids are paged in bulk.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import msgspec

from connectors.answers import Refusal
from connectors.jira import wire
from connectors.jira.client import JiraClient
from connectors.jira.cursor import IssueCursor
from connectors.jira.fields import Resolved
from connectors.jira.mapping import IssueMapper
from connectors.jira.remote_links import read_links
from connectors.jira.settings import JiraSettings
from connectors.jira.values import epoch_ms, instant
from connectors.parallel import completed
from portfolio.errors import BadAnswer, CursorRejected, MappingError
from portfolio.records import AnyRecord, Cursor, IdPage, OwnedBy, Page

if TYPE_CHECKING:
    from connectors.jira.site import Site

T = TypeVar("T")

# An estimate that lags behind: only a gross difference means that pages were cut off.
_COUNT_TOLERANCE = 0.9
_COUNT_FROM = 1000


class _Read(msgspec.Struct):
    """What reading some issues gave."""

    records: list[AnyRecord]
    updated: dict[str, int]
    failed: list[str]
    skipped: list[str]
    items: list[str]


class IssueStream:
    """Reads the issues of one site."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._settings: JiraSettings = site.settings
        self._client: JiraClient = site.client
        self._keys: list[str] | None = None
        self._mapper: IssueMapper | None = None

    def pages(self, since: Cursor | None) -> Iterator[Page]:
        """Pages of changed issues after the cursor.

        Raises:
            CursorRejected: the cursor cannot be read, or fields have got another meaning since.
        """
        state = IssueCursor.load(self._settings.name, since)
        self._site.accounts.update(state.accounts)
        self._client.myself()
        newest = self._newest(state.search_from)
        yield from self._seen_projects(state)
        if state.is_loading:
            yield from self._many(state)
            return
        listed = [(_updated(self._settings.name, row), row.id) for row in newest.issues]
        if newest.isLast or not newest.nextPageToken:
            yield from self._few(state, listed, [])
            return
        late = self._late(state, {issue for _, issue in listed})
        if state.position is not None and listed[-1][0] <= state.position:
            yield from self._few(state, listed, late)
            return
        if late:
            read = self._read(state, late)
            state.done.update(read.updated)
            yield self._page(state, read)
        state.begin_load(listed[0][0])
        yield from self._many(state)

    # Projects come and go with permissions, and then `updated` says nothing about what was missed.

    def _seen_projects(self, state: IssueCursor) -> Iterator[Page]:
        """Read a project that is new or seen again from its beginning; report one that is not seen."""
        known = state.projects
        visible, missing = self._projects(state)
        back = sorted(visible.keys() - known.keys()) if known else []
        if back and state.position is not None:
            self._site.context.say(f"{self._settings.name}: reading {', '.join(back)} from the beginning")
            jql = f"{in_projects(back)} ORDER BY id ASC"
            for ids in self._client.search_ids(jql):
                for batch in _chunks(ids, self._settings.items_per_page):
                    read = self._read(state, batch)
                    state.know(read.updated)
                    yield self._page(state, read)
        has_moved = bool(known) and visible != known
        has_returned = bool(state.missing.keys() - missing.keys())
        state.projects, state.missing = visible, missing
        # What a first load finds goes with its pages; a quiet run has nothing to store.
        if missing or has_moved or has_returned:
            yield Page(
                cursor=state.save(),
                complete=[IdPage(scope=key, ids=(), is_readable=False) for key in sorted(missing)],
            )

    def _projects(self, state: IssueCursor) -> tuple[dict[str, str], dict[str, str]]:
        """The projects that are read, and those that should be and cannot be seen; key → id."""
        keys = self._scope()
        wanted = {**state.missing, **state.projects}
        wanted.update((key, wanted.get(key, "")) for key in self._settings.projects)
        # Where the configuration names none, all projects are known already; else they are worth a request
        # only when one is missing.
        is_listed = not self._settings.projects or not wanted.keys() <= set(keys)
        listed = self._site.projects if is_listed else []
        ids = {one.key: one.id for one in listed}
        visible = {key: ids.get(key, "") for key in sorted(keys)}
        # An archived or deleted project is told by the census, and a renamed one is seen under its new key.
        ended = {one.id for one in listed if one.archived or one.deleted}
        ended_keys = {one.key for one in listed if one.id in ended}
        told = ended | set(visible.values())
        missing = {
            key: number
            for key, number in sorted(wanted.items())
            if key not in visible and key not in ended_keys and (not number or number not in told)
        }
        return visible, missing

    def _late(self, state: IssueCursor, known: set[str]) -> list[str]:
        """Issues within the overlap that the index did not show before.

        An issue that was stored and changed since has an `updated` after `position`, so here ids are enough.
        """
        if state.position is None:
            return []
        until = f" AND updated <= {state.position} ORDER BY updated ASC, id ASC"
        ids = self._client.search_ids(self._jql(state.search_from, until))
        return [one for page in ids for one in page if one not in state.done and one not in known]

    # A few changes: one page of the search shows them all, with their instants.

    def _few(self, state: IssueCursor, listed: list[tuple[int, str]], late: list[str]) -> Iterator[Page]:
        listed = sorted(listed)
        # Never later than what is stored: an index that lags behind shows an issue as it was before.
        news = [(at, issue) for at, issue in listed if state.done.get(issue, -1) < at]
        again, state.retry = [one for one in [*state.retry, *late] if one not in {i for _, i in news}], []
        until = listed[-1][0] if listed else None
        work = [*((0, issue) for issue in again), *news]
        if not work and until is not None and until > (state.position or -1):
            state.advance(until, {})
            yield self._page(state, None)
        for batch in _chunks(work, self._settings.items_per_page):
            read = self._read(state, [issue for _, issue in batch])
            # What is listed but cannot be read is not asked for again until it changes.
            stored = {issue: at or state.position or 0 for at, issue in batch} | read.updated
            state.advance(until if batch[-1] == work[-1] else batch[-1][0] or None, stored)
            yield self._page(state, read)

    # Many: ids in bulk, details page by page.

    def _many(self, state: IssueCursor) -> Iterator[Page]:
        is_first_load = state.position is None
        start = state.search_from
        if state.retry:
            # Out of their order, so they say nothing about how far the load has come.
            again, state.retry = state.retry, []
            yield self._page(state, self._read(state, again))
        waiting: list[str] = []
        listed = pages = 0
        for ids in self._search_ids(start):
            pages += 1
            listed += len(ids)
            waiting.extend(issue for issue in ids if issue not in state.done)
            # One page is kept back, because the last one carries another cursor.
            while len(waiting) > self._settings.items_per_page:
                batch, waiting = (
                    waiting[: self._settings.items_per_page],
                    waiting[self._settings.items_per_page :],
                )
                read = self._read(state, batch)
                state.advance_load(read.updated)
                yield self._page(state, read)
        read = self._read(state, waiting)
        state.advance_load(read.updated)
        if is_first_load and pages > 1:
            self._compare_count(listed)
        state.end_load()
        yield self._page(state, read)

    def _compare_count(self, listed: int) -> None:
        """Say when far fewer issues were listed than there should be; there is no total to check against."""
        expected = self._client.count(self._jql(None, ""))
        if expected >= _COUNT_FROM and listed < expected * _COUNT_TOLERANCE:
            self._site.context.say(
                f"{self._settings.name}: about {expected} issues exist, {listed} were listed; "
                "the next census will tell"
            )

    # Reading.

    def _read(self, state: IssueCursor, ids: Sequence[str]) -> _Read:
        read = _Read(records=[], updated={}, failed=[], skipped=[], items=[])
        if not ids:
            return read
        mapper = self._prepared(state)
        answers = self._details(ids)
        issues = {issue.id: issue for answer in answers for issue in answer.issues}
        read.failed = [error.id for answer in answers for error in answer.issueErrors]
        # What is gone or hidden is silently absent, and so is a row that got lost: ask for it once more.
        absent = [issue for issue in ids if issue not in issues and issue not in read.failed]
        if absent:
            answers = self._details(absent)
            issues.update((issue.id, issue) for answer in answers for issue in answer.issues)
        histories: dict[str, list[wire.History]] = {}
        for batch in _chunks(list(issues), 1000):
            histories.update(self._client.histories(batch))
        links = read_links(self._site, histories)
        for issue in issues.values():
            try:
                mapped = mapper.map(issue, histories.get(issue.id, ()), links.get(issue.id, ()))
            except MappingError as error:
                read.skipped.append(error.message)
                continue
            read.records.extend(mapped.records)
            read.skipped.extend(f"{self._settings.name}: {line}" for line in mapped.problems)
            read.updated[issue.id] = mapped.updated_ms
            read.items.append(mapped.item.item_id)
        read.records.extend(mapper.unmapped())
        state.retry.extend(read.failed)
        return read

    def _details(self, ids: Sequence[str]) -> list[wire.Issues]:
        batches = list(_chunks(list(ids), self._client.details_limit))
        fields = self._site.issue_fields
        calls = [partial(self._client.details, batch, fields) for batch in batches]
        return list(completed(calls, latency_seconds=self._client.http.latency_seconds))

    def _prepared(self, state: IssueCursor) -> IssueMapper:
        """The mapper, made when there is something to map: a quiet run needs no list of fields."""
        resolved: Resolved = self._site.resolved
        if state.fields and state.fields != resolved.fingerprint:
            raise CursorRejected(self._settings.name, "fields of the site have got another meaning.")
        state.fields = resolved.fingerprint
        return self._site.mapper

    def _page(self, state: IssueCursor, read: _Read | None) -> Page:
        state.accounts = sorted(self._site.accounts)
        if read is None:
            return Page(cursor=state.save())
        return Page(
            records=read.records,
            cursor=state.save(),
            replaces=[
                OwnedBy(record="Dependency", item_ids=read.items),
                OwnedBy(record="Risk", item_ids=read.items),
            ],
            skipped=read.skipped,
        )

    # Searching.

    def _newest(self, start: int | None) -> wire.SearchPage:
        order = " ORDER BY updated DESC, id DESC"
        try:
            return self._client.search(self._jql(start, order), ["updated"])
        except Refusal as error:
            self._narrow(error)
            return self._client.search(self._jql(start, order), ["updated"])

    def _search_ids(self, start: int | None) -> Iterator[list[str]]:
        return self._client.search_ids(self._jql(start, " ORDER BY updated ASC, id ASC"))

    def _jql(self, start: int | None, order: str) -> str:
        clauses = [in_projects(self._scope())]
        if start is not None:
            # JQL reads a date without a zone in the account's own zone, to the minute, so the instant goes
            # out as epoch milliseconds, without an upper end. Six public tools lost updates; jira.md §1.8.
            clauses.append(f"updated >= {start}")
        return " AND ".join(clauses) + order

    def _scope(self) -> list[str]:
        if self._keys is None:
            self._keys = list(self._settings.projects) or self._site.visible_projects()
        return self._keys

    def _narrow(self, error: Refusal) -> None:
        """A query with one project that cannot be seen is refused whole: read the others."""
        visible = set(self._site.visible_projects()) if error.status == 400 else set()
        kept = [key for key in self._scope() if key in visible]
        lost = [key for key in self._scope() if key not in visible]
        if not kept or not lost:
            raise error
        self._site.context.say(f"{self._settings.name}: cannot read {', '.join(lost)}; the others are read")
        self._keys = kept


def in_projects(keys: Iterable[str]) -> str:
    """The clause that bounds a query; quoted, because a key may be a reserved word."""
    return "project in (" + ", ".join(f'"{key}"' for key in keys) + ")"


def _updated(source: str, row: wire.Found) -> int:
    if row.fields is None or not row.fields.updated:
        raise BadAnswer(source, "search/jql: a row lacks the field that was asked for.")
    try:
        return epoch_ms(instant(row.fields.updated))
    except ValueError as error:
        raise BadAnswer(source, "search/jql: `updated` is no instant.") from error


def _chunks(values: Sequence[T], size: int) -> Iterator[list[T]]:
    for start in range(0, len(values), size):
        yield list(values[start : start + size])
