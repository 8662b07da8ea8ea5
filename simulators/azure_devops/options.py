"""How a simulated organisation behaves on the wire, apart from what it holds."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from simulators.faults import Fault, FaultScript


@dataclass(kw_only=True)
class Options:
    """Behaviour of a served organisation. The defaults are a healthy one that answers at once.

    Attributes:
        latency_ms: waited before each answer.
        reporting_page: rows of a reporting page without `$maxPageSize`; the vendor publishes no figure.
        reporting_page_cap: the most that `$maxPageSize` gives.
        list_page: rows of a page of projects and of graph users.
        comment_page: comments of a page without `$top`.
        tstu_limit: units per identity and window before requests are delayed (the vendor's: 200); None for
            no limit.
        tstu_window_seconds: the sliding window (the vendor's: 300), on the site's clock.
        tstu_cost: units of a request, for templates that `tstu_costs` does not name. 0.0128 to 0.0228 were
            seen for small calls (facts/azure_devops.md §7.1).
        tstu_costs: units by path template.
        tstu_per_row: units per row of a reporting page or batch, on top.
        tstu_block: at this multiple of the limit a request is refused instead of delayed. Assumed.
        throttled: how a refusal looks: 429 or 403 with TF400733, or the connection ends mid-body.
        cost_header: send the undocumented `x-ratelimit-cost`.
        faults: what goes wrong, see `simulators.faults`.
        bad_credentials: what GET and POST get without `X-TFS-FedAuthRedirect: Suppress`: 203 or 302 with the
            sign-in page. PATCH gets 401 JSON; with the header everything gets an empty 401.
        sign_in_page: every request is answered by the sign-in page with this status (200, 203 or 302).
        subscribed: False: the account of an access token was never added to the organisation (TF401444).
        stopped: the reason why the organisation is stopped (503 TF24668).
        scopes: False for a token that lacks `vso.work`: work items answer 401.
        may_bypass_rules: has the account "Bypass rules on work item updates"?
        may_suppress: has it "Suppress notifications for work item updates"?
        without_suppress: what `suppressNotifications=true` does without that permission. Not known for sure:
            the edit mails as if it had not been asked for, or it is refused with 403.
        may_edit_others_comments: may it change comments of others?
        may_write: may it edit items at all?
        revision_cap: revisions of one item that the API can make.
        wiql_cap: items that a query can return.
        denied_projects: names of projects that the account cannot see.
        omitted: how `errorPolicy=omit` shows an item it left out; reports differ.
    """

    latency_ms: float = 0.0
    reporting_page: int = 200
    reporting_page_cap: int = 1000
    list_page: int = 100
    comment_page: int = 200
    tstu_limit: float | None = None
    tstu_window_seconds: float = 300.0
    tstu_cost: float = 0.02
    tstu_costs: Mapping[str, float] = field(default_factory=dict)
    tstu_per_row: float = 0.0
    tstu_block: float = 1.25
    throttled: Literal["429", "403", "dropped"] = "429"
    cost_header: bool = False
    faults: Sequence[Fault] | FaultScript = ()
    bad_credentials: Literal[203, 302] = 203
    sign_in_page: Literal[200, 203, 302] | None = None
    subscribed: bool = True
    stopped: str | None = None
    scopes: bool = True
    may_bypass_rules: bool = False
    may_suppress: bool = True
    without_suppress: Literal["mailed", "refused"] = "mailed"
    may_edit_others_comments: bool = True
    may_write: bool = True
    revision_cap: int = 10_000
    wiql_cap: int = 20_000
    omitted: Literal["null", "dropped"] = "null"
    denied_projects: Collection[str] = field(default_factory=frozenset)
