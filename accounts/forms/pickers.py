"""Choosing accounts from a list that may be long."""

from django import forms
from django.core.exceptions import ValidationError

from accounts.ids import is_id
from accounts.models import Account

ACCOUNTS_SHOWN = 30


class AccountPicker(forms.CheckboxSelectMultiple):
    """Checkboxes of the chosen accounts and of those that match what is looked for.

    What is looked for travels in a field of its own beside the chosen ids, so that
    finding more accounts is only another rendering of the same form.
    """

    template_name = "accounts/picker.html"
    text = ""
    # The address that shows the form again with the accounts that are looked for.
    find = ""

    def value_from_datadict(self, data, files, name):
        self.text = data.get(f"{name}_like", "")[:200].replace("\x00", "")
        return super().value_from_datadict(data, files, name)

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        chosen = [int(each) for each in value or () if is_id(each)]
        accounts = self.choices.queryset
        picked = accounts.filter(pk__in=chosen)
        others = accounts.exclude(pk__in=chosen).matching(self.text.strip())
        found = list(others.order_by("name", "pk")[: ACCOUNTS_SHOWN + 1])
        return context | {
            "field": name,
            "find": self.find,
            "picked": picked.order_by("name", "pk"),
            "found": found[:ACCOUNTS_SHOWN],
            "shown": ACCOUNTS_SHOWN if len(found) > ACCOUNTS_SHOWN else None,
            "text": self.text,
            "searchable": self.text or len(found) > ACCOUNTS_SHOWN,
        }

    # The choices are not walked through: there may be ten thousand.
    def optgroups(self, name, value, attrs=None):
        return []


class AccountsField(forms.ModelMultipleChoiceField):
    widget = AccountPicker

    def __init__(self, **kwargs):
        super().__init__(Account.objects.none(), required=False, **kwargs)

    def clean(self, value):
        for pk in value or ():
            if not is_id(pk):
                message = self.error_messages["invalid_pk_value"]
                raise ValidationError(message, "invalid_pk_value", {"pk": pk})
        return super().clean(value)
