"""What must not be reachable from other machines: a local catalogue, published example keys, an open board."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

from sla_catalogue import Catalogue
from sla_catalogue.known_secret import known_secret_places
from sla_platform.settings import Settings


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach a server that listens on `host`.

    Names are not looked up: of all names, only `localhost` gives True.

    Args:
        host: An IP address or a name.
    """
    if host.lower() == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback


def exposing_setting(settings: Settings) -> str:
    """Return a message that names the setting by which other machines can reach this process; "" if they cannot.

    The setting is SLAD_HOST if other machines can reach its address. Otherwise it is SLAD_PUBLIC_URL, if it is set and
    its host is not this machine.
    """
    if not is_loopback(settings.host):
        return f"SLAD_HOST={settings.host} lets others reach slad"
    if "public_url" not in settings.model_fields_set:
        return ""
    try:
        host = urlsplit(settings.public_url).hostname or ""
    except ValueError:
        host = ""
    return "" if is_loopback(host) else f"SLAD_PUBLIC_URL={settings.public_url} says that others reach slad"


def missing_settings(settings: Settings) -> list[str]:
    """Return a message for each required setting that is not set; empty if all are set.

    Services are not started while a required setting is missing. SLAD_CATALOGUE is required in the production profile.
    SLAD_BOARD_OPEN is required if other machines can reach this process.
    """
    found = []
    if not settings.embedded and "catalogue" not in settings.model_fields_set:
        found.append(
            "SLAD_CATALOGUE is not set, and the production profile has no default: name the folder of your catalogue"
        )
    where = exposing_setting(settings)
    if where and settings.board_open and "board_open" not in settings.model_fields_set:
        found.append(
            f"{where}, and reading needs no key by default: set SLAD_BOARD_OPEN=false, or SLAD_BOARD_OPEN=true if "
            "everybody may read"
        )
    return found


def reasons_against_exposure(settings: Settings, catalogue: Catalogue) -> list[str]:
    """Return the reasons why this process may not use a catalogue; empty if it may.

    There are reasons only if other machines can reach this process. A reason is that the catalogue is meant for one
    machine (`settings.local: true`), or that it uses secrets of slad's published example.
    """
    where = exposing_setting(settings)
    if not where:
        return []
    found = []
    if catalogue.settings.local:
        found.append(
            f"{where}, and the catalogue {settings.catalogue} says settings.local: true, which is for one's own "
            "machine (keys in plain text, mails on an open page): take it out, and write keys as sha256; or listen on "
            "127.0.0.1 alone"
        )
    if known := known_secret_places(catalogue):
        found.append(
            f"{where}, and the catalogue {settings.catalogue} uses secrets or keys of slad's example, which everybody "
            f"knows: {', '.join(known)}. Make your own, for example with openssl rand -hex 32"
        )
    return found
