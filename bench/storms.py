"""Storms of rate limits of each kind: run time over the ideal, and how often a new comment was made twice.

The ideal is what no client can beat: the first window at once, and then as much as each further one allows.
Time is the simulated tracker's. It flows, and a client that sleeps moves it forward, so a storm of an hour
takes seconds here. A comment is the request that must not be repeated: each item must have one in the end.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from bench.measure import table
from connectors.azure_devops import AzureDevOpsConnector, AzureDevOpsSettings
from connectors.base import Connector, Context
from connectors.jira import JiraConnector, JiraSettings
from portfolio.errors import RateLimited, Unavailable
from portfolio.intents import Intent
from portfolio.notes import Note, Paragraph, Text
from portfolio.records import Cursor
from simulators.azure_devops import AzureDevOps
from simulators.azure_devops import Options as BoardsOptions
from simulators.clock import DEFAULT_START, Clock
from simulators.jira import JiraCloud, JiraServer, RateLimit
from simulators.jira import Options as JiraOptions
from simulators.jira.limits import PER_ISSUE

AIM = 1.2
_JIRA, _BOARDS = "DOVETAIL_BENCH_JIRA_TOKEN", "DOVETAIL_BENCH_ADO_PAT"
_COMMENT = "/rest/api/3/issue/{issueIdOrKey}/comment"
_ADO_COMMENTS = "/_apis/wit/workitems/{workItemId}/comments"


@dataclass(frozen=True)
class Storm:
    """How one storm went. `doubled` counts comments beyond the first of an item."""

    name: str
    seconds: float
    ideal_seconds: float
    requests: int
    refused: int
    doubled: int | None = None

    @property
    def ratio(self) -> float:
        """Run time over the ideal."""
        return self.seconds / self.ideal_seconds


def main() -> None:
    """Run every storm and print them side by side."""
    storms = list(all_storms())
    print(f"run time over the ideal, aim at most {AIM}")
    table(
        ("storm", "run s", "ideal s", "ratio", "requests", "refused", "doubled"),
        [
            (
                one.name,
                f"{one.seconds:,.0f}",
                f"{one.ideal_seconds:,.0f}",
                f"{one.ratio:.3f}",
                one.requests,
                one.refused,
                "-" if one.doubled is None else one.doubled,
            )
            for one in storms
        ],
    )


def all_storms() -> Iterator[Storm]:
    """Every storm, one after the other."""
    yield jira_burst(240)
    yield jira_quota(2000)
    yield jira_per_issue(240)
    for throttled in ("delays", "429", "403", "dropped"):
        yield boards(throttled, 210)


# Jira.


def jira_burst(count: int) -> Storm:
    """New comments, of which the endpoint lets one through per second after the first ten."""
    limit = RateLimit(overrides={_COMMENT: 1.0}, bucket_seconds=10.0)
    with _jira(count, JiraOptions(rate_limit=limit)) as (site, connector, keys, _):
        seconds = _timed(site.clock, lambda: list(connector.push([_comment(one, "shop") for one in keys])))
        made = [len(site.issues[int(one)].comments) for one in keys]
        assert min(made) == 1
        return Storm("Jira, burst", seconds, count - 10.0, *_told(site), sum(made) - count)


def jira_quota(count: int) -> Storm:
    """A first load that costs the points of 3.5 hours: a run stops at the quota, the next hour's goes on."""
    with _jira(count, JiraOptions(page_cap=50, rate_limit=RateLimit(quota_per_hour=10**9))) as (
        site,
        connector,
        _,
        server,
    ):
        for _page in connector.pull("issues", None):
            pass
        assert server.limiter is not None
        points = server.limiter.spent
    limit = RateLimit(quota_per_hour=int(points / 3.5))
    with _jira(count, JiraOptions(page_cap=50, rate_limit=limit)) as (site, connector, _, _):
        seconds = _timed(site.clock, _resumed(site, connector))
        return Storm("Jira, hourly quota", seconds, 3 * 3600.0, *_told(site))


def _resumed(site: JiraCloud, connector: Connector) -> Callable[[], None]:
    def load() -> None:
        cursor: Cursor | None = None
        for _ in range(20):
            try:
                for page in connector.pull("issues", cursor):
                    cursor = page.cursor or cursor
            except RateLimited as error:
                site.clock.advance(seconds=error.retry_after_seconds or 60.0)
            else:
                return

    return load


def jira_per_issue(count: int) -> Storm:
    """So many edits of one issue, which takes 20 in 2 seconds and 100 in 30."""
    with _jira(1, JiraOptions(rate_limit=RateLimit())) as (site, connector, (item,), _):

        def edit() -> None:
            before: int | None = None
            for wanted in range(1, count + 1):
                one = Intent(
                    intent_id=f"{wanted}", source="shop", item_id=f"shop/{item}", native_id=item, key=item,
                    slot="slip_wd", before=before, wanted=wanted,
                )  # fmt: skip
                list(connector.push([one]))
                before = wanted

        return Storm("Jira, one issue", _timed(site.clock, edit), _greedy(count), *_told(site))


