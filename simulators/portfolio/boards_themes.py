"""What the demo's Azure DevOps projects are about, in the words their teams would use.

The organisation `shop` belongs to the same company as the Jira site: its shop devices, its data platform and
the interfaces of its ERP system are built here, on three different processes.
"""

from __future__ import annotations

from dataclasses import dataclass

from simulators.portfolio.themes import Epic


@dataclass(frozen=True, slots=True)
class Flow:
    """The states of a process in order, and what it calls a requirement."""

    new: str
    active: str
    review: str
    done: str
    requirement: str


AGILE = Flow("New", "Active", "Resolved", "Closed", "User Story")
CMMI = Flow("Proposed", "Active", "Resolved", "Closed", "Requirement")


@dataclass(frozen=True, slots=True)
class BoardEpic:
    """An epic, the area it stands in, and its features with the things they are about."""

    title: str
    area: str
    features: tuple[Epic, ...]


@dataclass(frozen=True, slots=True)
class BoardTheme:
    """One Azure DevOps project; `sprint_days` is the length of its iterations in working days."""

    key: str
    name: str
    process: str
    flow: Flow
    program: str
    sprint_days: int
    epics: tuple[BoardEpic, ...]
    stories: tuple[str, ...]
    tasks: tuple[str, ...]
    bugs: tuple[str, ...]
    risks: tuple[str, ...] = ()


_TASKS = (
    "Design the {x}",
    "Write the code of the {x}",
    "Test the {x}",
    "Review the {x}",
    "Document the {x}",
    "Roll out the {x} to the test shop",
)

DEVICES = BoardTheme(
    key="DEV",
    name="Shop Devices",
    process="Retail Agile",
    flow=AGILE,
    program="Store 2.0",
    sprint_days=15,
    epics=(
        BoardEpic(
            "Hand-held scanners for every department",
            "Scanners",
            (
                Epic("Scanner image", "base image, wireless profile, screen lock"),
                Epic("Price check on the shelf", "shelf label look-up, price difference note, label reprint"),
                Epic("Stock count by hand", "count list, blind count, count correction"),
                Epic("Scanner fleet", "device inventory, battery report, lost device lock"),
            ),
        ),
        BoardEpic(
            "Scales and labels",
            "Scales",
            (
                Epic("New scale models", "scale driver, tare key, calibration seal check"),
                Epic("Label printing", "label layout, allergen line, printer queue"),
                Epic("Price feed to the scales", "price feed, price roll-back, feed monitor"),
                Epic("Scales in self-service", "picture keys, bag weight, article search"),
            ),
        ),
        BoardEpic(
            "Terminal replacement",
            "Terminals",
            (
                Epic("Terminal image", "terminal base image, signed boot, image roll-back"),
                Epic("Keys and certificates", "key ceremony, certificate renewal, key inventory"),
                Epic("Pairing with the till", "cable-free pairing, till hand-shake, pairing report"),
                Epic("Terminal fleet", "terminal monitor, remote restart, spare terminal pool"),
            ),
        ),
        BoardEpic(
            "Self-checkout in the shops",
            "Tills",
            (
                Epic("Self-checkout hardware", "card slot, receipt printer, hand scanner holder"),
                Epic("Attendant station", "attendant screen, call light, age check button"),
                Epic("Loss prevention", "exit gate, weight sensor, camera trigger"),
                Epic("Self-checkout support", "remote diagnosis, spare part kit, cleaning plan"),
            ),
        ),
    ),
    stories=(
        "Build the {x}",
        "Try the {x} in the test shop",
        "Keep the {x} working without a network",
        "Show the {x} to the service desk",
        "Roll the {x} out by shop group",
        "Measure how often the {x} fails",
    ),
    tasks=_TASKS,
    bugs=(
        "{X}: does not come back after a power cut",
        "{X}: freezes after a long night",
        "{X}: shows the wrong shop number",
        "{X}: update stops at 98 percent",
    ),
)

