"""Memberships that wait: for the word of a provider, or for proof of who it is.

What groups give counts for an hour after their provider spoke for the person, however they
signed in. A session that an organisation's own provider began is good for that one
organisation, until the person has proven here who they are.
"""

import time

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode

from accounts.models import Membership, RequiredSignIn
from accounts.models.memberships import WORD_HOLDS
from accounts.web.return_addresses import page_behind

ASKED = "asked_for_word"


def of(person):
    """Return the memberships of a person that give no right just now, and could."""
    rows = Membership.objects.active().filter(user=person)
    rows = rows.exclude(pk__in=Membership.objects.usable_by(person).values("pk"))
    found = rows.filter(account__deleted_at=None)
    return list(found.select_related("account", "granted_by").order_by("pk"))


def is_elsewhere(membership, person):
    """Whether it is of another organisation than the one that a session is good for."""
    only = person.only_in
    return only is not None and membership.account.organisation_id != only


def belongs_elsewhere(person, organisation):
    """Whether somebody belongs to another organisation, or is invited to one."""
    return person.memberships.exclude(account__organisation=organisation).exists()


def is_kept_out(person):
    """Whether a person belongs to what their session does not open, being a provider's."""
    return person.only_in is not None and belongs_elsewhere(person, person.only_in)


def _requiring(person):
    """Return the name of the organisation whose own sign-in a person has to use, or None."""
    row = RequiredSignIn.objects.of_address(person.email)
    return row.values_list("organisation__name", flat=True).first()


def lead(request, waiting, *, is_needed):
    """Return what leads to where some memberships wait no more, or None.

    Who can go on without them is led to the provider once an hour, and asked nothing.
    """
    here = [each for each in waiting if not is_elsewhere(each, request.user)]
    provider = next((each.granted_by for each in here if each.granted_by.is_on), None)
    is_page = request.method == "GET" and not request.htmx
    if not (is_needed or (provider and is_page and _may_ask(request))):
        return None
    if provider is None and here == waiting:
        return None
    if not is_page:
        return by_the_login(request)
    if provider is None:
        return prove(request)
    return _there(request, provider, "yes" if is_needed else "only")


def _may_ask(request):
    return request.session.get(ASKED, 0) < time.time() - WORD_HOLDS.total_seconds()


def _there(request, provider, silent):
    request.session[ASKED] = int(time.time())
    query = urlencode({"silent": silent, "next": request.get_full_path()})
    return redirect(f"{provider.sign_in_path}?{query}")


def by_the_login(request):
    """Answer as when a session has ended: the page then leads to the provider."""
    response = redirect_to_login(page_behind(request), reverse("account_login"))
    if not request.htmx:
        return response
    return HttpResponse(status=401, headers={"HX-Redirect": response.url})


def prove(request):
    """Ask who came in by a provider to prove here who they are; for its page alone.

    By the second factor of those who have one. Who has nothing can have a password, with
    which nobody signs in whose organisation requires its provider.
    """
    ways = get_adapter().get_reauthentication_methods(request.user)
    if not ways:
        context = {"requires": _requiring(request.user)}
        return render(request, "accounts/sign_in/elsewhere.html", context, status=403)
    messages.info(request, "Your provider does not speak for this: prove it is you.")
    return redirect(f"{ways[-1]['url']}?{urlencode({'next': request.get_full_path()})}")
