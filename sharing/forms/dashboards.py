"""How a person says what a link opens."""

from django import forms

from accounts.forms.ids import IdField, VersionField
from accounts.names import NameField
from sharing.models import SharedView


class SharedViewForm(forms.ModelForm):
    # Undo puts a view back where it stood.
    before = IdField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = SharedView
        fields = ["title", "address"]
        field_classes = {"title": NameField, "address": NameField}
        widgets = {
            "title": forms.TextInput(
                attrs={
                    "placeholder": "Title, such as Payments overview",
                    "autocomplete": "off",
                    "autofocus": True,
                }
            ),
            "address": forms.TextInput(
                attrs={
                    "placeholder": "https://grafana.example.com/d/…",
                    "autocomplete": "off",
                    "inputmode": "url",
                    "spellcheck": "false",
                    "dir": "ltr",
                }
            ),
        }

    @property
    def values(self):
        return {name: self.cleaned_data[name] for name in self.Meta.fields}

    def add(self, *, account, by):
        made = SharedView.add(account=account, by=by, **self.values)
        others = list(account.shared_views.values_list("pk", flat=True))
        if self.cleaned_data["before"] in others:
            made.move(
                others.index(self.cleaned_data["before"]) + 1 - len(others), by=by
            )
        return made


class VersionForm(forms.Form):
    """Which version of a view a person saw."""

    version = VersionField()

    def __init__(self, *args, view, **kwargs):
        initial = {"version": view.version} | kwargs.pop("initial", {})
        super().__init__(*args, initial=initial, **kwargs)
        self.view = view


class EditSharedViewForm(VersionForm, SharedViewForm):
    def __init__(self, *args, view, **kwargs):
        initial = {name: getattr(view, name) for name in SharedViewForm.Meta.fields}
        super().__init__(*args, view=view, initial=initial, **kwargs)

    def save(self, *, by):
        self.view.edit(by=by, version=self.cleaned_data["version"], **self.values)


class DeleteSharedViewForm(VersionForm):
    def delete(self, *, by):
        self.view.remove(by=by, version=self.cleaned_data["version"])
