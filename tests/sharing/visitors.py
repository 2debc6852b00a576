"""How tests come in by a link."""

import re

from django.urls import reverse

from sharing import tickets

JSON = {"Accept": "application/json"}


def page_of(share):
    return share.token.public_id


def at(name, page):
    return reverse(f"sharing:{name}", args=[page])


def show(client, share, secret=None, *, page=None, **headers):
    """Show a secret at a link, as its page does."""
    data = {"secret": secret or share.secret_text}
    path = at("open", page or page_of(share))
    return client.post(path, data, headers=JSON | headers)


def renew(client, share, **headers):
    return client.post(at("renew", page_of(share)), headers=JSON | headers)


def look(client, share):
    return client.get(at("visitor", page_of(share)))


def has_ticket(response):
    return tickets.TICKET_COOKIE in response.cookies


def without_its_id(response, page):
    """Return a page without what has to differ: the id in it, and the form's token."""
    text = response.text.replace(page, "PAGE")
    return re.sub(r'(csrfmiddlewaretoken" value=")\w+', r"\1", text)
