"""Changes of rules that make no difference to any row, each with its reason.

Some conditions say what another one implies: `explain` shows them, and readers need not think of the unknown.
"""

from __future__ import annotations

from collections.abc import Mapping

_UNKNOWN = "without a date the working days are unknown, and an unknown comparison flags nothing"
_UNKNOWN_TEXT = "an unknown problem is not known to be another one, and flags nothing"
_FALSE = "the parameter is false by default; an organisation may set it"
_MINUTE = "a duration that is unknown counts as none; a minute more is less than the days that are tolerated"
_ABSOLUTE = "the sign is taken away"
_WHOLE = "days are whole: more than 3652.5, 3652.4 or 3652.6 of them are 3653"

EQUIVALENT: Mapping[tuple[str, str], str] = {
    ("due-date-passed", "where: AND without not is null effective_due"): _UNKNOWN,
    ("in-progress-past-due", "where: AND without not is null effective_due"): _UNKNOWN,
    ("in-progress-past-due", "where: AND without not is null last_activity_at"): _UNKNOWN,
    ("commitment-lost", "where: AND without not is null first_commitment"): _UNKNOWN,
    ("commitment-lost", "where: AND without not is null effective_due"): _UNKNOWN,
    ("baseline-slip", "where: AND without not is null baseline_finish"): _UNKNOWN,
    ("baseline-slip", "where: OR without :include_done"): _FALSE,
    ("baseline-slip", "measure tolerance: 0: -1"): _MINUTE,
    ("baseline-slip", "measure tolerance: 0: 1"): _MINUTE,
    ("risk-unowned", "flag: AND without not is null owner_problem"): _UNKNOWN_TEXT,
    ("date-impossible", "measure is_far_away: days(:today, effective_due): turned"): _ABSOLUTE,
    ("date-impossible", "measure is_far_away: days(:today, start): turned"): _ABSOLUTE,
    (
        "date-impossible",
        "measure is_far_away: (abs days(:today, effective_due) > (:max_years * 365.25)): >=",
    ): _WHOLE,
    ("date-impossible", "measure is_far_away: (abs days(:today, start) > (:max_years * 365.25)): >="): _WHOLE,
    ("date-impossible", "measure is_far_away: 365.25: 365.24"): _WHOLE,
    ("date-impossible", "measure is_far_away: 365.25: 365.26"): _WHOLE,
    ("forecast-jumped", "measure jump: wd(p80_last_week, p80): turned"): _ABSOLUTE,
}
