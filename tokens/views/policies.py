"""Policies: what an organisation asks of its tokens, kind by kind."""

from django.contrib import messages
from django.db.models import Count
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from accounts.permissions import Operation, allows, for_account
from accounts.web.form_status import status_of
from tokens.models import PlannedEnd, Token
from tokens.models.policies import policies_of
from tokens.permissions import in_view
from tokens.policies.conditions import outside_any
from tokens.policies.forms import PolicyForm
from tokens.policies.words import lines_of

TEMPLATE = "tokens/policy.html"


@require_safe
@for_account(Operation.POLICY_VIEW)
def policies(request, account):
    accounts = in_view(account, request.user)
    tokens = Token.objects.not_deleted().filter(
        organisation=account.organisation_id, account__in=accounts
    )
    outside = _by_kind(tokens.filter(outside_any()))
    planned = PlannedEnd.objects.filter(token__in=tokens)
    ending = _by_kind(Token.objects.filter(planned_end__in=planned))
    cards = [
        {
            "policy": policy,
            "lines": lines_of(policy),
            "outside": outside.get(kind, 0),
            "ending": ending.get(kind, 0),
            "edit": reverse(f"tokens:policy_{kind}", args=[account.pk]),
        }
        for kind, policy in policies_of(account.organisation_id).items()
    ]
    context = {"cards": cards, "may_edit": _may_edit(request, account)}
    return render(request, "tokens/policies.html", context)


def _by_kind(tokens):
    return dict(tokens.order_by().values_list("kind").annotate(Count("pk")))


def _may_edit(request, account):
    return bool(allows(request.relations, Operation.POLICY_EDIT, account))


@require_http_methods(["GET", "HEAD", "POST"])
@for_account(Operation.POLICY_EDIT)
def policy_edit(request, account, kind):
    form = _form(request, account, kind)
    if form.is_valid() and form.is_agreed:
        form.save(request)
        messages.success(
            request, f"The policy for {form.policy.label_inside}s is saved."
        )
        return redirect("tokens:policies", account.pk)
    asks = form.is_bound and form.is_valid()
    return _ask(request, account, form, status=status_of(form), asks=asks)


@require_POST
@for_account(Operation.POLICY_EDIT)
def policy_preview(request, account, kind):
    """Say what saving would affect."""
    form = _form(request, account, kind)
    form.full_clean()
    return _ask(request, account, form, status=200)


def _form(request, account, kind):
    return PolicyForm(
        request.POST if request.method == "POST" else None,
        account=account,
        user=request.user,
        policies=policies_of(account.organisation_id),
        kind=kind,
    )


def _ask(request, account, form, *, status, asks=False):
    name = f"tokens:policy_{form.policy.kind}"
    context = {
        "form": form,
        "policy": form.policy,
        # Who saved without having looked at this.
        "asks": asks,
        "address": reverse(name, args=[account.pk]),
        "preview": reverse(f"{name}_preview", args=[account.pk]),
    }
    return render(request, TEMPLATE, context, status=status)
