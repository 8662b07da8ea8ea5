"""Who an owner is, and why an owner is no owner."""

from __future__ import annotations

import pytest

from portfolio.records import Identity
from sync.people import People, is_placeholder


def account(source: str, account_id: str, **more: object) -> Identity:
    return Identity(**{"source": source, "account_id": account_id, "name": "Ada Example", **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "name",
    ["TBD", "tba", "N/A", "na", "None", "?", "??", "-", "unknown", "Unassigned", "Nobody", "To be confirmed",
     "Team Payments", "PM", "n.a.", "(TBD)", "T.B.D.", "<none>", "Project Manager 1", "  ", "ＴＢＤ"],
)  # fmt: skip
def test_a_name_that_stands_for_nobody(name: str) -> None:
    assert is_placeholder(name)


@pytest.mark.parametrize("name", ["Nona Tbdal", "Pma", "Ann Teamer", "Noname Jones", "Opena"])
def test_a_name_that_only_looks_like_it(name: str) -> None:
    assert not is_placeholder(name)


@pytest.mark.parametrize(
    ("identity", "problem"),
    [
        (account("shop", "1", is_active=True, kind="person"), None),
        (account("shop", "1", is_active=False, kind="person"), "account disabled"),
        (account("shop", "1", is_active=None, kind="unknown"), None),
        (account("shop", "1", is_active=True, kind="group"), "owner is a group"),
        (account("shop", "1", is_active=True, kind="service"), "owner is a service account"),
        (account("shop", "1", is_active=None, kind="placeholder"), "placeholder name"),
        (account("shop", "1", is_active=False, kind="person", name="TBD"), "placeholder name"),
    ],
)
def test_the_first_reason_that_holds_is_the_one_shown(identity: Identity, problem: str | None) -> None:
    assert People([identity]).owner_problem("shop", "1") == problem


def test_no_owner_and_an_owner_nobody_has_told_us_of_are_different() -> None:
    people = People([])
    assert people.owner_problem("shop", None) == "no owner"
    assert people.owner_problem("shop", "557058:unknown") is None
    assert people.owner_problem("plans", "TBD") == "placeholder name"


def test_a_plans_resource_has_left_when_its_tracker_account_is_disabled() -> None:
    people = People(
        [
            account("shop", "1", email="Ada@shop.example", is_active=False, kind="person"),
            account("plans", "7", email="ada@shop.example", kind="person"),
        ]
    )
    assert people.owner_problem("plans", "7") == "account disabled"
    assert [(one.person_id, one.problem) for one in people.persons] == [
        ("ada@shop.example", "account disabled")
    ]


def test_one_live_account_keeps_a_person_but_not_the_dead_account() -> None:
    people = People(
        [
            account("shop", "old", email="ada@shop.example", is_active=False, kind="person"),
            account("shop", "new", email="ada@shop.example", is_active=True, kind="person"),
        ]
    )
    assert people.persons[0].problem is None
    assert people.owner_problem("shop", "old") == "account disabled"
    assert people.owner_problem("shop", "new") is None


def test_accounts_without_an_address_are_joined_by_alias_and_never_by_name() -> None:
    accounts = [account("shop", "1", is_active=False, kind="person"), account("plans", "7", kind="person")]
    assert len(People(accounts).persons) == 2
    joined = People(accounts, {"shop:1": "ada@shop.example", "PLANS:7": "ada@shop.example"})
    assert [one.accounts for one in joined.persons] == [[("shop", "1"), ("plans", "7")]]
    assert joined.owner_problem("plans", "7") == "account disabled"


def test_accounts_of_one_directory_are_one_person_whatever_their_addresses() -> None:
    people = People(
        [
            account("boards", "aad.1", email="ada@shop.example", directory_id="e-1", is_active=True),
            account("supplier", "aad.9", email="ada@guest.example", directory_id="e-1", is_active=True),
            account("plans", "3", email="ada@shop.example"),
            account("boards", "aad.2", email="bob@shop.example", directory_id="e-2"),
        ]
    )
    assert [person.person_id for person in people.persons] == ["ada@shop.example", "bob@shop.example"]
    ada = people.person("supplier", "aad.9")
    assert ada is not None
    assert ada.accounts == [("boards", "aad.1"), ("supplier", "aad.9"), ("plans", "3")]


def test_a_mailbox_that_people_share_in_one_tracker_joins_nobody_but_an_alias_does() -> None:
    team = {"email": "team@shop.example", "is_active": True}
    accounts = [
        account("plans", "1", **team),
        account("plans", "2", **{**team, "name": "Bo Example"}),
        account("boards", "3", **team),
        account("shop", "9", email="ada@shop.example"),
    ]
    people = People(accounts, {"plans:1": "ada@shop.example"})
    assert [(one.person_id, one.email, len(one.accounts)) for one in people.persons] == [
        ("ada@shop.example", "ada@shop.example", 2),
        ("boards:3", None, 1),
        ("plans:2", None, 1),
    ]
    # Whether they are on the project is unknown, which is not the same as not.
    assert people.owner_problem("plans", "2", people.members(["ada@shop.example"])) is None
    # Of one who was renamed, and one who came back, it stays the address.
    same = [account("plans", "1", **team), account("plans", "2", **{**team, "name": "ada  EXAMPLE"})]
    assert len(People(same).persons) == 1
    back = [account("plans", "1", **{**team, "is_active": False, "name": "Ada Old"}), same[1]]
    assert len(People(back).persons) == 1


def test_an_alias_of_an_alias_is_one_and_neither_case_nor_blanks_tell_people_apart() -> None:
    accounts = [
        account("shop", "1", email="Old@shop.example"),
        account("boards", "2", email="ada@shop.example ", directory_id="AB-1"),
        account("plans", "3", directory_id="ab-1"),
    ]
    aliases = {"old@shop.example": "older@shop.example", "older@shop.example": "ada@shop.example"}
    assert [one.person_id for one in People(accounts, aliases).persons] == ["ada@shop.example"]
    round_about = {"a@shop.example": "b@shop.example", "b@shop.example": "a@shop.example"}
    assert len(People(accounts, round_about).persons) == 2


def test_a_directory_joins_accounts_that_have_no_address() -> None:
    people = People([account(source, "aad.1", directory_id="e-1") for source in ("boards", "supplier")])
    assert [person.person_id for person in people.persons] == ["directory:e-1"]


def test_somebody_on_the_list_of_leavers_has_left_whatever_the_account_says() -> None:
    people = People(
        [
            account("shop", "1", email="Ada@shop.example", is_active=True, kind="person"),
            account("plans", "7", email="ada@shop.example"),
            account("shop", "2", email="bob@shop.example", is_active=True, kind="person"),
            account("shop", "3", is_active=True, kind="person"),
        ],
        left=["ADA@shop.example", "shop:3"],
    )
    problems = [
        people.owner_problem(*one) for one in (("shop", "1"), ("plans", "7"), ("shop", "2"), ("shop", "3"))
    ]
    assert problems == ["account disabled", "account disabled", None, "account disabled"]
    assert {one.person_id: one.problem for one in people.persons} == {
        "ada@shop.example": "account disabled",
        "bob@shop.example": None,
        "shop:3": "account disabled",
    }


def test_an_owner_who_is_not_on_the_project_does_not_own_there() -> None:
    people = People(
        [
            account("shop", "1", email="ada@old.example", is_active=True, kind="person"),
            account("shop", "2", email="bob@shop.example", is_active=True, kind="person"),
            account("shop", "3", is_active=True, kind="person"),
            account("shop", "4", email="cleo@shop.example", is_active=False, kind="person"),
        ],
        {"ada@old.example": "ada@shop.example"},
    )
    team = people.members(["Ada@shop.example"])
    assert people.owner_problem("shop", "1", team) is None
    assert people.owner_problem("shop", "2", team) == "not on the project"
    assert people.owner_problem("shop", "2", None) is None  # nobody says who is
    assert people.owner_problem("shop", "3", team) is None  # whose account it is is unknown
    assert people.owner_problem("shop", "4", team) == "account disabled"  # the first reason counts
    assert people.owner_problem("shop", "2", people.members([])) == "not on the project"


def test_a_team_may_be_told_by_accounts() -> None:
    people = People([account("shop", "2", email="bob@shop.example", is_active=True, kind="person")])
    assert people.owner_problem("shop", "2", people.members(["shop:2"])) is None
