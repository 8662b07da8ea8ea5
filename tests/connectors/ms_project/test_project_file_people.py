"""Who owns a task: the first person assigned, never nobody, a machine, a budget or a role."""

from __future__ import annotations

from pathlib import Path

from plan_builder import loaded, plan, task

from connectors.ms_project.mapping import Plan
from portfolio.records import Identity


def person(uid: int, name: str, **more: object) -> dict[str, object]:
    return {"UID": uid, "ID": uid, "Name": name, "Type": 1, "IsNull": 0, "MaxUnits": "1.00", **more}


def assigned(task_uid: int, *resources: int) -> list[dict[str, object]]:
    return [{"TaskUID": task_uid, "ResourceUID": resource} for resource in resources]


RESOURCES = [
    {"UID": 0, "ID": 0, "Type": 1, "IsNull": 0},
    person(1, "Concrete", Type=0),
    person(2, "Travel", Type=0, IsCostResource=1),
    person(3, "Senior Developer", IsGeneric=1),
    person(4, "Test Lead", EmailAddress="test.lead@demo.example"),
    person(5, "Developers", MaxUnits="3.00"),
    person(6, "Former Lead", IsInactive=1),
    person(7, "Budget", IsBudget=1),
]


def owned(folder: Path, *resources: int) -> Plan:
    rows = assigned(1, *resources)
    return loaded(folder, plan([task(1)], resources=RESOURCES, assignments=rows))


def test_nobody_is_an_assignment_too_and_owns_nothing(tmp_path: Path) -> None:
    for resources in ((-65535,), (0,), (99,), ()):
        item = owned(tmp_path, *resources).items[0]
        assert (item.owner_id, item.assignment_count) == (None, 0), resources


def test_the_first_person_owns_the_task(tmp_path: Path) -> None:
    item = owned(tmp_path, 1, 2, 7, 3, 5, 4).items[0]
    assert (item.owner_id, item.assignment_count) == ("plan.xml:5", 6)


def test_material_cost_and_roles_own_nothing_and_count_as_resources(tmp_path: Path) -> None:
    item = owned(tmp_path, 1, 2, 3).items[0]
    assert (item.owner_id, item.assignment_count) == (None, 3)


def test_identities_are_those_who_can_be_assigned_work(tmp_path: Path) -> None:
    found = owned(tmp_path, 4).identities
    assert list(found) == [
        Identity(source="plans", account_id="plan.xml:3", name="Senior Developer", kind="placeholder"),
        Identity(
            source="plans",
            account_id="plan.xml:4",
            name="Test Lead",
            email="test.lead@demo.example",
            kind="person",
        ),
        Identity(source="plans", account_id="plan.xml:5", name="Developers", kind="group"),
        Identity(source="plans", account_id="plan.xml:6", name="Former Lead", kind="person", is_active=False),
    ]


def test_a_resource_without_a_type_is_a_person(tmp_path: Path) -> None:
    row = {"UID": 1, "ID": 1, "Name": "Lead"}
    found = loaded(tmp_path, plan([task(1)], resources=[row], assignments=assigned(1, 1)))
    assert found.items[0].owner_id == "plan.xml:1"


def test_an_assignment_to_the_project_summary_leads_the_plan(tmp_path: Path) -> None:
    rows = [task(0, OutlineLevel=0, Summary=1), task(1)]
    found = loaded(tmp_path, plan(rows, resources=RESOURCES, assignments=assigned(0, 4), Manager="Someone"))
    assert found.schedule.lead_id == "plan.xml:4"


def test_the_files_manager_leads_the_plan(tmp_path: Path) -> None:
    known = loaded(tmp_path, plan([task(1)], resources=RESOURCES, Manager="test lead"))
    assert known.schedule.lead_id == "plan.xml:4"
    assert len(known.identities) == 4
    other = loaded(tmp_path, plan([task(1)], resources=RESOURCES, Manager="Programme Lead"))
    assert other.schedule.lead_id == "plan.xml:manager"
    assert other.identities[-1] == Identity(
        source="plans", account_id="plan.xml:manager", name="Programme Lead", kind="person"
    )


def test_a_plan_that_nobody_leads_says_so(tmp_path: Path) -> None:
    assert owned(tmp_path, 4).schedule.lead_id is None
