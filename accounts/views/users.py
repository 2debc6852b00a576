"""Manage users: who belongs to an account or is invited, and what may be done then."""

from dataclasses import replace

from django.contrib import messages
from django.db import models
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from accounts import members
from accounts.audit.trail import Actor
from accounts.forms.find import SearchForm
from accounts.forms.members import MemberForm, RoleForm
from accounts.models import Membership, Role, User
from accounts.permissions import Operation, allows, for_account, invitation, require
from accounts.rule_violations import RuleViolation
from accounts.signing_in import recovery
from accounts.web.pagination import paginate
from accounts.web.resubmission import made_once
from accounts.web.undo import Undo

SHOWN_MAIN_ADMINS = 20
CONTROLS = {
    "invite": Operation.USER_INVITE,
    "role": Operation.USER_ROLE,
    "suspend": Operation.USER_SUSPEND,
    "remove": Operation.USER_REMOVE,
    "reset": Operation.USER_RESET,
}


@require_safe
@for_account(Operation.USER_LIST)
def user_list(request, account):
    form = _form(request) if "new" in request.GET else None
    return _list(request, account, form)


@require_POST
@for_account(Operation.USER_INVITE)
def user_add(request, account):
    form = _form(request, request.POST)
    membership = made_once(request, lambda: _add(request, account, form))
    if membership:
        return _added(request, account, membership)
    if request.htmx:
        context = _controls(request, account) | {"form": form}
        page = "accounts/user_list.html#new"
        return render(request, page, context, status=form.status)
    return _list(request, account, form, status=form.status)


def _add(request, account, form):
    if not form.is_valid():
        return None
    require(request.relations, form.operation, account)
    return form.add(account, by=Actor.of(request))


@require_POST
@for_account(Operation.USER_ROLE)
def user_role(request, account, pk):
    membership = _membership(account, pk)
    form, old = RoleForm(request.POST), membership.role
    if not form.is_valid():
        raise RuleViolation("role_unknown", "Choose one of the roles that are offered.")
    members.change_role(membership, by=Actor.of(request), **form.cleaned_data)
    role = membership.get_role_display().lower()
    undo = _undoing("role", membership, role=old)
    return _changed(request, membership, f"{membership.name}: {role} now.", undo=undo)


@require_POST
@for_account(Operation.USER_SUSPEND)
def user_suspend(request, account, pk):
    membership = _membership(account, pk)
    members.suspend_member(membership, by=Actor.of(request))
    text, undo = f"{membership.name} is suspended.", _undoing("unsuspend", membership)
    return _changed(request, membership, text, undo=undo)


@require_POST
@for_account(Operation.USER_SUSPEND)
def user_unsuspend(request, account, pk):
    membership = _membership(account, pk)
    members.unsuspend_member(membership, by=Actor.of(request))
    text, undo = f"{membership.name} may enter again.", _undoing("suspend", membership)
    return _changed(request, membership, text, undo=undo)


@require_http_methods(["GET", "HEAD", "POST"])
@for_account(Operation.USER_REMOVE)
def user_remove(request, account, pk):
    membership = _membership(account, pk)
    if request.method != "POST":
        return render(request, "accounts/user_remove.html", {"membership": membership})
    members.remove_member(membership, by=Actor.of(request))
    text = f"{membership.name} was removed from {account.name}."
    if not membership.accepted_at:
        text = f"The invitation of {membership.user.email} was withdrawn."
    response = _changed(
        request, membership, text, page="accounts/user_list.html#removed"
    )
    response["HX-Trigger"] = "tollgate:close"
    return response


@require_POST
@for_account(Operation.USER_INVITE)
def user_invite(request, account, pk):
    membership = _membership(account, pk)
    # Staff make no admins, but an account that waits for its first one is theirs to help.
    if members.some_admins(account):
        require(request.relations, invitation(membership.role), account)
    members.invite_again(membership, by=Actor.of(request))
    text = f"The invitation was mailed to {membership.user.email} again."
    return _changed(request, membership, text)


