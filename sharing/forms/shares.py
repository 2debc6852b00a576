"""How a person says what a link is called, shows, and until when."""

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format

from accounts.forms.ids import VersionField
from accounts.ids import is_id
from sharing.models import Filter, Share
from sharing.scope import Operator
from sharing.summary import Summary
from tokens.forms.creation import name_field
from tokens.forms.expiry import ExpiryForm
from tokens.forms.restrictions import RestrictionForm
from tokens.kinds import Kind
from tokens.naming import MAX_NOTE
from tokens.policies.checks import policy_of

PRESETS = (1, 7, 30, 90)
KEEP = "keep"
# Further filters are found by searching.
OPTIONS = 30


class FiltersField(forms.ModelMultipleChoiceField):
    """Filters of an account by their ids; anything else that was sent is no choice."""

    default_error_messages = {
        "invalid_choice": "A filter that you chose was deleted meanwhile.",
        "invalid_pk_value": "Choose from the filters of this account.",
    }

    def clean(self, value):
        if not all(map(is_id, value or ())):
            message = self.error_messages["invalid_pk_value"]
            raise forms.ValidationError(message, code="invalid_pk_value")
        return super().clean(value)


class ShareForm(RestrictionForm, ExpiryForm):
    """The form of a link: its name, its end and its filters."""

    name = name_field("Who it is for, for example Payments board")
    find = forms.CharField(label="Find a filter", required=False, max_length=100)
    filters = FiltersField(Filter.objects.none(), required=False)
    operator = forms.ChoiceField(choices=Operator, required=False)
    shows_everything = forms.BooleanField(
        label="Show everything in this account", required=False
    )
    note = forms.CharField(
        label="Note",
        max_length=MAX_NOTE,
        widget=forms.TextInput(
            attrs={"placeholder": "What it is for", "autocomplete": "off"}
        ),
        help_text="The policy asks for a note.",
        error_messages={"required": "Say what it is for."},
    )
    agreed = forms.CharField(required=False)

    def __init__(self, *args, account, before=None, **kwargs):
        endless = account.organisation.allows_endless_links
        policy = policy_of(account, Kind.SHARED)
        super().__init__(
            *args, presets=PRESETS, endless=endless, policy=policy, **kwargs
        )
        self.account, self.before = account, before
        if not (policy and policy.note_required):
            del self.fields["note"]
        if policy and policy.filters_required:
            self._ask_for_filters()
        self.fields["filters"].queryset = account.filters.all()
        self.initial = {"expires_at": "7", "operator": Operator.AND} | self.initial

    def _ask_for_filters(self):
        # What is sent for it does not count; what is there may stay.
        if not self.initial.get("shows_everything"):
            field = self.fields["shows_everything"]
            field.disabled = True
            field.help_text = "The policy asks for at least one filter."

    def clean_operator(self):
        return self.cleaned_data["operator"] or Operator.AND

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("filters") and cleaned.get("shows_everything"):
            self.add_error(
                "shows_everything", "Untick this, or untick the filters above."
            )
        elif "filters" in cleaned and not self._chooses(cleaned):
            self.add_error(
                "filters",
                "Choose at least one filter, or tick that the link shows everything.",
            )
        return cleaned

    def _chooses(self, cleaned):
        return cleaned["filters"] or cleaned.get("shows_everything")

    @property
    def summary(self):
        """The Summary of what saving would do, or None while the form does not say."""
        if not self.is_bound:
            return self._summary_at_first()
        stops = {"filters", "shows_everything", "operator", "expires_at", "expires_on"}
        if stops & self.errors.keys():
            return None
        return self._summary(**self.choice, expires_at=self.cleaned_data["expires_at"])

    def _summary_at_first(self):
        return None

    def _summary(self, *, filters, **values):
        return Summary(
            account=self.account, before=self.before, filters=list(filters), **values
        )

    @property
    def is_agreed(self):
        """Whether the person has read what is about to be saved."""
        return self.cleaned_data["agreed"] == self.summary.key

    def options(self):
        """Return filters to tick: the ticked ones, then some that match the search."""
        chosen = self.account.filters.filter(pk__in=self._ticked())
        others = self.account.filters.exclude(pk__in=self._ticked())
        text = self.cleaned_data.get("find") if self.is_bound else ""
        found = others.filter(_matching(text)) if text else others
        shown = list(found[: OPTIONS + 1])
        more = len(shown) > OPTIONS
        return {"chosen": list(chosen), "found": shown[:OPTIONS], "more": more}

    def _ticked(self):
        return [int(each) for each in self["filters"].value() or () if is_id(each)]

    @property
    def choice(self):
        keys = ("filters", "operator", "shows_everything")
        return {key: self.cleaned_data[key] for key in keys}

    def issue(self, *, by):
        """Return the share, or None when a rule stands against what was typed."""
        with self.explaining():
            share, _ = Share.issue(
                account=self.account,
                name=self.cleaned_data["name"],
                note=self.cleaned_data.get("note", ""),
                expires_at=self.cleaned_data["expires_at"],
                by=by,
                **self.choice,
                **self.restrictions,
            )
            return share


class EditShareForm(ShareForm):
    """A change of a shared token, made to the version of it that the person saw."""

    version = VersionField(required=False)

    def __init__(self, *args, share, **kwargs):
        token = share.token
        kwargs["initial"] = {
            "name": token.name,
            "expires_at": KEEP,
            "filters": [each.pk for each in share.filters.all()],
            "operator": share.operator,
            "shows_everything": share.shows_everything,
            "version": token.version,
        }
        super().__init__(*args, account=token.account, before=share.scope, **kwargs)
        # Those of a token that is there have a dialog of their own.
        del self.fields["networks"], self.fields["calls_per_minute"]
        self.share = share
        self.fields.pop("note", None)
        self.fields["expires_at"].choices = [
            (KEEP, _as_it_is(token)),
            *self.fields["expires_at"].choices,
        ]

    def _summary_at_first(self):
        share = self.share
        filters = list(share.filters.all())
        if not filters and not share.shows_everything:
            return None
        return self._summary(
            filters=filters,
            operator=share.operator,
            shows_everything=share.shows_everything,
            expires_at=share.token.expires_at,
        )

    def clean(self):
        if self.cleaned_data.get("expires_at") != KEEP:
            return super().clean()
        # What it is now may have passed, or never come, and is still allowed.
        self.cleaned_data["expires_at"] = ""
        cleaned = super().clean()
        cleaned["expires_at"] = self.share.token.expires_at
        return cleaned

    def save(self, *, by):
        """Return whether it was saved; a rule may stand against what was typed."""
        with self.explaining():
            self.share.edit(
                name=self.cleaned_data["name"],
                expires_at=self.cleaned_data["expires_at"],
                version=self.cleaned_data["version"],
                by=by,
                **self.choice,
            )
            return True


def _as_it_is(token):
    if token.expires_at is None:
        return "As it is: never"
    local = timezone.localtime(token.expires_at)
    verb = "ended" if token.is_expired else "until"
    return f"As it is: {verb} {date_format(local, 'D j M Y')}"


def _matching(text):
    return (
        Q(field__icontains=text)
        | Q(value__icontains=text)
        | Q(description__icontains=text)
    )
