"""What a change can touch, and a re-forecast that follows single changes without computing the rest again."""

from __future__ import annotations

import heapq
from dataclasses import fields

import numpy as np

from schedule.day_tables import UNKNOWN, DayTables
from schedule.drivers import Reforecast, reforecast
from schedule.levels import BoolArray, IntArray, distinct, grouped, slots_of, spread
from schedule.network import Network
from schedule.propagation import DONE, REMOVED, Walker, WorkDates, forward, moments, own_dates, set_edges

# Walking costs about twenty times what an array operation costs for each place; measured by bench/network.py.
_SHARE = 50
_FEW = 100


def reach(network: Network, items: IntArray) -> IntArray:
    """The pieces of work whose dates a change of these can touch: themselves, and whatever waits for them.

    Containers are among them, and what waits for a container. Twins are one piece of work already.
    """
    seeds = np.isin(network.owner, items)
    touched = spread(network.before, network.after, seeds, network.leaving)
    return _owners(network, touched)


class LiveForecast:
    """A re-forecast of one network that is kept up to date change by change.

    Attributes:
        result: the re-forecast as of the last change. Its arrays are changed in place.
    """

    result: Reforecast

    def __init__(self, network: Network, dates: WorkDates, tables: DayTables) -> None:
        own = WorkDates(*(getattr(dates, one.name).copy() for one in fields(WorkDates)))
        self.result = reforecast(network, own, tables)
        self._walker = Walker(network, self.result.terms, tables, self.result.values)
        self._by_member = grouped(network.members, network.count)
        self._by_container = grouped(network.containers, network.count)
        self._gates = grouped(network.owner, network.count)

    def change(self, items: IntArray, dates: WorkDates) -> IntArray:
        """Take over what is now known of some pieces of work.

        Links, containers and calendars stay as they are: for others of them, build a network.

        Args:
            items: the pieces of work.
            dates: what is known of each of these, in the same order.

        Returns:
            The pieces of work whose start or finish moved in the computation.
        """
        for one in fields(WorkDates):
            getattr(self.result.dates, one.name)[items] = getattr(dates, one.name)
        affected = self._settle(items)
        self._terms(affected)
        return self._walk(affected)

    def _settle(self, items: IntArray) -> IntArray:
        """Which work has dates, from these upwards; gives them and everything around them."""
        network, terms, dates = self.result.network, self.result.terms, self.result.dates
        around: set[int] = set()
        current = items
        while len(current):
            around.update(current.tolist())
            above = np.unique(network.containers[self._by_member.of(current)])
            current = above[[one not in around for one in above.tolist()]] if len(above) else above
        # In the order of places: members come before what contains them.
        affected = np.array(sorted(around, key=lambda one: int(network.place[one])), dtype=np.int64)
        for item in affected.tolist():
            members = network.members[self._by_container.of(np.array([item]))]
            members = members[dates.state[members] != REMOVED]
            own_start, own_finish = own_dates(_part(dates, np.array([item])))
            is_live = bool(dates.state[item] != REMOVED)
            terms.has_start[item] = own_start[0] or (is_live and terms.has_start[members].any())
            terms.has_finish[item] = own_finish[0] or (is_live and terms.has_finish[members].any())
            holds = terms.has_start[members].any() or terms.has_finish[members].any()
            terms.spans_members[item] = holds and dates.state[item] < DONE
        return affected

    def _terms(self, affected: IntArray) -> None:
        network, terms, dates = self.result.network, self.result.terms, self.result.dates
        part = _part(dates, affected)
        place = network.place[affected]
        earliest, least, span = moments(part, terms.spans_members[affected])
        terms.earliest[place], terms.least[place], terms.span[place] = earliest, least, span
        terms.constant[place] = np.maximum(part.start, UNKNOWN)
        self.result.values[2 * len(network.owner) + place] = terms.constant[place]
        places = self._places(affected)
        set_edges(network, dates.state, terms, slots_of(network.starts, places))
        set_edges(network, dates.state, terms, network.leaving.of(places))

    def _walk(self, affected: IntArray) -> IntArray:
        network = self.result.network
        places = self._places(affected)
        targets = network.after[network.leaving.of(places)]
        waiting = set(places.tolist()) | set(targets.tolist())
        order = sorted(waiting)
        starts, edges, after = network.leaving.starts.data, network.leaving.edges.data, network.after.data
        moved: set[int] = set()
        limit = max(_FEW, len(network.owner) // _SHARE)
        while order and len(moved) <= limit:
            place = heapq.heappop(order)
            if not self._walker.compute(place):
                continue
            moved.add(place)
            for slot in range(starts[place], starts[place + 1]):
                target = after[edges[slot]]
                if target not in waiting:
                    waiting.add(target)
                    heapq.heappush(order, target)
        if not order:
            return distinct(network.owner[[one for one in moved if not network.is_gate[one]]])
        has_moved = self._everything()
        has_moved[list(moved)] = True
        return _owners(network, has_moved)

    def _everything(self) -> BoolArray:
        """Compute all of it, which costs less than walking through most of it; tells which places moved."""
        values, total = self.result.values, len(self.result.network.owner)
        again = forward(self.result.network, self.result.terms, self.result.tables)
        differs = again[: 2 * total] != values[: 2 * total]
        values[:] = again
        moved: BoolArray = differs[:total] | differs[total:]
        return moved

    def _places(self, items: IntArray) -> IntArray:
        """The places of these pieces of work, with their gates."""
        return self._gates.of(items)


def _owners(network: Network, places: BoolArray) -> IntArray:
    """The pieces of work at these places."""
    answer = np.zeros(network.count, dtype=bool)
    answer[network.owner[places & ~network.is_gate]] = True
    return np.flatnonzero(answer)


def _part(dates: WorkDates, items: IntArray) -> WorkDates:
    return WorkDates(*(getattr(dates, one.name)[items] for one in fields(WorkDates)))


def changed_between(before: WorkDates, after: WorkDates) -> IntArray:
    """The pieces of work of which something else is known now."""
    differs: BoolArray = np.zeros(len(before.state), dtype=bool)
    for one in fields(WorkDates):
        differs |= getattr(before, one.name) != getattr(after, one.name)
    return np.flatnonzero(differs)
