"""TLS is always on; a source's own authority, proxy and client certificate, against real servers."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests
from loopback import Time, answer, serving
from pydantic import ValidationError
from tls_world import Authority, TlsServer, proxy_server, tls_server

from connectors.azure_devops.client import AzureDevOpsClient
from connectors.azure_devops.settings import AzureDevOpsSettings
from connectors.base import Context
from connectors.http import Http
from connectors.jira.client import JiraClient
from connectors.jira.settings import JiraSettings
from connectors.network import NetworkSettings, Route, route_of
from connectors.transfer import Timeouts
from portfolio.errors import BadAnswer, ConfigError, SourceError, Unavailable

CANARY = "S3CRET-canary+/7"
DECODER = msgspec.json.Decoder(dict[str, Any])


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
    ):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def company(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def server(company: Authority) -> Iterator[TlsServer]:
    with tls_server(company.issue("site")) as one:
        yield one


def get(url: str, route: Route, path: str = "/x") -> dict[str, Any]:
    time, session = Time(), requests.Session()
    session.auth = ("bot@shop.example", CANARY)
    timeouts = Timeouts(connect_seconds=2, read_seconds=2, total_seconds=5)
    http = Http(
        "shop",
        session,
        base_url=url,
        clock=time.clock,
        sleep=time.sleep,
        timeouts=timeouts,
        route=route,
        attempts=1,
    )
    try:
        return http.call("GET", path, decoder=DECODER)
    finally:
        http.close()


def route(folder: Path, **settings: Any) -> Route:
    return route_of(NetworkSettings.model_validate(settings), folder)


def test_a_certificate_of_an_unknown_authority_is_refused(server: TlsServer) -> None:
    with pytest.raises(Unavailable, match="TLS certificate was not accepted") as caught:
        get(server.url, Route())
    assert "tls: {ca: FILE}" in caught.value.hint
    assert server.heads == []  # not one byte of the request was sent


def test_the_company_s_own_authority_is_trusted_where_a_source_names_it(
    server: TlsServer, company: Authority, tmp_path: Path
) -> None:
    assert get(server.url, route(tmp_path, tls={"ca": company.file.name})) == {"ok": 1}
    with pytest.raises(Unavailable):  # and nowhere else
        get(server.url, route(tmp_path))


def test_another_authority_does_not_help(server: TlsServer, tmp_path: Path) -> None:
    other = Authority(tmp_path, "Other CA")
    with pytest.raises(Unavailable):
        get(server.url, route(tmp_path, tls={"ca": str(other.file)}))


def test_a_certificate_for_another_name_is_refused(
    company: Authority, tmp_path: Path, server: TlsServer
) -> None:
    elsewhere = server.url.replace("127.0.0.1", "127.0.0.2")
    with pytest.raises(SourceError):
        get(elsewhere, route(tmp_path, tls={"ca": str(company.file)}))
    assert server.heads == []


def test_an_expired_certificate_is_refused(company: Authority, tmp_path: Path) -> None:
    with tls_server(company.issue("old", valid=False)) as server, pytest.raises(Unavailable, match="TLS"):
        get(server.url, route(tmp_path, tls={"ca": str(company.file)}))
    assert server.heads == []


def test_tls_below_1_2_is_refused(company: Authority, tmp_path: Path) -> None:
    assert route(tmp_path, tls={"ca": str(company.file)}).context.minimum_version >= ssl.TLSVersion.TLSv1_2  # type: ignore[union-attr]


def test_there_is_no_switch_that_turns_verification_off() -> None:
    for block in ({"verify": False}, {"insecure": True}, {"ca": False}, {"ca": ""}):
        with pytest.raises(ValidationError):
            NetworkSettings.model_validate({"tls": block})
    for extra in ({"verify": False}, {"verify_ssl": False}):
        with pytest.raises(ValidationError):
            JiraSettings.model_validate(
                {"name": "shop", "kind": "jira", "url": "https://x", "auth": {"method": "none"}, **extra}
            )


def test_an_authority_file_that_is_not_there_or_no_certificate_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no-such.pem: cannot be used \(No such file"):
        route(tmp_path, tls={"ca": "no-such.pem"})
    (tmp_path / "text.pem").write_text(CANARY)
    with pytest.raises(ConfigError, match=r"text.pem: cannot be used \(not readable\)") as caught:
        route(tmp_path, tls={"ca": "text.pem"})
    assert CANARY not in str(caught.value)


def test_a_client_certificate_says_who_we_are(company: Authority, tmp_path: Path) -> None:
    company.issue("dovetail")
    with tls_server(company.issue("site"), clients_of=company) as server:
        with pytest.raises(SourceError):
            get(server.url, route(tmp_path, tls={"ca": str(company.file)}))
        assert server.heads == []
        ours = {"ca": str(company.file), "client_certificate": "dovetail.crt", "client_key": "dovetail.key"}
        assert get(server.url, route(tmp_path, tls=ours)) == {"ok": 1}
    assert server.clients == ["dovetail"]


def test_the_key_of_a_client_certificate_may_have_a_password(
    company: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.issue("dovetail", password=CANARY.encode())
    monkeypatch.setenv("KEY_PASSWORD", CANARY)
    ours = {"ca": str(company.file), "client_certificate": "dovetail.crt", "client_key": "dovetail.key"}
    with tls_server(company.issue("site"), clients_of=company) as server:
        found = route(tmp_path, tls={**ours, "client_key_password": {"env": "KEY_PASSWORD"}})
        assert get(server.url, found) == {"ok": 1}
    # Without it OpenSSL would ask for it on the terminal, and a scheduled run would hang for ever.
    with pytest.raises(ConfigError, match=r"dovetail\.crt: cannot be used"):
        route(tmp_path, tls=ours)


def test_a_client_certificate_is_not_shown_to_other_hosts(company: Authority, tmp_path: Path) -> None:
    company.issue("dovetail")
    ours = {"ca": str(company.file), "client_certificate": "dovetail.crt", "client_key": "dovetail.key"}
    found = route(tmp_path, tls=ours)
    with tls_server(company.issue("login"), clients_of=company) as login, pytest.raises(SourceError):
        get(login.url, found.elsewhere())
    assert login.clients == []


def test_a_proxy_tunnels_and_never_sees_the_credential(
    server: TlsServer, company: Authority, tmp_path: Path
) -> None:
    with proxy_server() as proxy:
        found = route(tmp_path, tls={"ca": str(company.file)}, proxy=proxy.url)
        assert get(server.url, found) == {"ok": 1}
    assert [head.split(" ")[0] for head in proxy.heads] == ["CONNECT"]
    assert "Authorization: Basic" not in proxy.heads[0].replace("Proxy-Authorization", "")
    assert "Authorization: Basic" in server.heads[0]


def test_a_proxy_gets_its_own_account_and_the_site_does_not_see_it(
    server: TlsServer, company: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROXY_PASSWORD", "p@ss/w:rd")
    account = base64.b64encode(b"dove:p@ss/w:rd").decode()
    with proxy_server(account=account) as proxy:
        block = {"url": proxy.url, "user": "dove", "password": {"env": "PROXY_PASSWORD"}}
        found = route(tmp_path, tls={"ca": str(company.file)}, proxy=block)
        assert get(server.url, found) == {"ok": 1}
    assert "Proxy-Authorization" not in server.heads[0]


def test_a_proxy_that_refuses_us_is_no_connection_and_shows_no_password(
    server: TlsServer, company: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROXY_PASSWORD", CANARY)
    with proxy_server(account="other") as proxy:
        block = {"url": proxy.url, "user": "dove", "password": {"env": "PROXY_PASSWORD"}}
        with pytest.raises(Unavailable) as caught:
            get(server.url, route(tmp_path, tls={"ca": str(company.file)}, proxy=block))
    assert CANARY not in str(caught.value)
    assert server.heads == []


def test_the_environment_s_proxy_is_used_unless_a_source_goes_direct(
    server: TlsServer, company: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxy_server() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        assert get(server.url, route(tmp_path, tls={"ca": str(company.file)})) == {"ok": 1}
        assert len(proxy.heads) == 1
        assert get(server.url, route(tmp_path, tls={"ca": str(company.file)}, proxy="direct")) == {"ok": 1}
        assert len(proxy.heads) == 1


def test_without_tls_no_proxy_sees_the_credential(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Only loopback goes without TLS; a proxy of the environment would read the header in the open.
    with serving(lambda *_: answer('{"ok": 1}')) as site, proxy_server() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        assert get(site.url, Route()) == {"ok": 1}
        assert get(site.url, route(tmp_path, proxy=proxy.url)) == {"ok": 1}
    assert proxy.heads == []


@pytest.mark.parametrize(
    "proxy",
    [
        "proxy.example:3128",
        "socks5://proxy.example",
        "http://",
        "http://user:pw@proxy.example:3128",
        "http://proxy.example:99999",
        {"url": "http://proxy.example:3128", "user": "dove"},
        {"url": "http://proxy.example:3128", "user": "dove", "password": CANARY},
    ],
)
def test_a_proxy_without_a_usable_address_or_with_a_password_written_down_is_refused(proxy: object) -> None:
    with pytest.raises(ValidationError) as caught:
        NetworkSettings.model_validate({"proxy": proxy})
    assert CANARY not in str(caught.value)
    assert "pw@" not in str(caught.value)


def context(folder: Path) -> Context:
    time = Time()
    return Context(
        timezone="UTC", folder=folder, clock=time.clock, sleep=time.sleep, say=lambda _: None
    )  # fmt: skip


def test_jira_uses_the_source_s_certificates(company: Authority, tmp_path: Path) -> None:
    company.issue("dovetail")
    (tmp_path / "token").write_text(CANARY)
    me = answer('{"accountId": "a-1", "displayName": "Bot"}')
    with tls_server(company.issue("site"), body=me, clients_of=company) as server, proxy_server() as proxy:
        settings = JiraSettings.model_validate(
            {
                "name": "shop",
                "kind": "jira",
                "url": server.url,
                "auth": {"method": "api_token", "user": "bot@shop.example", "token": {"file": "token"}},
                "tls": {
                    "ca": company.file.name,
                    "client_certificate": "dovetail.crt",
                    "client_key": "dovetail.key",
                },
                "proxy": proxy.url,
            }
        )  # fmt: skip
        client = JiraClient(settings, context(tmp_path))
        assert client.myself().accountId == "a-1"
        client.close()
    assert server.clients == ["dovetail"]
    assert len(proxy.heads) == 1


def test_azure_devops_uses_the_source_s_certificates_for_both_its_hosts(
    company: Authority, tmp_path: Path
) -> None:
    company.issue("dovetail")
    (tmp_path / "token").write_text(CANARY)
    with (
        tls_server(company.issue("site"), clients_of=company) as server,
        tls_server(company.issue("accounts"), clients_of=company) as accounts,
    ):
        settings = AzureDevOpsSettings.model_validate(
            {
                "name": "boards",
                "kind": "azure_devops",
                "url": f"{server.url}/shop",
                "identity_url": f"{accounts.url}/shop",
                "auth": {"method": "pat", "token": {"file": "token"}},
                "tls": {
                    "ca": company.file.name,
                    "client_certificate": "dovetail.crt",
                    "client_key": "dovetail.key",
                },
            }
        )  # fmt: skip
        client = AzureDevOpsClient(settings, context(tmp_path))
        assert client.http.call("GET", "/x", decoder=DECODER) == {"ok": 1}
        assert client.graph.call("GET", "/x", decoder=DECODER) == {"ok": 1}
        client.close()
    assert server.clients + accounts.clients == ["dovetail", "dovetail"]


# What a tracker says back.


@pytest.mark.parametrize(
    "said",
    [
        CANARY,
        base64.b64encode(f"bot@shop.example:{CANARY}".encode()).decode(),
        base64.b64encode(CANARY.encode()).decode(),
        "S3CRET-canary%2B%2F7",
        r"S3CRET-canary+\/7",
    ],
    ids=["raw", "basic", "base64", "url", "json"],
)
def test_a_credential_that_the_other_side_repeats_is_taken_out_of_its_answer(said: str) -> None:
    body = '{"text": "you sent ' + said + '"}'
    with serving(lambda *_: answer(body, X_Request_Id=said)) as site:
        found = get(site.url, Route())
    assert found == {"text": "you sent ***"}
    with serving(lambda *_: answer("", 302, X_Request_Id=said)) as site, pytest.raises(BadAnswer) as caught:
        get(site.url, Route())
    assert said not in str(caught.value)
    assert "(request ***)" in str(caught.value)
