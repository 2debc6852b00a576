"""Pressing Undo in the notice that an answer brings."""

from tests.page_forms import forms_in

HX = {"HX-Request": "true"}


def offered(response):
    """Return the form of Undo in an answer to htmx, or None."""
    notice = response.text.rpartition('<div class="notice" data-level="success"')[2]
    return next(iter(forms_in(notice, "/")), None)


def undo(client, response):
    form = offered(response)
    return client.post(form.action, form.fields, headers=HX)
