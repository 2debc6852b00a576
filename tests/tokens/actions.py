"""What a person does to a token on the pages, and where it is asked for."""

from django.urls import reverse

from tokens.models import Token

HTMX = {"HX-Request": "true"}
JSON = {"Accept": "application/json"}
# What each action is sent so that it does its work on an active token.
DATA = {
    "reveal": {},
    "rename": {"name": "Renamed"},
    "note": {"note": "Asked for by Ada"},
    "enable": {},
    "disable": {"reason": "Leaked"},
    "expiry": {"expires_at": "30"},
    "restrict": {"networks": "203.0.113.0/24"},
    "rotate": {"overlap": "1h"},
    "finish": {},
    "roll_back": {},
    "delete": {},
}
ENDS = ("finish", "roll_back")


def url(verb, token, **query):
    return reverse(f"tokens:{verb}", args=[token.account_id, token.pk], query=query)


def again(token):
    return Token.objects.get(pk=token.pk)
