"""The plans of the programme "Store 2.0": the rollout to the shops, and the go-live of the checkout."""

from __future__ import annotations

from simulators.portfolio.network import PlanSpec, Row

SHARED_EPIC = "Terminal replacement"

# Shop, first day of its wave, what went wrong there: (row, days).
_WAVES = (
    ("Altbruck", -150, "", 0),
    ("Seewies", -128, "", 0),
    ("Lindentor", -106, "Power and network", 7),
    ("Bahnhof Nord", -84, "", 0),
    ("Murtenfeld", -62, "Tills and terminals", 2),
    ("Rosengasse", -30, "Power and network", 18),
    ("Talmarkt", 2, "", 0),
    ("Hafenplatz", 24, "", 0),
)
# How many working days later than the devices team a shop's installation stands in the plan.
_DEVICES_LATER = {"Talmarkt": 7}
_LEADERS = ("Dario Pennwright", "Ulla Corvane")


def _wave(number: int, shop: str, first: int, trouble: str, extra: int) -> tuple[Row, ...]:
    who = _LEADERS[number % 2]
    order = f"{shop}: order hardware"

    def row(what: str, days: int, *after: str, **more: object) -> Row:
        delay = extra if what == trouble else 0
        return Row(f"{shop}: {what.lower()}", 2, days, after, delay=delay, **more)  # type: ignore[arg-type]

    return (
        Row(f"Wave {number}: {shop}", 1),
        row("Survey the site", 3, not_before=first, who=who),
        Row(order, 2, 2, (f"{shop}: survey the site",), who="Margit Eschenfield"),
        row("Power and network", 5, f"{order} +5", who="Electrical contractor"),
        row(
            "Tills and terminals", 4, f"{shop}: power and network", who=who, twin=_DEVICES_LATER.get(shop, 0)
        ),
        row("Train the staff", 3, f"{shop}: power and network", who=who),
        row("Shop live", 0, f"{shop}: tills and terminals", f"{shop}: train the staff"),
    )


STORE_ROLLOUT = PlanSpec(
    file="store-rollout.xml",
    title="Store rollout",
    program="Store 2.0",
    project="Store rollout",
    manager="Margit Eschenfield",
    first=-195,
    twin_project="Shop Devices",
    key_heading="Tracker Key",
    rows=(
        Row("Preparation", 1),
        Row("Rollout mandate signed", 2, 0),
        Row("Agree the standard shop layout", 2, 12, ("Rollout mandate signed",), "Margit Eschenfield"),
        Row(
            "Frame contract with the electrical contractor",
            2,
            15,
            ("Rollout mandate signed",),
            "Margit Eschenfield",
        ),
        Row(
            "Reference shop in the test hall", 2, 10, ("Agree the standard shop layout",), "Dario Pennwright"
        ),
        Row("Training material", 2, 10, ("Agree the standard shop layout",), "Ulla Corvane"),
        Row(
            "Ready for the first wave",
            2,
            0,
            (
                "Reference shop in the test hall",
                "Training material",
                "Frame contract with the electrical contractor",
            ),
        ),
        *(row for number, wave in enumerate(_WAVES, start=1) for row in _wave(number, *wave)),
        Row("Central work", 1),
        # An epic of Payments in Jira and of Shop Devices in Azure DevOps; the plan has it as one row.
        Row(SHARED_EPIC, 2, 87, (), "Terminal supplier", not_before=-42, twin=0),
        Row("Afterwards", 1),
        Row("Return of old tills", 2, 15, ("Hafenplatz: shop live",), "Ferdinand Ossola"),
        Row("Inventory of terminals", 2, 6, ("Hafenplatz: shop live",), "Ferdinand Ossola"),
        Row("Clear the spare parts store", 2, 4, (), "Dario Pennwright", not_before=-6, percent=50),
        Row(
            "Rollout closed",
            2,
            0,
            ("Return of old tills", "Inventory of terminals", "Clear the spare parts store"),
        ),
    ),
)

CHECKOUT = PlanSpec(
    file="checkout.xml",
    title="Checkout go-live",
    program="Store 2.0",
    project="Checkout",
    manager="Ilse Marchetti",
    first=-120,
    twin_project="CHK",
    rows=(
        Row("Readiness", 1),
        Row("Agree the go-live criteria", 2, 5, (), "Ilse Marchetti"),
        Row(
            "Service level with operations",
            2,
            15,
            ("Agree the go-live criteria",),
            "Benedek Osterwald",
            twin=0,
        ),
        Row(
            "Load test with peak volumes",
            2,
            10,
            ("Service level with operations +5",),
            "Yara Finnegan-Roux",
            2,
            twin=0,
        ),
        Row(
            "Fix what the load test found",
            2,
            15,
            ("Load test with peak volumes",),
            "Yara Finnegan-Roux",
            twin=0,
        ),
        Row("Penetration test", 2, 10, ("Load test with peak volumes",), "External tester", twin=0),
        Row(
            "Legal review of the consent wording", 2, 20, ("Agree the go-live criteria",), "Ilse Marchetti", 4
        ),
        Row("Pilot", 1),
        Row("Choose the pilot shops", 2, 5, ("Agree the go-live criteria",), "Ilse Marchetti"),
        Row(
            "Train the pilot shops",
            2,
            5,
            ("Choose the pilot shops", "Fix what the load test found"),
            "Pelle Vantongeren",
            twin=0,
        ),
        Row(
            "Pilot shops live",
            2,
            0,
            ("Train the pilot shops", "Penetration test", "Legal review of the consent wording"),
            twin=0,
        ),
        Row("Pilot operation", 2, 30, ("Pilot shops live",), "Noor Aldenhoven", 3, twin=0),
        Row("Pilot report to the steering committee", 2, 5, ("Pilot operation",), "Ilse Marchetti", twin=0),
        Row("Peak season", 1),
        Row("Rehearse the peak day", 2, 4, ("Pilot operation SS+20",), "Benedek Osterwald", 3, twin=0),
        Row(
            "Code freeze for peak season",
            2,
            0,
            ("Rehearse the peak day", "Pilot report to the steering committee"),
            not_before=12,
            deadline=22,
            twin=3,
        ),
        Row("Stand-by roster for peak season", 2, 5, (), "Pelle Vantongeren", not_before=4, twin=0),
        Row("Switch", 1),
        Row("Switch the remaining shops", 2, 25, ("Code freeze for peak season +20",), "Noor Aldenhoven"),
        Row(
            "Archive orders of the old checkout",
            2,
            10,
            ("Code freeze for peak season +20",),
            "Benedek Osterwald",
            twin=12,
        ),
        Row(
            "Old checkout switched off",
            2,
            0,
            ("Switch the remaining shops", "Archive orders of the old checkout"),
            deadline=78,
            twin=0,
        ),
        Row("Lessons learned", 2, 3, ("Old checkout switched off",), "Ilse Marchetti"),
    ),
)
