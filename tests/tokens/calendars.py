"""Addresses of calendars: how they are made, and what is at them."""

from django.urls import reverse

from accounts.audit.trail import Actor
from tokens.calendars import address
from tokens.models import CalendarFeed


def subscribe(user, account):
    """Return the path that a person's calendar fetches."""
    by = Actor(label=user.email, user=user)
    return address(CalendarFeed.renew(account, by=by)).removeprefix(
        "https://tollgate.example"
    )


def at(name, account):
    return reverse(f"tokens:calendar{name}", args=[account.pk])
