"""A person's own settings."""

from allauth.mfa.utils import is_mfa_enabled
from allauth.socialaccount.models import SocialAccount
from django.contrib import messages
from django.db.models import Value
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.audit.trail import Actor
from accounts.forms.profile import ProfileForm
from accounts.models import IdentityProvider
from accounts.models.providers import domain_of
from accounts.permissions import about_oneself
from accounts.web.form_status import status_of


def _providers(person):
    """Return the providers that a person can sign in with, or could connect."""
    connected = SocialAccount.objects.filter(user=person).values("provider")
    rows = IdentityProvider.objects.on()
    mine = rows.filter(slug__in=connected).annotate(is_connected=Value(value=True))
    others = rows.exclude(slug__in=connected)
    others = others.of_installation() | others.for_domain(domain_of(person.email))
    others = others.annotate(is_connected=Value(value=False))
    return [*mine.order_by("name"), *others.order_by("name")]


@require_http_methods(["GET", "HEAD", "POST"])
@about_oneself
def profile(request):
    form = ProfileForm(request.POST or None, instance=request.user)
    if form.is_valid():
        form.rename(by=Actor.of(request))
        messages.success(request, "Your name was saved.")
        return redirect("accounts:profile")
    memberships = request.user.memberships.accepted().filter(account__deleted_at=None)
    context = {
        "form": form,
        "providers": _providers(request.user),
        "has_factors": is_mfa_enabled(request.user),
        "memberships": memberships.select_related("account__organisation").order_by(
            "account__organisation__name", "account__name"
        ),
    }
    status = status_of(form)
    return render(request, "accounts/profile.html", context, status=status)
