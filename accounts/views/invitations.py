"""Invitations: accepted or declined when signed in, or by a mail's link."""

from dataclasses import replace
from itertools import groupby

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.password_reset import perform_password_reset_login
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from accounts.audit.trail import Actor
from accounts.forms.invitations import WelcomeForm
from accounts.invitations import accept, by_key, decline
from accounts.models import Membership, Organisation
from accounts.permissions import about_oneself
from accounts.relations import relations
from accounts.rule_violations import RuleViolation
from accounts.web import navigation
from accounts.web.form_status import status_of

CLOSED = (
    "This invitation is not open any more: it was withdrawn, or has ended. Ask whoever "
    "invited you for another one."
)
WELCOME = "accounts/welcome.html"


@require_safe
@about_oneself
def invitations(request):
    found = Membership.objects.open_invitations().filter(user=request.user)
    rows = found.select_related("account__organisation").order_by(
        "account__organisation__name", "account__organisation_id", "account__name"
    )
    context = {"invitations": _by_organisation(rows)}
    return render(request, "accounts/invitations.html", context)


@require_POST
@about_oneself
def invitation_accept(request, pk):
    first, *_ = _answered(accept, request, pk, by=Actor.of(request))
    messages.success(request, f"You belong to {first.account} now.")
    home = navigation.home(relations(request.user, first.account), first.account)
    return redirect(home)


@require_POST
@about_oneself
def invitation_decline(request, pk):
    first, *_ = _answered(decline, request, pk)
    organisation = first.account.organisation
    messages.success(request, f"You declined the invitation of {organisation}.")
    return redirect("accounts:invitations")


def _answered(answer, request, pk, **arguments):
    organisation = Organisation.objects.filter(pk=pk).first()
    found = organisation and answer(request.user, organisation, **arguments)
    if not found:
        raise RuleViolation("invitation_closed", CLOSED)
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
@never_cache
@sensitive_post_parameters()
def welcome(request, pk, key):
    """Let a new person choose a password, which is to accept; they are signed in."""
    membership = by_key(pk, key)
    if membership is None:
        return _closed(request)
    form = WelcomeForm(request.POST or None, membership=membership)
    if form.is_valid():
        return _joined(request, form)
    context = {"form": form, "membership": membership, "key": key}
    return render(request, WELCOME, context, status=status_of(form))


def _joined(request, form):
    if request.user.is_authenticated:
        # What follows is done by the new person, in a browser of somebody else's.
        get_adapter().logout(request)
    by = replace(Actor.of(request), label=form.user.email, user=form.user)
    if not form.join(by=by):
        return _closed(request)
    return perform_password_reset_login(request, form.user)


def _closed(request):
    return render(request, WELCOME, {"closed": CLOSED}, status=404)


@require_POST
@login_not_required
@never_cache
def welcome_decline(request, pk, key):
    membership = by_key(pk, key)
    declined = membership and decline(membership.user, membership.account.organisation)
    if not declined:
        return _closed(request)
    return render(request, WELCOME, {"declined": membership.account.organisation})


def _by_organisation(rows):
    groups = groupby(rows, key=lambda row: row.account.organisation)
    return [(organisation, list(here)) for organisation, here in groups]
