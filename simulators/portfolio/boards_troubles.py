"""What goes wrong in the Azure DevOps part of the demo portfolio, put in on purpose and counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from simulators.portfolio.boards_year import BoardYear
from simulators.portfolio.model import Issue
from simulators.portfolio.people import FIELD_SUPPORT, RELEASE_PIPELINE

# Features past their target date: (number of the feature, working days overdue).
_OVERDUE: Mapping[str, tuple[tuple[int, int], ...]] = {
    "DEV": ((10, 8),),
    "DATA": ((10, 24), (11, 3)),
    "ERP": ((10, 12),),
}
# Features whose target date was moved until the promise was lost: number, working days of each move.
_PUSHES: Mapping[str, tuple[int, tuple[int, ...]]] = {
    "DEV": (11, (9, 8)),
    "DATA": (12, (10, 9, 8)),
    "ERP": (11, (14,)),
}
# Work that stayed behind: each by a working day of the iteration it was planned into, which has ended.
_LEFT_BEHIND: Mapping[str, tuple[int, ...]] = {"DEV": (-21, -21), "DATA": (-6, -16, -16), "ERP": (-26,)}
# Open work of accounts that cannot act: of somebody who has left, of a group, of a pipeline.
_OWNERS: Mapping[str, tuple[str, ...]] = {
    "DEV": ("caspar.nightingale@retail.example",) * 2 + (FIELD_SUPPORT.email,),
    "DATA": (RELEASE_PIPELINE.email,),
    "ERP": ("paloma.friedrichsen@retail.example",) * 2,
}
# Risks: probability in percent, severity, and who owns it; "" is nobody, None somebody who can act.
_RISKS: tuple[tuple[int, str, str | None], ...] = (
    (40, "2 - High", ""),
    (60, "1 - Critical", FIELD_SUPPORT.email),
    (30, "2 - High", "paloma.friedrichsen@retail.example"),
    (20, "3 - Medium", None),
    (50, "2 - High", None),
    (10, "4 - Low", None),
)
# Titles that people really paste into trackers, on work that is late, so that they are quoted in comments.
_HOSTILE = {
    "DEV": '<img src=x onerror="alert(1)"> is printed on the receipt instead of the logo',
    "ERP": "Error inbox cuts messages at < and shows &amp;lt; for the rest",
}


class BoardTroubles:
    """Puts the troubles of one project into its year."""

    def __init__(self, year: BoardYear) -> None:
        """Prepare.

        Args:
            year: the project's items, all in order so far.
        """
        self.year = year
        self.days = year.days
        self.random = year.random
        self.featured: dict[str, Issue] = {}
        kinds = (year.flow.requirement, "Bug")
        # What has not begun comes first, then the oldest.
        self._waiting = sorted(
            (one for one in year.items if one.type in kinds and one.is_open),
            key=lambda one: (one.status != year.flow.new, kinds.index(one.type), one.created),
        )

    def happen(self) -> dict[str, Issue]:
        """Everything that goes wrong here; the items the demo talks about, by their part."""
        key = self.year.theme.key
        for number, late in _OVERDUE[key]:
            feature = self.year.features[number]
            self._redate(feature, self.days.day(-late))
            self.featured.setdefault(f"{key} overdue", feature)
        self.featured[f"{key} next"] = self.year.features[12]
        number, moves = _PUSHES[key]
        self._pushed(self.year.features[number], moves)
        for day in _LEFT_BEHIND[key]:
            item = self._left_behind(day)
            self.featured.setdefault(f"{key} left behind", item)
        if key in _HOSTILE:
            self._retitle(item, _HOSTILE[key])  # the last one: the first is talked about
        for account in _OWNERS[key]:
            item = self._waiting.pop(0)  # the oldest
            item.edit(self.year.later(item, -8), self.year.team.lead, assignee=account)
        if self.year.theme.risks:
            self._risks()
        return self.featured

    def _redate(self, item: Issue, due: date) -> None:
        """It was due on this day from the beginning."""
        item.history[:] = [step for step in item.history if step.action != "edit" or "due" not in step.values]
        first = item.history[0]
        item.history[0] = replace(first, values={**first.values, "due": due})
        item.values["due"] = due

    def _pushed(self, feature: Issue, moves: tuple[int, ...]) -> None:
        """A date promised before work began, and moved on a week apart each time it came near."""
        due = 17 - sum(moves)
        self._redate(feature, self.days.day(due))
        for number, step in enumerate(moves):
            due += step
            day = -7 * (len(moves) - number) + 1
            feature.edit(self.year.later(feature, day), self.year.team.lead, due=self.days.day(due))
        words = "Moved again; the suppliers cannot say when."
        feature.comment(self.year.later(feature, -1), self.year.team.lead, words)
        self.featured[f"{self.year.theme.key} pushed"] = feature

    def _left_behind(self, day: int) -> Issue:
        """Work that was planned for this day and never begun; nobody has broken it down into tasks."""
        item = next(one for one in self._waiting if self._born(one.parent) < day - 3)
        self._waiting.remove(item)
        self.year.items[:] = [one for one in self.year.items if one.parent is not item]
        created = max(day - 12, self._born(item.parent) + 1)
        item.created = self.year.moment(created)
        item.status = self.year.flow.new
        values = {**item.values, "iteration": self.year.iteration_at(day)}
        values.pop("assignee", None)
        item.values.clear()
        item.history.clear()
        return item.begin(values)

    def _born(self, item: Issue | None) -> int:
        return self.days.number(item.created.date()) if item is not None else -999

    def _retitle(self, item: Issue, title: str) -> None:
        item.title = title
        first = item.history[0]
        item.history[0] = replace(first, values={**first.values, "summary": title})

    def _risks(self) -> None:
        """The register: scored, reviewed, three of six without anybody who can act, one closed."""
        year, lead = self.year, self.year.team.lead
        for number, title in enumerate(year.theme.risks):
            probability, severity, owner = _RISKS[number]
            risk = year.add("Risk", title, self.random.randrange(-150, -60), None, lead)
            account = self.random.choice(year.team.members) if owner is None else owner
            values: dict[str, object] = {
                "area": rf"{year.theme.name}\{year.theme.epics[number % 4].area}",
                "priority": 1 if probability >= 40 else 2,
                "probability": probability,
                "severity": severity,
                "mitigation": "<p>Agreed in the monthly round.</p>",
            }
            if account:
                values["assignee"] = account
            risk.begin(values)
            risk.move(year.later(risk, -50), lead, year.flow.active)
            risk.comment(year.later(risk, -self.random.randrange(5, 19)), lead, "Reviewed, unchanged.")
            if number == len(_RISKS) - 1:
                risk.move(year.later(risk, -4), lead, year.flow.done)
            if not account:
                self.featured["ERP risk"] = risk
