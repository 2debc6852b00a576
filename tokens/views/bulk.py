"""One action on many tokens: chosen in the list, looked over, then run by the workers.

The page of a job that runs only watches it.
"""

from django import forms
from django.contrib import messages
from django.http import Http404, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from accounts.audit.trail import Actor
from accounts.ids import is_id
from accounts.permissions import Operation, for_account
from accounts.rule_violations import RuleViolation
from accounts.web.pagination import paginate
from tokens.bulk_preview import Preview
from tokens.bulk_words import BULK_WORDS
from tokens.forms.changes import HandOverForm, OverlapForm
from tokens.forms.expiry import ExpiryForm
from tokens.forms.restrictions import RestrictManyForm
from tokens.models import BulkAction, BulkJob, ItemOutcome
from tokens.models.bulk import MOST_IN_JOB, UNDOES
from tokens.models.policies import policies_of
from tokens.restrictions import forecasts, in_few_words
from tokens.search import TokenSearch
from tokens.senders import senders_with
from tokens.views import health
from tokens.views.all_tokens import list_url

# Who starts one must be allowed to take it back: staff, who only disable, are not.
guard = for_account(Operation.API_LIST, Operation.API_ENABLE)
SHOWN = 25
LONGEST_QUERY = 2000
FORMS = {
    BulkAction.ROTATE: OverlapForm,
    BulkAction.EXPIRY: ExpiryForm,
    BulkAction.HANDOVER: HandOverForm,
    BulkAction.RESTRICT: RestrictManyForm,
}
DEFAULTS = {"overlap": "24h", "expires_at": "90"}
CHOSEN = ("overlap", "expires_at", "keeper", "networks", "calls_per_minute")


class IdsField(forms.TypedMultipleChoiceField):
    """Ids of rows; which of them the person may have is asked of the rows."""

    def __init__(self, **kwargs):
        super().__init__(coerce=int, **kwargs)

    def valid_value(self, value):
        return is_id(value)


class CountForm(forms.Form):
    """How many tokens the preview counted that was confirmed."""

    count = forms.IntegerField(required=False, widget=forms.HiddenInput)


class PickForm(forms.Form):
    """The rows that were ticked, or every row that the filters of the list match."""

    everything = forms.BooleanField(required=False)
    pick = IdsField(required=False)

    def __init__(self, *args, tokens, **kwargs):
        super().__init__(*args, **kwargs)
        self.found = tokens

    def tokens(self, order):
        found = self.found
        if not self.cleaned_data["everything"]:
            found = found.filter(pk__in=self.cleaned_data["pick"])
        tokens = list(found.order_by(order, "pk")[: MOST_IN_JOB + 1])
        if len(tokens) > MOST_IN_JOB:
            raise RuleViolation(
                "too_many",
                f"{MOST_IN_JOB:,} tokens at a time is the most. Narrow the list by its filters.",
            )
        return tokens


@require_POST
@guard
def bulk_prepare(request, account, action):
    search = TokenSearch(request.GET, main=account, user=request.user)
    if not search.is_valid():
        return redirect(_origin(account, request.GET)[0])
    form = PickForm(request.POST, tokens=search.tokens())
    tokens = form.tokens(search.order) if form.is_valid() else []
    if not tokens:
        messages.warning(request, "Nothing is selected, or it is not there any more.")
        return redirect(_origin(account, request.GET)[0])
    job = BulkJob.prepare(
        tokens,
        account=account,
        user=request.user,
        action=action,
        query=_query(request),
    )
    return redirect("tokens:bulk_job", account.pk, job.pk)


def _origin(account, query):
    """Return the address and the name of the page that tokens were chosen on."""
    if health.is_origin(account, query):
        return health.url(account, query), "Health"
    return list_url(account, query), "all tokens"


def _query(request):
    query = request.GET.copy()
    query.pop("cursor", None)
    text = query.urlencode()
    return text if len(text) <= LONGEST_QUERY else ""


@require_safe
@guard
def bulk_job(request, account, pk):
    job = _job(request, account, pk)
    if job.started_at is None:
        return _preview(request, job)
    template = "tokens/bulk.html#job" if request.htmx else "tokens/bulk.html"
    return render(request, template, _results(request, job))


def _job(request, account, pk):
    jobs = account.bulk_jobs.filter(user=request.user)
    return get_object_or_404(jobs.select_related("undone_by"), pk=pk)


def _form(job, data):
    """Return the form of what a job has to know, filled in from the start."""
    form = FORMS.get(job.action, forms.Form)
    if job.action == BulkAction.RESTRICT:
        # There is nothing that most would want.
        return form(data if data.keys() & set(CHOSEN) else None)
    defaults = DEFAULTS | {"keeper": job.user.email}
    if job.action == BulkAction.ROTATE:
        defaults["overlap"] = _overlap(job)
    return form(data if data.keys() & set(CHOSEN) else defaults)


