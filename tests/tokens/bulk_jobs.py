"""Where a job of many tokens is asked for, and what became of its tokens."""

from django.urls import reverse

from tokens.models import Token


def at(name, account, *args):
    return reverse(f"tokens:bulk_{name}", args=[account.pk, *args])


def outcomes(job):
    return {item.token.name: item.outcome for item in job.items.select_related("token")}


def states(tokens):
    return {Token.objects.get(pk=token.pk).state for token in tokens}
