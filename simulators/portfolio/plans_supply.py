"""The plans of the programme "Supply chain renewal": the warehouse, and the move it depends on."""

from __future__ import annotations

from simulators.portfolio.network import PlanSpec, Row

WAREHOUSE = PlanSpec(
    file="warehouse.xml",
    title="Warehouse renewal",
    program="Supply chain renewal",
    project="Warehouse management",
    manager="Henrike Falconer",
    first=-210,
    twin_project="WMS",
    rows=(
        Row("Concept", 1),
        Row("Process workshops with the shift leads", 2, 20, (), "Henrike Falconer"),
        Row(
            "Interface concept to the automation",
            2,
            15,
            ("Process workshops with the shift leads",),
            "Bogdan Lillevik",
            3,
        ),
        Row("Network survey of the halls", 2, 10, (), "Hall technician"),
        Row("Concept approved", 2, 0, ("Interface concept to the automation", "Network survey of the halls")),
        Row("Test hall", 1),
        Row("Install the test hall", 2, 15, ("Concept approved",), "Hall technician"),
        Row("Goods receipt in the test hall", 2, 20, ("Install the test hall",), "Amara Stucki-Obi", twin=0),
        Row("Goods receipt live in the test hall", 2, 0, ("Goods receipt in the test hall",), twin=0),
        Row(
            "Voice picking in the test hall",
            2,
            25,
            ("Install the test hall +10",),
            "Petra Quennell",
            2,
            twin=0,
        ),
        Row(
            "Acceptance by the works council",
            2,
            15,
            ("Voice picking in the test hall",),
            "Henrike Falconer",
            4,
        ),
        Row("Automation", 1),
        Row("Conveyor controller upgrade", 2, 30, ("Concept approved +10",), "Hall technician", 9, twin=0),
        Row(
            "Message test with the conveyor",
            2,
            15,
            ("Conveyor controller upgrade",),
            "Bogdan Lillevik",
            twin=0,
        ),
        Row("Shuttle integration", 2, 25, ("Message test with the conveyor",), "Bogdan Lillevik", twin=0),
        Row(
            "Emergency stop test with the safety officer",
            2,
            3,
            ("Shuttle integration",),
            "Hall technician",
            twin=0,
        ),
        Row(
            "Fault list closed",
            2,
            8,
            ("Shuttle integration",),
            "Silvan Threlfall",
            not_before=-22,
            percent=60,
            twin=0,
        ),
        Row("Data", 1),
        Row("Clean the article master", 2, 60, ("Concept approved",), "Joris Anzellini", 3, twin=0),
        Row("Trial transfer of stock", 2, 10, ("Clean the article master",), "Joris Anzellini", twin=0),
        Row(
            "Second trial transfer of stock",
            2,
            10,
            ("Trial transfer of stock +15",),
            "Joris Anzellini",
            twin=0,
        ),
        Row("Training", 1),
        Row("Train the trainers", 2, 10, ("Acceptance by the works council",), "Petra Quennell"),
        Row(
            "Train the early shift", 2, 15, ("Train the trainers",), "Petra Quennell", not_before=-12, twin=0
        ),
        Row("Train the late shift", 2, 15, ("Train the early shift",), "Petra Quennell", twin=5),
        Row("Train the night shift", 2, 10, ("Train the late shift",), "Petra Quennell", twin=0),
        Row("Cut-over", 1),
        Row("Write the cut-over checklist", 2, 15, (), "Silvan Threlfall", not_before=-14, twin=0),
        Row(
            "Cut-over rehearsal",
            2,
            2,
            ("Write the cut-over checklist", "Second trial transfer of stock"),
            "Henrike Falconer",
            not_before=5,
            twin=14,
        ),
        Row("Close the findings of the rehearsal", 2, 15, ("Cut-over rehearsal",), "Amara Stucki-Obi"),
        Row(
            "Go or no-go decision",
            2,
            0,
            ("Close the findings of the rehearsal", "Train the night shift"),
            deadline=55,
        ),
        Row("Cut-over weekend", 2, 3, ("Go or no-go decision",), "Henrike Falconer"),
        Row("Go-live of the central warehouse", 2, 0, ("Cut-over weekend",), deadline=60, twin=0),
        Row("Floor support", 2, 20, ("Go-live of the central warehouse",), "Amara Stucki-Obi"),
        Row("Old warehouse system switched off", 2, 0, ("Floor support",), twin=0),
    ),
)

