"""Sign-in providers, as staff set them up."""

from allauth.socialaccount.models import SocialAccount
from django.contrib import messages
from django.db import models
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from accounts.audit.trail import Actor
from accounts.forms.providers import ProviderForm
from accounts.identity import providers, required
from accounts.ids import is_id
from accounts.models import IdentityProvider, Organisation
from accounts.permissions import staff_only
from accounts.web.form_status import status_of
from accounts.web.pagination import paginate
from accounts.web.resubmission import leave_for, made_once

GET_OR_POST = ["GET", "HEAD", "POST"]


@require_safe
@staff_only
def staff_providers(request):
    rows = IdentityProvider.objects.select_related("organisation")
    rows = rows.fetch_mode(models.FETCH_RAISE)
    page = paginate(rows, "name", request.GET.get("cursor", ""))
    return render(request, "accounts/providers/list.html", {"page": page})


@require_http_methods(GET_OR_POST)
@staff_only
def staff_provider_add(request):
    organisation = _named(request)
    form = ProviderForm(request.POST or None, organisation=organisation)
    provider = form.is_bound and made_once(request, lambda: _added(request, form))
    if provider:
        messages.success(request, f"{provider} was added. Test it, then switch it on.")
        return leave_for(request, "accounts:staff_provider", provider.pk)
    context = {"form": form, "organisation": organisation}
    return render(
        request, "accounts/providers/form.html", context, status=status_of(form)
    )


def _named(request):
    """Return the organisation that the address names, if any; raises Http404."""
    named = request.GET.get("organisation", "")
    if not named:
        return None
    if not is_id(named):
        raise Http404
    return get_object_or_404(Organisation, pk=named)


def _added(request, form):
    return form.is_valid() and form.add(by=Actor.of(request))


@require_safe
@staff_only
def staff_provider(request, pk):
    return _page(request, _provider(pk))


def _provider(pk):
    rows = IdentityProvider.objects.select_related("organisation")
    return get_object_or_404(rows, pk=pk)


def _page(request, provider, **more):
    organisation = provider.organisation
    domains = organisation.email_domains.all() if organisation else []
    context = {"provider": provider, "domains": domains, **more}
    return render(request, "accounts/providers/page.html", context)


@require_http_methods(GET_OR_POST)
@staff_only
def staff_provider_edit(request, pk):
    provider = _provider(pk)
    form = ProviderForm(
        request.POST or None, instance=provider, organisation=provider.organisation
    )
    changed = form.is_valid() and form.change(by=Actor.of(request))
    if changed:
        messages.success(request, f"{changed} was saved.")
        return redirect("accounts:staff_provider", pk)
    context = {
        "form": form,
        # The form has written into the other one.
        "provider": _provider(pk),
        "organisation": provider.organisation,
    }
    return render(
        request, "accounts/providers/form.html", context, status=status_of(form)
    )


@require_POST
@staff_only
def staff_provider_test(request, pk):
    provider = _provider(pk)
    findings = providers.test(provider)
    return _page(request, _provider(pk), findings=findings)


@require_POST
@staff_only
def staff_provider_on(request, pk):
    provider = _provider(pk)
    providers.switch_on(provider, by=Actor.of(request))
    messages.success(request, f"People can sign in with {provider} now.")
    return redirect("accounts:staff_provider", pk)


@require_http_methods(GET_OR_POST)
@staff_only
def staff_provider_off(request, pk):
    provider = _provider(pk)
    if request.method != "POST":
        return _ask_off(request, provider)
    providers.switch_off(provider, by=Actor.of(request))
    messages.success(request, f"Nobody can sign in with {provider} any more.")
    return redirect("accounts:staff_provider", pk)


def _ask_off(request, provider):
    """Ask whether a provider is to be off, with what that means for how many people."""
    locked_out = required.locked_out_without(provider)
    context = {
        "provider": provider,
        "connected": SocialAccount.objects.filter(provider=provider.slug).count(),
        "locked_out": locked_out,
        "spare": locked_out and required.spare_key(locked_out),
    }
    return render(request, "accounts/providers/off.html", context)
