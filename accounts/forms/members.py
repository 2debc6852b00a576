from django import forms

from accounts.members import add_member
from accounts.models import Role
from accounts.names import NameField, validate_seen
from accounts.permissions import invitation
from accounts.rule_violations import RuleViolation


class MemberForm(forms.Form):
    """Add somebody by e-mail; `roles` are the ones to offer."""

    email = forms.EmailField(
        max_length=254,
        label="E-mail",
        validators=[validate_seen],
        widget=forms.EmailInput(
            {"placeholder": "E-mail", "autofocus": True, "autocomplete": "off"}
        ),
    )
    full_name = NameField(
        max_length=150,
        required=False,
        label="Full name",
        widget=forms.TextInput({"placeholder": "Full name", "autocomplete": "off"}),
    )
    role = forms.ChoiceField(choices=Role, initial=Role.USER)

    status = 422

    def __init__(self, *args, roles=Role.values, **kwargs):
        super().__init__(*args, **kwargs)
        # Any role is understood, so that one that is not offered is forbidden, not
        # unknown.
        self.fields["role"].widget.choices = [
            choice for choice in Role.choices if choice[0] in roles
        ]

    @property
    def operation(self):
        return invitation(self.cleaned_data["role"])

    def add(self, account, *, by):
        """Return the new membership, or None and the reason on its field."""
        try:
            return add_member(account, by=by, **self.cleaned_data)
        except RuleViolation as refusal:
            self.add_error(refusal.field, refusal.message)
            self.status = refusal.status
            return None


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=Role)
