"""Credentials: what a session carries, a new token before the old one ends, and no secret in any message."""

from __future__ import annotations

import base64
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests
import responses
from loopback import Time, answer, serving

from connectors.auth import ApiToken, Bearer, EntraApp, ManagedIdentity, NoAuth, Pat, SecretRef
from connectors.credentials import Credential, credential
from connectors.http import Http
from portfolio.errors import AuthError

CANARY = "S3CRET-canary"
RESOURCE = "499b84ac-1321-427f-aa17-267ca6975798"
TOKEN_URL = "https://login.microsoftonline.com/contoso/oauth2/v2.0/token"
DECODER = msgspec.json.Decoder(dict[str, int])


@pytest.fixture
def secret(tmp_path: Path) -> SecretRef:
    (tmp_path / "secret").write_text(CANARY + "\n", encoding="utf-8")
    return SecretRef(file=str(tmp_path / "secret"))


def built(auth: Any, time: Time | None = None) -> Credential:
    clock = (time or Time()).clock
    return credential(auth, source="boards", folder=Path(), clock=clock, resource=RESOURCE)


def header(one: Credential) -> str | None:
    prepared = requests.Request("GET", "https://dev.azure.com/shop").prepare()
    one(prepared)
    value = prepared.headers.get("Authorization")
    return None if value is None else str(value)


def openid(mock: responses.RequestsMock) -> None:
    mock.get(
        "https://login.microsoftonline.com/contoso/v2.0/.well-known/openid-configuration",
        json={
            "authorization_endpoint": "https://login.microsoftonline.com/contoso/oauth2/v2.0/authorize",
            "token_endpoint": TOKEN_URL,
            "issuer": "https://login.microsoftonline.com/contoso/v2.0",
        },
    )


def app(secret: SecretRef, **more: Any) -> EntraApp:
    return EntraApp(method="entra_app", tenant="contoso", client_id="app", secret=secret, **more)


def test_a_personal_access_token_is_basic_with_an_empty_user(secret: SecretRef) -> None:
    expected = "Basic " + base64.b64encode(f":{CANARY}".encode()).decode()
    assert header(built(Pat(method="pat", token=secret))) == expected


def test_the_other_ways_to_sign_in(secret: SecretRef) -> None:
    basic = "Basic " + base64.b64encode(f"bot@x.example:{CANARY}".encode()).decode()
    assert header(built(ApiToken(method="api_token", user="bot@x.example", token=secret))) == basic
    assert header(built(Bearer(method="bearer", token=secret))) == f"Bearer {CANARY}"
    assert header(built(NoAuth(method="none"))) is None
    assert not built(Pat(method="pat", token=secret)).renew()


def test_an_application_of_entra_gets_a_token_by_its_secret(secret: SecretRef) -> None:
    with responses.RequestsMock() as mock:
        openid(mock)
        mock.post(TOKEN_URL, json={"access_token": "at-1", "token_type": "Bearer", "expires_in": 3600})
        assert header(built(app(secret))) == "Bearer at-1"
        sent = str(mock.calls[-1].request.body)
    assert "grant_type=client_credentials" in sent
    assert RESOURCE in sent


def test_a_token_is_kept_while_it_is_good_and_renewed_before_it_ends(secret: SecretRef) -> None:
    time = Time()
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        openid(mock)
        openid(mock)
        for number in (1, 2):
            mock.post(
                TOKEN_URL, json={"access_token": f"at-{number}", "token_type": "Bearer", "expires_in": 3600}
            )
        one = built(app(secret), time)
        assert header(one) == "Bearer at-1"
        time.now += timedelta(minutes=54)
        assert header(one) == "Bearer at-1"
        time.now += timedelta(minutes=2)
        assert header(one) == "Bearer at-2"


def test_an_application_of_entra_gets_a_token_by_its_certificate(tmp_path: Path) -> None:
    (tmp_path / "app.pem").write_text(certificate(), encoding="utf-8")
    auth = EntraApp(
        method="entra_app",
        tenant="contoso",
        client_id="app",
        certificate=SecretRef(file=str(tmp_path / "app.pem")),
    )
    with responses.RequestsMock() as mock:
        openid(mock)
        mock.post(TOKEN_URL, json={"access_token": "at-1", "token_type": "Bearer", "expires_in": 3600})
        assert header(built(auth)) == "Bearer at-1"
        sent = str(mock.calls[-1].request.body)
    assert "client_assertion=" in sent
    assert "PRIVATE" not in sent


def test_a_managed_identity_asks_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("IDENTITY_ENDPOINT", "MSI_ENDPOINT", "IDENTITY_HEADER", "MSI_SECRET", "IMDS_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    with responses.RequestsMock() as mock:
        mock.get(
            "http://169.254.169.254/metadata/identity/oauth2/token",
            json={"access_token": "mi-1", "expires_in": "3600", "resource": RESOURCE, "token_type": "Bearer"},
        )
        assert header(built(ManagedIdentity(method="managed_identity"))) == "Bearer mi-1"
        asked = str(mock.calls[0].request.url)
    assert RESOURCE in asked


def test_a_refusal_of_entra_names_its_code_and_no_secret(secret: SecretRef) -> None:
    with responses.RequestsMock() as mock:
        openid(mock)
        mock.post(
            TOKEN_URL, status=401, json={"error": "invalid_client", "error_description": f"bad {CANARY}"}
        )
        with pytest.raises(AuthError, match="invalid_client") as caught:
            header(built(app(secret)))
    assert CANARY not in str(caught.value)


class _Tokens(Credential):
    """Two tokens, of which the server takes the second only."""

    def __init__(self) -> None:
        self.renewed = 0

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer at-{1 + self.renewed}"
        return request

    def renew(self) -> bool:
        self.renewed += 1
        return True


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_token_that_ends_inside_a_run_is_renewed_once(method: str) -> None:
    time, tokens = Time(), _Tokens()
    with serving(lambda _m, _p, n: answer("", 401) if n == 1 else answer("{}")) as server:
        _http(server.url, time, tokens).call(method, "/x", decoder=DECODER)
        sent = [one["authorization"] for one in server.headers]
    assert sent == ["Bearer at-1", "Bearer at-2"]
    assert time.slept == []


def test_a_token_that_is_refused_again_is_not_tried_a_third_time() -> None:
    tokens = _Tokens()
    with serving(lambda *_: answer("", 401)) as server:
        with pytest.raises(AuthError):
            _http(server.url, Time(), tokens).call("GET", "/x", decoder=DECODER)
        assert len(server.seen) == 2


def _http(url: str, time: Time, tokens: _Tokens) -> Http:
    session = requests.Session()
    session.auth = tokens
    session.trust_env = False
    return Http("boards", session, base_url=url, clock=time.clock, sleep=time.sleep, renew=tokens.renew)


def certificate() -> str:
    """A private key and a certificate made for this test."""
    from datetime import UTC, datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.x509.oid import NameOID

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "dovetail test")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2027, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return (pem + made.public_bytes(serialization.Encoding.PEM)).decode()
