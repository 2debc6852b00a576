"""The operator's own tokens, with which gateways ask about those of accounts."""

from functools import wraps

from django.contrib import messages
from django.db import models
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse, reverse_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import reswap, retarget, trigger_client_event

from accounts.audit.trail import Actor
from accounts.permissions import staff_only
from accounts.web.pagination import paginate
from accounts.web.resubmission import made_once
from tokens.forms import (
    DeleteForm,
    DisableForm,
    ListForm,
    RenameForm,
    RotateForm,
    SetExpiryForm,
    TokenForm,
)
from tokens.kinds import Kind
from tokens.models import Token
from tokens.models.querysets import TokenQuerySet
from tokens.secret_response import hand_out
from tokens.views.actions import ask_and_do, in_dialog, must_ask
from tokens.views.deleted import restore
from tokens.views.guards import posted
from tokens.views.listing import column

LIST = reverse_lazy("tokens:gateway")
TEMPLATE = "tokens/gateway.html"
SWITCH = {"start": "Enable", "stop": "Disable"}
GATEWAY = Token.objects.of_kind(Kind.GATEWAY)


def for_gateway_token(among=TokenQuerySet.not_deleted):
    """Guard an action of staff: the view gets the token."""

    def decorate(view):
        @staff_only
        @wraps(view)
        def guarded(request, pk):
            return view(request, get_object_or_404(among(GATEWAY.all()), pk=pk))

        return guarded

    return decorate


@require_safe
@staff_only
def gateway_list(request):
    return render(request, TEMPLATE, _list(request))


def _list(request, form=None):
    wanted = ListForm(request.GET).read()
    tokens = GATEWAY.all().fetch_mode(models.FETCH_RAISE)
    shown = tokens.not_deleted()
    if wanted["q"]:
        shown = shown.named_like(wanted["q"])
    return {
        "page": paginate(shown, column(wanted["sort"]), wanted["cursor"]),
        "deleted": tokens.recently_deleted().order_by("-deleted_at", "-pk")[:100],
        "wanted": wanted,
        "added": wanted["added"],
        "form": form or (wanted["new"] and TokenForm()),
    }


@require_POST
@staff_only
def gateway_create(request):
    form = TokenForm(request.POST)
    token = made_once(request, lambda: _issue(request, form))
    if not token:
        template = f"{TEMPLATE}#new" if request.htmx else TEMPLATE
        return render(request, template, _list(request, form), status=422)
    if not request.htmx:
        return redirect(reverse("tokens:gateway", query={"added": token.pk}))
    context = {"token": token, "added": token.pk}
    return render(request, "tokens/gateway.html#added", context)


def _issue(request, form):
    return form.is_valid() and form.issue(
        account=None, kind=Kind.GATEWAY, by=Actor.of(request)
    )


@require_POST
@never_cache
@for_gateway_token()
def gateway_reveal(request, token):
    return hand_out(request, token, back=LIST)


@ask_and_do
@for_gateway_token()
def gateway_rename(request, token):
    form, old = RenameForm(posted(request), token=token), token.name
    if form.is_valid() and form.rename(by=Actor.of(request)):
        undo = _undoing(token, "rename", name=old)
        return _answer(request, token, f"{old} is now named {token.name}.", undo=undo)
    if form.is_bound and request.htmx:
        response = _ask(request, "tokens/rename.html#form", form)
        return reswap(retarget(response, f"#name-{token.pk}"), "innerHTML")
    return _ask(request, "tokens/rename.html", form)


@ask_and_do
@for_gateway_token()
def gateway_disable(request, token):
    is_asked = must_ask(request, token)
    data = None if is_asked else posted(request)
    form = DisableForm(data, token=token, must_explain=False)
    if form.is_valid():
        form.disable(by=Actor.of(request))
        text = f"{token.name} is disabled."
        return _answer(request, token, text, undo=_undoing(token, "enable"))
    response = _ask(request, "tokens/disable.html", form)
    return in_dialog(request, response) if is_asked else response


@require_POST
@for_gateway_token()
def gateway_enable(request, token):
    token.enable(by=Actor.of(request))
    text = f"{token.name} is enabled."
    return _answer(request, token, text, undo=_undoing(token, "disable"))


@ask_and_do
@for_gateway_token()
def gateway_expiry(request, token):
    form = SetExpiryForm(posted(request), token=token)
    if form.is_valid() and form.set_expiry(by=Actor.of(request)):
        return _answer(request, token, f"The expiry of {token.name} is changed.")
    return _ask(request, "tokens/expiry.html", form)


@ask_and_do
@for_gateway_token()
def gateway_rotate(request, token):
    form = RotateForm(posted(request), token=token)
    if form.is_valid():
        form.rotate(by=Actor.of(request))
        text = f"{token.name} has a new secret."
        return _answer(request, token, text, added=token.pk)
    return _ask(request, "tokens/rotate.html", form)


@require_POST
@for_gateway_token()
def gateway_finish(request, token):
    token.finish_rotation(by=Actor.of(request))
    return _answer(request, token, f"The old secret of {token.name} is stopped.")


@ask_and_do
@for_gateway_token()
def gateway_delete(request, token):
    form = DeleteForm(posted(request), token=token)
    if not form.is_valid():
        return _ask(request, "tokens/delete.html", form)
    form.delete(by=Actor.of(request))
    text = f"{token.name} is deleted. It can be restored for 30 days."
    undo = _undoing(token, "restore")
    return _answer(request, token, text, partial="deleted", undo=undo)


@require_POST
@for_gateway_token(TokenQuerySet.recently_deleted)
def gateway_restore(request, token):
    question = restore(request, token, LIST)
    if question:
        return question
    messages.success(request, f"{token.name} is back with the same secret.")
    return redirect(LIST)


def _undoing(token, verb, **fields):
    row = "" if verb == "restore" else f"#token-{token.pk}"
    url = reverse(f"tokens:gateway_{verb}", args=[token.pk])
    return {"url": url, "row": row, "fields": fields}


def _answer(request, token, text, *, partial="row", added=None, undo=None):
    if not request.htmx:
        messages.success(request, text)
        return redirect(LIST)
    context = {"token": token, "text": text, "added": added, "undo": undo}
    response = render(request, f"{TEMPLATE}#{partial}", context)
    return trigger_client_event(response, "tollgate:close")


def _ask(request, template, form):
    context = {
        "form": form,
        "token": form.token,
        "back": LIST,
        "row_url": LIST,
        "home": SWITCH,
        "may": {"enable": True},
    }
    return render(request, template, context, status=422 if form.is_bound else 200)


ACTIONS = {
    "reveal": gateway_reveal,
    "rename": gateway_rename,
    "disable": gateway_disable,
    "enable": gateway_enable,
    "expiry": gateway_expiry,
    "rotate": gateway_rotate,
    "finish": gateway_finish,
    "delete": gateway_delete,
    "restore": gateway_restore,
}
