"""The people of the demo portfolio. All names are invented; none belongs to anybody in particular.

Jira and Azure DevOps have accounts of their own; who works in both has the same address in both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["atlassian", "app", "aad", "svc", "group"]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account in a tracker; `left` once they have gone and the account is deactivated.

    In Azure DevOps the `account_id` is the address, which is how people are named there.
    """

    account_id: str
    name: str
    email: str
    team: str
    left: bool = False
    kind: Kind = "atlassian"


_TEAMS = {
    "PMO": ("Anneke Solberg", "Tiago Wrenfield"),
    "CHK": (
        "Ilse Marchetti",
        "Benedek Osterwald",
        "Yara Finnegan-Roux",
        "Dorian Kessel",
        "Noor Aldenhoven",
        "Pelle Vantongeren",
    ),
    "PAY": ("Maxine Tregaro", "Luuk Hallorand", "Sunniva Prakesh", "Otis Belgrano", "Greta Zaharis"),
    "APP": ("Rafael Imboden-Lee", "Tuuli Castellan", "Ewan Morisot", "Shirin Halvorsen", "Jonah Pfisterling"),
    "LOY": ("Camille Okonjo-Baer", "Stellan Rizzoti", "Ada Wintermeer", "Mirko Delacourse"),
    "WMS": (
        "Henrike Falconer",
        "Bogdan Lillevik",
        "Amara Stucki-Obi",
        "Silvan Threlfall",
        "Petra Quennell",
        "Joris Anzellini",
    ),
    "RPL": ("Leonie Abascal", "Viktor Hummelgaard", "Zeynep Ravensdal", "Cosmo Brandilow"),
    "SHOPS": ("Margit Eschenfield", "Dario Pennwright", "Ulla Corvane", "Ferdinand Ossola"),
    "DC": ("Ruben Castelgrave", "Ingrid Pawlitzer", "Matteo Sandoval-Kern"),
}

# One from each of four teams; each still owns work.
LEFT = frozenset({"Dorian Kessel", "Shirin Halvorsen", "Silvan Threlfall", "Ferdinand Ossola"})

BUILD_BOT = Person("712020:build-bot", "Build bot", "build-bot@retail.example", "PMO", kind="app")

# Teams that have never worked in Jira.
_BOARD_TEAMS = {
    "DEV": (
        "Roswitha Engelbrecht",
        "Taro Lindqvist",
        "Odile Brannigan",
        "Marek Sutterlin",
        "Fenna Oyelaran",
        "Caspar Nightingale",
    ),
    "DATA": (
        "Ottoline Varga",
        "Emre Haldane",
        "Britta Solheim-Cruz",
        "Kiran Westerveld",
        "Lucian Abernathy",
    ),
    "ERP": (
        "Gisela Thornbury",
        "Anton Bellweather",
        "Rosalind Achterberg",
        "Imre Vandersloot",
        "Paloma Friedrichsen",
    ),
}
# Known in Jira, and at work in a team of Azure DevOps too; one of them has left.
_IN_BOTH = {
    "Anneke Solberg": "PMO",
    "Tiago Wrenfield": "PMO",
    "Maxine Tregaro": "PMO",
    "Otis Belgrano": "DEV",
    "Dario Pennwright": "SHOPS",
    "Ulla Corvane": "SHOPS",
    "Ferdinand Ossola": "SHOPS",
    "Leonie Abascal": "DATA",
    "Bogdan Lillevik": "ERP",
}
LEFT_BOARDS = frozenset({"Caspar Nightingale", "Paloma Friedrichsen"})

FIELD_SUPPORT = Person(
    "field-support@retail.example", "Field support", "field-support@retail.example", "DEV", kind="group"
)
RELEASE_PIPELINE = Person(
    "release-pipeline@retail.example",
    "Release pipeline",
    "release-pipeline@retail.example",
    "DATA",
    kind="svc",
)


def _address(name: str) -> str:
    return name.lower().replace(" ", ".") + "@retail.example"


def everybody() -> tuple[Person, ...]:
    """All people, team by team, the lead of each team first, then the one service account."""
    people = [
        Person(f"5f8c:{team.lower()}-{number:02}", name, _address(name), team, left=name in LEFT)
        for team, names in _TEAMS.items()
        for number, name in enumerate(names, start=1)
    ]
    return (*people, BUILD_BOT)


def on_boards() -> tuple[Person, ...]:
    """Who has an account in Azure DevOps: team by team, the lead first, a group and a pipeline last."""
    teams = {name: team for team, names in _BOARD_TEAMS.items() for name in names} | _IN_BOTH
    left = LEFT | LEFT_BOARDS
    people = [
        Person(_address(name), name, _address(name), team, left=name in left, kind="aad")
        for name, team in teams.items()
    ]
    return (*people, FIELD_SUPPORT, RELEASE_PIPELINE)
