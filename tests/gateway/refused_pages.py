"""The page of refused tokens, and tokens that were deleted or rotated for it."""

from django.urls import reverse

from tests.factories import BY, TokenFactory


def page(account, query=""):
    return reverse("gateway:refused_calls", args=[account.pk]) + query


def deleted(account, **fields):
    token = TokenFactory(account=account, **fields)
    token.delete_softly(by=BY)
    return token


def shown(response):
    return [refused.token for refused in response.context["page"]]


def old_secret(token):
    old = token.secrets.get()
    token.rotate(by=BY)
    return old
