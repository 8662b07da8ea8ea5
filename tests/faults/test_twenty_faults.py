"""Twenty kinds of faults for each tracker: what the run in which it happens does, and that the next is whole.

The numbers are those of the test plan. Each case starts from a source that was read and written to, lets
people change it, strikes, and says what that run must be: `healed` (exit 0, all is there already), `stopped`
(exit 4, nothing is lost and the cursor has not moved past it), or `either`. Then the fault is over, and
within two runs the store is the truth, one comment stands where one belongs, and nothing is left to write.
"""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Literal

import pytest
from crossings import Crossings
from engine import Engine
from sides import TUESDAY, BoardsSide, JiraSide, PlansSide, open_side, wire_fault
from tried import TRIED

from simulators.faults import Fault
from sync.limits import Limits

TODAY = TUESDAY.date()
LATE, LATER = TODAY - timedelta(days=3), TODAY + timedelta(days=20)
Wired = JiraSide | BoardsSide
# Where each tracker is asked for what has changed, and where a comment is made.
PAGES = {"jira": "*/search/jql", "boards": "*/reporting/*"}
COMMENTS = {"jira": "*/comment", "boards": "*/comments"}
ROWS = {"jira": "issues", "boards": "values"}


@dataclass(frozen=True, slots=True)
class Case:
    number: int
    title: str
    strike: Callable[[Wired], None]
    run_is: Literal["healed", "stopped", "either"]
    says: str = ""  # what the source's error must name
    waits: float = 0.0  # seconds that the run must have waited, at least
    most_requests: int = 200


def page_fault(kind: str, **further: Any) -> Callable[[Wired], None]:
    """On the request for what has changed."""

    def strike(side: Wired) -> None:
        member = {"member": ROWS[side.name]} if kind == "no member" else {}
        side.server.faults.add(wire_fault(kind, **{"path": PAGES[side.name], **member, **further}))

    return strike


def any_fault(kind: str, **further: Any) -> Callable[[Wired], None]:
    return lambda side: side.server.faults.add(wire_fault(kind, **further))


def body(text: str, **further: Any) -> Callable[[Wired], None]:
    """A complete answer, status 200, declared as JSON, with this body."""

    def strike(side: Wired) -> None:
        filled = text.replace("ROWS", ROWS[side.name])
        side.server.faults.add(
            Fault(kind="status", status=200, body=filled, path=PAGES[side.name], times=None, **further)
        )

    return strike


def comment_fault(kind: str) -> Callable[[Wired], None]:
    return lambda side: side.server.faults.add(wire_fault(kind, method="POST", path=COMMENTS[side.name]))


def retry_after(form: str | None) -> Callable[[Wired], None]:
    def strike(side: Wired) -> None:
        said = format_datetime(side.site.clock.now() + timedelta(seconds=40), usegmt=True)
        value = said if form == "date" else form
        side.server.faults.add(wire_fault("too many", path=PAGES[side.name], retry_after=value))

    return strike


def skewed(hours: float) -> Callable[[Wired], None]:
    def strike(side: Wired) -> None:
        side.skew = timedelta(hours=hours)

    return strike


def moving(side: Wired) -> None:
    """Items change after each page that is read."""
    left = [3]

    def change(*_: object) -> None:
        if left[0]:
            left[0] -= 1
            for item in side.tasks()[:2]:
                side.edit(item, LATER + timedelta(days=left[0]))

    side.server.exchanges.append(change)


def gone_and_elsewhere(side: Wired) -> None:
    one, two, three, *_ = side.tasks()
    side.delete(one)
    side.hide(two)
    side.move(three)
    side.pass_time(days=2)


def another_schema(side: Wired) -> None:
    item = side.tasks()[0]
    if isinstance(side, JiraSide):
        side.site.add_status("Parked", "indeterminate")
        side.site.transition(item, "Parked", by="ana")
        found = side.site.find_field("Worst finding")
        assert found is not None
        side.site.edit_field(found.id, on_screen=False)
    else:
        side.site.add_state("Shop Agile", "Feature", "Parked", "InProgress")
        side.site.edit_item(int(item), {"System.State": "Parked"}, "ana@shop.example")
    side.pass_time(hours=2)


