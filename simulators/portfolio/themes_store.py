"""The projects of the programme "Store 2.0"."""

from __future__ import annotations

from simulators.portfolio.themes import Epic, Theme

_SHOPPER_STORIES = (
    "Build the {x}",
    "Agree with the shops on the {x}",
    "Fit the {x} to small screens",
    "Make screen readers read the {x}",
    "Translate the {x} into German, French and Italian",
    "Show the {x} to customer service as customers see it",
    "Measure use and drop-outs of the {x}",
    "Switch on the {x} for the pilot shops",
    "Say in plain words why the {x} cannot be used",
)

_SHOPPER_BUGS = (
    "{X}: input is lost after going back",
    "{X}: page hangs when the line is slow",
    "{X}: wrong language after signing in",
    "{X}: old value is shown until reload",
    "{X}: double tap sends the request twice",
    "{X}: error 500 for names with an apostrophe",
)

_PAYMENT_STORIES = (
    "Build the {x}",
    "Agree with finance on booking the {x}",
    "Reconcile the {x} with the bank's daily statement",
    "Repeat the {x} after a time-out without charging twice",
    "Show the {x} to customer service",
    "Keep evidence of the {x} for the auditors",
    "Certify the {x} with the acquirer",
    "Switch on the {x} for the pilot shops",
)

_PAYMENT_BUGS = (
    "{X}: amount differs by one cent after rounding",
    "{X}: reference is cut after 27 characters",
    "{X}: time-out is reported as refused",
    "{X}: duplicate entry after a repeated callback",
    "{X}: last day of the month is missing",
)

