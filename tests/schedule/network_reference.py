"""The re-forecast once more, slowly: item by item, by recursion, on lists of worked days."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache

from schedule_worlds import Work

from schedule.calendars import FIRST_DAY, WorkCalendar

Link = tuple[int, int, str, int]


@cache
def worked_days(is_working: bytes) -> list[date]:
    return [FIRST_DAY + timedelta(days=day) for day, works in enumerate(is_working) if works]


class Reference:
    """Starts and finishes as numbers of working days that are over; None where nothing says when."""

    def __init__(
        self,
        works: Sequence[Work],
        links: Sequence[Link],
        pairs: Sequence[tuple[int, int]],
        today: str | None,
        calendars: Sequence[WorkCalendar],
    ) -> None:
        self.works, self.links, self.pairs = works, links, pairs
        self.days = [worked_days(one.is_working.tobytes()) for one in calendars]
        self.today = None if today is None else date.fromisoformat(today)
        # Each instance has its own memory.
        self.bound, self.finish = cache(self._bound), cache(self._finish)
        self.container_bound, self.is_dated = cache(self._container_bound), cache(self._is_dated)

    def over(self, item: int, day: str | date | None, *, at_start: bool = False) -> int | None:
        if day is None:
            return None
        moment = date.fromisoformat(day) if isinstance(day, str) else day
        return bisect_right(self.days[self.works[item].calendar], moment - timedelta(days=at_start))

    def planned(self, item: int) -> tuple[int | None, int | None]:
        work = self.works[item]
        if work.is_milestone and work.state != "in_progress":
            moment = self.over(item, work.finish or work.start, at_start=work.at_day_start)
            return moment, moment
        return self.over(item, work.start, at_start=True), self.over(item, work.finish)

    def members(self, item: int) -> list[int]:
        return [
            member
            for member, container in self.pairs
            if container == item and self.works[member].state != "removed"
        ]

    def _is_dated(self, item: int) -> bool:
        work = self.works[item]
        if work.state == "removed":
            return False
        knows_rest = work.state == "in_progress" and work.remaining_wd >= 0 and self.today is not None
        return bool(work.start or work.finish or knows_rest) or any(
            self.is_dated(one) for one in self.members(item)
        )

    def spans(self, item: int) -> bool:
        return self.works[item].state in ("todo", "in_progress") and any(
            self.is_dated(one) for one in self.members(item)
        )

    def carried(self, value: int, source: int, target: int, *, is_finish: bool) -> int:
        if self.works[source].calendar == self.works[target].calendar:
            return value
        days = self.days[self.works[source].calendar]
        if is_finish:
            return self.over(target, days[value - 1]) or 0
        return self.over(target, days[value], at_start=True) or 0

    def asked(self, link: Link) -> int | None:
        source, target, kind, lag = link
        if self.works[source].state == "removed":
            return None
        value = self.finish(source) if kind in ("FS", "FF") else self.link_start(source)
        if value is None:
            return None
        return self.carried(value, source, target, is_finish=kind in ("FS", "FF")) + lag

    def link_start(self, item: int) -> int | None:
        if self.works[item].state == "in_progress" or self.spans(item):
            return self.planned(item)[0]
        return self.start(item)

    def _container_bound(self, item: int) -> int | None:
        """What an item waits for because of what contains it."""
        found = []
        for member, container in self.pairs:
            if member != item:
                continue
            if self.works[container].state not in ("done", "removed"):
                found += [
                    self.carried_or_none(self.asked(one), container, item)
                    for one in self.links
                    if one[1] == container and one[2] in ("FS", "SS")
                ]
            found.append(self.carried_or_none(self.container_bound(container), container, item))
        return highest(found)

    def carried_or_none(self, value: int | None, source: int, target: int) -> int | None:
        return None if value is None else self.carried(value, source, target, is_finish=False)

    def _bound(self, item: int) -> int | None:
        """The earliest start that anything asks for."""
        work, spans = self.works[item], self.spans(item)
        if work.state in ("done", "removed"):
            return None
        has_members = any(container == item for _, container in self.pairs)
        found = [] if spans else [self.container_bound(item)]
        for link in self.links:
            if link[1] != item:
                continue
            asked = self.asked(link)
            if asked is None:
                continue
            if link[2] in ("FF", "SF"):
                found.append(asked - self.span(item))
            elif not spans and not (link[2] == "SS" and work.state == "in_progress" and not has_members):
                found.append(asked)
        for member in self.members(item):
            finish = self.finish(member)
            if finish is not None:
                found.append(self.carried(finish, member, item, is_finish=True) - self.span(item))
        return highest(found)

    def span(self, item: int) -> int:
        work = self.works[item]
        start, finish = self.planned(item)
        if self.spans(item) or not (work.start or work.finish or work.remaining_wd >= 0):
            return 0
        shortest = 0 if work.is_milestone else 1
        if work.state == "in_progress":
            return max(work.remaining_wd, shortest)
        if work.remaining_wd >= 0 and not (work.start or work.finish):
            return 0
        if start is None or finish is None:
            return shortest
        return finish - start if finish >= start else shortest

    def start(self, item: int) -> int | None:
        """Where the rest of the work begins, as far as anything says."""
        work = self.works[item]
        start, finish = self.planned(item)
        if work.state == "removed":
            return None
        if work.state == "done":
            return finish if start is None or finish is None else min(start, finish)
        if self.spans(item):
            return self.bound(item)
        is_blank = not (work.start or work.finish) and not (
            work.state == "in_progress" and work.remaining_wd >= 0
        )
        today = None if is_blank else self.over(item, self.today, at_start=True)
        return highest([self.bound(item), today, start if work.state == "todo" else None])

    def _finish(self, item: int) -> int | None:
        work = self.works[item]
        start, finish = self.planned(item)
        if work.state == "removed":
            return None
        if work.state == "done":
            return finish
        begins = self.start(item)
        least = finish
        if self.spans(item) and self.today is not None:
            today = self.over(item, self.today, at_start=True)
            least = highest([finish, (today or 0) + (0 if work.is_milestone else 1)])
        elif work.state == "todo" and start is not None and finish is not None and not self.spans(item):
            least = None
        return highest([least, None if begins is None else begins + self.span(item)])


def highest(values: Sequence[int | None]) -> int | None:
    return max((one for one in values if one is not None), default=None)
