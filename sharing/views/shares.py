from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from accounts.audit.trail import Actor
from accounts.permissions import Operation, for_account
from accounts.web.form_status import status_of
from accounts.web.resubmission import made_once
from sharing.forms import EditShareForm
from sharing.models import Share
from sharing.views.tab import TEMPLATE, new_form, page
from tokens.kind_pages import home_of, page_of
from tokens.kinds import Kind
from tokens.views.answers import answer
from tokens.views.guards import posted
from tokens.views.rows import about_rows, back_from, changed, counts, leading_back
from tokens.views.tabs import tabs

FORM = "sharing/_new_row.html"
EDITING = (Operation.SHARED_RENAME, Operation.SHARED_EXPIRY, Operation.SHARED_FILTERS)


@require_safe
@for_account(Operation.SHARED_LIST, Operation.FILTER_LIST, Operation.VIEW_LIST)
def share_list(request, account):
    if not account.takes_logs:
        context = {"tabs": tabs(account, "sharing:list")}
        return render(request, "sharing/elsewhere.html", context)
    return render(request, TEMPLATE, page(request, account))


@require_POST
@for_account(Operation.SHARED_CREATE)
def share_create(request, account):
    form = new_form(account, request.POST)
    share = made_once(request, lambda: _issue(request, form))
    if not share:
        return _new_again(request, account, form, status=422)
    if not request.htmx:
        return redirect(home_of(share.token, added=share.pk))
    context = changed(request, share.token, highlighted=True) | counts(
        account, Kind.SHARED
    )
    return render(request, "sharing/_new_row.html#added", context)


def _issue(request, form):
    return form.is_valid() and form.is_agreed and form.issue(by=Actor.of(request))


@require_POST
@for_account(Operation.SHARED_CREATE)
def share_preview(request, account):
    """Say what a new link will show, and find filters for it."""
    form = new_form(account, request.POST)
    form.full_clean()
    return _new_again(request, account, form, status=200)


def _new_again(request, account, form, *, status):
    if request.htmx:
        context = about_rows(request, account, Kind.SHARED) | {"form": form}
        return render(request, FORM, context, status=status)
    return render(request, TEMPLATE, page(request, account, form=form), status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@for_account(*EDITING)
def share_edit(request, account, pk):
    form = _edit_form(account, pk, posted(request))
    if form.is_valid() and form.is_agreed and form.save(by=Actor.of(request)):
        token = form.share.token
        return answer(request, token, f"{token.name} is changed.")
    return _ask(request, form, status=status_of(form))


@require_POST
@for_account(*EDITING)
def share_edit_preview(request, account, pk):
    """Say what a link will show after a change, and find filters for it."""
    form = _edit_form(account, pk, request.POST)
    form.full_clean()
    return _ask(request, form, status=200)


def share_in(account, pk):
    """Return a share of an account by its token's id, unless that is deleted."""
    shares = Share.objects.filter(token__account=account, token__deleted_at=None)
    return get_object_or_404(
        shares.select_related("token__account__organisation"), pk=pk
    )


def _edit_form(account, pk, data):
    share = share_in(account, pk)
    return EditShareForm(data, share=share, auto_id=f"share-{pk}-%s")


def _ask(request, form, *, status):
    context = {"form": form, "token": form.share.token, "share": form.share}
    back = back_from(request)
    context["back"] = back or home_of(form.share.token)
    context["query"] = leading_back(back)
    context["is_elsewhere"] = back not in ("", page_of(form.share.token))
    return render(request, "sharing/edit.html", context, status=status)