DATA = BoardTheme(
    key="DATA",
    name="Data Platform",
    process="Agile",
    flow=AGILE,
    program="Supply chain renewal",
    sprint_days=10,
    epics=(
        BoardEpic(
            "Sales data within the hour",
            "Ingestion",
            (
                Epic("Receipt stream", "receipt event, late receipt, receipt correction"),
                Epic("Shop master data", "shop calendar, shop group, opening hours"),
                Epic("Article master data", "article history, package unit, article hierarchy"),
                Epic("Stream operations", "replay tool, dead letter queue, stream alarm"),
            ),
        ),
        BoardEpic(
            "One place for stock figures",
            "Models",
            (
                Epic("Stock ledger", "stock movement, opening balance, ledger check"),
                Epic("Stock in transit", "delivery in transit, delay estimate, transit report"),
                Epic("Shrinkage", "shrinkage estimate, count difference, shrinkage report"),
                Epic("Stock for everybody", "stock view, stock extract, stock history"),
            ),
        ),
        BoardEpic(
            "Demand forecasts for replenishment",
            "Models",
            (
                Epic("Features for the forecast", "weather feed, holiday table, promotion calendar"),
                Epic("Forecast training", "training run, model register, back-test report"),
                Epic("Forecast delivery", "daily forecast file, forecast interface, forecast fallback"),
                Epic("Forecast quality", "error report, bias alarm, planner feedback"),
            ),
        ),
        BoardEpic(
            "Data that may be kept",
            "Governance",
            (
                Epic("Retention of customer data", "retention rule, deletion run, deletion proof"),
                Epic("Access to data", "access request, role model, access review"),
                Epic("Data catalogue", "catalogue entry, data owner list, lineage graph"),
                Epic("Cost of data", "cost report, storage tiers, query budget"),
            ),
        ),
    ),
    stories=(
        "Model the {x}",
        "Load the {x} every hour",
        "Check the {x} against the source",
        "Backfill two years of the {x}",
        "Publish the {x} to the planners",
        "Watch the cost of the {x}",
    ),
    tasks=_TASKS[:5],
    bugs=(
        "{X}: an hour is missing after the change of clocks",
        "{X}: duplicates after a restart",
        "{X}: null where zero is meant",
        "{X}: yesterday's partition is read",
    ),
)

ERP = BoardTheme(
    key="ERP",
    name="ERP Interfaces",
    process="CMMI",
    flow=CMMI,
    program="Supply chain renewal",
    sprint_days=20,
    epics=(
        BoardEpic(
            "Orders and deliveries",
            "Purchasing",
            (
                Epic("Purchase orders", "order message, order change, order confirmation"),
                Epic("Delivery notices", "dispatch advice, delivery window, refused delivery"),
                Epic("Supplier invoices", "invoice match, credit note, price variance"),
                Epic("Supplier data", "supplier record, payment terms, supplier block"),
            ),
        ),
        BoardEpic(
            "Bookings of the shops",
            "Finance",
            (
                Epic("Daily takings", "takings record, cash difference, bank deposit"),
                Epic(
                    "Vouchers in the books", "voucher liability, voucher expiry booking, voucher audit file"
                ),
                Epic("Stock valuation", "valuation run, revaluation, inventory booking"),
                Epic("Month-end", "closing checklist, accrual list, closing report"),
            ),
        ),
        BoardEpic(
            "Warehouse interfaces",
            "Logistics",
            (
                Epic("Goods movements", "goods receipt posting, stock transfer, movement reversal"),
                Epic("Article synchronisation", "article message, unit conversion, article block"),
                Epic("Shipping documents", "shipping note, customs data, pallet list"),
                Epic("Cut-over of interfaces", "parallel run, message replay, switch plan"),
            ),
        ),
        BoardEpic(
            "Old middleware switched off",
            "Platform",
            (
                Epic("Message monitoring", "message monitor, error inbox, daily digest"),
                Epic("Connections to partners", "partner gateway, certificate change, partner test"),
                Epic("Move of batch jobs", "job schedule, job dependency, job alarm"),
                Epic("Archive of messages", "message archive, archive search, retention job"),
            ),
        ),
    ),
    stories=(
        "Specify the {x}",
        "Map the {x} to the new ERP",
        "Send the {x} through the new middleware",
        "Repeat the {x} safely after a failure",
        "Reconcile the {x} every night",
        "Accept the {x} with the business",
    ),
    tasks=_TASKS[:5],
    bugs=(
        "{X}: umlauts are broken after the gateway",
        "{X}: posted twice after a time-out",
        "{X}: wrong fiscal period at month-end",
        "{X}: rejected because of a missing tax code",
    ),
    risks=(
        "ERP upgrade of the head office moves into the cut-over weekend",
        "Old middleware contract ends before the last interface has moved",
        "Only one person understands the stock valuation",
        "Partners do not test before the switch",
        "Message volumes of peak season exceed the licence",
        "Auditors ask for a parallel run of two closings",
    ),
)

BOARD_THEMES = (DEVICES, DATA, ERP)
