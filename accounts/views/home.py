from datetime import timedelta

from django.conf import settings
from django.core.exceptions import BadRequest
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.forms.find import ThemeForm
from accounts.identity import waiting
from accounts.models import Membership
from accounts.permissions import about_oneself
from accounts.relations import relations
from accounts.signing_in.arrivals import first_account
from accounts.web import navigation
from accounts.web.return_addresses import own_address

THEME_COOKIE = "tollgate_theme"
THEME_KEPT = timedelta(days=365)


@require_safe
@about_oneself
def home(request):
    """Lead to the account that this browser opened last, or to the first one.

    Who cannot work with its tokens comes to the page that says whom to ask; who is only
    invited to the invitations.
    """
    if request.user.is_staff:
        return redirect("accounts:staff_organisations")
    account = first_account(request, request.user)
    held = waiting.of(request.user)
    response = held and waiting.lead(request, held, is_needed=account is None)
    if response:
        return response
    if account is None:
        return _without_account(request)
    return redirect(navigation.home(relations(request.user, account), account))


def _without_account(request):
    if Membership.objects.open_invitations().filter(user=request.user).exists():
        return redirect("accounts:invitations")
    return render(request, "accounts/none.html")


@require_POST
@about_oneself
def theme(request):
    """Remember light or dark, or follow the system again."""
    form = ThemeForm(request.POST)
    if not form.is_valid():
        raise BadRequest("There is no such theme.")
    response = redirect(own_address(request, form.cleaned_data["next"]))
    chosen = form.cleaned_data["theme"]
    if chosen == ThemeForm.SYSTEM:
        response.delete_cookie(THEME_COOKIE, samesite="Lax")
    else:
        response.set_cookie(
            THEME_COOKIE,
            chosen,
            max_age=THEME_KEPT,
            secure=settings.HTTPS,
            httponly=True,
            samesite="Lax",
        )
    return response
