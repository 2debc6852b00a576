"""The forms of tokens. The verb of each is a method that asks the model."""

from contextlib import contextmanager
from datetime import datetime, time, timedelta

from django import forms
from django.db import models, transaction
from django.utils import timezone
from django.utils.formats import date_format

from accounts.clock import clock
from accounts.forms.find import AskedForm
from accounts.forms.ids import IdField, VersionField
from accounts.names import NameField
from accounts.rule_violations import RuleViolation
from tokens.kinds import OF_INSTALLATION, OVERLAPS, Kind
from tokens.least_privilege import in_words_of
from tokens.limits import MAX_NAME, MAX_NOTE, MOST_CALLS
from tokens.models import Token
from tokens.networks import MOST_NETWORKS, read_networks
from tokens.policies.checks import allows_overlap, counted, is_kept_endless, of_token
from tokens.privilege_forms import May, PrivilegeForm, keep_within
from tokens.restrictions import in_words, outlook
from tokens.secrets import masked_within
from tokens.states import State

PRESETS = (7, 30, 60, 90, 365)
LATEST = timedelta(days=3660)
SATURDAY = 5
RECENTLY = timedelta(days=7)
RESTRICTIONS = ("networks", "calls_per_minute")


class RuleForm(forms.Form):
    """A form whose rules are the model's."""

    @contextmanager
    def explaining(self):
        """Put a refusal that is about a field at that field."""
        try:
            yield
        except RuleViolation as refusal:
            if refusal.field not in self.fields:
                raise
            self.add_error(refusal.field, refusal.message)


class Expiry(models.TextChoices):
    NEVER = "never", "Never"
    DATE = "date", "On a date …"


class ExpiryForm(RuleForm):
    """When a token ends. Cleaned, `expires_at` is the moment, or None for never."""

    expires_at = forms.ChoiceField(label="Expires")
    expires_on = forms.DateField(
        label="Last day",
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text="It works until the end of that day.",
    )

    def __init__(self, *args, presets=PRESETS, endless=True, policy=None, **kwargs):
        super().__init__(*args, **kwargs)
        now, latest = timezone.localtime(), LATEST
        if policy and policy.expiry_required:
            endless = False
            self.fields["expires_at"].help_text = "The policy asks for an expiry."
        if policy and policy.longest_days:
            presets = [days for days in presets if days < policy.longest_days]
            presets.append(policy.longest_days)
            # The end of its day would be too late.
            latest = policy.longest - timedelta(days=1)
            days = counted(policy.longest_days, "day")
            self.fields["expires_at"].help_text = f"The policy allows {days} at most."
        never = [(Expiry.NEVER.value, Expiry.NEVER.label)] if endless else []
        later = [(str(days), _in_days(days, now)) for days in presets]
        self.fields["expires_at"].choices = [
            *never,
            *later,
            (Expiry.DATE.value, Expiry.DATE.label),
        ]
        self.fields["expires_on"].widget.attrs |= {
            "min": now.date().isoformat(),
            "max": (now + latest).date().isoformat(),
        }

    def clean_expires_on(self):
        day = self.cleaned_data["expires_on"]
        today = timezone.localdate()
        if day and not today <= day <= today + LATEST:
            raise forms.ValidationError("Choose a day in the next ten years.")
        return day

    def clean(self):
        cleaned = super().clean()
        choice = cleaned.get("expires_at")
        if choice == Expiry.DATE:
            cleaned["expires_at"] = self._end_of(cleaned.get("expires_on"))
        elif choice == Expiry.NEVER:
            cleaned["expires_at"] = None
        elif choice:
            cleaned["expires_at"] = clock.now() + timedelta(days=int(choice))
        return cleaned

    def _end_of(self, day):
        if day:
            zone = timezone.get_current_timezone()
            return datetime.combine(day, time(23, 59, 59), tzinfo=zone)
        if "expires_on" not in self.errors:
            self.add_error("expires_on", "Choose a date.")
        return None


def _in_days(days, now):
    end = now + timedelta(days=days)
    label = "1 year" if days == 365 else f"{days} day{'' if days == 1 else 's'}"
    weekend = ", a weekend" if end.weekday() >= SATURDAY else ""
    return f"{label} ({date_format(end, 'D j M Y')}{weekend})"


