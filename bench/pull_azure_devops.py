"""Pulling 50,000 work items of 10 revisions each from Azure DevOps: Dovetail and a bare loop, side by side.

Also a run in which 500 items changed, and one in which nothing did. `ADO_ITEMS` makes it smaller;
`ADO_LATENCY` adds milliseconds to each answer.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from bench.measure import Sample, run, table
from bench.simulated_azure_devops import SimulatedAzureDevOps, simulated_azure_devops

ITEMS = int(os.environ.get("ADO_ITEMS", "50000"))
LATENCY = os.environ.get("ADO_LATENCY", "0")
PAGES = [int(size) for size in os.environ.get("ADO_PAGES", "1000,200").split(",")]
REVISIONS = 10
ROOT = Path(__file__).resolve().parent.parent

_CONFIG = """\
version: 1
timezone: Europe/Zurich
store: sqlite:///dovetail.db
sources:
  - name: load
    kind: azure_devops
    url: {url}
    identity_url: {identity_url}
    auth: {{method: pat, token: {{env: ADO_PAT}}}}
    projects: [Load]
    items_per_page: {page}
"""


def main() -> None:
    with (
        simulated_azure_devops("--load", str(ITEMS), "--latency", LATENCY) as site,
        tempfile.TemporaryDirectory() as folder,
    ):
        print(f"{ITEMS:,} items of {REVISIONS} revisions, {LATENCY} ms latency")
        rows: list[tuple[object, ...]] = []
        for page in PAGES:
            floor = _bare(site, Path(folder) / f"bare-{page}", page)
            ours = _dovetail(site, Path(folder) / f"dovetail-{page}", page)
            rows += [_row(f"bare loop, pages of {page}", floor, floor), _row("dovetail", ours, floor)]
        table(
            ("client", "wall s", "ratio", "CPU s", "peak MB", "requests", "requests per 1,000 revisions"),
            rows,
        )
        home = Path(folder) / f"dovetail-{PAGES[0]}"
        _again(site, home, "nothing changed")
        title = {"System.Title": "changed", "Microsoft.VSTS.Common.Priority": 1}
        edits = [{"do": "edit_item", "item_id": 1 + number, "fields": title} for number in range(500)]
        site.control("script", edits)
        _again(site, home, "500 items changed")


def _row(
    name: str, one: tuple[Sample, int], floor: tuple[Sample, int]
) -> tuple[str, str, str, str, str, int, str]:
    sample, requests = one
    return (
        name,
        f"{sample.wall_seconds:.2f}",
        f"{sample.wall_seconds / floor[0].wall_seconds:.2f}",
        f"{sample.cpu_seconds:.2f}",
        f"{sample.peak_mb:.0f}",
        requests,
        f"{requests / (ITEMS * REVISIONS / 1000):.2f}",
    )


def _bare(site: SimulatedAzureDevOps, home: Path, page: int) -> tuple[Sample, int]:
    home.mkdir()
    arguments = [site.url, site.token, str(home / "x.db"), str(page)]
    return _measured(site, [sys.executable, "-m", "bench.azure_devops_clients", *arguments], ROOT)


def _dovetail(site: SimulatedAzureDevOps, home: Path, page: int) -> tuple[Sample, int]:
    home.mkdir()
    config = _CONFIG.format(url=site.url, identity_url=site.identity_url, page=page)
    (home / "dovetail.yaml").write_text(config, encoding="utf-8")
    return _measured(site, [sys.executable, "-m", "cli", "--quiet", "pull"], home)


def _measured(site: SimulatedAzureDevOps, command: list[str], folder: Path) -> tuple[Sample, int]:
    before = site.requests()
    sample = run(command, env={"ADO_PAT": site.token, "PYTHONPATH": str(ROOT)}, folder=folder)
    if sample.exit_code != 0:
        sys.exit(f"it failed with {sample.exit_code}:\n{sample.output[-3000:]}")
    return sample, site.requests() - before


def _again(site: SimulatedAzureDevOps, home: Path, what: str) -> None:
    """The same database once more. Lists and census stand on clocks of their own."""
    sample, requests = _measured(site, [sys.executable, "-m", "cli", "--quiet", "pull"], home)
    print(f"a pull in which {what}: {requests} requests, {sample.wall_seconds:.2f} s")
