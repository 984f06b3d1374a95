"""Which servers may be asked: those that the settings name, at addresses that are not this network's own."""

import ipaddress
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: an IPv4 address in its last 32 bits


def allowed(url: str, bases: Sequence[str]) -> bool:
    """Whether an address lies at or below one of the bases: same scheme, host and port, and a path under its path."""
    try:
        return any(_below(url, base) for base in bases)
    except ValueError:
        return False


def _below(url: str, base: str) -> bool:
    one, other = urlsplit(url), urlsplit(base)
    if _origin(url) != _origin(base) or one.username is not None or one.fragment or "\\" in url:
        return False
    path, under = unquote(one.path), other.path.rstrip("/")
    if any(part in ("..", ".") for part in path.split("/")) or "//" in path or "\\" in path or unquote(path) != path:
        return False
    return path == under or path.startswith(f"{under}/")


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").rstrip("."), parts.port or (443 if parts.scheme == "https" else 80)


def is_public(text: str) -> bool:
    """Whether an IP address is one of the internet: not private, link-local, loopback, reserved or multicast."""
    address: Address = ipaddress.ip_address(text.partition("%")[0])
    within = _within(address)
    if within is not None:
        return is_public(str(within))
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _within(address: Address) -> Address | None:
    """The IPv4 address that an IPv6 address stands for, if it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
