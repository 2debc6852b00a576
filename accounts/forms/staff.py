from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from accounts.forms.times import TimeField
from accounts.ids import MAX_INTEGER
from accounts.lifecycle import edit_organisation
from accounts.members import found_with_admin
from accounts.models import Account, Organisation, User
from accounts.names import NameField, validate_seen
from accounts.plans import Plan
from accounts.rule_violations import RuleViolation

MOST = MaxValueValidator(MAX_INTEGER)


class OrganisationForm(forms.ModelForm):
    """An organisation's plan and policies."""

    class Meta:
        model = Organisation
        fields = [
            "plan",
            "trial_ends_at",
            "daily_gb",
            "is_flexible",
            "is_consumption",
            "hard_cap_gb",
            "warm_tier",
            "unique_time_series",
            "monthly_spans",
            "daily_scan_gb",
            "max_sub_accounts",
            "max_metrics_accounts",
            "max_tracing_accounts",
            "max_security_accounts",
            "allows_endless_links",
            "allows_minting",
        ]
        field_classes = {"trial_ends_at": TimeField}
        labels = {
            "trial_ends_at": "Trial ends",
            "daily_gb": "Daily volume, GB",
            "is_flexible": "Flexible volume",
            "is_consumption": "Consumption plan",
            "hard_cap_gb": "Cap of the usage limits, GB",
            "warm_tier": "Warm tier",
            "unique_time_series": "Unique time series",
            "monthly_spans": "Spans a month",
            "daily_scan_gb": "Daily scan volume, GB",
            "max_sub_accounts": "Sub accounts",
            "max_metrics_accounts": "Metrics accounts",
            "max_tracing_accounts": "Tracing accounts",
            "max_security_accounts": "Security accounts",
            "allows_endless_links": "Shared tokens without an expiry",
            "allows_minting": "API tokens made with the main account's token",
        }
        help_texts = {
            "is_flexible": "Accounts reserve a part and share the rest.",
            "is_consumption": "Accounts have a usage limit instead of a volume.",
            "allows_endless_links": "Links made with them never stop by themselves.",
            "allows_minting": "For automation that sets up child accounts.",
        }

    PLAN = ("plan", "trial_ends_at")
    VOLUMES = (
        "daily_gb",
        "daily_scan_gb",
        "hard_cap_gb",
        "unique_time_series",
        "monthly_spans",
    )
    MODES = ("is_flexible", "is_consumption", "warm_tier")
    LIMITS = (
        "max_sub_accounts",
        "max_metrics_accounts",
        "max_tracing_accounts",
        "max_security_accounts",
    )
    POLICIES = ("allows_endless_links", "allows_minting")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in (*self.VOLUMES, *self.LIMITS):
            self.fields[name].validators += [MinValueValidator(0), MOST]
            self.fields[name].widget.attrs |= {"min": 0, "step": "any"}

    def clean(self):
        super().clean()
        if self.cleaned_data["is_flexible"] and self.cleaned_data["is_consumption"]:
            self.add_error(
                "is_consumption", "A plan is either flexible or by consumption."
            )

    @property
    def sections(self):
        """The fields by heading, in the order of the page."""
        headings = {
            "Plan": self.PLAN,
            "Volumes": self.VOLUMES,
            "How volume is given out": self.MODES,
            "Accounts at most": self.LIMITS,
            "Policies": self.POLICIES,
        }
        return [
            (heading, [self[name] for name in names])
            for heading, names in headings.items()
        ]

    def edit(self, *, by):
        changed = {name: self.cleaned_data[name] for name in self.changed_data}
        edit_organisation(self.instance, by=by, **changed)


class FoundingForm(forms.Form):
    """A new organisation and the person who is to run it."""

    name = forms.CharField(
        max_length=100,
        validators=Account._meta.get_field("name").validators,
        help_text="Its main account gets this name, too.",
        widget=forms.TextInput({"autofocus": True, "autocomplete": "off"}),
    )
    plan = forms.ChoiceField(choices=Plan, initial=Plan.PRO)
    trial_ends_at = TimeField(
        required=False, label="Trial ends", help_text="Empty for none."
    )
    daily_gb = forms.FloatField(
        min_value=0, validators=[MOST], initial=10, label="Daily volume, GB"
    )
    email = forms.EmailField(
        max_length=254,
        label="First admin's e-mail",
        validators=[validate_seen],
        help_text="Gets a mail with a link to choose a password.",
        widget=forms.EmailInput({"autocomplete": "off"}),
    )
    full_name = NameField(
        max_length=User._meta.get_field("full_name").max_length,
        required=False,
        label="First admin's name",
        widget=forms.TextInput({"autocomplete": "off"}),
    )

    status = 422

    def found(self, *, by):
        """Return the main account, or None and the reason on its field."""
        try:
            return found_with_admin(by=by, **self.cleaned_data)
        except RuleViolation as refusal:
            self.add_error(refusal.field, refusal.message)
            self.status = refusal.status
            return None


class ReasonForm(forms.Form):
    reason = NameField(
        max_length=200,
        help_text="The organisation's people see it.",
        widget=forms.TextInput({"autofocus": True, "autocomplete": "off"}),
    )