def _greedy(count: int) -> float:
    """When the last of so many writes to one issue can be made at the earliest."""
    made: deque[float] = deque()
    now = 0.0
    for _ in range(count):
        for most, window in PER_ISSUE:
            if len(made) >= most:
                now = max(now, made[-most] + window)
        made.append(now)
    return now


@contextmanager
def _jira(count: int, options: JiraOptions) -> Iterator[tuple[JiraCloud, Connector, list[str], JiraServer]]:
    site = JiraCloud(Clock(DEFAULT_START))
    site.add_user("ann", "Ann Lead", "ann@demo.example")
    site.add_project("CHK", "Checkout", "ann")
    site.add_field("Slip", "float")
    # An hour apart: a load that is stopped goes on from an instant, not from a row.
    began = DEFAULT_START - timedelta(hours=count + 24)
    keys = [
        site.create_issue("CHK", "Task", by="ann", at=began + timedelta(hours=number))
        for number in range(count)
    ]
    ids = [str(site.issue_at(key).id) for key in keys]
    with site.serve(options) as server:
        os.environ[_JIRA] = server.token
        settings = JiraSettings.model_validate({
            "name": "shop", "kind": "jira", "url": server.url, "projects": ["CHK"], "items_per_page": 50,
            "auth": {"method": "api_token", "user": server.user, "token": {"env": _JIRA}},
            "write": {"comments": True, "fields": {"slip_wd": "Slip"}},
        })  # fmt: skip
        connector = JiraConnector(settings, _context(site.clock))
        list(connector.look([f"shop/{ids[0]}"]))  # what a process asks once is not what is measured
        site.requests.clear()
        yield site, connector, ids, server
        connector.close()


# Azure DevOps.


def boards(throttled: str, count: int) -> Storm:
    """New comments at one unit each, sixty in any five minutes; more are delayed, refused or dropped."""
    limit, window = 60.0, 300.0
    site = AzureDevOps(Clock(DEFAULT_START))
    site.add_project("Retail")
    items = [str(site.create_item("Retail", "Task")) for _ in range(count)]
    refusing: dict[str, Any] = {} if throttled == "delays" else {"throttled": throttled, "tstu_block": 1.0}
    options = BoardsOptions(
        tstu_limit=limit,
        tstu_window_seconds=window,
        tstu_cost=0.0,
        tstu_costs={_ADO_COMMENTS: 1.0},
        **refusing,
    )
    os.environ[_BOARDS] = site.token
    with site.serve(options) as server:
        settings = AzureDevOpsSettings.model_validate({
            "name": "boards", "kind": "azure_devops", "url": server.url,
            "auth": {"method": "pat", "token": {"env": _BOARDS}}, "write": {"comments": True},
        })  # fmt: skip
        connector = AzureDevOpsConnector(settings, _context(site.clock))
        todo = [_comment(one, "boards") for one in items]

        def push() -> None:
            # A run whose wait is too long for it ends, and the next one goes on with what is left.
            while todo:
                try:
                    for receipt in connector.push(list(todo)):
                        if type(receipt).__name__ in ("Applied", "Unchanged"):
                            todo[:] = [one for one in todo if one.intent_id != receipt.intent_id]
                except (RateLimited, Unavailable) as error:
                    site.clock.advance(seconds=error.retry_after_seconds or 60.0)

        seconds = _timed(site.clock, push)
        connector.close()
        made = [len(site.comments_of(int(one))) for one in items]
        assert min(made) == 1
        requests, _ = _told(site)
        ideal = (count - 1) // int(limit) * window
        name = f"Azure DevOps, {throttled}"
        return Storm(name, seconds, ideal, requests, server.budget.refused, sum(made) - count)


def _comment(item: str, source: str) -> Intent:
    note = Note([Paragraph([Text("due 19 Nov 2026")])])
    return Intent(
        intent_id=f"{source} {item}", source=source, item_id=f"{source}/{item}", native_id=item, key=item,
        slot="comment", wanted=note.digest(), note=note,
    )  # fmt: skip


def _context(clock: Clock) -> Context:
    def wait(seconds: float) -> None:
        clock.advance(seconds=seconds)

    return Context(timezone="Europe/Zurich", folder=Path(), clock=clock.now, sleep=wait, say=print)


def _timed(clock: Clock, action: Callable[[], object]) -> float:
    """Seconds of the tracker's own time."""
    began = clock.elapsed()
    action()
    return clock.elapsed() - began


def _told(site: JiraCloud | AzureDevOps) -> tuple[int, int]:
    """Requests, and those of them that were refused."""
    return len(site.requests), sum(1 for _, _, status in site.requests if status in (403, 429))