@require_POST
@for_account(Operation.USER_RESET)
def user_reset(request, account, pk):
    membership = _membership(account, pk)
    recovery.start_password_reset(membership, by=Actor.of(request))
    text = f"A link for a new password was mailed to {membership.user.email}."
    return _changed(request, membership, text)


@require_POST
@for_account(Operation.USER_RESET)
def user_reset_factors(request, account, pk):
    membership = _membership(account, pk)
    recovery.remove_second_factors(membership, by=Actor.of(request))
    text = f"{membership.name} signs in with the password alone now."
    return _changed(request, membership, text)


@require_POST
@for_account(Operation.USER_RESET)
def user_sign_out(request, account, pk):
    membership = _membership(account, pk)
    recovery.end_sessions(membership, by=Actor.of(request))
    text = f"{membership.name} is signed out everywhere."
    return _changed(request, membership, text)


def _membership(account, pk):
    return get_object_or_404(
        account.memberships.select_related("user", "account"), pk=pk
    )


def _form(request, data=None):
    roles = [
        role
        for role in Role
        if allows(request.relations, invitation(role), request.account)
    ]
    return MemberForm(data, roles=roles)


def _list(request, account, form, status=200):
    search = SearchForm(request.GET)
    context = _controls(request, account) | {
        "form": form
        if allows(request.relations, Operation.USER_INVITE, account)
        else None,
        "search": search.text,
        "page": _page(account, search.text, request.GET.get("cursor", "")),
        "main_admins": _main_admins(account),
    }
    return render(request, "accounts/user_list.html", context, status=status)


def _page(account, text, cursor):
    """Return a page of memberships in the order of their people's e-mails."""
    people = User.objects.filter(memberships__account=account)
    if text:
        called = account.memberships.called_like(text).values("user")
        people = people.filter(
            models.Q(email__icontains=text) | models.Q(pk__in=called)
        )
    here = models.Prefetch("memberships", account.memberships.all(), to_attr="here")
    found = people.prefetch_related(here).fetch_mode(models.FETCH_RAISE)
    page = paginate(found, "email", cursor)
    return replace(page, items=[person.here[0] for person in page])


def _main_admins(account):
    """Return the admins of the main account, who act in its children as well."""
    if account.is_main:
        return []
    admins = Membership.objects.admins().filter(account=account.main)
    return list(
        admins.select_related("user")
        .order_by("user__email")
        .fetch_mode(models.FETCH_RAISE)[: SHOWN_MAIN_ADMINS + 1]
    )


def _controls(request, account):
    admins = members.some_admins(account)
    return {
        "may": {
            name: allows(request.relations, operation, account)
            for name, operation in CONTROLS.items()
        },
        "roles": Role.choices,
        "last_admin": admins[0] if len(admins) == 1 else None,
        "lacks_admin": not admins,
        "shown_main_admins": SHOWN_MAIN_ADMINS,
    }


def _added(request, account, membership):
    email = membership.user.email
    text = f"{email} was invited by mail, and belongs here once they accept."
    if membership.accepted_at:
        text = f"{email} was added. A mail tells them so."
    page = "accounts/user_list.html#added"
    return _changed(request, membership, text, page=page)


def _undoing(verb, membership, **fields):
    ids = [membership.account_id, membership.pk]
    url = reverse(f"accounts:user_{verb}", args=ids)
    return Undo(url, f"#member-{membership.pk}", fields)


def _changed(
    request, membership, text, *, page="accounts/user_list.html#changed", undo=None
):
    """Answer with the row, and with those of admins whose protection may have changed."""
    account = request.account
    if not request.htmx:
        messages.success(request, text)
        return redirect("accounts:user_list", account.pk)
    admins = account.memberships.admins().exclude(pk=membership.pk)
    context = _controls(request, account) | {
        "membership": membership,
        "text": text,
        "undo": undo,
        "others": list(admins.select_related("user")[:3]),
    }
    return render(request, page, context)
