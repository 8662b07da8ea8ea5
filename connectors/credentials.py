"""From a configured credential to a session that carries it, and a new token when the old one ends."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.auth import ApiToken, Bearer, EntraApp, ManagedIdentity, NoAuth, Pat
from portfolio.errors import AuthError

if TYPE_CHECKING:
    import requests

LOGIN = "https://login.microsoftonline.com"
# Entra's clock and ours may differ, and a request may wait for a rate limit: a token is left in time.
_MARGIN = timedelta(minutes=5)
_ANY = ApiToken | Pat | EntraApp | ManagedIdentity | Bearer | NoAuth


class Credential:
    """Signs requests. `renew` forgets what is cached, and says whether that can help."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """The request as it is."""
        return request

    def renew(self) -> bool:
        """True where another attempt may go out with a new token."""
        return False


class Fixed(Credential):
    """One header, which never changes."""

    def __init__(self, header: str) -> None:
        self._header = header

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """The request with the header."""
        request.headers["Authorization"] = self._header
        return request


class Renewed(Credential):
    """An access token of Microsoft Entra, asked for when it is needed and again before it ends.

    `acquire` gives msal's answer. Threads may share it.
    """

    def __init__(
        self, source: str, acquire: Callable[[], dict[str, Any]], clock: Callable[[], datetime]
    ) -> None:
        self._source = source
        self._acquire = acquire
        self._clock = clock
        self._lock = threading.Lock()
        self._token = ""
        self._until: datetime | None = None

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """The request with a token that is good for a while.

        Raises:
            AuthError: Entra refuses.
        """
        request.headers["Authorization"] = f"Bearer {self._current()}"
        return request

    def renew(self) -> bool:
        """Forget the token."""
        with self._lock:
            self._until = None
        return True

    def _current(self) -> str:
        with self._lock:
            now = self._clock()
            if self._until is None or now >= self._until:
                answer = self._acquire() or {}
                self._token = token_of(answer, self._source)
                lifetime = timedelta(seconds=float(answer.get("expires_in") or 3600))
                self._until = now + max(lifetime - _MARGIN, timedelta(seconds=30))
            return self._token


def credential(
    auth: _ANY, *, source: str, folder: Path, clock: Callable[[], datetime], resource: str
) -> Credential:
    """What signs the requests of one source. Secrets are read now; a token is asked for at its first use.

    `resource` is the id of the application at Microsoft that tokens are for.

    Raises:
        ConfigError: a secret is not where its reference says.
    """
    match auth:
        case Pat(token=token):
            return Fixed(_basic("", token.resolve(folder)))
        case ApiToken(user=user, token=token):
            return Fixed(_basic(user, token.resolve(folder)))
        case Bearer(token=token):
            return Fixed(f"Bearer {token.resolve(folder)}")
        case EntraApp():
            return Renewed(source, _application(auth, folder, f"{resource}/.default"), clock)
        case ManagedIdentity(client_id=client_id):
            return Renewed(source, _machine(client_id, resource), clock)
    return Credential()


def token_of(answer: dict[str, Any], source: str) -> str:
    """The access token in an answer of msal.

    Raises:
        AuthError: there is none; the message carries Entra's error code, never a secret.
    """
    token = answer.get("access_token")
    if not isinstance(token, str):
        code = str(answer.get("error", "no token"))[:80]
        message = f"Microsoft Entra gives no token ({code})."
        raise AuthError(
            source, message, hint="Check tenant, client_id, the secret or certificate and its expiry."
        )
    return token


def _application(auth: EntraApp, folder: Path, scope: str) -> Callable[[], dict[str, Any]]:
    secret: Any
    if auth.certificate is not None:
        pem = auth.certificate.resolve(folder)
        secret = {"private_key": pem, "public_certificate": pem}
        if auth.passphrase is not None:
            secret["passphrase"] = auth.passphrase.resolve(folder)
    else:
        assert auth.secret is not None  # noqa: S101 - the model requires one of the two
        secret = auth.secret.resolve(folder)

    def acquire() -> dict[str, Any]:
        import msal

        # A new application each time: its cache would give back the very token that was refused.
        application = msal.ConfidentialClientApplication(
            auth.client_id,
            client_credential=secret,
            authority=f"{LOGIN}/{auth.tenant}",
            instance_discovery=False,
        )
        answer: dict[str, Any] = application.acquire_token_for_client(scopes=[scope]) or {}
        return answer

    return acquire


def _machine(client_id: str | None, resource: str) -> Callable[[], dict[str, Any]]:
    def acquire() -> dict[str, Any]:
        import msal
        import requests

        identity = (
            msal.UserAssignedManagedIdentity(client_id=client_id)
            if client_id
            else msal.SystemAssignedManagedIdentity()
        )
        with requests.Session() as session:
            client = msal.ManagedIdentityClient(identity, http_client=session)
            answer: dict[str, Any] = client.acquire_token_for_client(resource=resource) or {}
        return answer

    return acquire


def _basic(user: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()
