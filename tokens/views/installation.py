"""The installation's own tokens: gateways ask with them, scanners report with them."""

from functools import wraps

from django.contrib import messages
from django.db import models
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.audit.trail import Actor
from accounts.permissions import staff_only
from tokens.kind_pages import home_of
from tokens.models import Token
from tokens.models.querysets import TokenQuerySet
from tokens.views import actions, deleted, token_page
from tokens.views.actions import ask_and_do
from tokens.views.answers import answer
from tokens.views.first_call import first_call
from tokens.views.listing import add, listing
from tokens.views.rows import back_from
from tokens.views.use_it import use_it

TEMPLATE = "tokens/installation.html"


def for_installation_token(view, *, among=TokenQuerySet.not_deleted):
    """Guard an action of staff: the view gets no account, and the token of a kind."""

    @staff_only
    @wraps(view)
    def guarded(request, kind, pk):
        tokens = Token.objects.of_kind(kind)
        return view(request, None, get_object_or_404(among(tokens), pk=pk))

    return guarded


@require_safe
@staff_only
def installation_list(request, kind):
    context = listing(request, None, kind, tokens=Token.objects.of_kind(kind))
    return render(request, TEMPLATE, context | _deleted(kind))


@require_POST
@staff_only
def installation_create(request, kind):
    tokens = Token.objects.of_kind(kind)
    return add(request, None, kind, TEMPLATE, tokens=tokens, **_deleted(kind))


def _deleted(kind):
    found = Token.objects.of_kind(kind).recently_deleted()
    found = found.order_by("-deleted_at", "-pk")
    return {"deleted_tokens": found.fetch_mode(models.FETCH_RAISE)[:100]}


def finish(request, account, token):
    token.finish_rotation(by=Actor.of(request))
    return answer(request, token, f"The old secret of {token.name} is stopped.")


def restore(request, account, token):
    back = back_from(request) or home_of(token)
    question = deleted.restore(request, token, back)
    if question:
        return question
    messages.success(request, f"{token.name} is back with the same secret.")
    return redirect(back)


installation_page = require_safe(
    for_installation_token(token_page.page, among=TokenQuerySet.kept)
)


ACTIONS = {
    "reveal": require_POST(for_installation_token(actions.reveal)),
    "rename": ask_and_do(for_installation_token(actions.rename)),
    "note": ask_and_do(for_installation_token(actions.note)),
    "disable": ask_and_do(for_installation_token(actions.disable)),
    "enable": require_POST(for_installation_token(actions.enable)),
    "expiry": ask_and_do(for_installation_token(actions.set_expiry)),
    "restrict": ask_and_do(for_installation_token(actions.restrict)),
    "rotate": ask_and_do(for_installation_token(actions.rotate)),
    "finish": require_POST(for_installation_token(finish)),
    "use_it": require_safe(for_installation_token(use_it)),
    "first_call": require_safe(
        for_installation_token(first_call, among=TokenQuerySet.kept)
    ),
    "delete": ask_and_do(for_installation_token(actions.delete)),
    "restore": require_POST(
        for_installation_token(restore, among=TokenQuerySet.recently_deleted)
    ),
}
