"""What every kind of source has in its configuration for safety's sake, with the same names everywhere."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, Field

from portfolio.intents import FieldName

# report: leave the person's value and say so. theirs: leave it and be quiet until something else is wanted.
# ours: overwrite it, and say so in the plan.
ConflictPolicy: TypeAlias = Literal["report", "ours", "theirs"]
Conflicts: TypeAlias = Annotated[
    dict[Literal["default", "comment"] | FieldName, ConflictPolicy],
    Field(
        default={},
        description="what happens to a value that a person changed: report (if absent), ours or theirs, by "
        "rollup field; `default` is for the fields that are not named, `comment` for comments",
    ),
]


class SourceSafety(BaseModel):
    """Limits and switches of one source."""

    max_vanished: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="share of this source's items that may vanish in one run; limits.max_vanished if absent",
    )
    write_stop: bool = Field(default=False, description="true: nothing is written to this source")
