"""A remark: what somebody wrote in a comment on an item, as a tracker tells it."""

from __future__ import annotations

from datetime import datetime

import msgspec

from portfolio.records import ItemId


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """A comment that is not our own account's, in the words of whoever wrote or edited it last.

    Attributes:
        remark_id: the tracker's id of the comment; it stays when the comment is edited.
        at: when it was written or edited last.
        account_id: whose words they are.
        kind: of the account, as of an `Identity`: person, service, group, placeholder or unknown.
        text: a line per paragraph. What it quotes of others is left out.
    """

    item_id: ItemId
    remark_id: str
    at: datetime
    account_id: str
    name: str
    email: str | None = None
    kind: str = "unknown"
    text: str = ""
