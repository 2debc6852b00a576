"""Forms of Manage accounts: one for each kind of account, the same to create and edit."""

from copy import copy

from django import forms

from accounts.forms.ids import VersionField
from accounts.forms.pickers import AccountsField
from accounts.lifecycle import edit_account, open_account
from accounts.lists import LISTS, candidates
from accounts.models import Account, AccountKind
from accounts.rule_violations import RuleViolation
from accounts.web.form_status import status_of

EVERY_MINUTES = (10, 30, 60)
FLAGS = ("accessible", "searchable")


class AccountForm(forms.ModelForm):
    """Fields of every kind of account; those in `advanced` are folded away."""

    version = VersionField(required=False)

    advanced = ("accessible",)
    # A field -> the part of the plan that it needs.
    needs = {}

    class Meta:
        model = Account
        fields = ["name", "accessible"]
        labels = {"accessible": "Enable main account users to access this account"}
        help_texts = {
            "accessible": "Off: only people who are added to it can enter, and its "
            "tokens are out of reach of the main account's admins."
        }

    def __init__(self, data=None, *, account, find="", **kwargs):
        # The form writes on its instance, also when the plan then refuses it.
        super().__init__(data, instance=copy(account), label_suffix="", **kwargs)
        self.account = account
        self.status = status_of(self)
        self.fields["name"].widget.attrs |= {"autocomplete": "off", "spellcheck": False}
        self.fields["version"].initial = account.version
        self.initial |= _without_point_zero(self.initial)
        for name, part in self.needs.items():
            if not (getattr(account.organisation, part) or HAS[part](account)):
                del self.fields[name]
        for name in set(LISTS) & set(self.fields):
            self.fields[name].queryset = candidates(self.instance, name)
            self.fields[name].widget.find = find

    @property
    def basic_fields(self):
        return [
            field for field in self.visible_fields() if field.name not in self.advanced
        ]

    @property
    def advanced_fields(self):
        return [field for field in self.visible_fields() if field.name in self.advanced]

    @property
    def is_advanced_asked(self):
        """Whether the folded part must be seen: a mistake, or a search for accounts."""
        return any(
            field.errors or getattr(field.field.widget, "text", "")
            for field in self.advanced_fields
        )

    @property
    def changes_flags(self):
        return bool(set(FLAGS) & set(self.changed_data))

    def values(self):
        """Return what the account gets, by the names of its own fields."""
        # A list that was left alone keeps its order, which the form does not know.
        kept = {"version", *set(LISTS).difference(self.changed_data)}
        return {
            name: value for name, value in self.cleaned_data.items() if name not in kept
        }

    def open(self, *, by):
        """Create the account and return it; None when it is refused."""
        account = self.instance
        return self._unless_refused(
            open_account, account.organisation, kind=account.kind, by=by
        )

    def edit(self, account, *, by):
        """Change the account; the form is not valid any more when it is refused."""
        version = self.cleaned_data["version"]
        # What is refused must not show up in the page around the form either.
        self._unless_refused(edit_account, copy(account), version=version, by=by)

    def _unless_refused(self, action, *args, **kwargs):
        try:
            return action(*args, **kwargs, **self.values())
        except RuleViolation as refusal:
            field = refusal.field if refusal.field in self.fields else None
            self.add_error(field, refusal.message)
            self.status = 422 if refusal.field else refusal.status
            return None


def _without_point_zero(values):
    return {
        name: int(value)
        for name, value in values.items()
        if isinstance(value, float) and value.is_integer()
    }


# A part of the plan -> whether an account still has it although the plan lost it.
HAS = {
    "is_flexible": lambda account: account.is_flexible,
    "is_consumption": lambda account: account.soft_limit_gb is not None,
    "warm_tier": lambda account: account.snap_search_retention_days is not None,
}


