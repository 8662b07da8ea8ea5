"""The chance that an issue will be later than its due date, on four public projects with due dates.

Issues of one project with one due date are one release: they share their fate, so they stand on one side of
the split. Learned from releases due before a day, tested on issues whose date was set on that day or later:
then everything that was learned was known. Intervals are of 1,000 bootstrap samples of whole releases.

The sample's share of the assignee's issues that were late (`perofdelay`) exceeds 100 %, and where it does
nearly all are late: it seems to know the outcome. So it stands on a line of its own.
"""

from __future__ import annotations

import csv
import gzip
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from bench.dslib import samples
from bench.measure import table
from schedule.forecast import BANDS, bands
from schedule.lateness import LatenessClasses, path_of
from schedule.reference_classes import ReferenceClasses
from schedule.scoring import area_under_curve, brier, brier_skill, coverage, pinball, reliability

FloatArray: TypeAlias = npt.NDArray[np.float64]
NAMES = ("apache", "jboss", "moodle", "wso2")
OURS = "days to due × type (ours, owner unknown)"
SUSPECT = "… × the sample's figure of the assignee"
_TRAINED_SHARE = 0.7
_BOOTSTRAPS = 1_000
_EDGES = (1, 5, 20, 60)


@dataclass(frozen=True)
class Issues:
    """The issues of one file, all arrays parallel; days are ordinals."""

    kind: Sequence[str]
    release: npt.NDArray[np.int64]
    promised: npt.NDArray[np.int64]
    due: npt.NDArray[np.int64]
    rate: FloatArray
    days_late: npt.NDArray[np.int64]

    @property
    def is_late(self) -> npt.NDArray[np.bool_]:
        """Later than its date."""
        return self.days_late > 0


@dataclass(frozen=True)
class Tested:
    """What each method said of the tested issues, and what happened.

    `p80` is in days after the due date, NaN where fewer than 20 references speak; the sample says of no issue
    that it was early, so it is never before it.
    """

    said: dict[str, FloatArray]
    happened: FloatArray
    release: npt.NDArray[np.int64]
    trained: int
    days_late: FloatArray
    p80: FloatArray


def main() -> None:
    """Print one table per project, and the reliability of ours over all."""
    folder = samples() / "emse2017"
    if not folder.is_dir():
        sys.exit(f"no sample of issues in {folder}: set DOVETAIL_SAMPLES")
    everything: list[Tested] = []
    for name in NAMES:
        found = back_test(read_issues(folder / f"{name}_due.csv.gz"))
        everything.append(found)
        releases = len(np.unique(found.release))
        print(
            f"\n{name}: learned from {found.trained:,} issues, tested on {len(found.happened):,}"
            f" of {releases:,} releases; {found.happened.mean():.0%} of these were late"
        )
        _print(found)
    print("\nP80 of the finish, by the reference class of its distance, beside the due date itself")
    table(
        ("project", "issues", "P80 covers", "Wilson 95 %", "the date covers", "pinball, days", "of the date"),
        [_p80_row(name, one) for name, one in zip(NAMES, everything, strict=True)],
    )
    said = np.concatenate([one.said[OURS] for one in everything])
    happened = np.concatenate([one.happened for one in everything])
    print(f"\nreliability of ours, {len(said):,} issues")
    table(
        ("issues", "said", "happened"),
        [(f"{one.count:,}", f"{one.said:.0%}", f"{one.happened:.0%}") for one in reliability(said, happened)],
    )


