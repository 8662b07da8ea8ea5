"""From a configured credential to a session that carries it, and a new token when the old one ends."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.auth import ApiToken, Bearer, EntraApp, ManagedIdentity, NoAuth, Pat
from connectors.login import LoginSession
from connectors.network import Route
from portfolio.errors import AuthError, Unavailable
from portfolio.secrets import remember

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
        self._token = ""  # nosec B105
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
                remember(self._token)
                lifetime = timedelta(seconds=float(answer.get("expires_in") or 3600))
                self._until = now + max(lifetime - _MARGIN, timedelta(seconds=30))
            return self._token


def credential(
    auth: _ANY,
    *,
    source: str,
    folder: Path,
    clock: Callable[[], datetime],
    resource: str,
    route: Route | None = None,
) -> Credential:
    """What signs the requests of one source. Secrets are read now; a token is asked for at its first use.

    `resource` is the id of the application at Microsoft that tokens are for; `route` the way to it.

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
            login = (route or Route()).elsewhere()
            return Renewed(source, _application(auth, folder, f"{resource}/.default", login, source), clock)
        case ManagedIdentity(client_id=client_id):
            return Renewed(source, _machine(client_id, resource, source), clock)
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


def _application(
    auth: EntraApp, folder: Path, scope: str, route: Route, source: str
) -> Callable[[], dict[str, Any]]:
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
        # msal's own session follows redirects, and a 307 would carry the secret in its body elsewhere.
        with LoginSession(source, route=route, origin=LOGIN) as session:
            try:
                application = msal.ConfidentialClientApplication(
                    auth.client_id,
                    client_credential=secret,
                    authority=f"{LOGIN}/{auth.tenant}",
                    instance_discovery=False,
                    http_client=session,
                )
                answer: dict[str, Any] = application.acquire_token_for_client(scopes=[scope]) or {}
            except (ValueError, TypeError, KeyError) as error:
                # An unknown tenant, an answer of another shape, a key that cannot be read: msal's text may
                # quote what it was given.
                message = f"Microsoft Entra cannot be asked for a token ({type(error).__name__})."
                hint = "Check tenant, client_id, and the secret or certificate."
                raise AuthError(source, message, hint=hint) from None
            except msal.exceptions.MsalError as error:
                message = f"the sign-in service of Microsoft Entra fails ({str(error)[:40]})."
                raise Unavailable(source, message, hint="The next run tries again.") from None
        return answer

    return acquire


def _machine(client_id: str | None, resource: str, source: str) -> Callable[[], dict[str, Any]]:
    def acquire() -> dict[str, Any]:
        import msal

        identity = (
            msal.UserAssignedManagedIdentity(client_id=client_id)
            if client_id
            else msal.SystemAssignedManagedIdentity()
        )
        # This machine's own service: never through a proxy, which would read what it answers.
        with LoginSession(source, route=Route(proxies={})) as session:
            client = msal.ManagedIdentityClient(identity, http_client=session)
            answer: dict[str, Any] = client.acquire_token_for_client(resource=resource) or {}
        return answer

    return acquire


def _basic(user: str, secret: str) -> str:
    encoded = base64.b64encode(f"{user}:{secret}".encode()).decode()
    remember(encoded)
    return f"Basic {encoded}"
