"""How a source is reached: whose certificates are trusted, which proxy stands in between, who we are in TLS.

There is no switch that turns verification off. What is configured here holds for one source; without it the
environment decides, as for other programs (HTTPS_PROXY, NO_PROXY, REQUESTS_CA_BUNDLE).
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias
from urllib.parse import quote, urlsplit, urlunsplit

import msgspec
from pydantic import AfterValidator, Field, model_validator

from connectors.auth import SecretRef
from connectors.settings import Settings
from portfolio.errors import ConfigError

if TYPE_CHECKING:
    import requests

_DIRECT = "direct"


def _proxy_url(value: str) -> str:
    try:
        parts = urlsplit(value)
        is_whole = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        parts, is_whole = urlsplit(""), False
    if parts.scheme not in ("http", "https") or not is_whole:
        raise ValueError("an address such as http://proxy.example:3128 belongs here")
    if parts.username is not None or parts.password is not None:
        raise ValueError(
            "no credential belongs into an address; use {url: …, user: …, password: {env: NAME}}"
        )
    return value


ProxyUrl: TypeAlias = Annotated[str, AfterValidator(_proxy_url)]


class Proxy(Settings):
    """A proxy that wants to know who asks."""

    url: ProxyUrl = Field(description="such as http://proxy.example:3128")
    user: str | None = Field(default=None, min_length=1)
    password: SecretRef | None = None

    @model_validator(mode="after")
    def _both_or_none(self) -> Proxy:
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password belong together")
        return self


class Tls(Settings):
    """Certificates besides the public ones. Paths start at the configuration's folder."""

    ca: str | None = Field(
        default=None, min_length=1, description="a PEM file of authorities that are trusted too"
    )
    client_certificate: str | None = Field(
        default=None, min_length=1, description="a PEM file that says who we are, for the site's own hosts"
    )
    client_key: str | None = Field(
        default=None, min_length=1, description="its private key, where that stands in a file of its own"
    )
    client_key_password: SecretRef | None = None

    @model_validator(mode="after")
    def _key_of_a_certificate(self) -> Tls:
        if self.client_certificate is None and (self.client_key or self.client_key_password):
            raise ValueError("client_key and client_key_password belong to client_certificate")
        return self


class NetworkSettings(Settings):
    """The keys that every source reached through a network has."""

    tls: Tls | None = Field(default=None, description="certificates besides the public ones")
    proxy: Proxy | Literal["direct"] | ProxyUrl | None = Field(
        default=None, description="a proxy's address, or `direct`; if absent, the environment decides"
    )


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """The way to one source, ready to be used: contexts for TLS, and proxies as requests takes them.

    `proxies` None leaves the choice to the environment.
    """

    context: ssl.SSLContext | None = None
    authorities: ssl.SSLContext | None = None  # the same without our certificate, for other hosts
    proxies: Mapping[str, str] | None = None

    def elsewhere(self) -> Route:
        """The way to a host that is not the site's: the same, without our certificate."""
        return Route(context=self.authorities, authorities=self.authorities, proxies=self.proxies)

    def equip(self, session: requests.Session) -> None:
        """Make a session use the certificates."""
        if self.context is not None:
            session.mount("https://", _adapter(self.context, self.authorities))

    def proxies_for(self, url: str, environment: Mapping[str, str]) -> Mapping[str, str]:
        """The proxies for an address.

        Without TLS only this machine is spoken to: a proxy would read the credential on its way out.
        """
        if url.lower().startswith("http://"):
            return {}
        return environment if self.proxies is None else self.proxies


def route_of(settings: NetworkSettings, folder: Path) -> Route:
    """Read the certificates and secrets that a source names.

    Raises:
        ConfigError: one is not there or cannot be used; the message names the file, never what is in it.
    """
    tls = settings.tls
    if tls is None:
        return Route(proxies=_proxies(settings.proxy, folder))
    authorities = _trusting(tls, folder)
    context = authorities
    if tls.client_certificate:
        context = _trusting(tls, folder)
        _identify(context, tls, folder)
    return Route(context=context, authorities=authorities, proxies=_proxies(settings.proxy, folder))


def _proxies(proxy: Proxy | str | None, folder: Path) -> Mapping[str, str] | None:
    if proxy is None:
        return None
    if proxy == _DIRECT:
        return {}
    if isinstance(proxy, str):
        return {"https": proxy}
    if proxy.password is None:
        return {"https": proxy.url}
    parts = urlsplit(proxy.url)
    secret = quote(proxy.password.resolve(folder), safe="")
    account = f"{quote(proxy.user or '', safe='')}:{secret}@{parts.netloc}"
    return {"https": urlunsplit(parts._replace(netloc=account))}


def _trusting(tls: Tls, folder: Path) -> ssl.SSLContext:
    from urllib3.util.ssl_ import create_urllib3_context

    context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)  # TLS 1.2 at least, names are compared
    if tls.ca:
        path = folder / Path(tls.ca).expanduser()
        try:
            context.load_verify_locations(cafile=path)
        except (OSError, ssl.SSLError) as error:
            raise _unusable(path, error, "a PEM file with certificates of authorities") from None
    return context


def _identify(context: ssl.SSLContext, tls: Tls, folder: Path) -> None:
    path = folder / Path(tls.client_certificate or "").expanduser()
    key = folder / Path(tls.client_key).expanduser() if tls.client_key else None
    password = tls.client_key_password.resolve(folder) if tls.client_key_password else ""
    for one in (path, key):
        if one is not None and not one.is_file():
            raise ConfigError(f"{one}: there is no such file.", hint="Check tls.")
    try:
        # With a password given, even an empty one, OpenSSL does not ask for it on the terminal.
        context.load_cert_chain(path, key, password=password)
    except (OSError, ssl.SSLError, ValueError) as error:
        raise _unusable(path, error, "a PEM certificate and its private key, with its password") from None


def _unusable(path: Path, error: Exception, wanted: str) -> ConfigError:
    is_system = isinstance(error, OSError) and not isinstance(error, ssl.SSLError)
    reason = getattr(error, "strerror", None) if is_system else None
    return ConfigError(
        f"{path}: cannot be used ({reason or 'not readable'}).", hint=f"Under tls belongs {wanted}."
    )


def _adapter(context: ssl.SSLContext, authorities: ssl.SSLContext | None) -> Any:
    from requests.adapters import HTTPAdapter

    class Adapter(HTTPAdapter):
        """Connections that use our contexts, through proxies too."""

        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, ssl_context=context, **kwargs)

        def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
            kwargs = {"proxy_ssl_context": authorities, **kwargs}
            return super().proxy_manager_for(proxy, ssl_context=context, **kwargs)

    return Adapter()
