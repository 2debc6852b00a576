"""Calls with a token, and the page that tells of them."""

from datetime import timedelta

from django.utils import timezone

from tokens.kind_pages import action_url
from tokens.models import Token, TokenUsage

CALLER = ("192.0.2.1", "curl/8")


def use(token, calls=1, *, caller=CALLER, secret=0, ago=timedelta(0)):
    moment = timezone.now() - ago
    hour = moment.replace(minute=0, second=0, microsecond=0)
    TokenUsage.objects.add_calls({(token.pk, secret, *caller): calls}, hour)
    token.usage.filter(hour=hour).update(last_at=moment)
    Token.objects.note_uses({token.pk: (moment, *caller)})


def current(token):
    return token.secrets.current().get().pk


def page(token, **query):
    return action_url("page", token, **query)
