"""Plans saved as XML, read into a store in memory, derived and checked: what needs no configuration."""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from commands.session import Session, clock_of

if TYPE_CHECKING:
    from store import Store
    from sync.config import Config
    from sync.pipeline import SyncResult
    from sync.progress import Progress
    from sync.pull import PullOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedPlans:
    """Plans that were read and checked. The store is open for as long as the block of `checked_plans` lasts.

    Attributes:
        config: the default one, with a source for each file.
        now: the instant of the run.
        result: how deriving and checking went.
        outcomes: how reading each file went.
        files: which file each source is.
        unusable: a line for each path that leads to no plan.
    """

    store: Store
    config: Config
    now: datetime
    result: SyncResult
    outcomes: Sequence[PullOutcome]
    files: Mapping[str, Path]
    unusable: Sequence[str]

    @property
    def read(self) -> int:
        """How many files were read."""
        return sum(outcome.state == "ok" for outcome in self.outcomes)

    def complain(self, session: Session) -> set[int]:
        """Say what is wrong with each file, in one line. Returns the exit codes that this asks for."""
        codes: set[int] = set()
        for line in self.unusable:
            session.talk.error(line)
            codes.add(4)
        for outcome in self.outcomes:
            codes |= _judge(session, outcome, self.files[outcome.source])
        return codes


@contextmanager
def checked_plans(session: Session, paths: Sequence[Path], *, today: date | None) -> Iterator[CheckedPlans]:
    """Read plans and folders of plans, derive and check; nothing is kept after the block."""
    from store import open_store
    from sync.config import default_config
    from sync.pipeline import SyncResult, work_out
    from sync.pull import pull
    from sync.runs import running
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
        yield CheckedPlans(
            store=store,
            config=config,
            now=run.now,
            result=result,
            outcomes=outcomes,
            files=files,
            unusable=unusable,
        )


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
