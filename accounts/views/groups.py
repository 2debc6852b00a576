"""Groups: what the groups of a provider give in the accounts of an organisation."""

from collections import Counter

from django.contrib import messages
from django.db import models
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from accounts.audit.trail import Actor
from accounts.forms.groups import GroupForm, named
from accounts.identity import group_roles
from accounts.models import GroupRole, Membership
from accounts.permissions import Operation, for_account
from accounts.web.resubmission import made_once

TEMPLATE = "accounts/groups.html"
EFFECTS_SHOWN = 50


@require_safe
@for_account(Operation.GROUP_EDIT)
def groups(request, account):
    return _page(request, account, _form(account))


@require_POST
@for_account(Operation.GROUP_EDIT)
def group_preview(request, account):
    """Show whom a new row would affect, with what was typed still in the form."""
    form = _form(account, request.POST)
    if not form.is_valid():
        return _page(request, account, form, status=form.status)
    asked = form.cleaned_data
    effects = group_roles.preview(asked["account"], asked["group"], asked["role"])
    return _page(request, account, form, asked=asked, **_effects(effects))


@require_POST
@for_account(Operation.GROUP_EDIT)
def group_add(request, account):
    form = _form(account, request.POST)
    row = form.is_valid() and made_once(request, lambda: form.add(by=Actor.of(request)))
    if not row:
        return _page(request, account, form, status=form.status)
    role = row.get_role_display().lower()
    messages.success(
        request, f"People of {row} are {role} of {row.account} from now on."
    )
    return redirect("accounts:groups", account.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@for_account(Operation.GROUP_EDIT)
def group_remove(request, account, pk):
    row = get_object_or_404(_rows(account), pk=pk)
    if request.method != "POST":
        effects = group_roles.preview(row.account, row.group, None)
        context = {"row": row} | _effects(effects)
        return render(request, "accounts/group_remove.html", context)
    group_roles.remove(row, by=Actor.of(request))
    messages.success(request, f"{row} gives nothing in {row.account} any more.")
    return redirect("accounts:groups", account.pk)


@require_POST
@for_account(Operation.GROUP_EDIT)
def group_confirm(request, account, pk):
    row = get_object_or_404(_rows(account), pk=pk)
    group_roles.confirm(row, by=Actor.of(request))
    messages.success(
        request, f"People of {row} are admins of {row.account} from now on."
    )
    return redirect("accounts:groups", account.pk)


def _form(account, data=None):
    initial = {"account": named(account)}
    return GroupForm(data, organisation=account.organisation, initial=initial)


def _rows(account):
    accounts = account.organisation.accounts.not_deleted()
    here = GroupRole.objects.filter(account__in=accounts)
    return here.select_related("account__organisation")


def _page(request, account, form, status=200, **context):
    rows = _rows(account).order_by("group", "account__name", "pk")
    known = Counter(
        name
        for seen in group_roles.seen_in(account.organisation)
        for name in seen.groups
    )
    kept = Membership.objects.filter(
        account__organisation=account.organisation_id, kept_at__isnull=False
    )
    context |= {
        "form": form,
        "rows": [(row, known[row.group]) for row in rows],
        "kept": kept.select_related("user", "account").fetch_mode(models.FETCH_RAISE),
        "providers": group_roles.providers_of(account.organisation),
    }
    return render(request, TEMPLATE, context, status=status)


def _effects(effects):
    return {
        "effects": effects[:EFFECTS_SHOWN],
        "others": max(0, len(effects) - EFFECTS_SHOWN),
        "previewed": True,
    }
