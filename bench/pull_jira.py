"""Pulling 10,000 issues of 8 kB with 8 histories each: Dovetail, a bare loop and the plain library.

Also what a full read costs in requests per 1,000 issues, and what a run costs in which nothing changed.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from bench.measure import Sample, run, table
from bench.simulated_jira import SimulatedJira, simulated_jira

ISSUES = 10_000
RUNS = 3

_CONFIG = """\
version: 1
timezone: Europe/Zurich
store: sqlite:///dovetail.db
sources:
  - name: load
    kind: jira
    url: {url}
    auth: {{method: api_token, user: {user}, token: {{env: JIRA_TOKEN}}}}
    projects: [LOAD]
"""


def main() -> None:
    with simulated_jira("--load", str(ISSUES)) as site, tempfile.TemporaryDirectory() as folder:
        rows = [_measure(name, site, Path(folder)) for name in ("fast", "plain", "dovetail")]
        floor = rows[0][1].wall_seconds
        print(f"{ISSUES:,} issues of 8 kB, 8 histories each, 0 ms latency, median of {RUNS}")
        table(
            ("client", "wall s", "ratio", "CPU s", "peak MB", "requests", "issues/s"),
            [
                (
                    name,
                    f"{sample.wall_seconds:.2f}",
                    f"{sample.wall_seconds / floor:.2f}",
                    f"{sample.cpu_seconds:.2f}",
                    f"{sample.peak_mb:.0f}",
                    requests,
                    f"{ISSUES / sample.wall_seconds:,.0f}",
                )
                for name, sample, requests in rows
            ],
        )
        _without_changes(site, Path(folder))


def _measure(name: str, site: SimulatedJira, folder: Path) -> tuple[str, Sample, int]:
    samples: list[tuple[Sample, int]] = []
    for attempt in range(RUNS):
        home = folder / f"{name}-{attempt}"
        home.mkdir()
        site.control("reset", {})
        if name == "dovetail":
            (home / "dovetail.yaml").write_text(
                _CONFIG.format(url=site.url, user=site.user), encoding="utf-8"
            )
            command = [sys.executable, "-m", "cli", "--quiet", "pull"]
        else:
            command = [
                sys.executable,
                "-m",
                "bench.jira_clients",
                name,
                site.url,
                site.token,
                str(home / "x.db"),
            ]
        root = Path(__file__).resolve().parent.parent
        sample = run(
            command,
            env={"JIRA_TOKEN": site.token, "PYTHONPATH": str(root)},
            folder=home if name == "dovetail" else root,
        )
        if sample.exit_code != 0:
            sys.exit(f"{name} failed with {sample.exit_code}:\n{sample.output[-3000:]}")
        samples.append((sample, site.requests()))
    samples.sort(key=lambda one: one[0].wall_seconds)
    middle = samples[len(samples) // 2]
    return name, middle[0], middle[1]


def _without_changes(site: SimulatedJira, folder: Path) -> None:
    """The last database again: everything is there already. Lists and census stand on clocks of their own."""
    home = folder / f"dovetail-{RUNS - 1}"
    root = Path(__file__).resolve().parent.parent
    site.control("reset", {})
    sample = run(
        [sys.executable, "-m", "cli", "--quiet", "sync"],
        env={"JIRA_TOKEN": site.token, "PYTHONPATH": str(root)},
        folder=home,
    )
    counts = site.control("requests")
    print(f"\na sync in which nothing changed: {counts['total']} requests, {sample.wall_seconds:.2f} s")
    for template, count in sorted(counts["by_template"].items()):
        print(f"  {count}  {template}")
