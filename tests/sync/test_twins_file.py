"""`twins.yaml`: read with the line of every mistake, written whole, with people's comments kept."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from portfolio.errors import ConfigError
from sync.twins_file import TwinEntry, TwinsFile, _Known, read_twins

SOURCES = ["shop", "boards", "plans"]
AT = datetime(2026, 11, 24, 9, 5, 7, 250_000, tzinfo=UTC)
PAIR = TwinEntry(
    keys=("shop:CHK-12", "boards:7"),
    ids=("shop/10012", "boards/7"),
    evidence="similar title",
    by="Ana Berg",
    at=AT,
    note='Same page: "two teams"\nbuild # it',
)


@pytest.fixture
def file(tmp_path: Path) -> TwinsFile:
    return TwinsFile(tmp_path / "twins.yaml", SOURCES)


def problems(text: str) -> list[str]:
    return read_twins(text, "twins.yaml", SOURCES)[1]


def test_the_first_decision_makes_a_file_that_people_can_read(file: TwinsFile) -> None:
    assert file.entries() == []
    assert file.decide(PAIR) is None
    assert file.path.read_text() == (
        "# Pairs of items in two trackers. Those confirmed are one piece of work, those rejected are never\n"
        "# suggested again. Keep this file with the configuration; `dovetail twins` writes it, and so may "
        "you.\n"
        "confirmed:\n"
        "  - pair: [shop:CHK-12, boards:7]\n"
        "    ids: [shop/10012, boards/7]\n"
        "    evidence: similar title\n"
        "    by: Ana Berg\n"
        "    at: 2026-11-24T09:05:07Z\n"
        '    note: "Same page: \\"two teams\\" build # it"\n'
    )


def test_what_was_written_is_read_again(file: TwinsFile) -> None:
    file.decide(PAIR)
    (read,) = file.entries()
    assert (read.keys, read.ids, read.is_confirmed) == (PAIR.keys, PAIR.ids, True)
    assert (read.evidence, read.by, read.at) == ("similar title", "Ana Berg", AT.replace(microsecond=0))
    assert read.note == 'Same page: "two teams" build # it'


WRITTEN_BY_PEOPLE = """\
# Agreed with both teams in October.
confirmed:
  - [shop:CHK-1, plans:office#1]   # the plan leads
  - pair: [shop:CHK-12, boards:7]
    ids: [shop/10012, boards/7]
    at: 2026-10-01T08:00:00Z

# Looked alike, is not.
rejected:
  - pair: [shop:CHK-13, boards:8]
    note: 'another shop'
"""


def test_peoples_comments_and_quotes_stay(file: TwinsFile) -> None:
    file.path.write_text(WRITTEN_BY_PEOPLE)
    no = TwinEntry(keys=("plans:office#2", "boards:9"), ids=("plans/2", "boards/9"), is_confirmed=False)
    file.decide(no)
    assert file.path.read_text() == WRITTEN_BY_PEOPLE + (
        "  - pair: [plans:office#2, boards:9]\n    ids: [plans/2, boards/9]\n"
    )


def test_a_plain_list_of_pairs_means_confirmed_pairs_and_may_grow(file: TwinsFile) -> None:
    file.path.write_text("# by hand\n- [shop:CHK-1, plans:office#1]  # the plan leads\n")
    assert [(one.keys, one.ids, one.is_confirmed) for one in file.entries()] == [
        (("shop:CHK-1", "plans:office#1"), None, True)
    ]
    file.decide(PAIR)
    assert [one.keys for one in file.entries()] == [("shop:CHK-1", "plans:office#1"), PAIR.keys]
    assert "# by hand" in file.path.read_text()
    assert "# the plan leads" in file.path.read_text()


def test_a_new_decision_replaces_the_old_one_whatever_the_order_and_the_keys(file: TwinsFile) -> None:
    file.decide(PAIR)
    moved = TwinEntry(keys=("boards:7", "shop:PAY-3"), ids=("boards/7", "shop/10012"), is_confirmed=False)
    before = file.decide(moved)
    assert before is not None
    assert before.is_confirmed
    assert [(one.keys, one.is_confirmed) for one in file.entries()] == [(("boards:7", "shop:PAY-3"), False)]
    assert "confirmed:" not in file.path.read_text()


def test_a_pair_known_by_keys_alone_is_replaced_by_its_keys(file: TwinsFile) -> None:
    file.path.write_text("confirmed:\n  - [boards:7, shop:CHK-12]\n")
    file.decide(PAIR)
    assert [one.ids for one in file.entries()] == [("shop/10012", "boards/7")]


def test_a_forgotten_pair_is_taken_out_and_an_unknown_one_changes_nothing(file: TwinsFile) -> None:
    file.path.write_text(WRITTEN_BY_PEOPLE)
    assert file.forget(("shop:NO-1", "boards:1"), None) is None
    assert file.path.read_text() == WRITTEN_BY_PEOPLE
    gone = file.forget(("boards:8", "shop:CHK-13"), ("boards/8", "shop/10013"))
    assert gone is not None
    assert gone.note == "another shop"
    assert [one.keys for one in file.entries()] == [
        ("shop:CHK-1", "plans:office#1"),
        ("shop:CHK-12", "boards:7"),
    ]
    assert "rejected:" not in file.path.read_text()


def test_keys_that_would_break_yaml_are_quoted(file: TwinsFile) -> None:
    evil = TwinEntry(
        keys=("shop:A, B]: {x}", "boards:# no\u2028\u202e"),
        ids=("shop/'\"", "boards/: -"),
        note="- &a *b !c\t\x1b",
    )
    file.decide(evil)
    (read,) = file.entries()
    assert (read.keys, read.ids) == (evil.keys, evil.ids)
    assert read.note == "- &a *b !c \x1b"


A_LIST = "a list of pairs belongs here, for example `- [shop:CHK-12, plans:7]`"
A_PAIR = "a pair belongs here, for example `- [shop:CHK-12, plans:7]`"
STATES = "`confirmed` and `rejected` belong here; did you mean `confirmed`?"
DETAILED = "rejected:\n- pair: [shop:CHK-1, boards:2]\n  "


@pytest.mark.parametrize(
    ("text", "place", "expected"),
    [
        ("confirmd: []", "line 1, column 1: confirmd", STATES),
        ("confirmed: {a: b}", "line 1, column 1: confirmed", A_LIST),
        ("text", "line 1, column 1", A_LIST),
        ("confirmed:\n- [shop:CHK-1]", "line 2, column 3: confirmed[0]", A_PAIR),
        ("confirmed:\n- {ids: [shop/1, boards/2]}", "line 2, column 3: confirmed[0].pair", A_PAIR),
        (
            "rejected:\n- pair: [shop:CHK-1, bords:2]",
            "line 2, column 22: rejected[0].pair[1]",
            "there is no source `bords`; did you mean `boards`?",
        ),
        (
            f"{DETAILED}ids: [1]",
            "line 3, column 3: rejected[0].ids",
            "two item ids belong here, for example [shop/10012, boards/7]",
        ),
        (
            f"{DETAILED}nte: x",
            "line 3, column 3: rejected[0].nte",
            "there is no key `nte`; did you mean `note`?",
        ),
        (
            f"{DETAILED}at: 2026-11-24",
            "line 3, column 3: rejected[0].at",
            "an instant such as 2026-11-24T09:00:00Z belongs here",
        ),
        (f"{DETAILED}by: 7", "line 3, column 3: rejected[0].by", "a text belongs here; put it in quotes"),
        ("- [shop:CHK-1, shop:CHK-1]", "line 1, column 3: [0]", "two different items belong here"),
        (
            "confirmed:\n- [shop:CHK-1, boards:2]\nrejected:\n- [boards:2, shop:CHK-1]",
            "line 4, column 3: rejected[0]",
            "this pair stands in line 2 already",
        ),
        ("confirmed: [", "line 2, column 1", "this is not YAML"),
    ],
)
def test_a_mistake_is_named_with_its_line(text: str, place: str, expected: str) -> None:
    (found,) = problems(f"{text}\n")
    assert found.startswith(f"twins.yaml, {place}: {expected}")


def test_a_file_with_a_mistake_is_not_written_to(file: TwinsFile) -> None:
    file.path.write_text("confirmed: nothing\n")
    with pytest.raises(ConfigError) as caught:
        file.decide(PAIR)
    assert list(caught.value.problems) == [f"twins.yaml, line 1, column 1: confirmed: {A_LIST}"]
    assert file.path.read_text() == "confirmed: nothing\n"
    file.path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not UTF-8"):
        file.entries()


def test_a_write_is_all_or_nothing_and_keeps_permissions_and_links(
    file: TwinsFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = tmp_path / "elsewhere.yaml"
    real.write_text(WRITTEN_BY_PEOPLE)
    real.chmod(0o640)
    file.path.symlink_to(real)
    file.decide(PAIR)
    assert file.path.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    written = real.read_text()

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(ConfigError, match="cannot be written: No space left on device"):
        file.forget(PAIR.keys, PAIR.ids)
    assert real.read_text() == written
    assert sorted(one.name for one in tmp_path.iterdir()) == ["elsewhere.yaml", "twins.yaml"]


def test_a_file_that_someone_else_writes_meanwhile_is_left_as_it_is(
    file: TwinsFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.path.write_text(WRITTEN_BY_PEOPLE)
    contents = iter([WRITTEN_BY_PEOPLE.encode(), b"rejected: []\n"])
    monkeypatch.setattr(file, "_bytes", lambda: next(contents))
    with pytest.raises(ConfigError, match="was changed meanwhile; nothing was written"):
        file.decide(PAIR)
    assert file.path.read_text() == WRITTEN_BY_PEOPLE


def test_thousands_of_decisions_are_compared_with_one_another_in_no_time() -> None:
    known = _Known()
    seen = 0
    started = time.process_time()
    for number in range(20_000):
        ids = None if number % 2 else (f"shop/{number}", f"boards/{number}")
        entry = TwinEntry(keys=(f"shop:CHK-{number}", f"boards:{number}"), ids=ids)
        seen += known.place_of(entry) is not None
        known.add(entry, (number,))
    # Each with all that came before it would be 200 million comparisons.
    assert (seen, time.process_time() - started < 5) == (0, True)
    assert known.place_of(TwinEntry(keys=("boards:7", "shop:CHK-7"))) == (7,)
    assert known.place_of(TwinEntry(keys=("shop:OLD-1", "boards:8"), ids=("boards/8", "shop/8"))) == (8,)
    assert known.place_of(TwinEntry(keys=("shop:CHK-8", "boards:8"), ids=("shop/8", "boards/9"))) is None