def _overlap(job):
    """Return the overlap that is offered first: one that the policies allow."""
    policies = policies_of(job.account.organisation_id).values()
    least = max(policy.least_overlap_hours or 0 for policy in policies)
    return "24h" if least <= 24 else "7d"


def _preview(request, job):
    form = _form(job, request.GET)
    return _look_over(request, job, form, _foreseen(job, form))


def _foreseen(job, form):
    """Return what a job will do as the form says, or None if that is not right yet."""
    if not form.is_valid():
        return None
    for name in CHOSEN:
        setattr(job, name, form.cleaned_data.get(name, getattr(job, name)))
    return Preview(job)


def _look_over(request, job, form, preview, *, status=200, **context):
    context |= _about(request, job) | {"form": form, "preview": preview}
    if preview:
        context["more"] = max(len(preview.changing) - SHOWN, 0)
        context["senders"] = senders_with(preview.changing)
        context |= _restricted(job, preview)
    status = status if preview or not form.is_bound else 422
    return render(request, "tokens/bulk_preview.html", context, status=status)


def _restricted(job, preview):
    """Return what becomes of tokens that are restricted, and of their callers."""
    if job.action != BulkAction.RESTRICT:
        return {}
    found = forecasts(job.items.values("token"), job.networks)
    seen = [found[token.pk] for token in preview.changing]
    return {
        "calls": sum(each.calls for each in seen),
        "refused_calls": sum(each.refused_calls for each in seen),
        "restricted": [
            (token, *_before_and_after(job, token), found[token.pk])
            for token in preview.changing[:SHOWN]
        ],
    }


def _before_and_after(job, token):
    after = job.kept_to(token)
    return (
        in_few_words(token.networks, token.calls_per_minute),
        in_few_words(" ".join(after["networks"]), after["calls_per_minute"]),
    )


def _about(request, job):
    back, origin = _origin(job.account, QueryDict(job.query))
    return {
        "job": job,
        "words": BULK_WORDS[job.action],
        "shown": f":{SHOWN}",
        "back": back,
        "origin": origin,
    }


def _results(request, job):
    tally = job.tally
    context = _about(request, job) | {
        "tally": tally,
        "past": job.size - tally[ItemOutcome.WAITING],
    }
    return context if job.free_at else context | _outcomes(request, job, tally)


def _outcomes(request, job, tally):
    """Return what the page of a job shows that has ended."""
    only = request.GET.get("only", "")
    outcome = only if only in ItemOutcome else None
    items = job.items.filter(outcome=outcome) if outcome else job.items.all()
    return {
        "only": outcome,
        "outcomes": [(each, tally[each]) for each in ItemOutcome if tally[each]],
        "all": sum(tally.values()),
        "page": paginate(
            items.select_related("token__account"), "-id", request.GET.get("cursor", "")
        ),
        "may_undo": job.action in UNDOES and tally[ItemOutcome.DONE],
    }


@sensitive_post_parameters("networks")
@require_POST
@guard
def bulk_start(request, account, pk):
    job = _job(request, account, pk)
    if job.started_at:
        return redirect("tokens:bulk_job", account.pk, job.pk)
    form, counted = _form(job, request.POST), CountForm(request.POST)
    preview = _foreseen(job, form)
    if preview is None:
        return _look_over(request, job, form, None)
    size = len(preview.changing)
    if "check" in request.POST:
        return _look_over(request, job, form, preview)
    # What was confirmed is what is done: a number that has changed is shown first.
    if counted.is_valid() and counted.cleaned_data["count"] not in (None, size):
        return _look_over(request, job, form, preview, status=409, is_other=True)
    chosen = {name: form.cleaned_data[name] for name in CHOSEN if name in form.fields}
    job.start(by=Actor.of(request), size=size, left=preview.left, **chosen)
    return redirect("tokens:bulk_job", account.pk, job.pk)


@require_POST
@guard
def bulk_stop(request, account, pk):
    job = _job(request, account, pk)
    if job.started_at is None:
        raise Http404
    job.stop()
    return redirect("tokens:bulk_job", account.pk, job.pk)


@require_POST
@guard
def bulk_undo(request, account, pk):
    job = _job(request, account, pk)
    if job.action not in UNDOES or not job.is_finished:
        raise RuleViolation("nothing_to_undo", "There is nothing to undo.")
    undoing = job.undo(by=Actor.of(request))
    return redirect("tokens:bulk_job", account.pk, undoing.pk)
