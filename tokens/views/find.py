"""From what was typed into a search box to a list, from a pasted secret to its page."""

from django.contrib import messages
from django.shortcuts import redirect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts.permissions import Operation, allows, for_account, relations
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
        return _say(request, account, form, TOO_LONG)
    if not form.secret and not form.is_ours:
        return redirect(_list(request, account, form, q=form.text))
    token = find(form.secret)
    if token and _is_listed_for(request.user, token):
        return redirect(page_of(token))
    return _not_found(request, account, form)


def _not_found(request, account, form):
    if form.is_ours:
        return _say(request, account, form, NOT_FOUND if form.secret else BROKEN)
    # A name can look like a token from elsewhere; what the name or the note of one that
    # is there has may be shown in an address, whatever else may not.
    named = Token.objects.not_deleted().filter(
        account__in=_searched(request, account, form)
    )
    if named.mentioning(form.text).exists():
        return redirect(_list(request, account, form, q=form.text))
    return _say(request, account, form, NOT_FOUND)


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
