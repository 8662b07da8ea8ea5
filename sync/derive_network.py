"""What the network across trackers says of each item."""

from __future__ import annotations

from dataclasses import dataclass

from portfolio.records import ItemId
from schedule.calendars import DayArray
from store.frames import BoolArray


@dataclass(frozen=True, slots=True)
class NetworkDates:
    """What the network says of each item; arrays parallel to the items.

    Attributes:
        start, finish: when it starts and finishes as far as the network knows; NaT where no date says so.
            What is removed has none.
        is_waiting: something that it waits for, itself or through what contains it or what it contains.
        cycles: the items of each cycle, in the order in which they wait for one another, and the dependency
            that was left out to compute the rest.
    """

    start: DayArray
    finish: DayArray
    is_waiting: BoolArray
    cycles: list[tuple[tuple[ItemId, ...], str]]
