"""Actions on one token: an account's, or one of the installation's own.

Each action stands behind the guard of both; `account` is None for the latter.
"""

from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import reselect, reswap, retarget

from accounts.audit.trail import Actor
from accounts.clock import clock
from accounts.models.accounts import RESTORABLE_DAYS
from accounts.web.form_status import status_of
from tokens.forms.changes import (
    DeleteForm,
    DisableForm,
    EndRotationForm,
    NoteForm,
    RenameForm,
    RotateForm,
    used_lately,
)
from tokens.forms.expiry import SetExpiryForm
from tokens.forms.restrictions import RestrictForm
from tokens.kind_pages import HOMES, home_of, page_of
from tokens.models import TokenUsage
from tokens.secret_response import hand_out
from tokens.senders import senders_with
from tokens.views.answers import answer
from tokens.views.guards import for_token, posted
from tokens.views.rows import back_from, counts, rights, undoing
from tokens.views.token_page import rotation_again

ask_and_do = require_http_methods(["GET", "HEAD", "POST"])


@never_cache
def reveal(request, account, token):
    return hand_out(request, token, back=back_from(request) or home_of(token))


def rename(request, account, token):
    form, old = RenameForm(posted(request), token=token), token.name
    if form.is_valid() and form.rename(by=Actor.of(request)):
        text = f"{old} is now named {token.name}."
        return answer(request, token, text, undo=undoing(token, "rename", name=old))
    if form.is_bound and request.htmx:
        response = _ask(request, "tokens/rename.html#form", form)
        return reswap(retarget(response, f"#name-{token.pk}"), "innerHTML")
    return _ask(request, "tokens/rename.html", form)


@sensitive_post_parameters("note")
def note(request, account, token):
    form, old = NoteForm(posted(request), token=token), token.note
    if form.is_valid() and form.set_note(by=Actor.of(request)):
        done = "saved" if token.note else "removed"
        text = f"The note of {token.name} is {done}."
        return answer(request, token, text, undo=undoing(token, "note", note=old))
    response = _ask(request, "tokens/note.html", form, address=request.get_full_path())
    if form.is_bound and request.htmx and back_from(request) == page_of(token):
        # On the page the form stands where the note is read.
        place = retarget(response, f"#note-text-{token.pk}")
        return reselect(reswap(place, "innerHTML"), "#dialog form")
    return response


def enable(request, account, token):
    token.enable(by=Actor.of(request))
    text = f"{token.name} is {HOMES[token.kind].start.lower()}d."
    return answer(request, token, text, undo=undoing(token, "disable"))


def disable(request, account, token):
    must_explain = not rights(request, account, token.kind)["enable"]
    form = DisableForm(
        None if must_ask(request, token) else posted(request),
        token=token,
        must_explain=must_explain,
    )
    if form.is_valid():
        form.disable(by=Actor.of(request))
        text = f"{token.name} is {HOMES[token.kind].stop.lower()}d."
        undo = None if must_explain else undoing(token, "enable")
        return answer(request, token, text, undo=undo)
    response = _ask(request, "tokens/disable.html", form, **callers_of(token))
    return in_dialog(request, response) if must_ask(request, token) else response


def must_ask(request, token):
    """Whether a token is in use that was not when its switch was drawn."""
    return "unused" in request.POST and used_lately(token)


def in_dialog(request, response):
    """Let htmx show a question in the dialog, instead of in the row that asked."""
    if not request.htmx:
        return response
    return reselect(reswap(retarget(response, "#modal"), "innerHTML"), "#dialog")


def set_expiry(request, account, token):
    form, old = SetExpiryForm(posted(request), token=token), token.expires_at
    if form.is_valid() and form.set_expiry(by=Actor.of(request)):
        text = f"The expiry of {token.name} is changed."
        # Nothing can be made to have ended.
        may_undo = old is None or old > clock.now()
        sent = SetExpiryForm.sent_for(old) if may_undo else {}
        undo = undoing(token, "expiry", **sent) if may_undo else None
        return answer(request, token, text, undo=undo)
    return _ask(request, "tokens/expiry.html", form)


@sensitive_post_parameters("networks")
def restrict(request, account, token):
    form = RestrictForm(posted(request), token=token)
    form.look_up(request.get_full_path())
    asks = "check" in request.POST or "check" in request.GET
    if form.is_valid() and not asks and form.restrict(by=Actor.of(request)):
        said = form.says_can or form.says
        text = f"{token.name}: {said[0].lower()}{said[1:]}"
        # What was narrowed is so for good: there is nothing to undo.
        return answer(request, token, text)
    return _ask(request, "tokens/restrict.html", form, asks=asks)


def rotate(request, account, token):
    form = RotateForm(posted(request), token=token)
    if form.is_valid() and form.rotate(by=Actor.of(request)):
        text = f"{token.name} has a new secret."
        # The installation's own are not rolled back on a page.
        may_undo = account and token.is_overlapping
        undo = undoing(token, "roll_back") if may_undo else None
        return answer(request, token, text, highlighted=True, undo=undo)
    return _ask(request, "tokens/rotate.html", form, **callers_of(token))


@require_POST
@for_token("rotate")
def token_finish(request, account, token):
    form = EndRotationForm(request.POST, token=token)
    if not form.is_valid():
        return rotation_again(request, form)
    form.finish(by=Actor.of(request))
    return answer(request, token, f"The old secret of {token.name} is stopped.")


@require_POST
@for_token("rotate")
def token_roll_back(request, account, token):
    form = EndRotationForm(request.POST, token=token)
    if not form.is_valid():
        return rotation_again(request, form)
    form.roll_back(by=Actor.of(request))
    text = f"{token.name} has its old secret back, and the new one is stopped."
    return answer(request, token, text)


def delete(request, account, token):
    form = DeleteForm(posted(request), token=token)
    if form.is_valid():
        form.delete(by=Actor.of(request))
        text = (
            f"{token.name} is deleted. It can be restored for {RESTORABLE_DAYS} days."
        )
        return answer(
            request,
            token,
            text,
            template="tokens/_answers.html#deleted",
            undo=undoing(token, "restore"),
            **counts(account, token.kind),
        )
    return _ask(request, "tokens/delete.html", form, **callers_of(token))


# The installation's own are in gateway.py, behind a guard of theirs.
token_reveal = require_POST(for_token("reveal")(reveal))
token_rename = ask_and_do(for_token("rename")(rename))
token_note = ask_and_do(for_token("note")(note))
token_enable = require_POST(for_token("enable")(enable))
token_disable = ask_and_do(for_token("disable")(disable))
token_expiry = ask_and_do(for_token("expiry")(set_expiry))
token_restrict = ask_and_do(for_token("restrict")(restrict))
token_rotate = ask_and_do(for_token("rotate")(rotate))
token_delete = ask_and_do(for_token("delete")(delete))


def callers_of(token):
    return {
        "summary": TokenUsage.objects.filter(token=token).summary(),
        "senders": senders_with([token]),
    }


def _ask(request, template, form, *, asks=False, **context):
    """Show a form; `asks`: it was sent to be looked at, and is no mistake."""
    token = form.token
    back = back_from(request)
    is_on_page = back == page_of(token)
    context |= {
        "form": form,
        "token": token,
        "home": HOMES[token.kind],
        "back": back or home_of(token),
        "is_on_page": is_on_page,
        "row_url": back if is_on_page else home_of(token, token=token.pk),
        "may": rights(request, token.account, token.kind),
    }
    return render(request, template, context, status=200 if asks else status_of(form))
