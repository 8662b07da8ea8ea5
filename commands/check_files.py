"""`dovetail check FILE.xml …`: plans read into a store in memory and checked against their own calendars."""

from __future__ import annotations

import glob
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from commands.check import broken_rules, codes_of, show_findings
from commands.finding_rows import finding_listing, finding_rows
from commands.output import Format
from commands.session import Session, clock_of
from commands.text import plural

if TYPE_CHECKING:
    from sync.progress import Progress
    from sync.pull import PullOutcome


def check_files(
    session: Session, paths: Sequence[Path], *, fail_on: str | None, today: date | None, output_format: Format
) -> int:
    """Check plans without a configuration.

    Returns:
        4 where a file could not be used; the others are checked all the same.
    """
    from store import open_store
    from sync.config import default_config
    from sync.pipeline import SyncResult, work_out
    from sync.pull import pull
    from sync.runs import running, worst_exit_code
    from sync.settings import sync_settings

    files, unusable = _files_by_source(paths)
    config = default_config([_source(name, path) for name, path in files.items()], folder=Path.cwd())
    settings = sync_settings(config)
    clock = clock_of(config, today)
    with (
        open_store("sqlite://") as store,
        running(store, "check", clock=clock) as run,
        session.connectors(config, clock) as (connectors, _),
    ):
        result = SyncResult(run_id=run.run_id)
        outcomes = pull(
            store, connectors, run_id=run.run_id, now=run.now, settings=settings.pull, tell=_ticks(session)
        )
        work_out(store, settings, run, result, tell=session.talk.tell)
        # That a file cannot be read is said on stderr, once; the rule about stale sources would say it again.
        rows = [row for row in finding_rows(store) if row["subject"] != "source"]
        tasks = store.counts()["item"]
    codes: set[int] = set()
    for line in unusable:
        session.talk.error(line)
        codes.add(4)
    for outcome in outcomes:
        codes |= _judge(session, outcome, files[outcome.source])
    if result.checked is not None:
        broken_rules(session, result.checked)
        worst = {str(row["severity"]) for row in rows}
        result.checked.open_by_severity = dict.fromkeys(worst, 1)
        codes |= codes_of(result.checked, fail_on)
    read = sum(outcome.state == "ok" for outcome in outcomes)
    rules = plural(result.checked.rules if result.checked else 0, "rule")
    checked = f"{plural(read, 'file')}, {plural(tasks, 'task')} checked by {rules}."
    listing = finding_listing(
        rows,
        empty=f"No findings. {checked}" if read else "Nothing could be checked.",
        is_stored=False,
    )
    show_findings(session, rows, listing, output_format)
    if rows:
        session.talk.say(checked)
    return worst_exit_code(codes)


def _files_by_source(paths: Sequence[Path]) -> tuple[dict[str, Path], list[str]]:
    """One source per file, so that a bad file harms no other; and a line for each path that leads to none."""
    found: list[Path] = []
    unusable: list[str] = []
    for path in paths:
        inside = (
            sorted(one for one in path.iterdir() if one.suffix.lower() == ".xml") if path.is_dir() else [path]
        )
        if not inside:
            unusable.append(f"{path}: there is no plan saved as XML (*.xml) in this folder.")
        elif not inside[0].exists():
            unusable.append(f"{path}: there is no such file.")
        else:
            found += inside
    files: dict[str, Path] = {}
    for path in dict.fromkeys(found):
        name, number = path.name, 1
        while name in files:  # the same name in two folders
            number += 1
            name = f"{path.name}~{number}"
        files[name] = path
    return files, unusable


def _source(name: str, path: Path) -> Mapping[str, Any]:
    return {"name": name, "kind": "project_file", "path": [glob.escape(str(path.absolute()))]}


def _judge(session: Session, outcome: PullOutcome, path: Path) -> set[int]:
    """Say what is wrong with one file, in one line."""
    if outcome.state == "ok":
        for line in outcome.skipped:
            session.talk.warn(f"{path}: {line}")
        return set()
    reason = outcome.skipped[-1] if outcome.skipped else outcome.error
    for name in (f"{path.name}: ", f"{outcome.source}: ", f"{path.name} "):
        reason = reason.removeprefix(name)
    session.talk.error(f"{path}: {reason}")
    return {70, 4} if outcome.is_defect else {4}


def _ticks(session: Session) -> Callable[[Progress], None]:
    """Progress without sentences: what is wrong with a file is said once, at the end."""

    def tell(progress: Progress) -> None:
        if not progress.note:
            session.talk.tell(progress)

    return tell
