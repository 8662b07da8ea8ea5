"""1,000 rollup writes to Azure DevOps under its budget of 200 TSTU in any 5 minutes: run time over the ideal.

An edit is taken to cost one TSTU, alone as in a batch, fifty times what small calls were seen to cost: at the
real price 1,000 edits never meet the limit. Nobody can spend 1,000 TSTU faster than 200 at once and 200 more
every 5 minutes: that is the ideal. Time is the simulated organisation's: it flows, and a client that sleeps
moves it forward.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

from bench.measure import table
from connectors.azure_devops import AzureDevOpsConnector, AzureDevOpsSettings
from connectors.azure_devops.client import ITEMS_AT_ONCE
from connectors.base import Context
from portfolio.intents import Applied, Intent
from simulators.azure_devops import AzureDevOps, Options
from simulators.clock import DEFAULT_START, Clock
from simulators.faults import Fault

WRITES = 1000
LIMIT_TSTU = 200.0
WINDOW_SECONDS = 300.0
TSTU_PER_EDIT = 1.0
IDEAL_SECONDS = (WRITES * TSTU_PER_EDIT - LIMIT_TSTU) / LIMIT_TSTU * WINDOW_SECONDS
AIM = 1.2

_VARIABLE = "DOVETAIL_BENCH_ADO_PAT"
_ITEM, _BATCH = "/_apis/wit/workitems/{id}", "/_apis/wit/$batch"


@dataclass(frozen=True)
class Run:
    """How one push of all writes went."""

    seconds: float
    wall_seconds: float
    requests: int
    delayed: int
    refused: int


def main() -> None:
    rows = [("200 edits a request", push()), ("one edit a request", push(has_batch=False))]
    print(
        f"{WRITES:,} rollup writes at {TSTU_PER_EDIT:g} TSTU each, {LIMIT_TSTU:g} TSTU in any "
        f"{WINDOW_SECONDS:g} s; ideal {IDEAL_SECONDS:,.0f} s, aim at most {AIM}"
    )
    table(
        ("dovetail, with", "run s", "ratio", "requests", "delayed", "refused", "real s"),
        [
            (
                name,
                f"{run.seconds:,.0f}",
                f"{run.seconds / IDEAL_SECONDS:.3f}",
                run.requests,
                run.delayed,
                run.refused,
                f"{run.wall_seconds:.1f}",
            )
            for name, run in rows
        ],
    )


def push(*, has_batch: bool = True) -> Run:
    """Write one field of each item, and account for it."""
    clock = Clock(DEFAULT_START, running=True)

    def wait(seconds: float) -> None:
        clock.advance(seconds=seconds)

    site = AzureDevOps(clock)
    site.add_process("Shop", parent="Agile")
    site.add_field("Custom.Slip", "Slip", "integer", process="Shop", types=("Epic",))
    site.add_project("Retail", process="Shop")
    items = [site.create_item("Retail", "Epic") for _ in range(WRITES)]
    options = Options(
        tstu_limit=LIMIT_TSTU,
        tstu_window_seconds=WINDOW_SECONDS,
        tstu_costs={_ITEM: TSTU_PER_EDIT, _BATCH: TSTU_PER_EDIT * ITEMS_AT_ONCE},
        faults=[] if has_batch else [Fault(kind="status", method="PATCH", path=_BATCH, status=404)],
    )
    os.environ[_VARIABLE] = site.token
    with site.serve(options) as server:
        settings = AzureDevOpsSettings.model_validate(
            {
                "name": "boards",
                "kind": "azure_devops",
                "url": server.url,
                "auth": {"method": "pat", "token": {"env": _VARIABLE}},
                "write": {"fields": {"slip_wd": "Custom.Slip"}},
            }
        )
        context = Context(
            timezone="Europe/Zurich",
            folder=Path(),
            clock=clock.now,
            sleep=wait,
            say=print,
        )
        connector = AzureDevOpsConnector(settings, context)
        began, real = clock.elapsed(), time.perf_counter()
        receipts = list(connector.push([_intent(item) for item in items]))
        seconds, wall_seconds = clock.elapsed() - began, time.perf_counter() - real
        requests = sum(connector.site.client.http.requests.values())
        connector.close()
        assert sum(isinstance(one, Applied) for one in receipts) == WRITES
        return Run(seconds, wall_seconds, requests, server.budget.delayed, server.budget.refused)


def _intent(item: int) -> Intent:
    return Intent(
        intent_id=f"{item} slip_wd",
        source="boards",
        item_id=f"boards/{item}",
        native_id=str(item),
        key=str(item),
        slot="slip_wd",
        wanted=4,
    )
