"""Recently deleted tokens of one kind, and their way back."""

from itertools import count

from django import forms
from django.contrib import messages
from django.db import models
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.audit.trail import Actor
from accounts.names import NameField
from accounts.permissions import Operation, for_account, require
from accounts.web.pagination import paginate
from tokens.forms.rules import RuleForm
from tokens.kind_pages import HOMES, home_of
from tokens.kinds import Kind
from tokens.limits import siblings
from tokens.models.querysets import TokenQuerySet, name_key
from tokens.naming import MAX_NAME
from tokens.permissions import OPERATIONS, operation
from tokens.views.guards import for_token
from tokens.views.rows import back_from, rights
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
    return next((kind for kind in OPERATIONS if kind.value == wanted), Kind.API)


class RestoreForm(RuleForm):
    """A name is only asked for when another token has the old one meanwhile."""

    name = NameField(
        label="New name",
        max_length=MAX_NAME,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
    )

    def __init__(self, *args, token, **kwargs):
        super().__init__(*args, **kwargs)
        self.token = token

    def restore(self, *, by):
        """Return whether it was done; otherwise the form offers a name that is free."""
        name = self.cleaned_data["name"]
        with self.explaining():
            self.token.restore(by=by, name=name)
            return True
        self.data = {"name": name or free_name(self.token)}
        return False


def free_name(token):
    """Return the token's name with the first number that makes it free."""
    taken = siblings(token).values_list("name_key", flat=True)
    names = (f"{token.name[: MAX_NAME - 5]} {number}" for number in count(2))
    return next(name for name in names if not taken.filter(name_key=name_key(name)))


def restore(request, token, home):
    """Bring a token back; return None, or the page that asks for another name."""
    form = RestoreForm(request.POST, token=token)
    if form.is_valid() and form.restore(by=Actor.of(request)):
        return None
    context = {"form": form, "token": token, "back": home}
    return render(request, "tokens/restore.html", context, status=409)


@require_POST
@for_token("create", among=TokenQuerySet.recently_deleted)
def token_restore(request, account, token):
    back = back_from(request)
    question = restore(request, token, back or home_of(token))
    if question:
        return question
    words = "It is disabled." if token.disabled_at else "It works again."
    messages.success(request, f"{token.name} is back with the same secret. {words}")
    return redirect(back or home_of(token, added=token.pk))
