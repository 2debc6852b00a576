"""Who uses a token and when, and who still uses its old secret."""

from urllib.parse import urlencode

from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.web.form_status import status_of
from tokens.forms import EndRotationForm
from tokens.kind_pages import home_of
from tokens.models.usage import KEPT_FOR
from tokens.rotation_progress import Rotation
from tokens.usage import CALLERS_SHOWN, callers, with_days
from tokens.views.guards import for_token
from tokens.views.rows import back_from, rights


@require_safe
@for_token("list")
def token_usage(request, account, token):
    return usage_page(request, EndRotationForm(token=token))


def usage_page(request, form):
    """Show the usage of the form's token, and how its rotation can end."""
    token, back = form.token, back_from(request)
    with_days([token])
    found = callers(token)
    context = {
        "token": token,
        "form": form,
        "rotation": Rotation(token) if token.is_overlapping else None,
        "callers": found[:CALLERS_SHOWN],
        "more": len(found) > CALLERS_SHOWN,
        "secrets": _told_apart(token, found),
        "kept": KEPT_FOR.days,
        "back": back or home_of(token),
        "query": f"?{urlencode({'next': back})}" if back else "",
        "may": rights(request, token.account, token.kind),
    }
    status = status_of(form)
    return render(request, "tokens/calls.html", context, status=status)


def _told_apart(token, found):
    """Name the secret of each caller; return whether there are several to name."""
    names = {0: "not known"}
    for pk, valid_until in token.secrets.values_list("pk", "valid_until"):
        names[pk] = "current" if valid_until is None else "earlier"
    for pk in token.secrets.overlapping().values_list("pk", flat=True):
        names[pk] = "old"
    for caller in found:
        caller["secret"] = names.get(caller["stored_secret_id"], "earlier")
    return len({caller["secret"] for caller in found}) > 1
