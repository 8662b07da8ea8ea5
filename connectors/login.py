"""The session through which msal signs in: one host, no redirect, the source's own certificates and proxy."""

from __future__ import annotations

from typing import Any

import requests

from connectors.answers import origin_of
from connectors.network import Route
from portfolio.errors import AuthError, ConfigError, SourceError, Unavailable

_TIMEOUT_SECONDS = (10.0, 60.0)


class LoginSession(requests.Session):
    """Requests that may carry a client's secret.

    Args:
        source: the name of the source, for errors.
        route: certificates and proxies.
        origin: the only scheme, host and port that is spoken to; None leaves it to msal.
    """

    def __init__(self, source: str, *, route: Route, origin: str | None = None) -> None:
        super().__init__()
        self._source = source
        self._route = route
        self._origin = None if origin is None else origin_of(origin)
        self.auth = _as_it_is  # else a credential would be looked for in ~/.netrc
        self.headers["User-Agent"] = "dovetail"
        route.equip(self)

    def request(self, method: Any, url: Any, *args: Any, **options: Any) -> requests.Response:
        """Send one request. The address may come out of an answer, so it is compared with the origin.

        Raises:
            AuthError: another origin, or a redirect.
            Unavailable: no answer.
        """
        if self._origin is not None and not self._is_ours(str(url)):
            raise AuthError(
                self._source,
                "the sign-in service names another host for the credential, which is not sent.",
                hint="Check the network: something stands between this machine and Microsoft.",
            )
        options["allow_redirects"] = False
        if options.get("timeout") is None:
            options["timeout"] = _TIMEOUT_SECONDS
        try:
            response = super().request(method, url, *args, **options)
        except requests.exceptions.RequestException as error:
            raise self._unanswered(error) from error
        if 300 <= response.status_code < 400:
            raise AuthError(
                self._source,
                f"{response.status_code}: the sign-in service redirects, which is never followed.",
                hint="Check the network: something stands between this machine and Microsoft.",
            )
        return response

    def merge_environment_settings(self, url: Any, *args: Any, **options: Any) -> Any:
        """The environment's proxies and authorities, under the source's own."""
        settings = super().merge_environment_settings(url, *args, **options)
        settings["proxies"] = dict(self._route.proxies_for(str(url), settings["proxies"]))
        return settings

    def _is_ours(self, url: str) -> bool:
        try:
            return origin_of(url) == self._origin
        except ConfigError:
            return False

    def _unanswered(self, error: Exception) -> SourceError:
        if isinstance(error, requests.exceptions.SSLError):
            hint = "Name your organisation's CA file under tls: {ca: FILE}; verification is never off."
            message = "the TLS certificate of the sign-in service was not accepted."
        else:
            message = f"the sign-in service does not answer ({type(error).__name__})."
            hint = "Check the network and the proxy settings."
        return Unavailable(self._source, message, hint=hint)


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
