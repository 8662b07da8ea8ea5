"""Base, now, wanted and the policy: every combination, each with the verdict worked out by hand."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.source_safety import ConflictPolicy
from portfolio.intents import COMMENT, RemoteComment, Slots, Value, text_digest
from portfolio.notes import Note, Paragraph, Text
from store import SlotBase
from sync.decide import Decision, Kept, decide
from sync.wanted import Wanted

POLICIES: tuple[ConflictPolicy, ...] = ("report", "ours", "theirs")
NOTE = Note([Paragraph([Text("late")])])
NEVER = "never written"

# Three values that differ, and nothing. Rows: (base, now, wanted); columns: report, ours, theirs.
FIELDS = """
base   now    wanted | report   ours     theirs
never  -      -      | nothing  nothing  nothing
never  -      red    | write    write    write
never  red    -      | nothing  nothing  nothing
never  red    red    | adopt    adopt    adopt
never  amber  red    | write    write    keep
-      -      -      | nothing  nothing  nothing
-      -      red    | write    write    write
-      red    -      | nothing  nothing  nothing
-      red    red    | adopt    adopt    adopt
-      amber  red    | conflict write    keep
green  -      -      | nothing  nothing  nothing
green  -      green  | conflict write    keep
green  -      red    | conflict write    keep
green  green  -      | nothing  nothing  nothing
green  green  green  | nothing  nothing  nothing
green  green  red    | write    write    write
green  amber  -      | nothing  nothing  nothing
green  amber  green  | conflict write    keep
green  amber  red    | conflict write    keep
green  red    red    | adopt    adopt    adopt
"""


def table(text: str) -> list[tuple[list[str], ConflictPolicy, str]]:
    lines = text.strip().splitlines()[1:]
    cells = [([*left.split()], right.split()) for left, right in (line.split("|") for line in lines)]
    return [
        (left, policy, verdict)
        for left, right in cells
        for policy, verdict in zip(POLICIES, right, strict=True)
    ]


def value(word: str) -> Value:
    return None if word == "-" else word


def field(wanted: Value) -> Wanted:
    return Wanted(item_id="shop/1", slot="health", value=wanted)


def holding(now: Value, **more: object) -> Slots:
    return Slots(item_id="shop/1", fields={"health": now}, **more)  # type: ignore[arg-type]


def base_of(word: str) -> SlotBase | None:
    return None if word == "never" else SlotBase(value=value(word))


def test_the_table_has_every_pattern_of_equal_different_and_none() -> None:
    """Renamed to their order of appearance, the rows are all triples of never, nothing and values."""

    def pattern(base: str, now: str, wanted: str) -> tuple[str, ...]:
        names: dict[str, str] = {}
        return tuple(
            one if one in ("never", "-") else names.setdefault(one, f"v{len(names)}")
            for one in (base, now, wanted)
        )

    every = {
        pattern(base, now, wanted)
        for base in ("never", "-", "a")
        for now in ("-", "a", "b")
        for wanted in ("-", "a", "b", "c")
    }
    assert {pattern(*left) for left, _, _ in table(FIELDS)} == every


@pytest.mark.parametrize(("left", "policy", "verdict"), table(FIELDS))
def test_base_now_wanted_and_policy_decide_about_a_field(
    left: list[str], policy: ConflictPolicy, verdict: str
) -> None:
    base, now, wanted = left
    found = decide(field(value(wanted)), base_of(base), holding(value(now)), policy=policy)
    assert found.verdict == verdict


# What stands: absent, ours as written, ours but older, edited by a person. `news` is something open to say.
COMMENTS = """
base   stands   news | report   ours     theirs
never  absent   yes  | write    write    write
never  absent   no   | write    write    write
never  wanted   yes  | adopt    adopt    adopt
never  older    yes  | write    write    write
never  edited   yes  | conflict write    nothing
older  absent   yes  | conflict write    nothing
older  absent   no   | nothing  nothing  nothing
older  wanted   yes  | adopt    adopt    adopt
older  older    yes  | write    write    write
older  older    no   | write    write    write
older  edited   yes  | conflict write    nothing
older  edited   no   | conflict write    nothing
wanted absent   yes  | conflict write    nothing
wanted absent   no   | nothing  nothing  nothing
wanted wanted   yes  | nothing  nothing  nothing
wanted older    yes  | write    write    write
wanted edited   yes  | conflict write    nothing
"""


def comment(*, is_news: bool = True, may_create: bool = True) -> Wanted:
    return Wanted(
        item_id="shop/1",
        slot=COMMENT,
        value=NOTE.digest(),
        note=NOTE,
        is_news=is_news,
        may_create=may_create,
    )


STANDING = {
    "absent": None,
    "wanted": RemoteComment(remote_id="7", digest=NOTE.digest(), body="late"),
    "older": RemoteComment(remote_id="7", digest="older", body="was late"),
    "edited": RemoteComment(remote_id="7", digest="older", body="nonsense", is_edited=True),
}


@pytest.mark.parametrize(("left", "policy", "verdict"), table(COMMENTS))
def test_what_stands_there_and_the_policy_decide_about_the_comment(
    left: list[str], policy: ConflictPolicy, verdict: str
) -> None:
    base, stands, news = left
    known = None if base == "never" else SlotBase(value=NOTE.digest() if base == "wanted" else base)
    if known is not None:
        known = SlotBase(value=known.value, remote_id="7")
    found = decide(
        comment(is_news=news == "yes"),
        known,
        Slots(item_id="shop/1", comment=STANDING[stands]),
        policy=policy,
    )
    assert found.verdict == verdict


def test_an_edit_with_the_wanted_digest_is_still_a_persons_text() -> None:
    """The marker says what we wrote; the text is what people read."""
    edited = RemoteComment(remote_id="7", digest=NOTE.digest(), body="nonsense", is_edited=True)
    slots = Slots(item_id="shop/1", comment=edited)
    base = SlotBase(value=NOTE.digest(), remote_id="7")
    assert [decide(comment(), base, slots, policy=one).verdict for one in POLICIES] == [
        "conflict",
        "write",
        "nothing",
    ]


def test_ours_names_the_text_that_it_overwrites_and_says_why() -> None:
    found = decide(
        comment(), SlotBase(value="older"), Slots(item_id="shop/1", comment=STANDING["edited"]), policy="ours"
    )
    assert found.overwrites == text_digest("nonsense")
    assert found.reason == "edited by a person, overwritten because the configuration says `ours`"
    again = decide(comment(), SlotBase(value="older"), Slots(item_id="shop/1"), policy="ours")
    assert again.reason == "deleted by a person, made again because the configuration says `ours`"
    assert decide(
        comment(may_create=False), SlotBase(value="older"), Slots(item_id="shop/1"), policy="ours"
    ) == Decision(verdict="nothing")


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (
            "amber",
            "changed by a person since Dovetail wrote it, overwritten because the configuration says `ours`",
        ),
        (
            None,
            "cleared by a person since Dovetail wrote it, overwritten because the configuration says `ours`",
        ),
    ],
)
def test_ours_says_what_it_overwrites_in_a_field(now: Value, reason: str) -> None:
    found = decide(field("red"), SlotBase(value="green"), holding(now), policy="ours")
    assert (found.verdict, found.reason) == ("write", reason)


@pytest.mark.parametrize(
    ("kept", "now", "wanted", "verdict"),
    [
        (Kept("amber", "red"), "amber", "red", "nothing"),  # quiet
        (Kept("amber", "red"), "amber", "grey", "write"),  # something else is wanted
        (Kept("amber", "red"), "amber", "green", "write"),  # even what we wrote ourselves
        (Kept("amber", "red"), "blue", "red", "keep"),  # a person changed it once more
        (Kept("amber", "red"), "blue", "grey", "keep"),
        (Kept("amber", "red"), "red", "red", "adopt"),
        (Kept("amber", "red"), "green", "red", "write"),  # the person took it back
        (Kept(None, "red"), None, "red", "nothing"),  # cleared, and left so
    ],
)
def test_theirs_is_quiet_until_something_else_is_wanted(
    kept: Kept, now: Value, wanted: Value, verdict: str
) -> None:
    found = decide(field(wanted), SlotBase(value="green"), holding(now), policy="theirs", kept=kept)
    assert found.verdict == verdict


@pytest.mark.parametrize("policy", POLICIES)
def test_no_policy_writes_where_the_tracker_has_no_place(policy: ConflictPolicy) -> None:
    closed = holding("green", unwritable={"health": "not on the edit screen"})
    found = decide(field("red"), SlotBase(value="green"), closed, policy=policy)
    assert (found.verdict, found.reason) == ("skip", "not on the edit screen")


VALUES = st.sampled_from([None, "", "red", "amber", "green", 0, 40, 40.0])


@given(st.none() | VALUES.map(lambda one: SlotBase(value=one)), VALUES, VALUES, st.sampled_from(POLICIES))
def test_a_write_is_never_null_never_needless_and_never_over_people_without_ours(
    base: SlotBase | None, now: Value, wanted: Value, policy: ConflictPolicy
) -> None:
    found = decide(field(wanted), base, holding(now), policy=policy)
    if found.verdict == "write":
        assert wanted is not None
        assert now != wanted
        is_ours = base is None or base.value == now or {base.value, now} <= {None, ""}
        assert is_ours or policy == "ours"
    if found.verdict in ("keep", "conflict"):
        assert now != (None if base is None else base.value)
    assert found.verdict != "keep" or policy == "theirs"
    assert found.verdict != "conflict" or policy == "report"


def test_every_combination_has_exactly_one_verdict() -> None:
    words = ("never", "-", "green", "amber", "red")
    seen = {
        decide(field(value(wanted)), base_of(base), holding(value(now)), policy=policy).verdict
        for base, now, wanted, policy in itertools.product(words, words[1:], words[1:], POLICIES)
    }
    assert seen == {"nothing", "adopt", "keep", "write", "conflict"}
