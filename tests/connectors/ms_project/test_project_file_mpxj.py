"""Every sample plan, written to and read again by MPXJ: nothing differs but our fields and our notes.

Runs a JVM once. Without one it is skipped, unless DOVETAIL_REQUIRE_JVM says that there has to be one.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import plan_builder as build
import plan_intents
import pytest
from lxml import etree
from shared import shared

from connectors.ms_project import custom_fields, living_note
from portfolio.intents import COMMENT, Applied, Receipt, Unchanged

pytestmark = [pytest.mark.slow]

SAMPLES = [
    "aspose/IgnoreInvalidCharacters.xml",
    "aspose/not updated.xml",
    "caltest.xml",
    "derived/Homemoveplan.mpxj-mspdi.xml",
    "derived/Residential_Construction.mpxj-mspdi.xml",
    "derived/Software_Development.inactive2.xml",
    "derived/Software_Development.mpxj-mspdi.xml",
    "derived/task-text-project2019.edited-inplace.xml",
    "ganttproject/issue1520.xml",
    "ganttproject/issue2659.xml",
    "mpp14recurring.mpp.converted.mspdi.xml",
    "mpxj/assignment-assignments-project2019-mspdi.xml",
    "mpxj/assignment-text-project2010-mspdi.xml",
    "mpxj/baselines.xml",
    "mpxj/calendar-calendars-project2019-mspdi.xml",
    "mpxj/enterprise.xml",
    "mpxj/resource-misc-project2019-mspdi.xml",
    "mpxj/resource-type-project2016-mspdi.xml",
    "mpxj/sample1.xml",
    "mpxj/task-baselines-project2002-mspdi.xml",
    "mpxj/task-baselines-project2007-mspdi.xml",
    "mpxj/task-dates-project2013-mspdi.xml",
    "mpxj/task-durations-project2019-mspdi.xml",
    "mpxj/task-flags-project2016-mspdi.xml",
    "mpxj/task-links-project2003-mspdi.xml",
    "mpxj/task-text-project2019-mspdi.xml",
    "mpxj/task-textvalues-project2019-mspdi.xml",
    "mspdirelations.xml",
    "mspditimephased.xml",
    "sample.mpp.converted.mspdi.xml",
    "sample.xml",
    "task-finishes-project2019-mspdi.xml",
    "task-links-project2019-mspdi.xml",
]
# Where nobody has a value of their own; a plan that uses the field has it overwritten under Project's name.
TARGETS = {
    "health": "Text28",
    "forecast_finish": "Date7",
    "slip_wd": "Number18",
    "percent_complete": "Number1",
    "open_risks": "Number6",
    "open_findings": "Text11",
    "worst_finding": "Text6",
}
AS_MPXJ_READS_THEM = {
    "text28": "amber",
    "date7": "2027-03-19",
    "number18": 4,
    "number1": 40,
    "number6": 2,
    "text11": "3",
    "text6": "high",
}
_OURS = re.compile(
    r"\s*<ExtendedAttribute>\s*<FieldID>\d+</FieldID>\s*<FieldName>\w+</FieldName>"
    r"\s*<Alias>Dovetail \w+</Alias>\s*</ExtendedAttribute>"
)


@dataclass
class Case:
    """One sample: its bytes at each stage, and what was answered."""

    original: bytes
    written: bytes
    again: bytes
    undone: bytes
    first: list[Receipt]
    second: list[Receipt]
    uids: list[str]
    defined: dict[str, str]  # Project's name → alias, of definitions that were made


def written(sample: str, folder: Path) -> Case:
    folder.mkdir()
    path = folder / "plan.xml"
    shutil.copyfile(shared(f"samples/msproject/{sample}"), path)
    original = path.read_bytes()
    used = set(re.findall(r"<FieldID>(\d+)</FieldID>", original.decode("utf-8-sig")))
    fields: dict[str, str] = {}
    defined: dict[str, str] = {}
    for slot, target in TARGETS.items():
        is_used = custom_fields.FIELD_IDS[target] in used
        fields[slot] = target if is_used else f"Dovetail {slot}"
        if not is_used:
            defined[target] = f"Dovetail {slot}"
    write = {"comments": True, "fields": fields, "define": {alias: name for name, alias in defined.items()}}

    def connect() -> Any:
        return plan_intents.connector(folder, write)

    uids = [item.native_id.rpartition(":")[2] for item in build.read(path).items]
    one = connect()
    before = plan_intents.look(one, *uids)
    first = list(one.push(plan_intents.everything(before)))
    written_bytes = path.read_bytes()
    second = list(connect().push(plan_intents.everything(before)))
    again = path.read_bytes()
    other = connect()
    standing = {slots.item_id: slots for slots in plan_intents.look(other, *uids)}
    back = [
        plan_intents.intent(
            slot, was.fields.get(slot), before=standing[was.item_id].fields.get(slot), uid=uid
        )
        for uid, was in zip(uids, before, strict=True)
        for slot in TARGETS
    ]
    back += [plan_intents.intent(COMMENT, None, before=plan_intents.NOTE.digest(), uid=uid) for uid in uids]
    assert plan_intents.kinds(other.push(back)) <= {"Applied", "Unchanged"}
    return Case(original, written_bytes, again, path.read_bytes(), first, second, uids, defined)


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Case]:
    folder = tmp_path_factory.mktemp("samples")
    return {sample: written(sample, folder / str(at)) for at, sample in enumerate(SAMPLES)}


def what_mpxj_lacks() -> str | None:
    for package in ("mpxj", "jpype"):
        if importlib.util.find_spec(package) is None:
            return f"the package {package}"
    import jpype

    try:
        jpype.getDefaultJVMPath()
    except jpype.JVMNotFoundException:
        return "a Java runtime"
    return None


@pytest.fixture(scope="module")
def dumps(cases: dict[str, Case], tmp_path_factory: pytest.TempPathFactory) -> Path:
    if (missing := what_mpxj_lacks()) is not None:
        if os.environ.get("DOVETAIL_REQUIRE_JVM"):
            pytest.fail(f"DOVETAIL_REQUIRE_JVM is set, and there is no {missing}")
        pytest.skip(f"MPXJ needs {missing}")
    folder = tmp_path_factory.mktemp("dumps")
    for at, case in enumerate(cases.values()):
        (folder / f"{at}-original.xml").write_bytes(case.original)
        (folder / f"{at}-written.xml").write_bytes(case.written)
    program = Path(__file__).with_name("mpxj_dump.py")
    done = subprocess.run(
        [sys.executable, str(program), str(folder)],
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return folder


def dump(folder: Path, sample: str, which: str) -> dict[str, Any]:
    path = folder / f"{SAMPLES.index(sample)}-{which}.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    found["property_values"].pop("current_date", None)  # MPXJ puts the time of reading there
    return found


def test_the_list_of_samples_is_complete() -> None:
    folder = shared("samples/msproject")
    listed = {shared(f"samples/msproject/{sample}").read_bytes() for sample in SAMPLES}
    assert all(path.read_bytes() in listed for path in folder.rglob("*.xml"))


@pytest.mark.parametrize("sample", SAMPLES)
def test_mpxj_reads_no_difference_but_our_fields_and_our_block(
    sample: str, cases: dict[str, Case], dumps: Path
) -> None:
    case = cases[sample]
    assert case.first == [] or plan_intents.kinds(case.first) == {"Applied"}
    before, after = dump(dumps, sample, "original"), dump(dumps, sample, "written")
    tasks_before, tasks_after = before.pop("tasks", []), after.pop("tasks", [])
    assert custom_fields_of(after) == {
        **custom_fields_of(before),
        **{name.lower(): alias for name, alias in case.defined.items() if case.uids},
    }
    assert after == before
    assert [task.get("unique_id") for task in tasks_after] == [task.get("unique_id") for task in tasks_before]
    touched = 0
    for was, now in zip(tasks_before, tasks_after, strict=True):
        uid = str(was.get("unique_id"))
        if uid not in case.uids:
            assert now == was
            continue
        touched += 1
        expected = {**was, **expected_of(was, uid)}
        assert {**now, "date7": now["date7"][:10]} == expected
    assert touched == len(case.uids)


def custom_fields_of(found: dict[str, Any]) -> dict[str, str]:
    """Project's name → alias of a task's custom fields; those of others stay in the dump."""
    rows = found.pop("custom_fields", [])
    ours = [row for row in rows if row["field_type_class"] == "task"]
    if others := [row for row in rows if row not in ours]:
        found["custom_fields"] = others
    return {row["field_type"]: row["field_alias"] for row in ours}


def expected_of(was: Mapping[str, Any], uid: str) -> dict[str, Any]:
    own = was.get("notes", "")
    block = living_note.block_text(uid, plan_intents.NOTE.digest(), plan_intents.NOTE_LINES)
    return {**AS_MPXJ_READS_THEM, "notes": f"{own}\n\n{block}" if own else block}


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_second_push_leaves_every_byte_as_it_is(sample: str, cases: dict[str, Case]) -> None:
    case = cases[sample]
    assert case.again == case.written
    assert all(isinstance(receipt, Unchanged) for receipt in case.second)
    assert [one.intent_id for one in case.second] == [one.intent_id for one in case.first]
    assert all(isinstance(receipt, Applied) for receipt in case.first)
    assert (case.written == case.original) == (not case.uids)


@pytest.mark.parametrize("sample", SAMPLES)
def test_taking_our_values_out_again_gives_the_original_bytes_but_for_definitions(
    sample: str, cases: dict[str, Case]
) -> None:
    case = cases[sample]
    undone = _OURS.sub("", case.undone.decode())
    original = case.original.decode()
    spelling = re.search(r"<ExtendedAttributes ?/>|<ExtendedAttributes>\s*</ExtendedAttributes>", original)
    if spelling:
        undone = re.sub(
            r"<ExtendedAttributes>\s*</ExtendedAttributes>|<ExtendedAttributes ?/>", spelling[0], undone
        )
    if sample == "mpxj/task-dates-project2013-mspdi.xml":
        # A day is all that is kept of a date that stood in a field before it became ours.
        original = original.replace(
            "<Value>2014-01-07T15:00:00</Value>", "<Value>2014-01-07T17:00:00</Value>"
        )
    assert undone == original
    if not case.defined and sample != "mpxj/task-dates-project2013-mspdi.xml":
        assert case.undone == case.original


def test_the_published_schema_finds_nothing_new_but_values_where_project_writes_them(
    cases: dict[str, Case],
) -> None:
    """It wants values before IsPublished; Project 2007 to 2019 writes them after CommitmentType."""
    schema = etree.XMLSchema(
        etree.parse(shared("specs/msproject/xsd/mspdi_pj12.reassembled.realns.xsd")),
    )
    valid = 0
    for sample, case in cases.items():
        before, after = problems(schema, case.original), problems(schema, case.written)
        assert after == before, sample
        valid += before == []
    assert valid == 1  # of these samples; the others have elements that are newer than the schema


def problems(schema: etree.XMLSchema, raw: bytes) -> list[str]:
    root = etree.fromstring(raw)
    for value in root.findall("{*}Tasks/{*}Task/{*}ExtendedAttribute"):
        parent = value.getparent()
        assert parent is not None
        parent.remove(value)
    schema.validate(root)
    return [error.message for error in schema.error_log]
