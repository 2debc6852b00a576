"""The operator's own tokens, with which gateways ask about those of accounts."""

from functools import wraps

from django.contrib import messages
from django.db import models
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.audit.trail import Actor
from accounts.permissions import staff_only
from tokens.kind_pages import home_of
from tokens.kinds import Kind
from tokens.models import Token
from tokens.models.querysets import TokenQuerySet
from tokens.views import actions, deleted, token_page
from tokens.views.actions import ask_and_do
from tokens.views.answers import answer
from tokens.views.first_call import first_call
from tokens.views.listing import add, listing
from tokens.views.rows import back_from
from tokens.views.use_it import use_it

TEMPLATE = "tokens/gateway.html"
GATEWAY = Token.objects.of_kind(Kind.GATEWAY)


def for_gateway_token(view, *, among=TokenQuerySet.not_deleted):
    """Guard an action of staff: the view gets no account, and the token."""

    @staff_only
    @wraps(view)
    def guarded(request, pk):
        return view(request, None, get_object_or_404(among(GATEWAY.all()), pk=pk))

    return guarded


@require_safe
@staff_only
def gateway_list(request):
    context = listing(request, None, Kind.GATEWAY, tokens=GATEWAY.all())
    return render(request, TEMPLATE, context | _deleted())


@require_POST
@staff_only
def gateway_create(request):
    return add(
        request, None, Kind.GATEWAY, TEMPLATE, tokens=GATEWAY.all(), **_deleted()
    )


def _deleted():
    found = GATEWAY.recently_deleted().order_by("-deleted_at", "-pk")
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


gateway_page = require_safe(
    for_gateway_token(token_page.page, among=TokenQuerySet.kept)
)


ACTIONS = {
    "reveal": require_POST(for_gateway_token(actions.reveal)),
    "rename": ask_and_do(for_gateway_token(actions.rename)),
    "note": ask_and_do(for_gateway_token(actions.note)),
    "disable": ask_and_do(for_gateway_token(actions.disable)),
    "enable": require_POST(for_gateway_token(actions.enable)),
    "expiry": ask_and_do(for_gateway_token(actions.set_expiry)),
    "rotate": ask_and_do(for_gateway_token(actions.rotate)),
    "finish": require_POST(for_gateway_token(finish)),
    "use_it": require_safe(for_gateway_token(use_it)),
    "first_call": require_safe(for_gateway_token(first_call, among=TokenQuerySet.kept)),
    "delete": ask_and_do(for_gateway_token(actions.delete)),
    "restore": require_POST(
        for_gateway_token(restore, among=TokenQuerySet.recently_deleted)
    ),
}