class RestrictionForm(RuleForm, PrivilegeForm):
    """Where a token may be used, how often, and what for. Cleaned, `networks` is as a token has them.

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
        """What the model is given of it."""
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
        """What the token can do, in a sentence, or nothing while that is not clear."""
        if not self.is_bound:
            return in_words("", None)
        if self.errors.keys() & {*RESTRICTIONS}:
            return ""
        cleaned = self.cleaned_data
        return in_words(cleaned["networks"], cleaned.get("calls_per_minute"))


class TokenForm(RestrictionForm, ExpiryForm):
    """A new token: only its name is asked, the rest is folded."""

    name = NameField(
        max_length=MAX_NAME,
        widget=forms.TextInput(
            attrs={
                "placeholder": "What uses it, for example Terraform",
                "autocomplete": "off",
                "autofocus": True,
            }
        ),
        error_messages={"required": "Give the token a name."},
    )
    expires_at = forms.ChoiceField(label="Expires", required=False)
    note = forms.CharField(
        max_length=MAX_NOTE,
        widget=forms.TextInput(
            attrs={
                "placeholder": "What it is for: the policy asks",
                "autocomplete": "off",
            }
        ),
        error_messages={"required": "Say what it is for."},
    )

    def __init__(self, *args, policy=None, **kwargs):
        super().__init__(*args, policy=policy, **kwargs)
        self.asks_expiry = bool(policy and policy.expiry_required)
        if not (policy and policy.note_required):
            del self.fields["note"]

    def issue(self, *, account, kind, by):
        """Return the token, or None when a rule stands against what was typed."""
        with self.explaining():
            token, _ = Token.issue(
                account=account,
                kind=kind,
                name=" ".join(self.cleaned_data["name"].split()),
                note=self.cleaned_data.get("note", ""),
                expires_at=self.cleaned_data["expires_at"] or None,
                by=by,
                **self.restrictions,
                **self.privileges,
            )
            return token
        return None


class ChangeForm(RuleForm):
    """A change of one token, made to the version of it that the person saw."""

    version = VersionField(required=False)

    def __init__(self, *args, token, **kwargs):
        super().__init__(*args, **kwargs)
        self.token = token
        self.initial["version"] = token.version

    @property
    def seen(self):
        return self.cleaned_data["version"]


class RenameForm(ChangeForm):
    name = NameField(
        max_length=MAX_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
        error_messages={"required": "Give the token a name."},
    )

    def __init__(self, *args, token, **kwargs):
        super().__init__(*args, token=token, **kwargs)
        self.initial["name"] = token.name

    def rename(self, *, by):
        """Return whether it was done; otherwise the form says why not."""
        with self.explaining():
            self.token.rename(self.cleaned_data["name"], by=by, version=self.seen)
            return True
        return False


class NoteForm(ChangeForm):
    """What a token is for. The model counts it: browsers send a line's end as two."""

    note = forms.CharField(
        required=False,
        widget=forms.Textarea(
            attrs={"rows": 4, "maxlength": MAX_NOTE, "autofocus": True}
        ),
        help_text=f"What uses it, and whom to ask. Up to {MAX_NOTE} characters.",
    )

    def __init__(self, *args, token, **kwargs):
        super().__init__(*args, token=token, **kwargs)
        self.initial["note"] = token.note
        policy = of_token(token)
        if token.note and policy and policy.note_required:
            self.fields["note"].required = True
            self.fields["note"].error_messages["required"] = (
                "The policy asks for a note: say what it is for."
            )

    def set_note(self, *, by):
        """Return whether it was done; otherwise the form says why not.

        No page shows a secret, so that one which was typed comes back masked.
        """
        note = self.cleaned_data["note"]
        with self.explaining():
            self.token.set_note(note, by=by, version=self.seen)
            return True
        self.data = {"note": masked_within(note), "version": self.data.get("version")}
        return False


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

    @property
    def outlook(self):
        """The Outlook of what the form says now, or None while that is not clear."""
        if not self.is_bound:
            return outlook(self.token, self.token.networks)
        if "networks" in self.errors:
            return None
        return outlook(self.token, self.cleaned_data["networks"])

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
        """What the token loses for good: nothing, when nothing was said of it."""
        if not self.is_bound or self.cleaned_data.get("held") is None:
            return {}
        accounts = self.privileges["accounts"]
        if accounts is None and self.token.kept_to:
            accounts = []
        return {"scopes": self.cleaned_data["held"], "accounts": accounts}

    has_narrowed = False

    def restrict(self, *, by):
        """Return whether it was done; otherwise the form says why not."""
        before = self.token.scopes, self.token.kept_to
        with self.explaining(), transaction.atomic():
            self.token.limit_use(**self.restrictions, by=by, version=self.seen)
            self.token.restrict(**self.narrows, by=by)
            self.has_narrowed = (self.token.scopes, self.token.kept_to) != before
            return True
        # What came before the refusal is taken back, too.
        self.token.refresh_from_db()
        return False


