"""A page of tokens of one kind: what is shown, and how one is added to it."""

from dataclasses import replace
from functools import partial

from django.db import models
from django.shortcuts import redirect, render

from accounts.audit.trail import Actor
from accounts.web.pagination import ROWS_COUNTED_UP_TO, paginate
from accounts.web.resubmission import made_once
from tokens.forms.creation import TokenForm
from tokens.forms.lists import STATES, ListForm
from tokens.kind_pages import home_of
from tokens.kinds import Kind
from tokens.limits import check_offered
from tokens.models.newest import ORDER, count_of_kind, newest
from tokens.policies.checks import policy_of
from tokens.states import State
from tokens.usage import with_days
from tokens.views.row_values import kind_rows
from tokens.views.rows import about_rows, changed, counts

# A paused token is a disabled one in the lists of one kind.
IN_STATE = {
    State.ACTIVE: (State.ACTIVE,),
    State.DISABLED: (State.DISABLED, State.PAUSED),
    State.EXPIRED: (State.EXPIRED,),
}
COLUMNS = {"name": "name_key"}


def listing(request, account, kind, *, tokens=None, form=None, first=None):
    """Return the context of a list; `form` is one that was sent with mistakes.

    The list is of all tokens of the kind in the account, or of `tokens`, of which `first`
    returns the newest.
    """
    wanted = ListForm(request.GET).read()
    if tokens is None:
        tokens, first = account.tokens.of_kind(kind), partial(newest, account, kind)
    tokens = tokens.not_deleted().fetch_mode(models.FETCH_RAISE)
    added = tokens.filter(pk=wanted["added"]).first() if wanted["added"] else None
    numbers = counts(account, kind)
    page = _page(tokens, wanted, first)
    narrowed = _is_narrowed(wanted)
    if first and not narrowed:
        page = replace(page, counted=_counted(account, kind, page, numbers["listed"]))
    with_days([*page, added] if added else page)
    about = about_rows(request, account, kind)
    if wanted["new"] and about["adds"] and not form:
        form = _form(account, kind, about["adds"], initial={"name": wanted["name"]})
    return {
        **about,
        **numbers,
        "page": page,
        "added": added,
        "added_rows": kind_rows([added], about, highlighted=True) if added else "",
        "rows": kind_rows([token for token in page if token != added], about),
        "wanted": wanted,
        "narrowed": narrowed,
        "states": STATES,
        "form": form,
    }


def _page(tokens, wanted, first):
    is_plain = wanted["sort"] == ORDER and not _is_narrowed(wanted)
    return paginate(
        narrow(tokens, wanted),
        column(wanted["sort"]),
        wanted["cursor"],
        first=first if is_plain else None,
    )


def _is_narrowed(wanted):
    return bool(wanted["q"] or wanted["state"] or wanted["token"])


def _counted(account, kind, page, listed):
    """Return how many rows a list of all tokens of a kind has, where it has to say so."""
    if listed is not None or not page.next:
        return listed
    return count_of_kind(account, kind, ROWS_COUNTED_UP_TO + 1)


def narrow(tokens, wanted):
    """Return the tokens that a list was asked for."""
    if wanted["token"]:
        return tokens.filter(pk=wanted["token"])
    if wanted["q"]:
        tokens = tokens.mentioning(wanted["q"])
    if wanted["state"]:
        tokens = tokens.in_states(*IN_STATE[wanted["state"]])
    return tokens


def column(sort):
    sign = "-" if sort.startswith("-") else ""
    name = sort.removeprefix("-")
    return sign + COLUMNS.get(name, name)


def add(request, account, kind, template, *, tokens=None, **frame):
    """Add a token and show it on top, or show again what was typed among `tokens`."""
    check_offered(account, kind)
    form = _form(account, kind, request.path, request.POST)
    if "check" in request.POST or "check" in request.GET:
        form.full_clean()
        return _again(request, account, kind, template, form, tokens, frame, status=200)
    token = made_once(request, lambda: _issue(request, form, account, kind))
    if not token:
        return _again(request, account, kind, template, form, tokens, frame, status=422)
    if not request.htmx:
        return redirect(home_of(token, added=token.pk))
    context = changed(request, token, highlighted=True) | counts(account, kind)
    return render(request, "tokens/_answers.html#added", context)


def _form(account, kind, address, *args, **kwargs):
    """Return the form of a new token, of whose accounts more are found at its address."""
    privileges_in = account if kind == Kind.API else None
    form = TokenForm(
        *args,
        kind=kind,
        privileges_in=privileges_in,
        policy=policy_of(account, kind),
        **kwargs,
    )
    form.look_up(address)
    return form


def _again(request, account, kind, template, form, tokens, frame, *, status):
    """Show a form as it was sent, with its mistakes or with what would come of it."""
    if request.htmx:
        context = about_rows(request, account, kind) | {"form": form}
        return render(request, "tokens/_new_row.html", context, status=status)
    context = frame | listing(request, account, kind, tokens=tokens, form=form)
    return render(request, template, context, status=status)


def _issue(request, form, account, kind):
    return form.is_valid() and form.issue(
        account=account, kind=kind, by=Actor.of(request)
    )
