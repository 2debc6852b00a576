"""From what was typed into a search box to a list, from a pasted secret to its page."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts.permissions import Operation, allows, for_account
from accounts.relations import relations
from tokens.kind_pages import HOMES, page_of
from tokens.kinds import Kind
from tokens.models import Token
from tokens.permissions import operation, visible_to_main_admin
from tokens.search_text import EVERYWHERE, FindForm
from tokens.verification import find
from tokens.views.all_tokens import list_url

NOT_FOUND = "There is no token with this secret in the accounts you administer."
BROKEN = "This is not a whole token: a part is missing or was mistyped."
TOO_LONG = "Search for a name of up to 100 characters, or paste one token."


@sensitive_post_parameters("q")
@require_POST
@for_account(Operation.API_LIST)
def token_find(request, account):
    form = FindForm(request.POST)
    if not form.is_valid():
        return _leave(request, _say(request, account, form, TOO_LONG))
    token = form.secret and find(form.secret)
    if token and _is_listed_for(request.user, token):
        return _leave(request, redirect(page_of(token)))
    if _is_name(request, account, form):
        return redirect(_list(request, account, form, q=form.text))
    is_part = form.is_ours and not form.secret
    if is_part and request.htmx:
        # Whoever types a token is not at its end yet.
        return HttpResponse(status=204)
    text = BROKEN if is_part else NOT_FOUND
    return _leave(request, _say(request, account, form, text))


def _leave(request, response):
    """Answer also what is asked while somebody types with a page of its own."""
    if not request.htmx:
        return response
    return HttpResponse(status=204, headers={"HX-Redirect": response.url})


def _is_name(request, account, form):
    if form.is_ours or not form.secret:
        return not form.is_ours
    # A name can look like a token from elsewhere; what the name or the note of one that
    # is there has may be shown in an address, whatever else may not.
    named = Token.objects.not_deleted().filter(
        account__in=_searched(request, account, form)
    )
    return named.mentioning(form.text).exists()


def _searched(request, account, form):
    if form.cleaned_data["tab"] == EVERYWHERE:
        return visible_to_main_admin(account, request.user)
    return [account]


def _is_listed_for(user, token):
    if token.account is None:
        return False
    if not Token.objects.kept().contains(token):
        return False
    listed = operation(token.kind, "list")
    return bool(allows(relations(user, token.account), listed, token.account))


def _say(request, account, form, text):
    messages.warning(request, text)
    return redirect(_list(request, account, form))


def _list(request, account, form, **query):
    """Return the list that the box belongs to, with its filters but the name."""
    tab = form.cleaned_data.get("tab") or Kind.API.value
    if tab != EVERYWHERE:
        return HOMES[tab].url(account.pk, **query)
    kept = request.GET.copy()
    for name in ("q", "token"):
        kept.pop(name, None)
    kept.update({name: value for name, value in query.items() if value})
    return list_url(account, kept)