class SetExpiryForm(ChangeForm, ExpiryForm):
    # Undo brings the very moment back, and not the end of its day.
    exactly = forms.DateTimeField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, token, **kwargs):
        policy = of_token(token)
        if policy and is_kept_endless(token):
            policy = None
        super().__init__(*args, token=token, policy=policy, **kwargs)
        if token.expires_at:
            self.initial["expires_at"] = Expiry.DATE.value
            self.initial["expires_on"] = timezone.localdate(token.expires_at)

    def set_expiry(self, *, by):
        """Return whether it was done; otherwise the form says why not."""
        moment = self._exactly() or self.cleaned_data["expires_at"]
        with self.explaining():
            self.token.set_expiry(moment, by=by, version=self.seen)
            return True
        return False

    def _exactly(self):
        moment, day = (
            self.cleaned_data.get(name) for name in ("exactly", "expires_on")
        )
        return moment if moment and timezone.localdate(moment) == day else None

    @staticmethod
    def sent_for(moment):
        """Return what is sent to have a token end at a moment, or never."""
        if moment is None:
            return {"expires_at": Expiry.NEVER.value}
        return {
            "expires_at": Expiry.DATE.value,
            "expires_on": timezone.localdate(moment).isoformat(),
            "exactly": moment.isoformat(),
        }


class OverlapForm(RuleForm):
    overlap = forms.ChoiceField(
        label="The old secret stops",
        choices=[
            ("now", "now: callers that still use it fail at once"),
            ("1h", "in 1 hour"),
            ("24h", "in 24 hours"),
            ("7d", "in 7 days"),
        ],
        initial="24h",
        widget=forms.RadioSelect,
    )


class HandOverForm(RuleForm):
    keeper = forms.EmailField(
        label="Who answers for them from now on",
        max_length=254,
        help_text="The e-mail of an active member of the organisation.",
        error_messages={"required": "Say who answers for them from now on."},
    )

    def clean_keeper(self):
        return self.cleaned_data["keeper"].lower()


class RotateForm(ChangeForm, OverlapForm):
    def __init__(self, *args, token, **kwargs):
        super().__init__(*args, token=token, **kwargs)
        policy, field = of_token(token), self.fields["overlap"]
        if policy and policy.least_overlap_hours:
            field.choices = [
                (name, words)
                for name, words in field.choices
                if allows_overlap(policy, OVERLAPS[name])
            ]
            field.initial = field.choices[0][0]
            least = counted(policy.least_overlap_hours, "hour")
            field.help_text = f"The policy asks for an overlap of at least {least}."

    def rotate(self, *, by):
        overlap = OVERLAPS[self.cleaned_data["overlap"]]
        self.token.rotate(by=by, overlap=overlap, version=self.seen)


class EndRotationForm(ChangeForm):
    """The end of a rotation, in one direction or the other."""

    def finish(self, *, by):
        self.token.finish_rotation(by=by, version=self.seen)

    def roll_back(self, *, by):
        self.token.roll_back(by=by, version=self.seen)


class DisableForm(ChangeForm):
    """Who could not enable the token again has to say why it is disabled."""

    reason = NameField(
        max_length=200,
        required=False,
        help_text="Its admins read this in the list and in the audit trail.",
        error_messages={"required": "Say why, for the admins of the account."},
    )

    def __init__(self, *args, must_explain, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = must_explain

    def disable(self, *, by):
        reason = self.cleaned_data["reason"]
        self.token.disable(by=by, reason=reason, version=self.seen)


def used_lately(token):
    """Whether somebody is likely to notice when a token stops."""
    used = token.last_used_at
    return used is not None and used >= clock.now() - RECENTLY


class DeleteForm(ChangeForm):
    """A token that was used lately is only deleted by who types its name."""

    typed = forms.CharField(
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Type the name of the token."},
    )

    def __init__(self, *args, token, **kwargs):
        super().__init__(*args, token=token, **kwargs)
        if not used_lately(token):
            del self.fields["typed"]
        else:
            self.fields["typed"].label = f"Type {token.name} to confirm"

    def clean_typed(self):
        typed, name = (
            " ".join(text.split())
            for text in (self.cleaned_data["typed"], self.token.name)
        )
        if typed != name:
            raise forms.ValidationError("That is not the name of the token.")

    def delete(self, *, by):
        self.token.delete_softly(by=by, version=self.seen)


# What the lists of one kind tell apart; a paused token is a disabled one there.
STATES = [
    (state.value, state.label)
    for state in (State.ACTIVE, State.DISABLED, State.EXPIRED)
]
SORTS = ("created_at", "name", "last_used_at", "expires_at")


class ListForm(AskedForm):
    """The query of a list."""

    q = forms.CharField(required=False, max_length=MAX_NAME)
    state = forms.ChoiceField(required=False, choices=STATES)
    sort = forms.ChoiceField(
        required=False,
        choices=[(f"{sign}{name}", name) for name in SORTS for sign in ("", "-")],
    )
    cursor = forms.CharField(required=False, max_length=1000)
    token = IdField(required=False)
    added = IdField(required=False)
    new = forms.BooleanField(required=False)
    name = forms.CharField(required=False, max_length=MAX_NAME)

    def read(self):
        return self.asked | {"sort": self.asked["sort"] or "-created_at"}
