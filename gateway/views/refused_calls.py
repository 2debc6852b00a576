"""Refused calls: tokens that do not work and are used all the same."""

from collections import defaultdict

from django.contrib import messages
from django.db import models
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.audit.trail import Actor
from accounts.permissions import Operation, allows, for_account, require
from accounts.relations import relations, relations_to
from accounts.rule_violations import RuleViolation
from accounts.web.pagination import paginate
from gateway.models import RefusedCall
from gateway.refused_calls import reactivation
from gateway.refused_calls.waiting import count_waiting, refused_tokens

TEMPLATE = "gateway/refused_calls.html"
SIZE = 20
CALLERS_SHOWN = 5


@require_safe
@for_account(Operation.REFUSED_CALLS_LIST)
def refused_call_list(request, account):
    dismissed = "dismissed" in request.GET
    found = refused_tokens(request.user, account)
    found = found.dismissed() if dismissed else found.undismissed()
    page = paginate(
        _described(found).fetch_mode(models.FETCH_RAISE),
        "-last_seen_at",
        request.GET.get("cursor", ""),
        size=SIZE,
    )
    _complete(page.items, request.user)
    context = _about(request, account) | {"page": page, "dismissed": dismissed}
    return render(request, TEMPLATE, context)


@require_safe
@for_account(Operation.REFUSED_CALLS_LIST)
def refused_calls_moved(request, account):
    there = reverse("gateway:refused_calls", args=[account.pk], query=request.GET)
    return redirect(there, permanent=True)


def _described(rows):
    return rows.select_related("token__account__organisation", "secret").with_mending()


def _about(request, account):
    return {
        "count": count_waiting(request.user, account),
        "may_hook": allows(request.relations, Operation.WEBHOOK_EDIT, account),
    }


def _complete(rows, user):
    """Put to each row its callers, and what the person may do about it."""
    related = relations_to(user, [row.token.account for row in rows])
    callers = defaultdict(list)
    for use in RefusedCall.objects.filter(refused__in=rows).latest(CALLERS_SHOWN):
        callers[use.refused_id].append(use)
    for row in rows:
        own = related[row.token.account_id]
        row.callers = callers[row.pk]
        row.unnamed = row.callers[0].of - len(row.callers) if row.callers else 0
        row.may_act = allows(own, Operation.REFUSED_CALLS_ACT, row.token.account)
        found = reactivation.remedy(row)
        row.remedy = (
            found if found and reactivation.may_apply(found, row, own) else None
        )


@require_POST
@for_account(Operation.REFUSED_CALLS_ACT)
def refused_call_revive(request, account, pk):
    refused = _one(request, account, pk)
    found = reactivation.remedy(refused)
    if found is None:
        raise RuleViolation(
            "nothing_to_revive", f"{refused.token.name} cannot be enabled here."
        )
    owner = refused.token.account
    for each in reactivation.asked(found, refused):
        require(relations(request.user, owner), each, owner)
    reactivation.apply(found, refused, by=Actor.of(request))
    return _answer(request, account, pk, f"{refused.token.name} works for an hour.")


@require_POST
@for_account(Operation.REFUSED_CALLS_ACT)
def refused_call_dismiss(request, account, pk):
    refused = _one(request, account, pk)
    refused.dismiss(by=Actor.of(request))
    return _answer(request, account, pk, f"{refused.token.name} is put aside.")


def _one(request, account, pk):
    return get_object_or_404(_described(refused_tokens(request.user, account)), pk=pk)


def _answer(request, account, pk, text):
    """Answer with the token as it is now, which is nothing once it is put aside."""
    if not request.htmx:
        messages.success(request, text)
        return redirect("gateway:refused_calls", account.pk)
    refused = _one(request, account, pk)
    _complete([refused], request.user)
    context = _about(request, account) | {"refused": refused, "text": text}
    return render(request, f"{TEMPLATE}#changed", context)
