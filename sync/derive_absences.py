"""Derivation of absences: which open work is without its owner until it is due."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedule.calendars import is_absent
from store.frames import Coded
from sync.workspace import ENDED, Workspace

if TYPE_CHECKING:
    from store import Store

ABSENT = "absent"


def derive_absences(work: Workspace, _store: Store) -> int:
    """Fill `owner_problem` of open items whose owner is away from today until the day they are due.

    Any other problem of an owner is the graver one and stays (facts/rules.md §3.2). Days count in the item's
    own calendar; an item that was due already is looked at today. Needs owners and effective due dates.
    """
    people = work.settings.person_calendars
    if not people:
        return 0
    own = {address: person.calendar() for address, person in people.items()}
    problems, emails = work.derived.codes("owner_problem"), work.derived.codes("owner_email")
    named = emails.mapped(lambda email: email.casefold() if email.casefold() in own else None)
    dues = work.derived.dates("effective_due")
    is_open = ~work.items.codes("state").is_one_of(ENDED)
    rows = np.flatnonzero((named.codes >= 0) & (problems.codes < 0) & is_open & ~np.isnat(dues))
    calendar_ids = work.calendar_ids
    days = np.maximum(dues[rows], np.datetime64(work.today, "D"))
    # Many items of one person are due on one day: each case is looked at once.
    cases = np.stack([calendar_ids.codes[rows], named.codes[rows], days.astype(np.int64)])
    told, place = np.unique(cases, axis=1, return_inverse=True)
    is_away = np.array(
        [
            is_absent(
                work.calendars[calendar_ids.words[calendar]],
                own[named.words[person]],
                work.today,
                np.datetime64(day, "D").astype(object),
            )
            for calendar, person, day in told.T.tolist()
        ],
        dtype=bool,
    )
    codes = problems.codes.copy()
    codes[rows[is_away[place.reshape(-1)]]] = len(problems.words)
    work.derived.put("owner_problem", Coded(codes, [*problems.words, ABSENT]).compact())
    return 0
