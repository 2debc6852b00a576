"""Create and edit accounts of every kind."""

from django.conf import settings
from django.contrib import messages
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts import quotas
from accounts.audit.trail import Actor
from accounts.forms.accounts import FORM_OF_KIND
from accounts.forms.lists import AccountListForm
from accounts.models import Account
from accounts.permissions import Operation, for_account, require
from accounts.rule_violations import RuleViolation
from accounts.views.accounts import main_only, summary
from accounts.web.resubmission import leave_for, made_once

SHOWN_OR_SENT = ["GET", "HEAD", "POST"]


@require_http_methods(SHOWN_OR_SENT)
@for_account(Operation.ACCOUNT_CREATE)
def account_new(request, account):
    main_only(account)
    form = _new_form(request, account, request.POST if _is_sent(request) else None)
    created = _is_sent(request) and made_once(request, lambda: _open(request, form))
    if created:
        messages.success(request, f"Created {created.name}.")
        return leave_for(request, "accounts:account_details", created.pk)
    return _show_new(request, account, form)


def _open(request, form):
    return form.is_valid() and form.open(by=Actor.of(request))


@require_POST
@for_account(Operation.ACCOUNT_CREATE)
def account_new_find(request, account):
    """Show the form as it is filled in, with the accounts that were looked for."""
    main_only(account)
    return _show_new(
        request, account, _refilled(_new_form(request, account, request.POST))
    )


def _new_form(request, main, data):
    kind = AccountListForm(request.GET).asked_kind
    organisation = main.organisation
    account = Account(
        organisation=organisation, kind=kind, is_flexible=organisation.is_flexible
    )
    find = reverse("accounts:account_new_find", args=[main.pk], query={"kind": kind})
    return FORM_OF_KIND[kind](data, account=account, find=find)


def _show_new(request, main, form):
    kind = form.account.kind
    query = {"kind": kind}
    context = summary(main.organisation) | {
        "form": form,
        "kind": kind,
        "no_room": _why_no_room(main.organisation, kind),
        "plan_url": settings.PLAN_URL,
        "address": reverse("accounts:account_new", args=[main.pk], query=query),
        "back": reverse("accounts:account_list", args=[main.pk], query=query),
    }
    return render(request, "accounts/account_new.html", context, status=form.status)


def _why_no_room(organisation, kind):
    try:
        quotas.check_room(organisation, kind)
    except RuleViolation as refusal:
        return refusal
    return None


@require_http_methods(SHOWN_OR_SENT)
@for_account(Operation.ACCOUNT_EDIT)
def account_edit(request, account):
    form = _edit_form(account, request.POST if _is_sent(request) else None)
    if form.is_valid():
        if form.changes_flags:
            require(request.relations, Operation.ACCOUNT_FLAGS, account)
        form.edit(account, by=Actor.of(request))
    if form.is_valid():
        messages.success(request, f"Saved {form.cleaned_data['name']}.")
        return leave_for(request, "accounts:account_details", account.pk)
    return _show_edit(request, account, form)


@require_POST
@for_account(Operation.ACCOUNT_EDIT)
def account_edit_find(request, account):
    """Show the form as it is filled in, with the accounts that were looked for."""
    return _show_edit(request, account, _refilled(_edit_form(account, request.POST)))


def _edit_form(account, data):
    find = reverse("accounts:account_edit_find", args=[account.pk])
    return FORM_OF_KIND[account.kind](data, account=account, find=find)


def _show_edit(request, account, form):
    context = summary(account.organisation) | {
        "form": form,
        "address": reverse("accounts:account_edit", args=[account.pk]),
        "back": reverse("accounts:account_details", args=[account.pk]),
    }
    return render(request, "accounts/account_edit.html", context, status=form.status)


def _is_sent(request):
    return request.method == "POST"


def _refilled(form):
    """Return a form as it was filled in, that is not checked yet."""
    typed = {
        name: field.widget.value_from_datadict(form.data, form.files, name)
        for name, field in form.fields.items()
    }
    again = type(form)(account=form.account, initial=typed)
    for name, field in form.fields.items():
        again.fields[name].widget = field.widget
    return again
