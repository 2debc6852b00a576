from django import forms
from django.core.exceptions import ValidationError

from accounts.identity.group_roles import add
from accounts.ids import is_id
from accounts.models import Role
from accounts.models.groups import LONGEST_GROUP
from accounts.names import NameField
from accounts.rule_violations import RuleViolation

ACCOUNTS_OFFERED = 200


class AccountByName(forms.CharField):
    """An account of an organisation, typed by name or id, or chosen of those offered."""

    def __init__(self, **kwargs):
        attrs = {"list": "accounts", "autocomplete": "off"}
        super().__init__(max_length=120, widget=forms.TextInput(attrs), **kwargs)
        self.accounts = None

    def clean(self, value):
        text = super().clean(value)
        number = text.rpartition("·")[2].strip()
        if is_id(number):
            found = self.accounts.filter(pk=int(number))
        else:
            found = self.accounts.filter(name__iexact=text)
        if len(found[:2]) != 1:
            raise ValidationError("Choose one of the organisation's accounts.")
        return found[0]


class GroupForm(forms.Form):
    """Give a group a role in an account of an organisation."""

    group = NameField(
        max_length=LONGEST_GROUP,
        strip=False,
        label="Group",
        widget=forms.TextInput({"autocomplete": "off", "placeholder": "platform"}),
    )
    account = AccountByName(label="Account")
    role = forms.ChoiceField(choices=Role, initial=Role.USER, label="Role")

    status = 422

    def __init__(self, *args, organisation, **kwargs):
        super().__init__(*args, **kwargs)
        here = organisation.accounts.not_deleted()
        self.fields["account"].accounts = here
        rows = here.in_order()[:ACCOUNTS_OFFERED]
        self.accounts = [named(each) for each in rows]

    def clean_group(self):
        group = self.cleaned_data["group"]
        if not group.strip():
            raise ValidationError("Type the group's name as the provider sends it.")
        return group

    def add(self, *, by):
        """Return the GroupRole, or None and the reason on its field."""
        try:
            asked = self.cleaned_data
            return add(asked["account"], asked["group"], asked["role"], by=by)
        except RuleViolation as refusal:
            self.add_error(refusal.field, refusal.message)
            self.status = refusal.status
            return None


def named(account):
    return f"{account.name} · {account.pk}"
