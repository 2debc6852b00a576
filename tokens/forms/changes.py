"""Changes of one token. The verb of each form is a method that asks the model."""

from datetime import timedelta

from django import forms

from accounts.clock import clock
from accounts.names import NameField
from accounts.plurals import counted
from tokens.forms.rules import ChangeForm, RuleForm
from tokens.kinds import OVERLAPS
from tokens.naming import MAX_NAME, MAX_NOTE
from tokens.policies.checks import allows_overlap, of_token
from tokens.restrictions import in_words
from tokens.secrets import masked_within

RECENTLY = timedelta(days=7)
NO_OVERLAP = timedelta(0)
UNRESTRICTED = "unrestricted"


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
    """The purpose of a token. The model counts it: browsers send a line's end as two."""

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
        if self._may_let_go(policy):
            field.choices = [field.choices[0], _letting_go(token), *field.choices[1:]]
            said = in_words(token.networks, token.calls_per_minute)
            field.help_text = (
                f"{said} That is never widened, and only goes with the secret."
            )

    def _may_let_go(self, policy):
        token = self.token
        stands_against = policy and (
            policy.networks_required or policy.least_overlap_hours
        )
        is_restricted = token.networks or token.calls_per_minute
        return token.rule.is_single and is_restricted and not stands_against

    def rotate(self, *, by):
        """Return whether it was done; otherwise the form says why not."""
        chosen = self.cleaned_data["overlap"]
        with self.explaining():
            self.token.rotate(
                by=by,
                overlap=OVERLAPS.get(chosen, NO_OVERLAP),
                unrestricted=chosen == UNRESTRICTED,
                version=self.seen,
            )
            return True
        return False


def _letting_go(token):
    """Return the choice that takes off what a token is kept to."""
    limit = "limit" if token.calls_per_minute else ""
    parts = ["networks" if token.networks else "", limit]
    return UNRESTRICTED, f"now, and its {' and '.join(filter(None, parts))} with it"


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
