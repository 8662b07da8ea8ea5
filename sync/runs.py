"""What every verb that works on the store shares: the lock, the run record, the clock and the exit code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from portfolio.errors import DovetailError, StoreError

if TYPE_CHECKING:
    from store import Store

# Where several apply, the first of these: DESIGN §10.
_PRECEDENCE = (130, 143, 70, 7, 5, 6, 3, 4, 1)


class Terminated(KeyboardInterrupt):
    """The process was asked to end (SIGTERM). What was committed stands; the next run goes on from there."""


@dataclass(slots=True)
class Run:
    """One run of one verb.

    Attributes:
        run_id: what changes, findings and writes are booked on.
        now: the instant of the run: `:now` of rules, and `last_good_at` of sources.
        exit_code: what the run record will say; the verb sets it.
        counts: what the run record will hold; the verb fills it.
    """

    run_id: str
    now: datetime
    exit_code: int = 0
    counts: dict[str, object] = field(default_factory=dict)


def worst_exit_code(codes: Iterable[int]) -> int:
    """The exit code where several apply; 0 where none does."""
    found = set(codes)
    return next((code for code in _PRECEDENCE if code in found), 0)


def run_clock(
    zone: ZoneInfo, *, today: date | None = None, real: Callable[[], datetime] | None = None
) -> Callable[[], datetime]:
    """The one clock of a run, aware UTC. `today` moves it by whole days and keeps the time of day.

    Args:
        zone: the portfolio's zone, in which `today` is a day.
        today: works as if it were that day; None is the day it is.
        real: the clock of the machine.
    """
    machine = real or (lambda: datetime.now(UTC))
    if today is None:
        return machine
    shift = today - machine().astimezone(zone).date()

    def moved() -> datetime:
        local = machine().astimezone(zone).replace(tzinfo=None) + shift
        return local.replace(tzinfo=zone).astimezone(UTC)

    return moved


@contextmanager
def running(store: Store, verb: str, *, clock: Callable[[], datetime]) -> Iterator[Run]:
    """Hold the lock and keep the run record of one verb, however it ends.

    Args:
        store: one run at a time works on it.
        verb: what the record calls it.
        clock: aware UTC.

    Raises:
        LockHeld: another run is at work.
    """
    with store.lock():
        now = clock()
        run = Run(store.start_run(verb, now), now)
        try:
            yield run
        except Terminated:
            store.end_run(run.run_id, clock(), 143, run.counts)
            raise
        except KeyboardInterrupt:
            store.end_run(run.run_id, clock(), 130, run.counts)
            raise
        except StoreError:
            # The store is what failed: it cannot be told.
            raise
        except DovetailError as error:
            store.end_run(run.run_id, clock(), error.exit_code, run.counts)
            raise
        except Exception:
            store.end_run(run.run_id, clock(), 70, run.counts)
            raise
        store.end_run(run.run_id, clock(), run.exit_code, run.counts)
