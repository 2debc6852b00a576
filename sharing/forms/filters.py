"""How a person makes, changes and deletes a filter."""

from django import forms

from accounts.forms.ids import VersionField
from accounts.ids import is_id
from accounts.names import NameField, ValueField
from sharing.models import Filter
from tokens.forms.rules import RuleForm


def _text(placeholder, **attrs):
    return forms.TextInput(
        attrs={"placeholder": placeholder, "autocomplete": "off"} | attrs
    )


class FilterForm(forms.ModelForm):
    class Meta:
        model = Filter
        fields = ["field", "value", "description"]
        field_classes = {
            "field": ValueField,
            "value": ValueField,
            "description": NameField,
        }
        labels = {"field": "Log field"}
        widgets = {
            "field": _text(
                "Log field, such as env", spellcheck="false", autofocus=True
            ),
            "value": _text("Exact value, such as test", spellcheck="false"),
            "description": _text("Description"),
        }

    @property
    def values(self):
        return {name: self.cleaned_data[name] for name in self.Meta.fields}

    def add(self, *, account, by):
        return Filter.add(account=account, by=by, **self.values)


class SeenForm(RuleForm):
    """Which version of a filter a person saw, and the tokens they were told of."""

    version = VersionField()
    named = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, filter_, shares, **kwargs):
        named = ",".join(str(share.pk) for share in shares)
        initial = {"version": filter_.version, "named": named}
        super().__init__(*args, initial=initial | kwargs.pop("initial", {}), **kwargs)
        self.filter = filter_

    @property
    def seen(self):
        named = self.cleaned_data["named"].split(",")
        return {
            "version": self.cleaned_data["version"],
            "named": {int(each) for each in named if is_id(each)},
        }


class EditFilterForm(SeenForm, FilterForm):
    def __init__(self, *args, filter_, **kwargs):
        initial = {name: getattr(filter_, name) for name in FilterForm.Meta.fields}
        super().__init__(*args, filter_=filter_, initial=initial, **kwargs)

    def save(self, *, by):
        """Return whether it was saved; a rule may stand against what was typed."""
        with self.explaining():
            self.filter.edit(by=by, **self.seen, **self.values)
            return True
        return False


class DeleteFilterForm(SeenForm):
    def delete(self, *, by):
        self.filter.delete_narrowing(by=by, **self.seen)
