"""One finished process: its time, processor time and peak memory, as the operating system counted them."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Sample:
    """One run of a command."""

    wall_seconds: float
    cpu_seconds: float
    peak_mb: float
    exit_code: int
    output: str


def run(
    command: Sequence[str], *, env: Mapping[str, str] | None = None, folder: Path | None = None
) -> Sample:
    """Run a command to its end and account for it.

    It may keep its compiled modules, as an installed one has them: compiling ours each time is half of the
    processor time of a run that has nothing to do.
    """
    started = time.perf_counter()
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "", **(env or {})},
        cwd=folder,
    ) as process:
        assert process.stdout is not None
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return Sample(
        time.perf_counter() - started,
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss / 1024,  # kilobytes on Linux
        process.returncode,
        output,
    )


def median_of(runs: int, once: Callable[[], Sample]) -> Sample:
    """The run whose wall time is the median; a failed one stops the benchmark with what it printed."""
    samples = []
    for _ in range(runs):
        sample = once()
        if sample.exit_code != 0:
            sys.exit(f"the measured command failed with {sample.exit_code}:\n{sample.output[-3000:]}")
        samples.append(sample)
    middle = statistics.median_low(sample.wall_seconds for sample in samples)
    return next(sample for sample in samples if sample.wall_seconds == middle)


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under a header, aligned."""
    cells = [[str(cell) for cell in row] for row in (header, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    for number, row in enumerate(cells):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        if number == 0:
            print("  ".join("-" * width for width in widths))
