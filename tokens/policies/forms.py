"""The form in which a policy of one kind of token is set, once its effect was looked at."""

from datetime import datetime, time, timedelta
from functools import cached_property
from hashlib import sha256

from django import forms
from django.utils import timezone

from accounts.audit.trail import Actor
from accounts.ids import MAX_INTEGER
from accounts.rule_violations import RuleViolation
from tokens.permissions import in_view
from tokens.policies.effect import effects_of
from tokens.policies.rules import POLICY_RULES, of_kind
from tokens.policies.saving import FAREST, NOTICE, draft, save_policies, version_of

REQUIRED, LONGEST, DATE = "required", "longest", "date"


def _number(name, label, unit, help_text):
    rule = POLICY_RULES[name]
    attrs = {"data-unit": unit, "inputmode": "numeric", "autocomplete": "off"}
    return forms.IntegerField(
        label=label,
        required=False,
        min_value=rule.least,
        max_value=rule.most,
        help_text=help_text,
        widget=forms.NumberInput(attrs=attrs),
    )


class PolicyForm(forms.Form):
    """The policy for one kind: fields of rules that it cannot have are not there."""

    lifetime = forms.ChoiceField(
        label="Expiry",
        required=False,
        choices=[
            ("", "Not required"),
            (REQUIRED, "Required"),
            (LONGEST, "Required, with a longest lifetime"),
        ],
        widget=forms.RadioSelect,
    )
    longest_days = _number(
        "longest_days",
        "Longest lifetime",
        "days",
        "Counted whenever an expiry is set. Presets that are longer are left out.",
    )
    note_required = forms.BooleanField(
        label="Each needs a note that says what it is for", required=False
    )
    filters_required = forms.BooleanField(
        label="Each needs at least one filter: none shows everything", required=False
    )
    networks_required = forms.BooleanField(
        label="Each is kept to networks that it is used from", required=False
    )
    scopes_required = forms.BooleanField(
        label="Each is kept to scopes: none can do everything", required=False
    )
    least_overlap_hours = _number(
        "least_overlap_hours",
        "Shortest overlap of a rotation",
        "hours",
        "For so long the old secret works on at least. A rotation can still be finished "
        "by hand.",
    )
    unused_days = _number(
        "unused_days",
        "Disabled when unused for",
        "days",
        "Neither used nor changed. Announced 14 days before; whoever needs it enables it "
        "again.",
    )
    ends = forms.ChoiceField(
        label="Tokens that do not keep to it",
        required=False,
        choices=[("", "Work on, and are listed"), (DATE, "Are disabled after a date")],
        widget=forms.RadioSelect,
    )
    ends_on = forms.DateField(
        label="Last day",
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    version = forms.IntegerField(
        required=False, min_value=0, max_value=MAX_INTEGER, widget=forms.HiddenInput
    )
    agreed = forms.CharField(required=False)

    def __init__(self, *args, account, user, policies, kind, **kwargs):
        policy = policies[kind]
        super().__init__(
            *args, initial=_initial(policy, version_of(policies)), **kwargs
        )
        self.account, self.user, self.policy = account, user, policy
        self._leave_out(of_kind(kind))
        if "ends_on" in self.fields:
            today = timezone.localdate()
            self.fields["ends_on"].widget.attrs |= {
                "min": (today + NOTICE + timedelta(days=1)).isoformat(),
                "max": (today + FAREST - timedelta(days=1)).isoformat(),
            }

    def _leave_out(self, rules):
        for name, rule in NEEDED.items():
            if rule not in rules:
                del self.fields[name]

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("lifetime") == LONGEST and not cleaned.get("longest_days"):
            self._need("longest_days", "Say how many days.")
        if cleaned.get("ends") == DATE and not cleaned.get("ends_on"):
            self._need("ends_on", "Choose a day.")
        if not self.errors:
            self._draft(cleaned)
        return cleaned

    def _draft(self, cleaned):
        try:
            cleaned["draft"] = draft(self.policy, self._values(cleaned))
        except RuleViolation as refusal:
            # All else was checked by the fields themselves.
            self.add_error("ends_on", refusal.message)

    def _need(self, name, words):
        if name not in self.errors:
            self.add_error(name, words)

    def _values(self, cleaned):
        values = {
            name: cleaned[name]
            for name in of_kind(self.policy.kind)
            if name in cleaned and name != "longest_days"
        }
        lifetime = cleaned.get("lifetime")
        return values | {
            "expiry_required": bool(lifetime),
            "longest_days": cleaned.get("longest_days")
            if lifetime == LONGEST
            else None,
            "ends_outside_at": self._ends_at(cleaned),
        }

    def _ends_at(self, cleaned):
        if cleaned.get("ends") != DATE:
            return None
        day, known = cleaned["ends_on"], self.policy.ends_outside_at
        # A day that was announced stays the moment that was announced.
        if known and timezone.localdate(known) == day:
            return known
        zone = timezone.get_current_timezone()
        return datetime.combine(day, time(23, 59, 59), tzinfo=zone)

    @cached_property
    def effects(self):
        """The Effects of saving what was typed, or of what holds now; None with mistakes."""
        if self.is_bound and "draft" not in self.cleaned_data:
            return None
        policy = self.cleaned_data["draft"] if self.is_bound else self.policy
        visible = in_view(self.account, self.user)
        return effects_of(policy, visible=visible)

    @property
    def key(self):
        """A key of what the person agrees to: it changes when what is affected does."""
        facts = [
            (each.rule, each.tokens, each.accounts, str(each.until))
            for each in self.effects.effects
        ]
        return sha256(repr((facts, self.effects.called_off)).encode()).hexdigest()[:16]

    @property
    def is_agreed(self):
        """Whether nothing is affected, or the person has looked at what is."""
        affects = self.effects.effects or self.effects.called_off
        return not affects or self.cleaned_data["agreed"] == self.key

    def save(self, request):
        """Set the policy; raises Stale when somebody else has set one meanwhile."""
        save_policies(
            self.account,
            [self.cleaned_data["draft"]],
            by=Actor.of(request),
            version=self.cleaned_data["version"],
        )


# Which rule each field is there for.
NEEDED = {
    "lifetime": "expiry_required",
    "longest_days": "longest_days",
    "note_required": "note_required",
    "filters_required": "filters_required",
    "networks_required": "networks_required",
    "scopes_required": "scopes_required",
    "least_overlap_hours": "least_overlap_hours",
    "unused_days": "unused_days",
    "ends": "ends_outside_at",
    "ends_on": "ends_outside_at",
}


def _initial(policy, version):
    lifetime = REQUIRED if policy.expiry_required else ""
    ends_at = policy.ends_outside_at
    return policy.rules | {
        "lifetime": LONGEST if policy.longest_days else lifetime,
        "ends": DATE if ends_at else "",
        "ends_on": ends_at and timezone.localdate(ends_at),
        "version": version,
    }