class LogForm(AccountForm):
    """A main or a sub account."""

    utilization_frequency_minutes = forms.TypedChoiceField(
        label="Save account utilization metrics",
        required=False,
        coerce=int,
        empty_value=None,
        help_text="Writes the account's own usage into it as logs.",
    )
    sharing_objects_accounts = AccountsField(
        label="Use objects from these accounts",
        help_text="Their dashboards, visualizations and saved searches.",
    )

    advanced = (
        *FLAGS,
        "snap_search_retention_days",
        "utilization_frequency_minutes",
        "doc_size_setting",
        "sharing_objects_accounts",
    )
    needs = {
        "is_flexible": "is_flexible",
        "reserved_daily_gb": "is_flexible",
        "soft_limit_gb": "is_consumption",
        "snap_search_retention_days": "warm_tier",
    }

    class Meta(AccountForm.Meta):
        fields = [
            "name",
            "retention_days",
            "is_flexible",
            "reserved_daily_gb",
            "max_daily_gb",
            "soft_limit_gb",
            "accessible",
            "searchable",
            "snap_search_retention_days",
            "utilization_frequency_minutes",
            "doc_size_setting",
            "sharing_objects_accounts",
        ]
        labels = AccountForm.Meta.labels | {
            "retention_days": "Retention in days",
            "is_flexible": "Use flexible volume",
            "reserved_daily_gb": "Reserved volume in GB",
            "max_daily_gb": "Daily volume in GB",
            "soft_limit_gb": "Usage limit in GB a day",
            "searchable": "Searchable from the main account",
            "snap_search_retention_days": "Warm tier in days",
            "doc_size_setting": "Save log size",
        }
        help_texts = AccountForm.Meta.help_texts | {
            "is_flexible": "A reserved volume is guaranteed; above it the account "
            "draws on what the plan shares, up to its cap.",
            "doc_size_setting": "Adds the field LogSize, in bytes, to each log.",
            "snap_search_retention_days": "After the retention. Fewer days delete what "
            "is older; a sub account has no more than the main account.",
        }

    def __init__(self, data=None, *, account, **kwargs):
        super().__init__(data, account=account, **kwargs)
        if "is_flexible" in self.fields:
            self._explain_flexible()
        self._offer_frequencies(account)

    def _explain_flexible(self):
        cap, reserved = self.fields["max_daily_gb"], self.fields["reserved_daily_gb"]
        cap.label = "Daily volume or cap in GB"
        cap.help_text = "With flexible volume this is the cap; empty for no cap."
        reserved.required = True

    def _offer_frequencies(self, account):
        field = self.fields["utilization_frequency_minutes"]
        current = account.utilization_frequency_minutes
        minutes = sorted({*EVERY_MINUTES, current or EVERY_MINUTES[0]})
        every = [(each, f"Every {each} minutes") for each in minutes]
        field.choices = [("", "Off"), *every]
        if not account.utilization_enabled:
            self.initial["utilization_frequency_minutes"] = None

    def clean(self):
        cleaned = super().clean()
        if "is_flexible" in cleaned and not cleaned["is_flexible"]:
            # The field is hidden then, whatever it holds.
            self.errors.pop("reserved_daily_gb", None)
            cleaned["reserved_daily_gb"] = None
        return cleaned

    def values(self):
        values = super().values()
        every = values["utilization_frequency_minutes"]
        return values | {"utilization_enabled": every is not None}


class MainForm(LogForm):
    """The main account: always open, and without flexible volume it has the rest."""

    needs = LogForm.needs | {"max_daily_gb": "is_flexible"}

    class Meta(LogForm.Meta):
        fields = [name for name in LogForm.Meta.fields if name not in FLAGS]


class MetricsForm(AccountForm):
    authorized_accounts = AccountsField(
        label="Read access",
        help_text="Accounts whose tokens may query these metrics, besides the main one.",
    )

    class Meta(AccountForm.Meta):
        fields = ["name", "plan_uts", "authorized_accounts", "accessible"]
        labels = AccountForm.Meta.labels | {"plan_uts": "Unique time series"}


class TracingForm(AccountForm):
    authorized_accounts = AccountsField(
        label="Read access",
        help_text="Accounts whose tokens may query these traces, besides the main one.",
    )

    needs = {"soft_limit_gb": "is_consumption"}

    class Meta(AccountForm.Meta):
        fields = [
            "name",
            "monthly_spans",
            "daily_multiplier",
            "soft_limit_gb",
            "authorized_accounts",
            "accessible",
        ]
        labels = AccountForm.Meta.labels | {
            "monthly_spans": "Spans a month",
            "daily_multiplier": "Daily multiplier",
            "soft_limit_gb": "Usage limit in GB a day",
        }
        help_texts = AccountForm.Meta.help_texts | {
            "daily_multiplier": "How many times a day's share of the spans one day may take.",
            "soft_limit_gb": "Above it the account stops; with 0 at once.",
        }


class SecurityForm(AccountForm):
    accounts_to_scan = AccountsField(
        label="Read permission", help_text="Accounts whose logs it scans."
    )

    class Meta(AccountForm.Meta):
        fields = [
            "name",
            "accounts_to_scan",
            "is_using_repository_account",
            "accessible",
        ]
        labels = AccountForm.Meta.labels | {
            "is_using_repository_account": "Keep findings in a repository account"
        }


FORM_OF_KIND = {
    AccountKind.MAIN: MainForm,
    AccountKind.SUB: LogForm,
    AccountKind.METRICS: MetricsForm,
    AccountKind.TRACING: TracingForm,
    AccountKind.SECURITY: SecurityForm,
}
