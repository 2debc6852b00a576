"""Where an account's tokens are listed, and what such a page shows."""

from django.urls import reverse


def api(account, **query):
    return reverse("tokens:api", args=[account.pk], query=query)


def shipping(account, **query):
    return reverse("tokens:shipping", args=[account.pk], query=query)


def shown(response):
    """Return the names of the rows, in their order."""
    return [token.name for token in response.context["rows"]]
