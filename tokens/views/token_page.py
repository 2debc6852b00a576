"""The page of a token: all that is known about it, and all that is done with it."""

from django.conf import settings
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts import hooks
from accounts.models import AuditEvent
from accounts.permissions import Operation, allows
from accounts.web.form_status import status_of
from tokens import limits
from tokens.forms.changes import EndRotationForm
from tokens.kind_pages import HOMES, home_of, page_of
from tokens.kinds import Kind
from tokens.least_privilege import accounts_kept_to
from tokens.least_privilege import in_words as can_in_words
from tokens.models import PlannedEnd
from tokens.models.querysets import TokenQuerySet
from tokens.permissions import why_stopped
from tokens.policies.checks import of_token, why_outside
from tokens.restrictions import in_words
from tokens.rotation_progress import Rotation
from tokens.views.first_call import about_first_call, refused_calls
from tokens.views.guards import for_token
from tokens.views.rows import leading_back, rights
from tokens.views.usage import usage

PAGE = "tokens/page.html"
ANSWER = f"{PAGE}#answer"
REFUSED_SHOWN = 5
EVENTS_SHOWN = 8


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
    refused = refused_calls(request, token, REFUSED_SHOWN)
    return {
        "token": token,
        "kind": token.kind,
        "home": HOMES[token.kind],
        "list_url": home_of(token),
        "may": rights(request, token.account, token.kind),
        "stopped": why_stopped(token),
        **_restrictions(token),
        "protected": limits.why_protected(token),
        "here": here,
        "query": leading_back(here),
        "plan_url": settings.PLAN_URL,
        "refused": refused,
        "found": [place for read in hooks.leak_readers for place in read(token)],
        **about_first_call(token, refused),
        **_rotation(token),
        **_policy(token),
        **usage(request, token),
        **_events(request, token),
    }


def _restrictions(token):
    """Return what a token is restricted to: in a sentence, and the accounts, if any."""
    said, kept_to = in_words(token.networks, token.calls_per_minute), None
    if token.kind == Kind.API:
        kept_to = accounts_kept_to(token)
        said = f"{can_in_words(token.scopes, kept_to)} {said}"
    return {"restrictions": said, "kept_to": kept_to}


def _rotation(token):
    if not token.is_overlapping or token.deleted_at:
        return {}
    return {"rotation": Rotation(token), "form": EndRotationForm(token=token)}


def _policy(token):
    """Return what a policy has against a token, and when it ends because of one."""
    if token.deleted_at or of_token(token) is None:
        return {}
    planned = PlannedEnd.objects.filter(token=token).first()
    return {"outside": why_outside(token), "planned_end": planned}


def _events(request, token):
    """Return the last events about a token for who may see the audit trail."""
    account = token.account
    may = not account or allows(request.relations, Operation.AUDIT_VIEW, account)
    events = AuditEvent.objects.filter(
        token_id=token.pk, organisation=token.organisation_id
    )
    trail = account and reverse(
        "accounts:audit_list", args=[account.pk], query={"token": token.pk}
    )
    shown = events.order_by("-pk")[:EVENTS_SHOWN] if may else ()
    return {"events": shown, "trail": trail}
