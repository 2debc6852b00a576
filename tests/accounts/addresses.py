"""Where the pages of accounts are."""

from django.urls import reverse


def place(name, *args):
    return reverse(f"accounts:{name}", args=args)


def address(account, verb):
    return reverse(f"accounts:account_{verb}", args=[account.pk])
