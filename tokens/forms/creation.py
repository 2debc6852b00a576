"""A token that is made."""

from django import forms

from accounts.names import NameField
from tokens.forms.expiry import ExpiryForm
from tokens.forms.restrictions import RestrictionForm
from tokens.models import Token
from tokens.naming import MAX_NAME, MAX_NOTE


def name_field(placeholder):
    """Return the field for the name of a new token."""
    attributes = {"placeholder": placeholder, "autocomplete": "off", "autofocus": True}
    return NameField(
        max_length=MAX_NAME,
        widget=forms.TextInput(attrs=attributes),
        error_messages={"required": "Give the token a name."},
    )


class TokenForm(RestrictionForm, ExpiryForm):
    """A new token: only its name is asked, the rest is folded."""

    name = name_field("What uses it, for example Terraform")
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
