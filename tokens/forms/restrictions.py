"""Fields for networks and a limit of calls."""

from django import forms
from django.db import transaction

from accounts.rule_violations import RuleViolation
from tokens.forms.rules import ChangeForm, RuleForm
from tokens.kinds import OF_INSTALLATION, Kind
from tokens.least_privilege import in_words_of
from tokens.limits import MOST_CALLS
from tokens.networks import MOST_NETWORKS, read_networks
from tokens.privilege_forms import May, PrivilegeForm, keep_within
from tokens.restrictions import forecast, in_words
from tokens.secrets import masked_within

RESTRICTIONS = ("networks", "calls_per_minute")
WITHIN = (
    "One a line, each within those that are there: fewer or smaller ones, no others."
)


class RestrictionForm(RuleForm, PrivilegeForm):
    """Where, how often and for what a token may be used. `networks` is as a token has it.

    A token of the installation asks for all others, so that it has no limit.
    """

    networks = forms.CharField(
        required=False,
        max_length=10_000,
        widget=forms.Textarea(
            attrs={
                "rows": 3,
                "autocomplete": "off",
                "autocapitalize": "none",
                "spellcheck": "false",
                "placeholder": "203.0.113.0/24",
                "dir": "ltr",
            }
        ),
        help_text=f"Addresses or networks, one a line, up to {MOST_NETWORKS}. "
        "Without any it works from anywhere.",
    )
    calls_per_minute = forms.IntegerField(
        label="Calls a minute",
        required=False,
        min_value=1,
        max_value=MOST_CALLS,
        widget=forms.NumberInput(attrs={"placeholder": "any number"}),
        help_text="Over all that use it. What is more is refused until the next minute.",
    )

    asks_networks = False

    def __init__(self, *args, kind="", policy=None, **kwargs):
        super().__init__(*args, **({"policy": policy} if policy else {}), **kwargs)
        if kind in OF_INSTALLATION:
            del self.fields["calls_per_minute"]
        if policy and policy.networks_required:
            self._ask_for_networks()
        if policy and policy.scopes_required:
            self._ask_for_scopes()

    def _ask_for_scopes(self):
        field = self.fields["may"]
        field.choices = [each for each in May.choices if each[0] != May.EVERYTHING]
        field.initial = May.READ
        field.help_text = "The policy allows no token that can do everything."

    def _ask_for_networks(self):
        field, self.asks_networks = self.fields["networks"], True
        field.required = True
        field.help_text = (
            f"The policy asks for them. One a line, up to {MOST_NETWORKS}."
        )
        field.error_messages["required"] = "Say from where it is used."

    def clean_networks(self):
        lines = self.cleaned_data["networks"].splitlines()
        try:
            return read_networks(lines)
        except RuleViolation as refusal:
            # No page shows a secret, whatever field it was typed in.
            self.data = self.data.copy()
            self.data["networks"] = masked_within("\n".join(lines))
            raise forms.ValidationError(refusal.message) from None

    @property
    def restrictions(self):
        """The arguments for the model."""
        cleaned = self.cleaned_data
        return {
            "networks": cleaned["networks"].split(),
            "calls_per_minute": cleaned.get("calls_per_minute"),
        }

    @property
    def is_restricted(self):
        """Whether something was typed, so that it should be seen."""
        typed = (self[name].value() for name in RESTRICTIONS if name in self.fields)
        return self.asks_networks or self.is_narrowed or any(typed)

    @property
    def says(self):
        """A sentence that says what the token can do; nothing while that is not clear."""
        if not self.is_bound:
            return in_words("", None)
        if self.errors.keys() & {*RESTRICTIONS}:
            return ""
        cleaned = self.cleaned_data
        return in_words(cleaned["networks"], cleaned.get("calls_per_minute"))


class RestrictManyForm(RestrictionForm):
    """Networks or a limit for many tokens; what is left out stays as it is."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["networks"].help_text = (
            f"Addresses or networks, one a line, up to {MOST_NETWORKS}. "
            "Without any, each keeps those that it has."
        )
        often = self.fields["calls_per_minute"]
        often.widget.attrs["placeholder"] = "as it is"
        often.help_text = "Lower limits stay as they are."

    def clean(self):
        cleaned = super().clean()
        if not (self.errors or cleaned["networks"] or cleaned["calls_per_minute"]):
            self.add_error("networks", "Say from where, or how often.")
        return cleaned


class RestrictForm(ChangeForm, RestrictionForm):
    """Other networks or another limit for a token that may be in use."""

    def __init__(self, *args, token, **kwargs):
        is_api = token.kind == Kind.API
        kwargs["privileges_in"] = token.account if is_api else None
        super().__init__(*args, token=token, kind=token.kind, **kwargs)
        if is_api:
            keep_within(self, token)
        self.initial["networks"] = "\n".join(token.networks.split())
        self.initial["calls_per_minute"] = token.calls_per_minute
        if token.networks:
            self.fields["networks"].help_text = WITHIN
        if token.calls_per_minute:
            self._keep_limit(token.calls_per_minute)

    def _keep_limit(self, most):
        field = self.fields["calls_per_minute"]
        field.help_text = f"It is {most:,}, and can be lowered only."
        field.widget.attrs["max"] = most

    @property
    def forecast(self):
        """The Forecast of what the form says now, or None while that is not clear."""
        if not self.is_bound:
            return forecast(self.token, self.token.networks)
        if "networks" in self.errors:
            return None
        return forecast(self.token, self.cleaned_data["networks"])

    @property
    def says(self):
        if self.is_bound:
            return super().says
        return in_words(self.token.networks, self.token.calls_per_minute)

    @property
    def says_can(self):
        if "may" not in self.fields or self.is_bound:
            return super().says_can
        return in_words_of(self.token)

    @property
    def narrows(self):
        """Return what the token loses for good: nothing, when nothing was said of it."""
        if not self.is_bound or self.cleaned_data.get("held") is None:
            return {}
        accounts = self.privileges["accounts"]
        if accounts is None and self.token.kept_to:
            accounts = []
        return {"scopes": self.cleaned_data["held"], "accounts": accounts}

    def restrict(self, *, by):
        """Return whether it was done; otherwise the form says why not."""
        with self.explaining(), transaction.atomic():
            self.token.limit_use(**self.restrictions, by=by, version=self.seen)
            self.token.restrict(**self.narrows, by=by)
            return True
        # What came before the refusal is taken back, too.
        self.token.refresh_from_db()
        return False
