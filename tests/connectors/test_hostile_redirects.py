"""A redirect to an address that nobody can read is a bad answer, like any other redirect, and no defect."""

from __future__ import annotations

import pytest

from connectors.answers import Answer, check_identity
from portfolio.errors import BadAnswer


@pytest.mark.parametrize(
    ("location", "told"),
    [
        ("https://[", "an address that cannot be read"),
        ("https://a\u2100b/", "an address that cannot be read"),
        ("https://[::1]:x/", "::1"),
        ("/elsewhere", "another path"),
        ("", "another path"),
        (f"https://{'a' * 5000}/", "a" * 100),
    ],
)
def test_a_redirect_is_told_in_words_whatever_its_address(location: str, told: str) -> None:
    answer = Answer(status=302, headers={"Location": location}, body=b"")
    with pytest.raises(BadAnswer) as caught:
        check_identity("shop", answer, "/rest/x")
    assert caught.value.message == f"shop: 302 on /rest/x: redirected to {told}."
