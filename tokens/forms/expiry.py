"""When a token ends."""

from calendar import SATURDAY
from datetime import datetime, time, timedelta

from django import forms
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format

from accounts.clock import clock
from accounts.plurals import counted
from tokens.forms.rules import ChangeForm, RuleForm
from tokens.policies.checks import is_kept_endless, of_token

PRESETS = (7, 30, 60, 90, 365)
LATEST = timedelta(days=3660)


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
