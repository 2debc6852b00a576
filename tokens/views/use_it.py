"""How a token is used: snippets for the clients of its kind."""

from django.shortcuts import render
from django.views.decorators.http import require_safe

from tokens.kind_pages import home_of
from tokens.views.guards import for_token
from tokens.views.rows import back_from, rights


def use_it(request, account, token):
    context = {
        "token": token,
        "back": back_from(request) or home_of(token),
        "may": rights(request, account, token.kind),
    }
    return render(request, "tokens/use_it.html", context)


token_use_it = require_safe(for_token("list")(use_it))
