"""How an action on a token is answered: with its row, its page, or a way back."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from tokens.kind_pages import home_of, page_of
from tokens.views.rows import back_from, changed, leading_back
from tokens.views.token_page import ANSWER, about_page


def answer(
    request,
    token,
    text,
    *,
    template="tokens/_answers.html#changed",
    highlighted=False,
    **extra,
):
    """Answer a change: with the row or the page for htmx, else with where the token is.

    An `undo` is offered beside the text.
    """
    back = back_from(request)
    if not request.htmx:
        messages.success(request, text)
        return redirect(back or home_of(token))
    if back == page_of(token):
        about = about_page(request, token) | extra | {"undo": _here(extra, back)}
        return _swapped(request, ANSWER, about | {"text": text})
    if back:
        messages.success(request, text)
        return HttpResponseClientRedirect(back)
    return _swapped(
        request,
        template,
        changed(request, token, highlighted=highlighted) | extra | {"text": text},
    )


def _here(extra, back):
    """Return the way back of a change so that it leads back to the same page."""
    undo = extra.get("undo")
    return undo and undo._replace(url=undo.url + leading_back(back))


def _swapped(request, template, context):
    response = render(request, template, context)
    return trigger_client_event(response, "tollgate:close")
