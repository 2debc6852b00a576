"""The provider that a browser's session was opened by."""

import time
from urllib.parse import urlencode

from allauth.account.authentication import get_authentication_records
from allauth.mfa.utils import is_mfa_enabled
from allauth.usersessions.models import UserSession

from accounts.identity.identities import Identity
from accounts.models import IdentityProvider

KEY, PENDING, OUT = "identity", "identity_pending", "identity_signed_out"
# A longer one is not handed back at sign-out; some providers ask more then.
MOST_ID_TOKEN = 6000
PENDING_SECONDS = 600


def note(request, login):
    """Note by whom the person was signed in, or seen again, just now."""
    found = login.identity
    token = login.session["id_token"]
    _keep(
        request,
        found,
        token if len(token) <= MOST_ID_TOKEN else "",
        login.session["auth_time"],
    )
    _name(request, found, login.session["sid"])


def _keep(request, identity, id_token, auth_time=0):
    who = {"provider": identity.provider.slug, "subject": identity.subject}
    before = of(request) or {}
    if who.items() <= before.items():
        # What it was asked for once it need not say each time.
        auth_time = max(auth_time, before.get("auth_time", 0))
    request.session[KEY] = who | {
        "organisation": identity.provider.organisation_id,
        "at": int(time.time()),
        "auth_time": auth_time,
        "id_token": id_token,
    }


def _name(request, identity, sid):
    """Let the provider find the session, to end it."""
    named = {"provider": identity.provider.slug, "subject": identity.subject}
    mine = UserSession.objects.filter(session_key=request.session.session_key)
    mine.update(data=named | {"sid": sid})


def of(request):
    """Return what was noted, or None for a session that no provider opened."""
    return request.session.get(KEY)


def note_connected(request, identity):
    """Note that who signed in as before comes from a provider all the same."""
    _keep(request, identity, "")
    _name(request, identity, None)


def only_in(request, person):
    """Return the id of the one organisation that a session is good for, or None.

    An organisation's own provider opens nothing of another one, until its person has
    proven here who they are; the installation's opens all.
    """
    here = of(request)
    organisation = here and here.get("organisation")
    return None if _is_proven(request, person) else organisation


def _is_proven(request, person):
    """Whether a password was given in this session, or the second factor if there is one."""
    records = get_authentication_records(request, person)
    methods = {each["method"] for each in records}
    if "mfa" in methods:
        return True
    return "password" in methods and not is_mfa_enabled(person)


def ask_later(request, identity):
    """Keep who somebody is at a provider until they have confirmed it."""
    request.session[PENDING] = {
        "provider": identity.provider.slug,
        "subject": identity.subject,
        "email": identity.email,
        "is_verified": identity.is_verified,
        "at": int(time.time()),
    }


def pending(request):
    """Return the Identity that is to be confirmed, or None."""
    kept = dict(request.session.get(PENDING) or {})
    if not kept or kept.pop("at") < time.time() - PENDING_SECONDS:
        return None
    provider = IdentityProvider.objects.on().filter(slug=kept["provider"]).first()
    return provider and Identity(**kept | {"provider": provider}, name="", groups=None)


def forget_pending(request):
    request.session.pop(PENDING, None)


def leave(request, here):
    """Keep what the provider is told by whom it is to sign out, now that ours is over."""
    request.session[OUT] = {name: here[name] for name in ("provider", "id_token")}


def way_out(request):
    """Return where a provider signs people out, and the provider; Nones if nowhere.

    RP-Initiated Logout 1.0. It is good once.
    """
    kept = request.session.pop(OUT, None)
    provider = kept and IdentityProvider.objects.filter(slug=kept["provider"]).first()
    end = provider and (provider.metadata or {}).get("end_session_endpoint")
    if not end:
        return None, None
    query = {
        "client_id": provider.client_id,
        "post_logout_redirect_uri": provider.signed_out_url,
    }
    if kept["id_token"]:
        query["id_token_hint"] = kept["id_token"]
    separator = "&" if "?" in end else "?"
    return f"{end}{separator}{urlencode(query)}", provider
