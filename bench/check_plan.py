"""`dovetail check PLAN.xml` for a plan of 10,000 tasks, beside `import sqlalchemy` as the floor."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from bench.measure import median_of, run, table
from bench.plans import write_big_plan

RUNS = 3


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        plan = Path(folder) / "big plan.xml"
        write_big_plan(plan, tasks=10_000)
        size = plan.stat().st_size / 1e6
        floor = median_of(RUNS, lambda: run([sys.executable, "-c", "import sqlalchemy"]))
        check = median_of(
            RUNS, lambda: run([sys.executable, "-m", "cli", "check", str(plan), "--format", "jsonl"])
        )
        findings = check.output.count("\n")
    print(f"10,000 tasks, {size:.0f} MB, median of {RUNS}; {findings} lines printed")
    table(
        ("command", "wall s", "ratio", "CPU s", "peak MB"),
        [
            (
                "import sqlalchemy",
                f"{floor.wall_seconds:.2f}",
                "1.0",
                f"{floor.cpu_seconds:.2f}",
                f"{floor.peak_mb:.0f}",
            ),
            (
                "check, 10,000 tasks",
                f"{check.wall_seconds:.2f}",
                f"{check.wall_seconds / floor.wall_seconds:.1f}",
                f"{check.cpu_seconds:.2f}",
                f"{check.peak_mb:.0f}",
            ),
        ],
    )
