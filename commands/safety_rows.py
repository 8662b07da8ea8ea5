"""What holds writing back, as `doctor` and `status` show it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from store import Store
    from sync.config import Config


@dataclass(frozen=True, slots=True)
class SafetyRow:
    """One switch or limit. `holds` says that it holds writes back at this moment."""

    name: str
    message: str
    holds: bool = False


def safety_rows(config: Config, store: Store | None, now: datetime) -> Iterator[SafetyRow]:
    """Every switch of this installation, whether or not it is set.

    Args:
        config: the configuration.
        store: knows since when the canary stands; None where it cannot be opened.
        now: the instant that is asked about.
    """
    from sync.settings import safety_of

    safety = safety_of(config)
    if (reason := safety.stop_file_reason()) is not None:
        yield SafetyRow("kill switch", reason, holds=True)
    for reason in dict.fromkeys(safety.stopped.values()):
        yield SafetyRow("kill switch", reason, holds=True)
    if reason is None and not safety.stopped:
        yield SafetyRow(
            "kill switch", f"off; write_stop: true, or a file {safety.stop_file}, stops all writes"
        )
    until = safety.quiet_until(now)
    if until is not None:
        yield SafetyRow("quiet hours", f"{safety.quiet_in_words(until)}: writes wait", holds=True)
    elif safety.quiet_hours.windows:
        yield SafetyRow("quiet hours", f"{safety.quiet_hours.text} ({config.timezone}); not now")
    else:
        yield SafetyRow("quiet hours", "none")
    places = ", ".join(safety.canary.places)
    if not places:
        yield SafetyRow("canary", "none")
    elif store is not None and not safety.canary.holds(store, now):
        yield SafetyRow("canary", f"{places}: has stood; all places are written to")
    else:
        how_long = f", {safety.canary.in_words(store)}" if store is not None else ""
        yield SafetyRow("canary", f"only {places}{how_long}", holds=True)
    limits = config.limits
    told = [f"{limits.max_writes:,} writes a run"]
    if limits.max_writes_per_project is not None and limits.max_writes_per_project != limits.max_writes:
        told.append(f"{limits.max_writes_per_project:,} a project")
    if limits.max_writes_per_item is not None:
        told.append(f"{limits.max_writes_per_item:,} an item")
    told.append(f"{limits.max_share:.0%} of a source's items")
    if limits.max_comment_edits_per_day is not None:
        told.append(f"one comment {limits.max_comment_edits_per_day:,} times a day")
    yield SafetyRow("limits", f"at most {', '.join(told)}")
    own = [f"{name} {share:.0%}" for name, share in sorted(limits.max_vanished_of.items())]
    yield SafetyRow("shrink guard", ", ".join([f"{limits.max_vanished:.0%} of a source may vanish", *own]))
