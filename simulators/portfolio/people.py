"""The people of the demo portfolio. All names are invented; none belongs to anybody in particular."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a Jira account; `left` once they have gone and the account is deactivated."""

    account_id: str
    name: str
    email: str
    team: str
    left: bool = False
    kind: str = "atlassian"


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
