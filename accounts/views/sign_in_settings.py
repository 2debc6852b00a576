"""How the people of an organisation sign in, for the admins of its main account."""

from allauth.socialaccount.models import SocialAccount
from django.contrib import messages
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.audit.trail import Actor
from accounts.forms.providers import RequiredForm
from accounts.identity import required
from accounts.models import RequiredSignIn
from accounts.permissions import Operation, for_account
from accounts.rule_violations import RuleViolation
from accounts.web.form_status import status_of


@require_http_methods(["GET", "HEAD", "POST"])
@for_account(Operation.POLICY_EDIT)
def sign_in_settings(request, account):
    organisation = account.organisation
    row = RequiredSignIn.objects.filter(organisation=organisation).first()
    initial = {"required": "yes" if row else "", "break_glass": row and row.break_glass}
    posted = request.POST if request.method == "POST" else None
    form = RequiredForm(posted, account=account, initial=initial)
    if form.is_valid() and _saved(request, account, form):
        return redirect("accounts:sign_in_settings", account.pk)
    context = {
        "form": form,
        "providers": list(organisation.identity_providers.order_by("name")),
        "domains": list(organisation.email_domains.all()),
        "row": row,
        "troubles": required.troubles(organisation),
        "people": _people(organisation),
    }
    return render(
        request, "accounts/sign_in/settings.html", context, status=status_of(form)
    )


def _saved(request, account, form):
    wanted = form.cleaned_data
    try:
        if wanted["required"]:
            required.check_seen_to_work(
                request, account.organisation, wanted["break_glass"]
            )
        ended = required.set_required(
            account,
            **wanted,
            by=Actor.of(request),
            session_key=request.session.session_key,
        )
    except RuleViolation as refusal:
        form.add_error(refusal.field, refusal.message)
        return False
    told = f" {ended} sessions without it were ended." if ended else ""
    messages.success(request, f"Saved.{told}")
    return True


def _people(organisation):
    """Return how many people are of the domains, and have connected its providers."""
    people = required.people_under(organisation)
    slugs = organisation.identity_providers.values("slug")
    mine = SocialAccount.objects.filter(provider__in=slugs).values("user")
    total = people.count()
    return {"total": total, "to_connect": total - people.filter(pk__in=mine).count()}
