"""Going to the provider and back, as a browser does."""

from urllib.parse import urlsplit

from tests.accounts.addresses import place
from tests.identity_provider import Person


def begin(client, slug="acme", **query):
    """Return the answer of ours that leads to the provider."""
    return client.get(place("provider_sign_in", slug), query)


def back(client, address, **extra):
    """Return our answer to where the provider leads back to."""
    parts = urlsplit(address)
    return client.get(f"{parts.path}?{parts.query}", **extra)


def sign_in(client, real, login="ada", *, person=None, slug="acme", **query):
    """Go there, sign in, and return our answer."""
    there = begin(client, slug, **query)
    person = person or Person(real)
    return back(client, person.go(there.url, login))


def said(response):
    """Return a page as one line."""
    return " ".join(response.text.split())
