"""Plans of any shape: what is written is ours alone, or nothing is written at all; nothing ever crashes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plan_builder import plan, task
from plan_intents import NOTE, PRETTY, connector, intent, kinds

from portfolio.intents import COMMENT, Applied, Intent, Value

WRITE = {
    "comments": True,
    "fields": {
        "health": "Portfolio health",
        "slip_wd": "Slip",
        "open_risks": "Risks",
        "forecast_finish": "Date3",
    },
    "define": {"Risks": "Number5", "Date3": "Date3"},
}
WANTED: dict[str, Value] = {"health": "amber", "slip_wd": 4, "open_risks": 2, "forecast_finish": "2027-03-19"}
STARTS: dict[str, Value] = {"health": None, "slip_wd": 0, "open_risks": 0, "forecast_finish": None}
_MADE = re.compile(
    rb"\s*<ExtendedAttribute>\s*<FieldID>(?:188743771|188743947)</FieldID>\s*<FieldName>(?:Number5|Date3)</FieldName>"
    rb"\s*(?:<Alias>Risks</Alias>\s*)?</ExtendedAttribute>"
)
TOKENS = re.findall(r"<[^>]*>|[^<]+", PRETTY)
ONE_LINE = re.findall(r"<[^>]*>|[^<]+", plan([task(1), task(2, Notes="by hand")]))
PIECES = [
    "<!-- c -->", "<?p i?>", "<![CDATA[<Task><UID>1</UID></Task>]]>", "<Notes>x</Notes>", "<Notes/>",
    "<UID>1</UID>", "<Task><UID>1</UID></Task>", "<Task/>", "<ExtendedAttributes/>", "<ExtendedAttribute/>",
    "<FieldID>188743771</FieldID>", "<ExtendedAttribute><FieldID>188744016</FieldID></ExtendedAttribute>",
    '<x xmlns="urn:x"><UID>1</UID></x>', " ", "\r\n", "text", "&amp;", "<Baseline/>", "<IsNull>1</IsNull>",
    "<Value>7</Value>", "<Tasks>", "</Tasks>", "<",
]  # fmt: skip


def intents(wanted: dict[str, Value], before: dict[str, Value], *, is_back: bool = False) -> list[Intent]:
    digest = NOTE.digest()
    return [
        *(intent(slot, value, before=before[slot]) for slot, value in wanted.items()),
        intent(COMMENT, None if is_back else NOTE, before=digest if is_back else None),
    ]


@settings(max_examples=120, deadline=None)
@given(
    tokens=st.sampled_from([TOKENS, ONE_LINE]),
    edits=st.lists(
        st.tuples(
            st.sampled_from(["insert", "remove", "double", "swap"]),
            st.integers(0, 200),
            st.sampled_from(PIECES),
        ),
        max_size=4,
    ),
)
def test_plans_of_any_shape_are_written_to_cleanly_or_not_at_all(
    tokens: list[str], edits: list[tuple[str, int, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    text = list(tokens)
    for what, where, piece in edits:
        at = where % (len(text) - 1)
        if what == "insert":
            text.insert(at, piece)
        elif what == "remove":
            del text[at]
        elif what == "double":
            text.insert(at, text[at])
        else:
            text[at], text[at + 1] = text[at + 1], text[at]
    folder = tmp_path_factory.mktemp("fuzz")
    check(folder, "".join(text).encode())


@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, len(PRETTY)), length=st.integers(0, 40), noise=st.binary(max_size=6))
def test_plans_with_damaged_bytes_are_written_to_cleanly_or_not_at_all(
    at: int, length: int, noise: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    raw = PRETTY.encode()
    check(tmp_path_factory.mktemp("fuzz"), raw[:at] + noise + raw[at + length :])


def check(folder: Path, raw: bytes) -> None:
    path = folder / "plan.xml"
    path.write_bytes(raw)
    told = intents(WANTED, STARTS)
    receipts = list(connector(folder, WRITE).push(told))
    assert sorted(one.intent_id for one in receipts) == sorted(one.intent_id for one in told)
    applied = {one.intent_id.rpartition(":")[2] for one in receipts if isinstance(one, Applied)}
    if not applied:
        assert path.read_bytes() == raw
        return
    written = path.read_bytes()
    assert kinds(connector(folder, WRITE).push([one for one in told if one.slot in applied])) == {"Unchanged"}
    assert path.read_bytes() == written
    back = [one for one in intents(STARTS, WANTED, is_back=True) if one.slot in applied]
    assert kinds(connector(folder, WRITE).push(back)) == {"Applied"}
    assert stripped(path.read_bytes()) == stripped(raw)


def stripped(raw: bytes) -> bytes:
    """Without what stays behind or goes along: definitions that were made, empty values, empty notes."""
    for pattern in (
        _MADE.pattern,
        rb"\s*<ExtendedAttribute>\s*<FieldID>188744016</FieldID>\s*</ExtendedAttribute>",
        rb"\s*<Notes>\s*</Notes>|\s*<Notes ?/>",
        rb"\s*<ExtendedAttributes>\s*</ExtendedAttributes>|\s*<ExtendedAttributes ?/>",
    ):
        raw = re.sub(pattern, b"", raw)
    return raw
