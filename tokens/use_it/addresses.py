"""The installation's addresses, as the placeholders of snippets name them."""

from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks

# What each is for, as pages and checks say it.
PURPOSES = {
    "LISTENER_URL": "logs are sent to",
    "METRICS_LISTENER_URL": "metrics are sent to",
    "TRACES_LISTENER_URL": "traces are sent to",
    "QUERY_URL": "logs, metrics and traces are read at",
}
SETTINGS = (*PURPOSES, "API_URL")
PORTS = {"http": 80, "https": 443}


def address(name):
    return getattr(settings, name).rstrip("/")


def parts():
    """Return the parts of the listener's address, for clients that want them apart."""
    url = urlsplit(address("LISTENER_URL"))
    return {
        "LISTENER_SCHEME": url.scheme,
        "LISTENER_HOST": url.netloc.rpartition(":")[0] if url.port else url.netloc,
        "LISTENER_PORT": str(url.port or PORTS.get(url.scheme, "")),
        "LISTENER_PATH": url.path,
        "LISTENER_TLS": "on" if url.scheme == "https" else "off",
    }


def placeholders():
    """Return what stands for each placeholder, empty where an operator set nothing."""
    return {name: address(name) for name in SETTINGS} | parts()


def check_addresses(app_configs=None, **kwargs):
    return [
        checks.Warning(
            f"{name} is not set: pages cannot say where {PURPOSES[name]}.",
            id="tokens.W001",
        )
        for name in PURPOSES
        if not address(name)
    ]
