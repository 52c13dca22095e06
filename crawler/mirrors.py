"""Where requests really go: the MIRRORS setting, read and looked up.

From: the setting as JSON text or as a mapping, origin -> origin or null, where "*" stands for every other origin.
Gives: for a URL its address on the mirror; for a redirect of the mirror the way back; whether a mirror is on
loopback. Refuses: a setting that is no such object (`MirrorsError`), a URL whose origin is mapped to null
(`MirrorRefusedError`). Opens nothing, resolves nothing.

An origin is written `scheme://host` or `scheme://host:port`; case and default ports do not matter.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv6Address, ip_address
from types import MappingProxyType
from typing import Any, Self

from scrapy.exceptions import IgnoreRequest

OTHERS = "*"
DEFAULT_PORTS = {"http": 80, "https": 443}
# Only ASCII host names: request URLs hold them in xn-- form, so anything else in the setting would never match.
# Whatever a URL has between // and its path that does not fit is no origin, and is never guessed at.
ORIGIN = re.compile(
    r"(?P<scheme>https?)://(?:[^/?#\\]*@)?(?P<host>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(?P<port>[0-9]{0,5}))?(?=[/?#]|\Z)",
    re.IGNORECASE | re.ASCII,
)


class MirrorsError(ValueError):
    """The MIRRORS setting is malformed; the message says where and how."""


class MirrorRefusedError(IgnoreRequest):
    """MIRRORS maps the origin of this URL to null: nothing may be sent there. Not an error worth a retry."""


def split_origin(url: str) -> tuple[str, str] | None:
    """Split an http(s) URL into its normalised origin and the rest, unchanged from the first of `/?#` on.

    Credentials are dropped. None for another scheme, and for a URL whose host or port cannot be one.
    """
    match = ORIGIN.match(url)
    if match is None:
        return None
    scheme, host = match["scheme"].lower(), match["host"].lower()
    if host.startswith("["):
        try:
            host = f"[{IPv6Address(host[1:-1])}]"
        except ValueError:
            return None
    port = int(match["port"] or DEFAULT_PORTS[scheme])
    if not 0 < port < 65536:
        return None
    suffix = "" if port == DEFAULT_PORTS[scheme] else f":{port}"
    return f"{scheme}://{host}{suffix}", url[match.end() :]


@cache
def on_loopback(origin: str) -> bool:
    """Whether a normalised origin is on this machine by its very name (`localhost`, 127.0.0.0/8, ::1)."""
    host = origin.partition("://")[2]
    host = host[1 : host.index("]")] if host.startswith("[") else host.partition(":")[0]
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class Mirrors:
    """The MIRRORS setting. `rules`: normalised origin or `"*"` -> normalised origin, or None for refused."""

    rules: Mapping[str, str | None]

    @classmethod
    def parse(cls, setting: str | Mapping[Any, Any]) -> Self:
        """Read the setting; a blank text means no mirrors. Raises `MirrorsError`."""
        if isinstance(setting, str):
            try:
                setting = json.loads(setting or "{}", object_pairs_hook=_read_rules)
            except json.JSONDecodeError as error:
                raise MirrorsError(f"MIRRORS is not JSON: {error}") from error
        elif isinstance(setting, Mapping):
            setting = _read_rules(setting.items())
        if not isinstance(setting, Mapping):
            raise MirrorsError(f"MIRRORS must be an object, origin -> origin or null, not {setting!r}")
        return cls(MappingProxyType(dict(setting)))

    def target(self, url: str) -> str | None:
        """Give the mirror's URL for this URL, or None when it is to be fetched as it is.

        Raises `MirrorRefusedError` for a refused origin, and, where `"*"` has a rule, for an http(s) URL whose
        origin cannot be told: sending it out as it is might be just what `"*"` forbids.
        """
        split = split_origin(url)
        if split is None:
            if OTHERS in self.rules and url[:4].lower() == "http":
                raise MirrorRefusedError(f"MIRRORS cannot tell the origin of {url}")
            return None
        origin, rest = split
        if origin not in self.rules and OTHERS not in self.rules:
            return None
        mirror = self._mirror(origin)
        if mirror is None:
            raise MirrorRefusedError(f"MIRRORS refuses {origin}")
        return mirror + rest

    def original(self, location: str, mirror_of: str) -> str:
        """Map a redirect Location that points at the mirror itself back to the origin that was asked.

        `mirror_of`: the origin, or the whole URL, that was asked. Any other Location, relative ones too, comes
        back as it is.
        """
        asked = split_origin(mirror_of)
        mirror = self._mirror(asked[0]) if asked else None
        if asked is None or mirror is None:
            return location
        absolute = location.strip()
        if absolute.startswith("//"):
            absolute = f"{mirror.partition(':')[0]}:{absolute}"
        split = split_origin(absolute)
        return asked[0] + split[1] if split and split[0] == mirror else location

    def is_loopback(self, url: str) -> bool:
        """Whether this URL is mirrored, and its mirror is on loopback. A URL itself on loopback is not enough."""
        split = split_origin(url)
        mirror = self._mirror(split[0]) if split else None
        return mirror is not None and on_loopback(mirror)

    def _mirror(self, origin: str) -> str | None:
        return self.rules.get(origin, self.rules.get(OTHERS))


def _read_rules(pairs: Iterable[tuple[Any, Any]]) -> dict[str, str | None]:
    rules: dict[str, str | None] = {}
    for key, value in pairs:
        origin = OTHERS if key == OTHERS else _read_origin(key)
        if origin in rules:
            raise MirrorsError(f"MIRRORS names {origin} twice")
        rules[origin] = None if value is None else _read_origin(value)
    return rules


def _read_origin(text: object) -> str:
    if not isinstance(text, str):
        raise MirrorsError(f"MIRRORS: {text!r} is not a text; an origin looks like https://example.com:8443")
    split = split_origin(text)
    if split is None:
        raise MirrorsError(f"MIRRORS: {text!r} is not an http or https origin like https://example.com:8443")
    origin, rest = split
    if rest:
        raise MirrorsError(f"MIRRORS: {text!r} is more than an origin; leave out {rest!r}")
    if "@" in text:
        raise MirrorsError(f"MIRRORS: the origin {origin} must not carry credentials")
    return origin
