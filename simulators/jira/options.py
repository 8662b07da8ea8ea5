"""How a simulated site behaves on the wire, apart from what it holds."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Literal

from simulators.faults import Fault, FaultScript
from simulators.jira.limits import RateLimit


@dataclass(kw_only=True)
class Options:
    """Behaviour of a served site. The defaults are a healthy site that answers at once.

    Attributes:
        latency_seconds: waited before each answer.
        page_cap: no page of any list is longer than this, whatever was asked for.
        index_lag_seconds: how long searches do not see a write; reads by id see it at once.
        rate_limit: None for no limit.
        faults: what goes wrong, see `simulators.faults`.
        is_admin: may the account administer? It decides what `notifyUsers=false` does.
        without_admin: what an edit of an issue with `notifyUsers=false` does without that permission:
            answer 204 and change nothing, or change it and mail everybody. The description allows both.
        denied_permissions: permission keys that the account lacks (`EDIT_ISSUES`, `ADD_COMMENTS`, …).
        emails: are e-mail addresses of others visible?
        anonymous_access: do missing or wrong credentials give 200 with what is public instead of 401?
        sign_in_page: 200 or 203: every API request is answered by the HTML of a sign-in page.
        self_urls: the form of `self` in answers.
        scoped_token: the token works at `gateway_url` only, the site's own URL answers 401.
        history_cap: how many histories an embedded changelog shows at most.
        paging: `keyset` continues after the last row; `offset` counts rows and so loses and repeats some
            when rows move between pages.
        bulk_created: `epoch` gives milliseconds in `changelog/bulkfetch`, as live sites do; `iso` the text
            that the description promises.
        bulk_thousand: does `issue/bulkfetch` take 1000 issues where the request's shape allows it?
    """

    latency_seconds: float = 0.0
    page_cap: int | None = None
    index_lag_seconds: float = 0.0
    rate_limit: RateLimit | None = None
    faults: Sequence[Fault] | FaultScript = ()
    is_admin: bool = True
    without_admin: Literal["ignored", "mailed"] = "ignored"
    denied_permissions: Collection[str] = field(default_factory=frozenset)
    emails: bool = False
    anonymous_access: bool = False
    sign_in_page: Literal[200, 203] | None = None
    self_urls: Literal["site", "gateway"] = "site"
    scoped_token: bool = False
    history_cap: int = 40
    paging: Literal["keyset", "offset"] = "keyset"
    bulk_created: Literal["epoch", "iso"] = "epoch"
    bulk_thousand: bool = False

    def capped(self, wanted: int, ceiling: int) -> int:
        """The page size that is really used."""
        size = min(wanted, ceiling)
        return max(min(size, self.page_cap) if self.page_cap else size, 1)
