"""The projects of the programme "Supply chain renewal"."""

from __future__ import annotations

from simulators.portfolio.themes import Epic, Theme

_WAREHOUSE_STORIES = (
    "Build the {x}",
    "Walk through the {x} with the shift leads",
    "Try the {x} with gloves on",
    "Keep the {x} working when the network drops",
    "Show the {x} on the hall screens",
    "Count exceptions of the {x} per shift",
    "Move the {x} over from the old system",
    "Train the first shift on the {x}",
)

_WAREHOUSE_BUGS = (
    "{X}: scanner needs two attempts after standby",
    "{X}: label prints on the wrong printer",
    "{X}: quantity is doubled after reconnecting",
    "{X}: night shift's entries get yesterday's date",
    "{X}: pallets without a height are refused",
)

_PLANNING_STORIES = (
    "Build the {x}",
    "Agree with the category planners on the {x}",
    "Back-test the {x} on last year's sales",
    "Explain the {x} to the planner on request",
    "Let planners override the {x} with a reason",
    "Publish the {x} before six in the morning",
    "Compare the {x} with the old calculation",
)

_PLANNING_BUGS = (
    "{X}: Sundays count as zero demand",
    "{X}: new shops are left out",
    "{X}: promotion of the week before counts again",
    "{X}: negative stock breaks the calculation",
    "{X}: run stops at articles without a supplier",
)

SUPPLY = (
    Theme(
        key="WMS",
        name="Warehouse management",
        program="Supply chain renewal",
        initiative="One warehouse system for all sites",
        epics=(
            Epic(
                "Goods receipt",
                "delivery note scan, quality check station, put-away proposal, "
                "supplier label reader, late delivery list, returnable crates count",
            ),
            Epic(
                "Picking by voice",
                "voice pick dialogue, pick route, short pick handling, "
                "pick by zone, headset battery check, new picker training mode",
            ),
            Epic(
                "Stock accuracy",
                "cycle count, stock correction, expiry date check, "
                "blocked stock, lot tracing, count variance report",
            ),
            Epic(
                "Shipping and loading",
                "loading sequence, dock schedule, shipping label, "
                "seal number capture, carrier hand-over, temperature log",
            ),
            Epic(
                "Automation interface",
                "conveyor messages, shuttle orders, pallet wrapper trigger, "
                "fault list, manual fallback, emergency stop recovery",
            ),
            Epic(
                "Cut-over to the new system",
                "stock transfer, open order transfer, parallel run, "
                "cut-over checklist, rollback rehearsal, floor support plan",
            ),
        ),
        risks=(
            "Cut-over weekend collides with the peak of the garden season",
            "Conveyor controller firmware is too old for the new messages",
            "Voice headsets do not understand the night shift's dialects",
            "Stock differences found at cut-over cannot be explained in time",
            "Works council does not agree to performance data per picker",
            "Only two people know the interface to the old system",
        ),
        milestones=(
            "Goods receipt live in the test hall",
            "Cut-over rehearsal",
            "Go-live of the central warehouse",
            "Old warehouse system switched off",
        ),
        stories=_WAREHOUSE_STORIES,
        bugs=_WAREHOUSE_BUGS,
    ),
    Theme(
        key="RPL",
        name="Replenishment",
        program="Supply chain renewal",
        initiative="Orders that follow demand",
        epics=(
            Epic(
                "Demand forecast",
                "daily demand forecast, promotion effect, weather effect, "
                "new article forecast, forecast error report, holiday calendar",
            ),
            Epic(
                "Order proposals",
                "order proposal run, pack size rounding, supplier calendar, "
                "order budget, urgent order, order approval",
            ),
            Epic(
                "Fresh produce",
                "shelf life model, markdown proposal, waste report, "
                "morning order check, supplier quota, fresh transfer between shops",
            ),
            Epic(
                "Safety stock",
                "service level target, safety stock calculation, seasonal stock build-up, "
                "slow mover list, stock-out alert, safety stock simulation",
            ),
            Epic(
                "Supplier portal",
                "order confirmation, delivery announcement, supplier scorecard, "
                "capacity calendar, dispute log, supplier sign-in",
            ),
            Epic(
                "Planner's workplace",
                "planner work list, exception ranking, what-if view, "
                "bulk change, planner hand-over note, article memo",
            ),
        ),
        risks=(
            "Forecast quality for fresh produce stays below the agreed level",
            "Suppliers do not confirm orders through the portal",
            "Master data of pack sizes is wrong for a tenth of the articles",
            "Planners keep ordering from their spreadsheets",
            "Nightly run does not finish before the order deadline",
        ),
        milestones=(
            "Forecast in shadow mode",
            "First category ordered automatically",
            "Fresh produce live",
            "Old ordering system read-only",
        ),
        stories=_PLANNING_STORIES,
        bugs=_PLANNING_BUGS,
    ),
)
