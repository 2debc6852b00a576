"""Choosing accounts from a list that may be long."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.safestring import SafeString

from accounts.ids import is_id
from accounts.models import Account, AccountKind
from accounts.web.shapes import draw

ACCOUNTS_SHOWN = 30
OPTION = "accounts/_picker.html#option"


class AccountPicker(forms.CheckboxSelectMultiple):
    """Checkboxes of the chosen accounts and of those that match what is looked for.

    What is looked for travels in a field of its own beside the chosen ids, so that
    finding more accounts is only another rendering of the same form.
    """

    template_name = "accounts/_picker.html"
    text = ""
    # The address that shows the form again with the accounts that are looked for.
    find = ""
    # Reads so many of all accounts in order, where there is a shorter way to them.
    first = None

    def value_from_datadict(self, data, files, name):
        self.text = data.get(f"{name}_like", "")[:200].replace("\x00", "")
        return super().value_from_datadict(data, files, name)

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        chosen = [int(each) for each in value or () if is_id(each)]
        picked = self._picked(chosen) if chosen else []
        found = self._found(chosen)
        return context | {
            "field": name,
            "find": self.find,
            "picked": _options(name, picked, is_picked=True),
            "found": _options(name, found[:ACCOUNTS_SHOWN], is_picked=False),
            "shown": ACCOUNTS_SHOWN if len(found) > ACCOUNTS_SHOWN else None,
            "text": self.text,
            "searchable": self.text or len(found) > ACCOUNTS_SHOWN,
        }

    def _picked(self, chosen):
        return in_order(self.choices.queryset.filter(pk__in=chosen))

    def _found(self, chosen):
        """Return one more than are shown of the accounts that there are to choose."""
        text, limit = self.text.strip(), ACCOUNTS_SHOWN + 1
        if self.first and not (text or chosen):
            return self.first(limit)
        accounts = self.choices.queryset.matching(text).exclude(pk__in=chosen)
        return list(in_order(accounts)[:limit])

    # The choices are not walked through: there may be ten thousand.
    def optgroups(self, name, value, attrs=None):
        return []


def in_order(accounts):
    """Return the query for what is shown of some accounts."""
    return accounts.order_by("name", "pk").values_list("pk", "name", "kind")


def _options(field, accounts, *, is_picked):
    """Draw the checkboxes of some accounts."""
    texts = (
        {"pk": str(pk), "name": name, "kind_words": AccountKind(kind).label}
        for pk, name, kind in accounts
    )
    drawn = (draw(OPTION, each, field=field, is_picked=is_picked) for each in texts)
    return SafeString("".join(drawn))


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
