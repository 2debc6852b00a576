"""Suspend, reactivate, delete and restore accounts."""

from allauth.account.decorators import reauthentication_required
from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from accounts import lifecycle
from accounts.audit.trail import Actor
from accounts.forms.lists import PRODUCTS
from accounts.models import Account
from accounts.models.accounts import RESTORABLE_DAYS
from accounts.names import NameField
from accounts.permissions import Operation, for_account, staff_only
from accounts.views.accounts import rows, with_relations
from accounts.web.return_addresses import own_address

SHOWN_OR_SENT = ["GET", "HEAD", "POST"]


class SuspendForm(forms.Form):
    reason = NameField(
        max_length=200,
        help_text="Its admins and the audit trail see it.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


@require_http_methods(SHOWN_OR_SENT)
@for_account(Operation.ACCOUNT_SUSPEND)
def account_suspend(request, account):
    lifecycle.refuse_main(account, "suspended")
    sent = request.method == "POST"
    form = SuspendForm(request.POST if sent else None, label_suffix="")
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        lifecycle.suspend_account(account, by=Actor.of(request), reason=reason)
        return _changed(request, account, f"Suspended {account.name}.")
    return render(
        request,
        "accounts/account_suspend.html",
        {"form": form},
        status=422 if sent else 200,
    )


@require_POST
@for_account(Operation.ACCOUNT_SUSPEND)
def account_reactivate(request, account):
    lifecycle.reactivate_account(account, by=Actor.of(request))
    return _changed(request, account, f"Reactivated {account.name}.")


def _changed(request, account, words):
    """Answer with the account's row, or without htmx lead back, else to its page."""
    if not request.htmx:
        messages.success(request, words)
        details = reverse("accounts:account_details", args=[account.pk])
        back = request.POST.get("next", details)
        return redirect(own_address(request, back, otherwise=details))
    shown = with_relations(request, list(rows(Account.objects.filter(pk=account.pk))))
    context = {"accounts": shown, "kind": account.kind}
    response = render(request, "accounts/account_list.html#rows", context)
    return trigger_client_event(response, "tollgate:close")


@require_http_methods(SHOWN_OR_SENT)
@for_account(Operation.ACCOUNT_DELETE)
@reauthentication_required(allow_get=True)
def account_delete(request, account):
    lifecycle.refuse_main(account, "deleted")
    if request.method != "POST":
        members = account.memberships.active().count()
        return render(request, "accounts/account_delete.html", {"members": members})
    lifecycle.delete_account(account, by=Actor.of(request))
    messages.success(
        request,
        f"Deleted {account.name}. Staff can restore it for {RESTORABLE_DAYS} days.",
    )
    return redirect(_list_of(account))


@require_POST
@staff_only
@for_account(Operation.ACCOUNT_DELETE)
def account_restore(request, account):
    lifecycle.restore_account(account, by=Actor.of(request))
    messages.success(request, f"Restored {account.name}. Its tokens work again.")
    return redirect("accounts:account_details", account.pk)


def _list_of(account):
    kind = {"kind": account.kind} if account.kind in PRODUCTS else {}
    return reverse("accounts:account_list", args=[account.main.pk], query=kind)
