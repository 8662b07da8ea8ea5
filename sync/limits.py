"""The limits that stop a run before it deletes or writes too much. Numbers in, SafetyStop or nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from portfolio.errors import SafetyStop

# In a small scope one deleted item is already a large share, so a handful never stops a run.
VANISH_FLOOR = 3
# A share of the portfolio says nothing about a portfolio of ten items.
SHARE_FLOOR = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one run may do.

    Attributes:
        max_vanished: share of a source's items that may vanish in one run before it stops. Up to three items
            never stop it, unless they are all there is.
        max_writes: writes in one run, all sources together.
        max_writes_per_project: writes in one run to the items of one project; None is as `max_writes`.
        max_writes_per_item: writes in one run to one item, its comment and its fields together; None is any.
        max_comment_edits_per_day: how often one comment may be written in 24 hours; a further change waits.
            None is as often as it changes.
        max_share: share of a source's items that one run may write to. Up to 50 items never stop it.
        max_vanished_of: `max_vanished` of single sources, by name.
    """

    max_vanished: float = 0.2
    max_writes: int = 200
    max_writes_per_project: int | None = None
    max_writes_per_item: int | None = None
    max_comment_edits_per_day: int | None = None
    max_share: float = 0.5
    max_vanished_of: Mapping[str, float] = field(default_factory=dict)

    def vanished_share(self, source: str) -> float:
        """The share of this source's items that may vanish in one run."""
        return self.max_vanished_of.get(source, self.max_vanished)


def check_vanished(source: str, vanished: int, known: int, *, limits: Limits) -> None:
    """Stop a source that suddenly shrinks, before anything of it is called deleted.

    Args:
        source: its name.
        vanished: items that this run would call gone, so far.
        known: live items of the source when the run began.
        limits: see `Limits`.

    Raises:
        SafetyStop: too many items have vanished.
    """
    if vanished == 0 or known == 0:
        return
    is_empty = vanished >= known > 1
    share = limits.vanished_share(source)
    if not is_empty and (vanished <= VANISH_FLOOR or vanished <= share * known):
        return
    raise SafetyStop(
        f"{source}: {vanished} of {known} known items are no longer there, more than "
        f"{share:.0%}. Nothing of it was called deleted; its findings stay as they are.",
        hint=(
            "Look whether the account lost a permission or a filter changed (`dovetail doctor`). "
            f"If the items are really gone: `dovetail pull --source {source} --accept-vanished`."
        ),
    )


@dataclass(frozen=True, slots=True)
class Target:
    """One planned write, as far as limits care."""

    source: str
    item_id: str
    project: str | None
    key: str = ""


def check_writes(targets: Sequence[Target], items_by_source: dict[str, int], *, limits: Limits) -> None:
    """Stop a mass write before its first request.

    Args:
        targets: every write of the plan.
        items_by_source: how many live items each source has.
        limits: see `Limits`.

    Raises:
        SafetyStop: the plan is larger than a limit; the message names the limit.
    """
    if len(targets) > limits.max_writes:
        raise _stop(
            f"The plan has {len(targets)} writes, more than limits.max_writes ({limits.max_writes}).",
            limit="limits.max_writes",
        )
    per_project = limits.max_writes_per_project
    for project, count in _counted(target.project for target in targets):
        if per_project is not None and count > per_project:
            raise _stop(
                f"The plan has {count} writes in project {project}, more than "
                f"limits.max_writes_per_project ({per_project}).",
                limit="limits.max_writes_per_project",
            )
    per_item = limits.max_writes_per_item
    keys = {target.item_id: target.key for target in targets}
    for item, count in _counted(target.item_id for target in targets):
        if per_item is not None and count > per_item:
            raise _stop(
                f"The plan has {count} writes to {keys[item] or item}, more than "
                f"limits.max_writes_per_item ({per_item}).",
                limit="limits.max_writes_per_item",
            )
    for source, count in _counted(source for source, _ in {(one.source, one.item_id) for one in targets}):
        known = items_by_source.get(source, 0)
        if count > SHARE_FLOOR and count > limits.max_share * known:
            raise _stop(
                f"The plan writes to {count} of the {known} items of {source}, more than limits.max_share "
                f"({limits.max_share:.0%}).",
                limit="limits.max_share",
            )


def _counted(names: Iterable[str | None]) -> list[tuple[str, int]]:
    return sorted(Counter(name for name in names if name is not None).items())


def _stop(message: str, *, limit: str) -> SafetyStop:
    return SafetyStop(
        f"{message} Nothing was written.",
        hint=f"Read the plan (`dovetail plan`). If it is what you want, raise {limit} for one run.",
    )
