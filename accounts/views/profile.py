"""A person's own settings."""

from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.audit.trail import Actor
from accounts.forms.profile import ProfileForm
from accounts.identity.connections import connections
from accounts.models import IdentityProvider
from accounts.models.providers import domain_of
from accounts.permissions import about_oneself
from accounts.web.form_status import status_of


def _others(person, mine):
    """Return the providers that a person could connect besides."""
    rows = IdentityProvider.objects.on().exclude(
        pk__in=[each.provider.pk for each in mine]
    )
    found = rows.of_installation() | rows.for_domain(domain_of(person.email))
    return list(found.order_by("name"))


@require_http_methods(["GET", "HEAD", "POST"])
@about_oneself
def profile(request):
    form = ProfileForm(request.POST or None, instance=request.user)
    if form.is_valid():
        form.rename(by=Actor.of(request))
        messages.success(request, "Your name was saved.")
        return redirect("accounts:profile")
    memberships = request.user.memberships.accepted().filter(account__deleted_at=None)
    mine = connections(request.user)
    context = {
        "form": form,
        "connections": mine,
        "providers": _others(request.user, mine),
        "has_factors": is_mfa_enabled(request.user),
        "memberships": memberships.select_related(
            "account__organisation", "granted_by"
        ).order_by("account__organisation__name", "account__name"),
    }
    status = status_of(form)
    return render(request, "accounts/profile.html", context, status=status)
