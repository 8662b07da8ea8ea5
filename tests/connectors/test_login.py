"""Signing in at Microsoft Entra: one host, no redirect, through the source's own certificates and proxy."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
import requests
from loopback import Time, answer
from tls_world import Authority, proxy_server, tls_server

from connectors.auth import EntraApp, SecretRef
from connectors.credentials import credential
from connectors.login import LoginSession
from connectors.network import NetworkSettings, Route, route_of
from portfolio.errors import AuthError, Unavailable

CANARY = "S3CRET-canary+/7"


@pytest.fixture
def company(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def route(folder: Path, **settings: object) -> Route:
    return route_of(NetworkSettings.model_validate(settings), folder)


def sign_in(monkeypatch: pytest.MonkeyPatch, login: str, found: Route, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(CANARY)
    monkeypatch.setattr("connectors.credentials.LOGIN", login)
    auth = EntraApp(
        method="entra_app", tenant="contoso", client_id="app", secret=SecretRef(file=str(tmp_path / "secret"))
    )
    one = credential(
        auth, source="boards", folder=tmp_path, clock=Time().clock, resource="r", route=found
    )  # fmt: skip
    one(requests.Request("GET", "https://dev.azure.com/shop").prepare())


def openid(origin: str, token_origin: str) -> bytes:
    return answer(
        msgspec.json.encode(
            {
                "authorization_endpoint": f"{origin}/contoso/oauth2/v2.0/authorize",
                "token_endpoint": f"{token_origin}/contoso/oauth2/v2.0/token",
                "issuer": f"{origin}/contoso/v2.0",
            }
        )
    )


def test_the_login_goes_through_the_source_s_proxy_and_authority(
    company: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tls_server(company.issue("login"), body=answer("{}", 500)) as login, proxy_server() as proxy:
        found = route(tmp_path, tls={"ca": str(company.file)}, proxy=proxy.url)
        with pytest.raises(Unavailable, match=r"fails \(HTTP Error: 500\)") as caught:
            sign_in(monkeypatch, login.url, found, tmp_path)
    assert len(proxy.heads) == 1
    assert login.heads[0].startswith("GET /contoso/v2.0/.well-known/openid-configuration")
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_the_login_does_not_follow_a_redirect_with_the_secret(
    company: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    found = route(tmp_path, tls={"ca": str(company.file)})
    with tls_server(company.issue("evil")) as evil, tls_server(company.issue("login")) as login:
        login.body = answer("", status, Location=f"{evil.url}/contoso/oauth2/v2.0/token")
        with pytest.raises(AuthError, match="redirects"):
            sign_in(monkeypatch, login.url, found, tmp_path)
    assert len(login.heads) == 1
    assert evil.heads == []


def test_the_login_does_not_send_the_secret_to_a_host_that_an_answer_names(
    company: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = route(tmp_path, tls={"ca": str(company.file)})
    with tls_server(company.issue("evil")) as evil, tls_server(company.issue("login")) as login:
        login.body = openid(login.url, evil.url)
        with pytest.raises(AuthError, match="another host"):
            sign_in(monkeypatch, login.url, found, tmp_path)
    assert evil.heads == []


def test_a_session_for_signing_in_refuses_every_other_address(tmp_path: Path) -> None:
    with LoginSession("boards", route=Route(), origin="https://login.microsoftonline.com") as session:
        for url in (
            "https://login.microsoftonline.com.evil.example/",
            "https://login.microsoftonline.com@evil.example/",
            "https://login.microsoftonline.com:8443/",
            "http://login.microsoftonline.com/",
            "file:///etc/passwd",
        ):
            with pytest.raises(AuthError, match="another host"):
                session.get(url)