_AREAS = ("Ambient", "Chilled", "Frozen", "Returns")


def _area(number: int, area: str) -> tuple[Row, ...]:
    low = area.lower()
    first = -45 + 18 * number
    return (
        Row(f"{area} area", 1),
        Row(f"Racks for the {low} area", 2, 15, ("Building handed over",), "Rack supplier", not_before=first),
        Row(
            f"Floor markings of the {low} area", 2, 3, (f"Racks for the {low} area",), "Matteo Sandoval-Kern"
        ),
        Row(f"Network in the {low} area", 2, 6, (f"Racks for the {low} area SS+5",), "Hall technician"),
        Row(
            f"Fire inspection of the {low} area",
            2,
            2,
            (f"Floor markings of the {low} area",),
            "Ingrid Pawlitzer",
        ),
        Row(
            f"Move stock of the {low} area",
            2,
            8,
            (f"Fire inspection of the {low} area", f"Network in the {low} area"),
            "Matteo Sandoval-Kern",
        ),
        Row(f"{area} area working", 2, 0, (f"Move stock of the {low} area",)),
    )


DC_MOVE = PlanSpec(
    file="dc-move.xml",
    title="Distribution centre move",
    program="Supply chain renewal",
    project="Distribution centre move",
    manager="Ruben Castelgrave",
    first=-180,
    has_baseline=False,
    rows=(
        Row("Building", 1),
        Row("Lease signed", 2, 0),
        Row("Building permit for the loading docks", 2, 40, ("Lease signed",), "Ingrid Pawlitzer"),
        Row("Loading docks", 2, 45, ("Building permit for the loading docks",), "General contractor"),
        Row("Sprinkler system", 2, 35, ("Lease signed +45",), "General contractor"),
        Row("Power supply and emergency power", 2, 40, ("Lease signed +45",), "General contractor"),
        Row(
            "Building handed over",
            2,
            0,
            ("Loading docks", "Sprinkler system", "Power supply and emergency power"),
        ),
        Row("People", 1),
        Row("Agree transfers with the works council", 2, 30, ("Lease signed +20",), "Ruben Castelgrave"),
        Row(
            "Offer a new workplace to everybody",
            2,
            20,
            ("Agree transfers with the works council",),
            "Ruben Castelgrave",
        ),
        Row(
            "Bus line for the early shift",
            2,
            25,
            ("Agree transfers with the works council",),
            "Ingrid Pawlitzer",
        ),
        Row(
            "Recruit for the late shift",
            2,
            60,
            ("Offer a new workplace to everybody",),
            "Ruben Castelgrave",
            notes="Thirty places; eleven are filled.",
        ),
        *(row for number, area in enumerate(_AREAS) for row in _area(number, area)),
        Row("Transport", 1),
        Row("New routes to the shops", 2, 20, (), "Matteo Sandoval-Kern", not_before=-30),
        Row("Tariffs with the carriers", 2, 15, ("New routes to the shops",), "Matteo Sandoval-Kern"),
        Row("Test drives on the new routes", 2, 5, ("Tariffs with the carriers",), "Matteo Sandoval-Kern"),
        Row("Old distribution centre", 1),
        Row("Sell the old racks", 2, 20, ("Frozen area working",), "Ingrid Pawlitzer"),
        Row("Clear and clean", 2, 10, ("Returns area working",), "Ingrid Pawlitzer"),
        Row(
            "Old building returned to its owner",
            2,
            0,
            ("Sell the old racks", "Clear and clean"),
            deadline=110,
        ),
    ),
)
