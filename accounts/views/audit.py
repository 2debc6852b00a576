"""The audit trail of an account, or of the whole organisation in the main account."""

import json

from allauth.account.decorators import reauthentication_required
from django.db import models
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.audit.trail import Actor, record
from accounts.forms.audit import AuditForm
from accounts.models import Action, AuditEvent
from accounts.permissions import Operation, allows, for_account
from accounts.web.exports import csv_response
from accounts.web.pagination import paginate

COLUMNS = {
    "time": lambda event: event.created_at.isoformat(),
    "action": lambda event: event.action,
    "title": lambda event: event.get_action_display(),
    "actor": lambda event: event.actor_label,
    "user_id": lambda event: event.user_id,
    "actor_token_id": lambda event: event.actor_token_id,
    "target": lambda event: event.target,
    "token_id": lambda event: event.token_id,
    "organisation_id": lambda event: event.organisation_id,
    "account_id": lambda event: event.account_id,
    "account": lambda event: event.account,
    "address": lambda event: event.ip,
    "browser": lambda event: event.agent,
    "request_id": lambda event: event.request_id,
    "details": lambda event: json.dumps(event.data, ensure_ascii=False),
    "sequence": lambda event: event.sequence,
    "digest": lambda event: bytes(event.digest).hex(),
}
CHUNK = 2000


@require_safe
@for_account(Operation.AUDIT_VIEW)
def audit_list(request, account):
    form = AuditForm(request.GET, account=account)
    events = form.narrow(_events(account)).fetch_mode(models.FETCH_RAISE)
    context = {
        "form": form,
        "page": paginate(events, "-id", request.GET.get("cursor", "")),
        "may_export": allows(request.relations, Operation.AUDIT_EXPORT, account),
    }
    return render(request, "accounts/audit_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@for_account(Operation.AUDIT_EXPORT)
@reauthentication_required
def audit_export(request, account):
    form = AuditForm(request.GET, account=account)
    events = form.narrow(_events(account))
    if not form.is_valid():
        # The page with the filters says what is wrong with them.
        place = reverse("accounts:audit_list", args=[account.pk])
        return redirect(f"{place}?{request.GET.urlencode()}")
    if request.method != "POST":
        context = {"form": form, "is_empty": not events.exists()}
        return render(request, "accounts/audit_export.html", context)
    record(
        Action.AUDIT_EXPORTED,
        by=Actor.of(request),
        account=account,
        target=account.name,
        filters=request.GET.urlencode(),
    )
    return csv_response(_filename(account), COLUMNS, _rows(events))


def _events(account):
    return AuditEvent.objects.of_account(account).select_related("account")


def _filename(account):
    return f"audit-trail-{account.pk}-{timezone.now():%Y-%m-%d}.csv"


def _rows(events):
    newest = events.order_by("-id").fetch_mode(models.FETCH_RAISE)
    for event in newest.iterator(chunk_size=CHUNK):
        yield [value(event) for value in COLUMNS.values()]
