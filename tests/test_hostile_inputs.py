"""What somebody else may have written: addresses, bodies, dates, plan files, YAML. Each row of the list in
docs/security.md that has no room of its own."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from connectors.answers import Answer, origin_of, refusal_of
from connectors.hostile_text import clean, is_harmless
from connectors.jira.wire import SearchPage
from connectors.throttle import retry_after_seconds
from portfolio.errors import ConfigError, UsageError
from rules.yaml_text import read_yaml
from sync.config import load_config
from sync.plan_file import read_plan
from sync.twins_file import TwinsFile

NESTED = 200_000


@pytest.fixture(autouse=True)
def _leave_nothing(tmp_path: Path) -> Iterator[None]:
    """Files of gigabytes take no room, but whoever reads them later takes minutes."""
    yield
    shutil.rmtree(tmp_path)


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/",
        "http://0x7f000001.example/",
        "http://[fe80::1]/",
        "http://localhost.evil.example/",
        "http://127.0.0.1.evil.example/",
        "https://shop.atlassian.net@evil.example/",
        "https://:pw@evil.example/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_FLUSHALL",
        "//evil.example/",
        "javascript:alert(1)",
        "https://",
        "https://[::1",
        "https://shop:99999/",
    ],
)
def test_an_address_in_the_configuration_that_no_credential_may_go_to_is_refused(url: str) -> None:
    with pytest.raises(ConfigError):
        origin_of(url)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,<script>", "vbscript:x",
        "file:///etc/passwd",
        'https://evil.example/" onclick="x', "https://evil.example/\n<script>", "//evil.example",
        "https:evil",
        "\u202ehttps://x",
    ],
)  # fmt: skip
def test_an_address_in_a_tracker_s_text_that_could_do_something_is_no_link(url: str) -> None:
    assert not is_harmless(url)


def test_characters_that_hide_or_turn_text_round_are_taken_out() -> None:
    assert clean("a\u202egnp.exe\u200b\u2066b\x1b[31m\x00c\ud800") == "agnp.exeb[31mc"


SEARCH = msgspec.json.Decoder(SearchPage)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * NESTED,
        b'{"issues": ' + b"[" * NESTED + b"]" * NESTED + b"}",
        b'{"issues": [], "x": ' + b'{"a":' * NESTED + b"1" + b"}" * NESTED + b"}",
        b'{"issues": NaN}',
        b'{"issues": ' + b"9" * 5_000 + b"}",
        b'{"issues": "\\ud800"}',
        b"\xff\xfe{\x00}\x00",
        b"",
    ],
    ids=[
        "brackets", "nested list", "nested objects", "NaN", "5,000 digits", "lone surrogate",
        "UTF-16", "nothing",
    ],
)  # fmt: skip
def test_a_body_that_would_break_a_parser_is_an_error_of_its_page(body: bytes) -> None:
    # Http turns these three into BadAnswer: tests/connectors/test_http_session.py.
    with pytest.raises((msgspec.MsgspecError, RecursionError, UnicodeDecodeError)):
        SEARCH.decode(body)


def test_an_error_body_that_would_break_a_parser_is_an_error_without_words() -> None:
    for body in (b"[" * NESTED, b'{"errorMessages": ' + b"[" * NESTED, b"\xff", b'{"errors": "x"}'):
        error = refusal_of("shop", Answer(status=400, headers={}, body=body), "/x")
        assert str(error) == "shop: 400 on /x: refused."


@pytest.mark.parametrize(
    "value", ["9" * 400, "-1", "1e999", "nan", "Mon, 99 Zzz 99999 99:99:99 GMT", "\u0661"]
)
def test_a_wait_that_no_server_means_is_bounded(value: str) -> None:
    from datetime import UTC, datetime

    now = datetime(2026, 3, 2, 12, tzinfo=UTC)
    for headers in ({"Retry-After": value}, {"X-RateLimit-Reset": value}):
        found = retry_after_seconds(headers, now)
        assert found is None or 0 <= found <= 86_400


# Files.


@pytest.mark.parametrize(
    "content",
    [
        b"[" * NESTED, b'{"writes": ' + b"[" * NESTED, b'{"a":' * NESTED, b"\xff\xfe", b"null", b"",
        b'{"schema": 7}',
    ],
    ids=["brackets", "nested writes", "nested objects", "not text", "null", "empty", "schema 7"],
)  # fmt: skip
def test_a_plan_file_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(content)
    with pytest.raises(UsageError, match="not a plan"):
        read_plan(path)


def test_a_plan_file_of_absurd_size_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    with path.open("wb") as file:
        file.truncate(3_000_000_000)  # sparse: it takes no room
    started = time.monotonic()
    with pytest.raises(UsageError, match="larger than"):
        read_plan(path)
    assert time.monotonic() - started < 2


YAML_BOMBS = {
    "aliases": "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
    "python object": "x: !!python/object/apply:os.system ['touch owned']\n",
    "unknown tag": "x: !include /etc/passwd\n",
    "merge key": "x: &x {a: 1}\ny: {<<: *x}\n",
    "duplicate key": "version: 1\nversion: 1\n",
    "deep": "[" * 5_000 + "]" * 5_000,
    "deeper": "{a: " * 200_000,
    "a ladder": "- " * 5_000 + "x",
    "a ladder of keys": "? " * 5_000 + "x",
    "huge number": "x: 1e400\n",
    "long number": f"x: {'9' * 5_000}\n",
    "control characters": "x: \x07\n",
    "two documents": "version: 1\n---\nversion: 1\n",
    "a million letters": "x: " + "y" * 1_000_001,
}


@pytest.mark.parametrize("how", YAML_BOMBS)
def test_yaml_that_does_something_is_a_list_of_problems(how: str, tmp_path: Path) -> None:
    started = time.monotonic()
    assert read_yaml(YAML_BOMBS[how], "x.yaml").problems
    for name, read in (
        ("dovetail.yaml", load_config),
        ("twins.yaml", lambda path: TwinsFile(path, ["a"]).entries()),
    ):
        (tmp_path / name).write_text(YAML_BOMBS[how], encoding="utf-8")
        with pytest.raises(ConfigError):
            read(tmp_path / name)
    assert time.monotonic() - started < 20
    assert not Path("owned").exists()


def test_yaml_of_absurd_size_is_refused_before_it_is_read(tmp_path: Path) -> None:
    for name, read in (
        ("dovetail.yaml", load_config),
        ("twins.yaml", lambda path: TwinsFile(path, ["a"]).entries()),
    ):
        with (tmp_path / name).open("wb") as file:
            file.truncate(3_000_000_000)
        with pytest.raises(ConfigError, match="larger than"):
            read(tmp_path / name)
