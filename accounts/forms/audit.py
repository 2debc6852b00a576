from django import forms

from accounts.forms.ids import IdField
from accounts.forms.times import TimeField
from accounts.models import Action, Membership, User

SUGGESTED_PEOPLE = 100
LONGEST_LABEL = 254
GROUPS = {
    "Tokens and their refused calls": (
        "token_",
        "remind",
        "calendar_",
        "refusals_",
        "webhook_",
    ),
    "Shared tokens, filters and views": ("share_", "filter_", "view_"),
    "Accounts": ("account_", "organisation_", "policy_"),
    "People": ("user_", "groups_", "password_reset_", "sessions_"),
    "Logins": (
        "login",
        "logout",
        "password_changed",
        "mfa_",
        "provider_",
        "sign_in_",
        "break_glass_",
    ),
    "Exports, keys and gateways": ("audit_", "tokens_", "keys_", "gateway_"),
}
LOOKUPS = {
    "what": "action__in",
    "token": "token_id",
    "since": "created_at__gte",
    "until": "created_at__lte",
}


def grouped_actions():
    return [
        (heading, [choice for choice in Action.choices if choice[0].startswith(starts)])
        for heading, starts in GROUPS.items()
    ]


class ActorsField(forms.MultipleChoiceField):
    """Any names: whom the trail does not know, it has nothing of."""

    def valid_value(self, value):
        return len(value) <= LONGEST_LABEL and "\x00" not in value


class AuditForm(forms.Form):
    """The filters of an audit trail."""

    who = ActorsField(required=False, widget=forms.CheckboxSelectMultiple)
    what = forms.MultipleChoiceField(
        required=False, choices=grouped_actions, widget=forms.CheckboxSelectMultiple
    )
    token = IdField(
        required=False,
        label="Token id",
        widget=forms.NumberInput({"placeholder": "Any token"}),
    )
    since = TimeField(required=False, label="From")
    until = TimeField(required=False, label="To")

    def __init__(self, *args, account, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["who"].choices = self._people(account)

    def _people(self, account):
        found = Membership.objects.accepted().filter(account=account)
        if account.is_main:
            home = account.organisation_id
            found = Membership.objects.accepted().filter(account__organisation=home)
        emails = User.objects.filter(pk__in=found.values("user"))
        emails = emails.order_by("email").values_list("email", flat=True)
        asked = self.data.getlist("who")
        return [(email, email) for email in _merge(asked, emails[:SUGGESTED_PEOPLE])]

    def narrow(self, events):
        """Return the events that are asked for; none when the question is wrong."""
        if not self.is_valid():
            return events.none()
        asked = self.cleaned_data
        if asked["who"]:
            events = events.by(asked["who"])
        return events.filter(
            **{look: asked[name] for name, look in LOOKUPS.items() if asked[name]}
        )

    @property
    def is_asked(self):
        return any(self.data.get(name) for name in self.fields)


def _merge(asked, suggested):
    return list(dict.fromkeys([*asked, *suggested]))