def read_issues(path: Path) -> Issues:
    """One file of the sample."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    promised = np.array(
        [date.fromisoformat(row["openeddate"][:10]).toordinal() + int(row["ProgressTime"]) for row in rows]
    )
    due = promised + np.array([int(row["RemainingDay"]) for row in rows])
    releases = [
        (row["issuekey"].rpartition("-")[0], day) for row, day in zip(rows, due.tolist(), strict=True)
    ]
    number = {one: index for index, one in enumerate(sorted(set(releases)))}
    return Issues(
        kind=[row["type"] for row in rows],
        release=np.array([number[one] for one in releases]),
        promised=promised,
        due=due,
        rate=np.array([float(row["perofdelay"]) / 100 for row in rows]),
        days_late=np.array([int(row["delaydays"]) for row in rows]),
    )


def back_test(issues: Issues) -> Tested:
    """Learn from what was due before a day, and test on what was promised from then on."""
    cut = int(np.quantile(issues.due, _TRAINED_SHARE))
    learned = np.flatnonzero(issues.due < cut)
    tested = np.flatnonzero((issues.promised >= cut) & (issues.due >= cut))
    late = issues.is_late[learned]
    days = (issues.due - issues.promised).tolist()
    bands = np.searchsorted(_EDGES, days, side="right")

    def by_class(paths: Sequence[tuple[str, ...]]) -> FloatArray:
        classes = LatenessClasses(late, [paths[one] for one in learned])
        chances = [classes.chance(paths[one]) for one in tested]
        return np.array([one.probability for one in chances if one is not None])

    ours = [path_of(kind, left, None) for kind, left in zip(issues.kind, days, strict=True)]
    suspect = [
        path_of(kind, left, rate)
        for kind, left, rate in zip(issues.kind, days, issues.rate.tolist(), strict=True)
    ]
    return Tested(
        said={
            "base rate": np.full(len(tested), late.mean()),
            "days to due alone": by_class([(str(band),) for band in bands]),
            OURS: by_class(ours),
            SUSPECT: by_class(suspect),
        },
        happened=issues.is_late[tested].astype(np.float64),
        release=issues.release[tested],
        trained=len(learned),
        days_late=issues.days_late[tested].astype(np.float64),
        p80=_p80(issues, learned, tested),
    )


def _p80(issues: Issues, learned: npt.NDArray[np.int64], tested: npt.NDArray[np.int64]) -> FloatArray:
    """P80 of the finish as the product makes it: actual over planned time, by how far the date is."""
    left = np.maximum(issues.due - issues.promised, 1)
    near = bands(issues.due - issues.promised)
    paths = [(BANDS[band], kind) for band, kind in zip(near.tolist(), issues.kind, strict=True)]
    ratios = ((left + issues.days_late) / left)[learned]
    classes = ReferenceClasses(ratios, np.zeros(len(learned), dtype=bool), [paths[one] for one in learned])
    found: list[float] = []
    for one in tested.tolist():
        values = classes.answer(paths[one], (0.8,)).values
        found.append(np.nan if values is None else float((values[0] - 1) * left[one]))
    return np.ceil(np.round(found, 9))


def _p80_row(name: str, found: Tested) -> tuple[str, ...]:
    by_date = np.where(np.isnan(found.p80), np.nan, 0.0)
    ours, date_itself = coverage(found.p80, found.days_late), coverage(by_date, found.days_late)
    loss, loss_of_date = pinball(found.p80, found.days_late, 0.8), pinball(by_date, found.days_late, 0.8)
    if ours is None or date_itself is None:
        return (name, "0", "", "", "", "", "")
    return (
        name, f"{ours.count:,}", f"{ours.share:.0%}", f"{ours.low:.0%} … {ours.high:.0%}",
        f"{date_itself.share:.0%}", f"{loss:.1f}", f"{loss_of_date:.1f}",
    )  # fmt: skip


def _print(found: Tested) -> None:
    rows: list[tuple[str, ...]] = []
    for method, said in found.said.items():
        area, loss = area_under_curve(said, found.happened), brier(said, found.happened)
        skill = brier_skill(said, found.happened)
        low_area, high_area, low, high = _intervals(found, method)
        rows.append(
            (
                method,
                "" if area is None else f"{area:.3f}",
                f"{low_area:.3f} … {high_area:.3f}",
                "" if loss is None else f"{loss:.4f}",
                f"{low:.4f} … {high:.4f}",
                "" if skill is None else f"{skill:+.3f}",
            )
        )
    table(("method", "AUC", "95 %", "Brier", "95 %", "skill over the tested base rate"), rows)


def _intervals(found: Tested, method: str) -> tuple[float, float, float, float]:
    random = np.random.default_rng(7)
    said, happened = found.said[method], found.happened
    members = [np.flatnonzero(found.release == one) for one in np.unique(found.release)]
    areas, losses = [], []
    for _ in range(_BOOTSTRAPS):
        chosen = np.concatenate([members[one] for one in random.integers(0, len(members), len(members))])
        area, loss = area_under_curve(said[chosen], happened[chosen]), brier(said[chosen], happened[chosen])
        areas.append(np.nan if area is None else area)
        losses.append(np.nan if loss is None else loss)
    low_area, high_area = np.nanquantile(areas, (0.025, 0.975))
    low, high = np.nanquantile(losses, (0.025, 0.975))
    return float(low_area), float(high_area), float(low), float(high)


if __name__ == "__main__":
    main()
