"""A stream's state, stored as a cursor and read back."""

from __future__ import annotations

import msgspec
import pytest

from connectors import cursors
from portfolio.errors import CursorRejected
from portfolio.records import Cursor


class State(msgspec.Struct, omit_defaults=True):
    position: int | None = None
    step: int = 5
    retry: list[str] = []


def test_what_is_not_known_takes_no_place_and_what_is_0_does() -> None:
    assert cursors.save(State(), version=2) == Cursor(version=2, value={})
    assert cursors.save(State(position=0, step=0), version=2).value == {"position": 0, "step": 0}


def test_a_state_comes_back_as_it_was() -> None:
    state = State(position=7, step=0, retry=["12"])
    assert cursors.load("shop", cursors.save(state, version=2), State, version=2) == state
    assert cursors.load("shop", None, State, version=2) == State()


@pytest.mark.parametrize(
    "cursor", [Cursor(version=1, value={"position": 7}), Cursor(version=2, value={"position": "seven"})]
)
def test_a_cursor_of_another_version_and_a_broken_one_start_the_stream_over(cursor: Cursor) -> None:
    with pytest.raises(CursorRejected):
        cursors.load("shop", cursor, State, version=2)
