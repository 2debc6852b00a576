"""The operators' console: every organisation, its plan and its state."""

from django.contrib import messages
from django.db import models
from django.db.models import Count, Prefetch, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from accounts import lifecycle, quotas
from accounts.audit.trail import Actor
from accounts.forms.find import SearchForm
from accounts.forms.staff import FoundingForm, OrganisationForm, ReasonForm
from accounts.identity import required
from accounts.models import Account, AccountKind, Organisation, OutgoingMail
from accounts.permissions import staff_only
from accounts.web.form_status import status_of
from accounts.web.pagination import paginate
from accounts.web.resubmission import leave_for, made_once

GET_OR_POST = ["GET", "HEAD", "POST"]
LONGEST_ID = 9


@require_safe
@staff_only
def staff_organisations(request):
    search = SearchForm(request.GET)
    mains = Prefetch("accounts", Account.objects.of_kind(AccountKind.MAIN), "mains")
    found = _matching(search.text).prefetch_related(mains)
    found = found.annotate(size=Count("accounts", Q(accounts__deleted_at=None)))
    rows = found.fetch_mode(models.FETCH_RAISE)
    page = paginate(rows, "name", request.GET.get("cursor", ""))
    trouble = OutgoingMail.objects.trouble()
    context = {"page": page, "search": search.text, "mails": trouble}
    return render(request, "accounts/staff_organisations.html", context)


def _matching(text):
    """Return organisations by name, by an account's id or by a member's e-mail."""
    if not text:
        return Organisation.objects.all()
    inside = Q(memberships__user__email__iexact=text)
    if text.isdecimal() and len(text) <= LONGEST_ID:
        inside |= Q(pk=int(text))
    homes = Account.objects.filter(inside).values("organisation")
    return Organisation.objects.filter(Q(name__icontains=text) | Q(pk__in=homes))


@require_safe
@staff_only
def staff_organisation(request, pk):
    organisation = get_object_or_404(Organisation, pk=pk)
    search = SearchForm(request.GET)
    accounts = organisation.accounts.all()
    if search.text:
        accounts = accounts.filter(name__icontains=search.text)
    rows = accounts.fetch_mode(models.FETCH_RAISE)
    providers = list(organisation.identity_providers.order_by("name"))
    context = {
        "organisation": organisation,
        "page": paginate(rows, "name", request.GET.get("cursor", "")),
        "search": search.text,
        "shares": _shares(organisation),
        "rooms": _rooms(organisation),
        "providers": providers,
        # Nothing is required of whom nobody could sign in.
        "locked_out": providers and required.is_locked_out(organisation, providers),
        "restorable_since": timezone.now() - lifecycle.RESTORABLE_FOR,
    }
    return render(request, "accounts/staff_organisation.html", context)


def _shares(organisation):
    return [
        ("Daily volume", quotas.daily_gb(organisation), "GB"),
        ("Time series", quotas.unique_time_series(organisation), ""),
        ("Spans a month", quotas.monthly_spans(organisation), ""),
    ]


def _rooms(organisation):
    labels = OrganisationForm.Meta.labels
    return [
        (labels[limit], quotas.accounts_of(organisation, kind))
        for kind, limit in quotas.LIMITS.items()
    ]


@require_http_methods(GET_OR_POST)
@staff_only
def staff_organisation_add(request):
    form = FoundingForm(request.POST or None)
    main = form.is_bound and made_once(request, lambda: _found(request, form))
    if main:
        text = f"{main.name} was created. An invitation was mailed to its first admin."
        messages.success(request, text)
        return leave_for(request, "accounts:staff_organisation", main.organisation_id)
    status = form.status if form.is_bound else 200
    context = {"form": form}
    return render(
        request, "accounts/staff_organisation_add.html", context, status=status
    )


def _found(request, form):
    return form.is_valid() and form.found(by=Actor.of(request))


@require_http_methods(GET_OR_POST)
@staff_only
def staff_organisation_edit(request, pk):
    organisation = get_object_or_404(Organisation, pk=pk)
    form = OrganisationForm(request.POST or None, instance=organisation)
    if form.is_valid():
        form.edit(by=Actor.of(request))
        messages.success(request, "Plan, limits and policies were saved.")
        return redirect("accounts:staff_organisation", pk)
    status = status_of(form)
    context = {"form": form, "organisation": organisation}
    return render(
        request, "accounts/staff_organisation_edit.html", context, status=status
    )


@require_http_methods(GET_OR_POST)
@staff_only
def staff_organisation_suspend(request, pk):
    organisation = get_object_or_404(Organisation, pk=pk)
    form = ReasonForm(request.POST or None)
    if form.is_valid():
        lifecycle.suspend_organisation(
            organisation, by=Actor.of(request), **form.cleaned_data
        )
        messages.success(request, f"{organisation.name} is suspended.")
        return redirect("accounts:staff_organisation", pk)
    status = status_of(form)
    context = {"form": form, "organisation": organisation}
    return render(
        request, "accounts/staff_organisation_suspend.html", context, status=status
    )


@require_POST
@staff_only
def staff_organisation_resume(request, pk):
    organisation = get_object_or_404(Organisation, pk=pk)
    lifecycle.resume_organisation(organisation, by=Actor.of(request))
    messages.success(request, f"{organisation.name} is active again.")
    return redirect("accounts:staff_organisation", pk)
