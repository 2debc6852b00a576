"""Browsers that somebody has signed in with: others' failures do not keep them out.

A browser keeps a signed cookie that names the people who have signed in with it. It
lets nobody in; it only says whose tries are counted apart from everybody else's.
"""

from datetime import timedelta
from secrets import token_urlsafe

from django.conf import settings
from django.core import signing

DEVICE_COOKIE = settings.DEVICE_COOKIE_NAME
SALT = "tollgate.device"
# Browsers keep no cookie longer (RFC 6265bis, section 5.5).
AGE = timedelta(days=400)
MOST_PEOPLE = 5


def known_as(request, user):
    """Return what a browser is counted by for a person, or None for a strange one."""
    device = _read(request)
    return f"{user.pk} {device['id']}" if user.pk in device["people"] else None


def remember(request, response, user):
    """Let a browser be known, now that somebody has signed in with it."""
    device = _read(request)
    others = [pk for pk in device["people"] if pk != user.pk]
    device["people"] = [user.pk, *others][:MOST_PEOPLE]
    response.set_cookie(
        DEVICE_COOKIE,
        signing.dumps(device, salt=SALT),
        max_age=AGE,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def _read(request):
    try:
        return signing.loads(
            request.COOKIES.get(DEVICE_COOKIE, ""), salt=SALT, max_age=AGE
        )
    except (signing.BadSignature, UnicodeEncodeError):
        return {"id": token_urlsafe(16), "people": []}
