"""Forms that make something, and are safe to send again when an answer was lost."""

import re
from hashlib import sha256

from django.apps import apps
from django.db import transaction
from django.shortcuts import redirect
from django_htmx.http import HttpResponseClientRedirect

from accounts.models import RecordedCall
from accounts.rule_violations import RuleViolation

FIELD = "once"
KEY = re.compile(r"[\w-]{16,64}", re.ASCII)
NOT_TYPED = ("csrfmiddlewaretoken", "shown")


def key_of(request):
    """Return the key that a form was sent with, empty when there is none."""
    key = request.POST.get(FIELD, "")
    return key if KEY.fullmatch(key) else ""


def made_once(request, make):
    """Return the row that `make` makes, or the one that it made when the form came before.

    `make` returns nothing when the form is to say why not. A form in which something
    else was typed is not the same one.
    """
    if not key_of(request):
        return make()
    digest = _digest(request)
    with transaction.atomic():
        call, is_new = RecordedCall.claim(
            user_id=request.user.pk, key=digest.hex(), fingerprint=digest
        )
        if not is_new:
            return _found(call.answer)
        made = make()
        if made:
            call.keep({"model": made._meta.label, "pk": made.pk}, {})
        else:
            transaction.set_rollback(True)
        return made


def leave_for(request, name, *args):
    """Lead to the page of what was made, also from inside a page."""
    response = redirect(name, *args)
    return HttpResponseClientRedirect(response.url) if request.htmx else response


def _digest(request):
    typed = [
        (name, values)
        for name, values in sorted(request.POST.lists())
        if name not in NOT_TYPED
    ]
    return sha256(f"{request.path}\n{typed}".encode()).digest()


def _found(answer):
    rows = apps.get_model(answer["model"])._base_manager
    made = rows.filter(pk=answer["pk"]).first()
    if made is None or getattr(made, "deleted_at", None):
        raise RuleViolation(
            "made_and_gone",
            "Your first try made it, and it was deleted since. To make another, "
            "cancel and begin anew.",
        )
    return made
