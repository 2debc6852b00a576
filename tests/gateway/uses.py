"""Refused calls for tests, noted the way the gateway does."""

from datetime import timedelta

from django.utils import timezone

from gateway.models import RefusedCall, RefusedToken
from gateway.refused_calls import recording


def refuse(
    token, reason="deleted", *, signal="api", address="192.0.2.7", secret=None, calls=3
):
    """Note calls that were refused a minute ago; returns the RefusedToken."""
    secret = secret or token.secrets.current().get()
    recording.note({(token.pk, secret.pk, reason, signal, address, "curl/8"): calls})
    past = timezone.now() - timedelta(minutes=1)
    of_token = RefusedToken.objects.filter(pk=token.pk)
    of_token.update(first_seen_at=past, last_seen_at=past)
    RefusedCall.objects.filter(refused=token.pk).update(
        first_seen_at=past, last_seen_at=past
    )
    return of_token.with_mending().select_related("token", "secret").get()
