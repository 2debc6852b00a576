"""The addresses of an account's webhook, and of its receiver."""

from django.urls import reverse

HTMX = {"HX-Request": "true"}
URL = "https://hook.example/in?key=abc"


def at(account, name=""):
    suffix = f"_{name}" if name else ""
    return reverse(f"gateway:webhook{suffix}", args=[account.pk])
