"""The page of a token: all that is known about it, and all that is done with it."""

from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.web.form_status import status_of
from tokens import limits
from tokens.forms import EndRotationForm
from tokens.kind_pages import HOMES, home_of, page_of
from tokens.models.querysets import TokenQuerySet
from tokens.models.usage import KEPT_FOR
from tokens.permissions import why_stopped
from tokens.rotation_progress import Rotation
from tokens.usage import CALLERS_SHOWN, callers, with_days
from tokens.views.guards import for_token
from tokens.views.rows import leading_back, rights

PAGE = "tokens/page.html"
ANSWER = f"{PAGE}#answer"


def page(request, account, token):
    return render(request, PAGE, about_page(request, token))


token_page = require_safe(for_token("list", among=TokenQuerySet.kept)(page))


@require_safe
@for_token("list", among=TokenQuerySet.kept)
def usage_moved(request, account, token):
    return redirect(f"{page_of(token)}#usage", permanent=True)


def rotation_again(request, form):
    """Show the page with the form that should have ended the token's rotation."""
    about = about_page(request, form.token) | {"form": form}
    template = ANSWER if request.htmx else PAGE
    return render(request, template, about, status=status_of(form))


def about_page(request, token):
    """Return what the page of a token shows."""
    here = page_of(token)
    return {
        "token": token,
        "kind": token.kind,
        "home": HOMES[token.kind],
        "list_url": home_of(token),
        "may": rights(request, token.account, token.kind),
        "stopped": why_stopped(token),
        "protected": limits.why_protected(token),
        "here": here,
        "query": leading_back(here),
        **_rotation(token),
        **_usage(token),
    }


def _rotation(token):
    if not token.is_overlapping or token.deleted_at:
        return {}
    return {"rotation": Rotation(token), "form": EndRotationForm(token=token)}


def _usage(token):
    with_days([token])
    found = callers(token)
    return {
        "callers": found[:CALLERS_SHOWN],
        "more": len(found) > CALLERS_SHOWN,
        "secrets": _told_apart(token, found),
        "kept": KEPT_FOR.days,
    }


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
