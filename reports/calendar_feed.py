"""The calendar: milestones, gates, committee dates and freezes as one iCalendar file (RFC 5545).

Two promises make it fit for a subscription. An entry keeps its id for as long as the thing it stands for
exists, whatever happens to its name or date. And the file says the same, byte for byte, until something in
it changes: the stamps of an entry are those of the file before it for as long as what it says is the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import icalendar

from reports.plain_text import line, lines, web_address

PRODUCT = "-//Dovetail//Portfolio calendar//EN"
REFRESH = timedelta(hours=1)
_FIRST_MINUTE = datetime(2020, 1, 1, tzinfo=UTC)
_LAST_DAY = date.max - timedelta(days=1)  # trackers write 9999-12-31 for "never", and a day comes after it
_STAMPS = ("DTSTAMP", "LAST-MODIFIED", "SEQUENCE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of the calendar: whole days.

    Attributes:
        identity: what the entry stands for, for ever: its kind and the id of the thing.
        category: Milestone, Gate, Committee or Freeze.
        first, last: its days, both included.
        is_firm: False where nobody has promised the date.
        url: where people see it; left out unless it is a web address.
    """

    identity: tuple[str, ...]
    category: str
    title: str
    first: date
    last: date
    about: str = ""
    url: str | None = None
    is_firm: bool = True

    @property
    def uid(self) -> str:
        """The id under which every calendar knows it. A digest: names and ids of trackers stay out of it."""
        digest = hashlib.sha256("\x1f".join(self.identity).encode(errors="surrogatepass")).hexdigest()
        return f"{digest[:32]}@dovetail"


@dataclass(frozen=True, slots=True)
class Feed:
    """A calendar as a file, and how it differs from the one before it."""

    content: bytes
    entries: int
    added: int
    changed: int
    removed: int


def calendar_feed(
    entries: Sequence[Entry], *, name: str, as_of: datetime, before: bytes | None = None
) -> Feed:
    """The calendar with these entries.

    Args:
        entries: what stands in it; of two with the same identity the first counts.
        name: how the calendar is called.
        as_of: how fresh the entries are; stamps what is new or different.
        before: the file as it was; what is no calendar counts as none.
    """
    known = _known(before)
    calendar = icalendar.Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    for label in ("name", "x-wr-calname"):  # RFC 7986, and what calendars read before there was one
        calendar.add(label, line(name, 100))
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", REFRESH, parameters={"VALUE": "DURATION"})
    as_of = as_of.astimezone(UTC).replace(microsecond=0)
    added = changed = 0
    unique = {entry.uid: entry for entry in reversed(entries)}
    for entry in sorted(unique.values(), key=lambda one: (one.first, one.category, one.uid)):
        event = _event(entry)
        stamp, verdict = _stamp(event, known.get(entry.uid), as_of)
        added += verdict == "new"
        changed += verdict == "changed"
        event.add("dtstamp", stamp)
        event.add("last-modified", stamp)
        # Minutes, not a count: it grows with every change even where the file before was lost.
        event.add("sequence", max(0, int((stamp - _FIRST_MINUTE).total_seconds() // 60)))
        calendar.add_component(event)
    removed = sum(uid not in unique for uid in known)
    return Feed(calendar.to_ical(), len(unique), added, changed, removed)


def _event(entry: Entry) -> icalendar.Event:
    event = icalendar.Event()
    event.add("uid", entry.uid)
    event.add("summary", line(entry.title))
    event.add("dtstart", min(entry.first, _LAST_DAY))
    last = min(entry.last, _LAST_DAY)
    event.add("dtend", max(last, min(entry.first, _LAST_DAY)) + timedelta(days=1))  # the first day after it
    event.add("categories", [entry.category.upper()])
    event.add("status", "CONFIRMED" if entry.is_firm else "TENTATIVE")
    event.add("transp", "TRANSPARENT")  # a milestone makes nobody busy
    if entry.about:
        event.add("description", lines(entry.about))
    url = web_address(entry.url)
    if url is not None:
        event.add("url", url)
    return event


def _stamp(
    event: icalendar.Event, before: tuple[bytes, datetime] | None, as_of: datetime
) -> tuple[datetime, str]:
    """When the entry was changed last: as the file before says, unless it says something else now."""
    if before is None:
        return as_of, "new"
    said, stamp = before
    if said == event.to_ical():
        return stamp, "same"
    return max(as_of, stamp + timedelta(minutes=1)), "changed"


def _known(before: bytes | None) -> Mapping[str, tuple[bytes, datetime]]:
    """What each entry of the file before says, without its stamps, and when it was changed last."""
    found: dict[str, tuple[bytes, datetime]] = {}
    try:
        calendar = icalendar.Calendar.from_ical(before or b"")
        for event in calendar.walk("VEVENT"):
            stamp: Any = event.decoded("LAST-MODIFIED")
            uid = str(event["UID"])
            for name in _STAMPS:
                event.pop(name, None)
            found[uid] = (event.to_ical(), stamp.astimezone(UTC))
    except (ValueError, KeyError, IndexError, AttributeError, TypeError):
        return {}  # a file that somebody edited: everything counts as new
    return found
