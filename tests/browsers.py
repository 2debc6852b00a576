"""Let Django's test client keep the cookie of a session, as a browser does.

It takes the key of a session in the database for its cookie; ours is the hash of it.
"""

from importlib import import_module

from django.conf import settings
from django.test.client import ClientMixin

_set_login_cookies = ClientMixin._set_login_cookies


def _session(client):
    store = import_module(settings.SESSION_ENGINE).SessionStore
    cookie = client.cookies.get(settings.SESSION_COOKIE_NAME)
    if cookie:
        return store.of_cookie(cookie.value)
    session = store()
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.cookie
    return session


def _keep_cookie(client, request):
    _set_login_cookies(client, request)
    # What else is said of the cookie stays.
    client.cookies[settings.SESSION_COOKIE_NAME] = request.session.cookie


def keep_cookies():
    ClientMixin.session = property(_session)
    ClientMixin._set_login_cookies = _keep_cookie
