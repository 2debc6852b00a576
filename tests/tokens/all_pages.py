"""Where the tokens of all accounts are listed."""

from django.urls import reverse


def address(account, /, **query):
    return reverse("tokens:all", args=[account.pk], query=query)