CASES = (
    Case(1, "connection reset before the body", page_fault("lost before"), "either"),
    Case(1, "connection reset in the body", page_fault("cut off"), "either"),
    Case(1, "connection reset after the body was made", page_fault("lost after"), "either"),
    Case(2, "an answer that comes slowly", page_fault("slow", seconds=0.2), "healed"),
    Case(3, "429 with seconds", retry_after("3"), "healed", waits=3),
    Case(3, "429 with a date", retry_after("date"), "healed", waits=39),
    Case(3, "429 with 0", retry_after("0"), "healed"),
    Case(3, "429 with a negative wait", retry_after("-1"), "healed"),
    Case(3, "429 without a wait", retry_after(None), "healed", waits=1),
    Case(3, "429 with 10^9 seconds", retry_after("1000000000"), "stopped", "rate limit"),
    Case(3, "429 for good", page_fault("too many", times=None), "stopped", "rate limit"),
    Case(4, "one 500", page_fault("down", status=500), "healed"),
    Case(4, "one 502", page_fault("down", status=502), "healed"),
    Case(4, "one 503", page_fault("down"), "healed"),
    Case(4, "one 504", page_fault("down", status=504), "healed"),
    Case(4, "503 for good", page_fault("down", times=None), "stopped", "the server failed"),
    Case(4, "503 every other time", any_fault("down", probability=0.5, times=None), "either"),
    Case(5, "truncated JSON", page_fault("garbled", times=None), "stopped", "not complete JSON"),
    Case(5, "truncated gzip", page_fault("cut off gzip", times=None), "stopped"),
    Case(5, "valid JSON without its rows", page_fault("no member", times=None), "stopped"),
    Case(5, "rows of a wrong type", body('{"ROWS": 7}'), "stopped", "lacks what its API promises"),
    Case(5, "NaN where a row is due", body('{"ROWS": [NaN]}'), "stopped"),
    Case(5, "nesting of 2,000", body('{"ROWS": ' + "[" * 2000 + "]" * 2000 + "}"), "stopped"),
    Case(6, "a sign-in page with 203", any_fault("sign-in page", times=None), "stopped", "credential", 0, 2),
    Case(6, "with 200", any_fault("sign-in page", status=200, times=None), "stopped", most_requests=2),
    Case(6, "a redirect to a sign-in page", any_fault("elsewhere", times=None), "stopped", "", 0, 2),
    Case(6, "an error in JSON with 200", body('{"errorMessages": ["no"]}'), "stopped"),
    Case(7, "a token that ended in the middle", page_fault("locked out"), "stopped", "credential"),
    Case(8, "our clock is two hours ahead", skewed(2), "healed"),
    Case(8, "our clock is two hours behind", skewed(-2), "healed"),
    Case(9, "the same page twice", page_fault("same page"), "either"),
    Case(9, "a token that leads back", page_fault("same token", times=None), "either"),
    Case(9, "an empty page that is not the last", page_fault("empty page"), "either"),
    Case(10, "items change between pages", moving, "healed"),
    Case(11, "deleted, hidden and moved", gone_and_elsewhere, "healed"),
    Case(13, "the lost answer of a new comment", comment_fault("lost after"), "either"),
    Case(13, "a comment that never arrived", comment_fault("lost before"), "either"),
    Case(18, "another schema", another_schema, "either"),
)  # fmt: skip


@pytest.fixture
def wired(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Wired]:
    side = open_side(request.param, tmp_path)
    assert isinstance(side, (JiraSide, BoardsSide))
    yield side
    side.close()


both = pytest.mark.parametrize("wired", ["jira", "boards"], indirect=True)


@both
@pytest.mark.parametrize("case", CASES, ids=lambda one: f"{one.number:02} {one.title}")
def test_a_fault_harms_nothing_for_longer_than_it_lasts(
    case: Case, wired: Wired, crossings: Crossings
) -> None:
    for due in (LATE, LATER, LATER, LATER):
        wired.add(due)
    engine = Engine(wired)
    assert engine.run().exit_code == 0
    known = engine.stored()
    # What people do meanwhile: one becomes late and gets a comment, one is new.
    wired.pass_time(minutes=30)
    wired.edit(wired.tasks()[1], LATE)
    wired.add(LATER)
    case.strike(wired)
    before = crossings.requests
    slept = wired.slept
    result = engine.run()
    source = result.sources[wired.name]
    if case.run_is == "healed":
        assert (result.exit_code, source.error) == (0, "")
        assert engine.stored() == wired.truth() or case.number == 10
    elif case.run_is == "stopped":
        assert result.exit_code == 4
        assert case.says in source.error
        # Nothing that was known is lost, and nothing is concluded.
        assert set(known) <= set(engine.stored())
    faults = wired.server.faults
    assert not faults.is_active or sum(faults._struck.values()) > 0
    assert wired.slept - slept >= case.waits
    assert crossings.requests - before <= case.most_requests
    settle(wired, engine)
    TRIED["faults"] += 1


def settle(side: Wired | PlansSide, engine: Engine) -> None:
    """The fault is over: whole within two runs, and then nothing to do."""
    side.heal()
    if not isinstance(side, PlansSide):
        side.skew = timedelta()
        side.server.exchanges.clear()
    side.pass_time(days=2)
    engine.run()
    assert engine.run().exit_code in {0, 4}
    assert engine.stored() == side.truth()
    assert not engine.unsettled()
    third = engine.run()
    assert third.plan is not None
    assert list(third.plan.writes) == []
    today = side.now().date()
    for item, stands in side.truth().items():
        is_late = stands.due is not None and stands.due < today and not stands.is_done
        # A comment whose finding is cured stays, and says so.
        assert len(side.ours(item)) == 1 if is_late else len(side.ours(item)) <= 1, item


