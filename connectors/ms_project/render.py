"""What people read about this connector: why it does not write, and where to look instead."""

from __future__ import annotations

from portfolio.intents import COMMENT, FIELD_NAMES

NEXT_BEST_PLACE = (
    "Plans are read only. See the tasks' findings in `dovetail findings` and `dovetail explain`, "
    "or in the comment on the same work in another tracker."
)

SLOTS: tuple[str, ...] = (COMMENT, *FIELD_NAMES)


def refusal(slot: str) -> str:
    """Why nothing is written into a plan."""
    what = "a comment" if slot == COMMENT else f"the field {slot}"
    return (
        f"Project files are read only here: {what} cannot be written into a plan without the risk that its "
        "planner, who may have it open, loses work or it is overwritten at the next export."
    )