STORE = (
    Theme(
        key="CHK",
        name="Checkout",
        program="Store 2.0",
        initiative="One checkout for web, app and shop",
        epics=(
            Epic(
                "Guest checkout",
                "guest address form, e-mail confirmation, order look-up without an account, "
                "address suggestions, terms and consent box, guest order receipt",
            ),
            Epic(
                "Basket that follows the customer",
                "basket merge after sign-in, saved basket, price change notice, "
                "stock hint per line, basket sharing link, gift note field",
            ),
            Epic(
                "Delivery choices",
                "delivery slot picker, collection point map, delivery fee preview, "
                "split delivery, evening delivery option, cut-off time hint",
            ),
            Epic(
                "Vouchers and gift cards",
                "voucher field, gift card balance, combined discounts, "
                "voucher expiry notice, staff discount, refund to gift card",
            ),
            Epic(
                "One-page checkout",
                "single-page order form, order summary panel, inline validation, "
                "sticky pay button, progress recovery after a crash, checkout A/B switch",
            ),
            Epic(
                "Self-checkout in shops",
                "self-checkout terminal screen, scale check, age check call, "
                "bag question, terminal receipt, random basket audit",
            ),
        ),
        risks=(
            "Peak season load exceeds what the order service was sized for",
            "Old checkout contract ends before the last shop has moved",
            "Voucher fraud rises while both checkouts run side by side",
            "Legal review of the consent wording takes longer than planned",
            "Self-checkout terminals arrive late from the supplier",
            "Shop network cannot carry checkout traffic and tills together",
        ),
        milestones=(
            "Pilot shops live",
            "Code freeze for peak season",
            "Old checkout switched off",
            "Self-checkout approved by the works council",
        ),
        stories=_SHOPPER_STORIES,
        bugs=_SHOPPER_BUGS,
    ),
    Theme(
        key="PAY",
        name="Payments",
        program="Store 2.0",
        initiative="Payments under one contract",
        epics=(
            Epic(
                "Card payments on the new gateway",
                "card authorisation, 3-D Secure step-up, card refund, "
                "partial capture, declined card message, card token vault",
            ),
            Epic(
                "Mobile wallets",
                "wallet button, wallet refund, wallet receipts, "
                "wallet settlement file, wallet fallback, in-app wallet sheet",
            ),
            Epic(
                "Pay by invoice",
                "credit check call, invoice document, payment reminder run, "
                "instalment plan, invoice limit per customer, dunning hand-over",
            ),
            Epic(
                "Settlement and reconciliation",
                "daily settlement report, bank statement import, unmatched payment queue, "
                "fee breakdown, settlement by shop, currency difference booking",
            ),
            Epic(
                "Terminal replacement",
                "terminal key injection, offline card limit, tip function, "
                "terminal inventory, remote terminal update, till and terminal pairing",
            ),
            Epic(
                "Fraud screening",
                "risk score call, manual review queue, block list, "
                "velocity rules, chargeback evidence, false positive feedback",
            ),
        ),
        risks=(
            "Certification slot with the acquirer is lost",
            "Card data rules change during the migration",
            "Refunds of the old gateway cannot be made after it is switched off",
            "Fraud rules refuse good customers in the first weeks",
            "Terminal supplier cannot deliver replacement keys in time",
        ),
        milestones=(
            "Gateway certified",
            "First live card payment",
            "Old gateway contract ends",
            "All terminals replaced",
        ),
        stories=_PAYMENT_STORIES,
        bugs=_PAYMENT_BUGS,
    ),
    Theme(
        key="APP",
        name="Mobile app",
        program="Store 2.0",
        initiative="The app as the shop in the pocket",
        epics=(
            Epic(
                "Sign-in without a password",
                "passkey sign-in, device list, account recovery, "
                "sign-in by e-mail link, session time-out notice, family account",
            ),
            Epic(
                "Product pages",
                "product photo viewer, size guide, allergen list, "
                "stock in nearby shops, customer questions, price history note",
            ),
            Epic(
                "Scan and go",
                "barcode scanner, running total, exit check, "
                "scan and go tutorial, spot check for staff, lost connection mode",
            ),
            Epic(
                "Shopping lists",
                "shared shopping list, list sorted by aisle, recipe import, "
                "repeat last purchase, list widget, voice entry",
            ),
            Epic(
                "Notifications that help",
                "delivery progress notice, price alert, quiet hours, "
                "notification settings, back in stock alert, recall notice",
            ),
            Epic(
                "App performance",
                "cold start time, image cache, offline catalogue, "
                "crash reporting, battery use of the scanner, download size",
            ),
        ),
        risks=(
            "App store review delays the release with scan and go",
            "Scan and go losses exceed the accepted shrinkage",
            "Key developer for the scanner library is hard to replace",
            "Older phones of loyal customers are no longer supported",
            "Push provider changes its price model",
        ),
        milestones=(
            "App 5 beta with staff",
            "App 5 in both stores",
            "Scan and go in all shops",
            "Old app no longer supported",
        ),
        stories=_SHOPPER_STORIES,
        bugs=_SHOPPER_BUGS,
    ),
    Theme(
        key="LOY",
        name="Loyalty",
        program="Store 2.0",
        initiative="A loyalty programme customers understand",
        epics=(
            Epic(
                "Digital card",
                "card in the app, card in phone wallets, plastic card replacement, "
                "household card, card at the till, card number migration",
            ),
            Epic(
                "Points engine",
                "points calculation, points expiry, bonus weeks, "
                "points correction, points in the receipt, points on returns",
            ),
            Epic(
                "Personal offers",
                "offer selection, offer activation, offer wallet, "
                "offer budget, supplier funded offers, offer at self-checkout",
            ),
            Epic(
                "Consent and privacy",
                "consent history, data export for customers, deletion on request, "
                "minors' accounts, consent at the till, retention periods",
            ),
            Epic(
                "Partner programme",
                "partner points transfer, partner settlement, partner sign-up, "
                "partner branding, fuel station interface, partner reporting",
            ),
            Epic(
                "Status levels",
                "status calculation, status benefits, status notice, "
                "grace period, status at the service desk, status for staff families",
            ),
        ),
        risks=(
            "Points liability is larger than finance has provided for",
            "Consent records of the old programme are incomplete",
            "Partner withdraws before the contract is signed",
            "Till vendor cannot deliver the loyalty interface this year",
            "Customers call in masses when points move to the new engine",
        ),
        milestones=(
            "Points migrated",
            "Personal offers live",
            "First partner live",
            "Plastic cards ended",
        ),
        stories=_SHOPPER_STORIES,
        bugs=_SHOPPER_BUGS,
    ),
)