@both
def test_07_a_project_that_is_denied_loses_no_item(wired: Wired) -> None:
    for due in (LATE, LATER):
        wired.add(due)
    engine = Engine(wired)
    engine.run()
    known = engine.stored()
    if isinstance(wired, JiraSide):
        wired.site.project("CHK").denied = True
    else:
        wired.server.configure(denied_projects={"Retail"})
    wired.pass_time(days=2)
    assert engine.run().exit_code == 4
    assert engine.stored() == known
    if isinstance(wired, JiraSide):
        wired.site.project("CHK").denied = False
    else:
        wired.server.configure(denied_projects=frozenset())
    settle(wired, engine)


@both
def test_11_a_permission_that_is_lost_for_most_items_stops_the_source(wired: Wired) -> None:
    for _ in range(10):
        wired.add(LATER)
    engine = Engine(wired, limits=Limits())
    engine.run()
    known = engine.stored()
    for item in wired.tasks()[:6]:
        wired.hide(item)
    wired.pass_time(days=2)
    assert engine.run().exit_code == 5
    assert engine.stored() == known
    for item in list(known):
        if item != wired.epic:
            wired.hide(item, is_hidden=False)
    assert engine.run().exit_code == 0
    assert engine.stored() == wired.truth()


@both
def test_19_one_item_with_an_enormous_text_and_history(wired: Wired) -> None:
    item = wired.add(LATE)
    text = "x" * 2_000_000
    if isinstance(wired, JiraSide):
        wired.site.edit_issue(item, {"description": text}, by="ana")
    else:
        wired.site.edit_item(int(item), {"System.Description": text}, "ana@shop.example")
    for number in range(300):
        wired.edit(item, LATE - timedelta(days=number % 5))
    engine = Engine(wired)
    tracemalloc.start()
    try:
        assert engine.run().exit_code == 0
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 200_000_000
    assert engine.stored() == wired.truth()


@both
def test_20_a_rule_that_matches_everything_stops_before_its_first_write(wired: Wired) -> None:
    for _ in range(5):
        wired.add(LATE)
    engine = Engine(wired, limits=Limits(max_writes=3))
    result = engine.run()
    assert result.exit_code == 5
    assert "max_writes" in result.stops[0]
    assert all(wired.ours(item) == [] for item in wired.tasks())
    assert wired.written(wired.epic) == {}


# The same for a folder of plans: what of the list can happen to files.

PLANS: tuple[tuple[int, str, str], ...] = (
    (1, "half a file", "half a file"),
    (5, "a page of HTML", "not a plan"),
    (15, "open in Project", "open in Project"),
    (15, "read only", "read only"),
)


@pytest.mark.parametrize(("number", "title", "kind"), PLANS, ids=str)
def test_a_fault_of_a_file_harms_nothing_for_longer_than_it_lasts(
    number: int, title: str, kind: str, tmp_path: Path
) -> None:
    side = PlansSide(tmp_path / "plans")
    for due in (LATE, LATER, LATER):
        side.add(due)
    engine = Engine(side)
    assert engine.run().exit_code == 0
    known = engine.stored()
    side.edit(side.tasks()[1], LATE)
    side.strike(kind, 1, on_writes=True)
    before = side.path.read_bytes()
    result = engine.run()
    assert result.exit_code in {0, 4}
    assert side.path.read_bytes() == before
    assert set(engine.stored()) == set(known)
    settle(side, engine)
    TRIED["faults"] += 1


def test_10_a_plan_is_saved_between_the_look_and_the_write(tmp_path: Path) -> None:
    side = PlansSide(tmp_path / "plans")
    side.add(LATE)
    engine = Engine(side)
    connector = side.connector()
    original = connector.push
    with ExitStack() as stack:
        stack.callback(connector.close)

        def push(intents: Any) -> Any:
            side.edit(side.tasks()[0], LATER)
            return original(intents)

        side.connector = lambda: connector  # type: ignore[method-assign]
        connector.push = push  # type: ignore[method-assign]
        engine.run()
    assert side.truth()[side.tasks()[0]].due == LATER


def test_the_table_says_what_it_covers() -> None:
    covered = {case.number for case in CASES} | {number for number, _, _ in PLANS} | {7, 11, 19, 20}
    # 12: test_kill_points; 14 to 17: test_store_faults.
    assert covered | {12, 14, 15, 16, 17} == set(range(1, 21))
    assert json.dumps(sorted(covered)) == "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 18, 19, 20]"
