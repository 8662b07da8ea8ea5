"""Text of a tracker cannot move the cursor, become a formula, or break a format; secrets cannot get out."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime

import pytest
from command_world import TODAY, Folder

from commands.output import csv_cell, portable, to_json
from commands.talk import HEARTBEAT_SECONDS, Talk
from commands.text import clean, redact
from sync.progress import Progress

ESC, BELL, CSI8, RLO = "\x1b", "\x07", "\x9b", "\u202e"
EVIL = f"=cmd|'/C calc'!A0{ESC}[2J{ESC}]0;owned{BELL}{CSI8}31m{RLO}txt.exe\r\nsecond"


def test_escape_sequences_become_visible_and_lose_their_effect() -> None:
    assert clean(f"a{ESC}[31mred{BELL}") == "a␛[31mred␇"
    assert clean(EVIL) == "=cmd|'/C calc'!A0␛[2J␛]0;owned␇\ufffd31m\ufffdtxt.exe  second"
    assert clean("Zürich – 日本 👩‍🚀 é") == "Zürich – 日本 👩‍🚀 é"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", " =", "\uff1d"])
def test_a_cell_that_a_spreadsheet_would_calculate_is_quoted(start: str) -> None:
    assert str(csv_cell(f"{start}1+1")).startswith("'")


def test_numbers_dates_and_harmless_text_are_left_as_they_are() -> None:
    assert [csv_cell(one) for one in (-5, -1.5, True, None, date(2026, 1, 2), "a=b", "12 - 3")] == [
        -5, -1.5, "true", "", "2026-01-02", "a=b", "12 - 3",
    ]  # fmt: skip
    assert csv_cell(["=1", "b"]) == "'=1; b"
    assert csv_cell({"due": date(2026, 1, 2)}) == '{"due": "2026-01-02"}'


def test_exported_values_have_the_form_of_the_contract() -> None:
    moment = datetime(2026, 11, 24, 9, 5, 7, 250_000, tzinfo=UTC)
    assert portable({"at": moment, "day": date(2026, 11, 24), "list": ("a",), "nan": float("nan")}) == {
        "at": "2026-11-24T09:05:07.250Z",
        "day": "2026-11-24",
        "list": ["a"],
        "nan": None,
    }


def test_json_holds_the_text_unchanged_and_no_control_character() -> None:
    text = to_json({"title": EVIL})
    assert json.loads(text) == {"title": EVIL}
    assert not [one for one in text if ord(one) < 32 or 127 <= ord(one) < 160 or one == RLO]


@pytest.fixture
def evil(office: Folder) -> Folder:
    # XML cannot carry ESC; C1 and the override it can.
    office.add_plan(tasks={3: f"=HYPERLINK({CSI8}31m{RLO}x)"})
    office.run("sync", *TODAY)
    return office


def test_no_command_prints_a_control_character_of_a_title(evil: Folder) -> None:
    commands = (
        ("findings",),
        ("check", *TODAY),
        ("explain", "office#3"),
        ("reconcile", "office#3"),
        ("export", "item", "--format", "table"),
        ("export", "item"),
        ("export", "item", "--format", "json"),
        ("export", "item", "--format", "csv"),
        ("findings", "list", "--format", "csv"),
        ("check", "plans/office.xml", *TODAY),
    )
    for command in commands:
        answer = evil.run(*command)
        assert answer.code == 0, command
        assert CSI8 not in answer.out, command
        assert RLO not in answer.out, command


def test_a_title_that_is_a_formula_is_text_in_the_csv(evil: Folder) -> None:
    rows = list(csv.DictReader(io.StringIO(evil.run("export", "item", "--format", "csv").out)))
    (title,) = [row["title"] for row in rows if row["key"] == "office#3"]
    assert title.startswith("'=HYPERLINK(")


SECRETS = [
    "Authorization: Basic Ym90QHNob3A6aHVudGVyMg==",
    "curl -H 'authorization: Bearer abc.def-ghi123'",
    "GET /x?access_token=abcdef123&client_secret=s3cr3tvalue",
    '{"token": "abcdef123", "password":"s3cr3tvalue"}',
    "postgresql+psycopg://dove:s3cr3tvalue@db/dovetail",
]


@pytest.mark.parametrize("text", SECRETS)
def test_what_looks_like_a_secret_is_taken_out(text: str) -> None:
    shown = redact(text, environment={})
    for secret in ("Ym90QHNob3A6aHVudGVyMg", "abc.def-ghi123", "abcdef123", "s3cr3tvalue"):
        assert secret not in shown
    assert "***" in shown


def test_the_value_of_a_variable_that_is_named_like_a_secret_is_taken_out_wherever_it_stands() -> None:
    environment = {
        "JIRA_TOKEN": "hunter2hunter2",
        "ADO_PAT": "patpatpat",
        "PATH": "/usr/bin:/bin",
        "PIN_TOKEN": "12",
    }
    assert redact("x hunter2hunter2 patpatpat /usr/bin:/bin 12", environment=environment) == (
        "x *** *** /usr/bin:/bin 12"
    )


def test_our_own_words_about_secrets_are_left_as_they_are() -> None:
    for text in (
        "line 6, column 55: sources[0].auth.token: unknown key; did you mean `token`?",
        "use {env: NAME}; password: {env: DB_PASSWORD}",
        "401: the token has expired",
    ):
        assert redact(text, environment={}) == text


class Stream(io.StringIO):
    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


def talk(*, terminal: bool, seconds: list[float], **options: bool) -> tuple[Talk, Stream]:
    stream = Stream(terminal=terminal)
    return Talk(stream=stream, monotonic=lambda: seconds[0], **options), stream


def ticks(one: Talk, seconds: list[float], until: float) -> None:
    for number in range(1, int(until) + 1):
        seconds[0] = float(number)
        one.tell(Progress(step="pull", source="shop", what=f"issues{ESC}[2J", done=number * 1000))


def test_where_nobody_looks_there_is_a_heartbeat_every_half_minute() -> None:
    seconds = [0.0]
    one, stream = talk(terminal=False, seconds=seconds)
    ticks(one, seconds, 3 * HEARTBEAT_SECONDS)
    assert stream.getvalue().splitlines() == [
        "pull shop issues␛[2J: 31,000 records",
        "pull shop issues␛[2J: 61,000 records",
    ]


def test_on_a_terminal_one_line_changes_in_place_and_is_gone_at_the_end() -> None:
    seconds = [0.0]
    one, stream = talk(terminal=True, seconds=seconds)
    ticks(one, seconds, 3)
    one.say("done")
    assert stream.getvalue() == (
        "\r\x1b[2Kpull shop issues␛[2J: 2,000 records"
        "\r\x1b[2Kpull shop issues␛[2J: 3,000 records"
        "\r\x1b[2Kdone\n"
    )


def test_quiet_says_what_went_wrong_and_nothing_else() -> None:
    seconds = [0.0]
    one, stream = talk(terminal=True, seconds=seconds, quiet=True)
    ticks(one, seconds, 90)
    one.say("done")
    one.tell(Progress(step="apply", note="shop: not armed"))
    assert stream.getvalue() == ""
    one.error("shop: 401")
    assert stream.getvalue() == "error: shop: 401\n"


def test_json_talk_is_one_object_per_line(office: Folder) -> None:
    office.configure("version: 2\n")
    answer = office.run("--log-format", "json", "sync")
    assert answer.code == 3
    (line,) = answer.err.splitlines()
    said = json.loads(line)
    assert (said["level"], said["message"]) == ("error", "dovetail.yaml has 2 problems.")
    assert len(said["problems"]) == 2
    assert said["at"].endswith("Z")
