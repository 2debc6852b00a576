"""Recently deleted tokens of one kind, and their way back."""

from django.contrib import messages
from django.db import models
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.audit.trail import Actor
from accounts.permissions import Operation, for_account, require
from accounts.web.pagination import paginate
from tokens.kind_pages import HOMES, home_of
from tokens.kinds import Kind
from tokens.models.querysets import TokenQuerySet
from tokens.permissions import operation
from tokens.views.guards import for_token
from tokens.views.rows import rights
from tokens.views.tabs import tabs


@require_safe
@for_account(Operation.ACCOUNT_VIEW)
def deleted_list(request, account):
    kind = _kind(request)
    require(request.relations, operation(kind, "list"), account)
    tokens = account.tokens.of_kind(kind).recently_deleted()
    page = paginate(
        tokens.fetch_mode(models.FETCH_RAISE),
        "-deleted_at",
        request.GET.get("cursor", ""),
    )
    context = {
        "page": page,
        "kind": kind,
        "home": HOMES[kind].url(account.pk),
        "may": rights(request, account, kind),
        "tabs": tabs(account, HOMES[kind].url_name),
    }
    return render(request, "tokens/deleted.html", context)


def _kind(request):
    wanted = request.GET.get("kind")
    return next((kind for kind in HOMES if kind.value == wanted), Kind.API)


@require_POST
@for_token("create", among=TokenQuerySet.recently_deleted)
def token_restore(request, account, token):
    token.restore(by=Actor.of(request))
    words = "It is disabled." if token.disabled_at else "It works again."
    messages.success(request, f"{token.name} is back with the same secret. {words}")
    return redirect(home_of(token, added=token.pk))
