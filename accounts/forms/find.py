"""Small forms that read what an address or a button sends."""

from django import forms
from django.utils.functional import cached_property


class AskedForm(forms.Form):
    """A search in an address; a value that makes no sense is as if it were not there."""

    @cached_property
    def asked(self):
        """The values by name; blanks for what is not there."""
        self.full_clean()
        return dict.fromkeys(self.fields, "") | self.cleaned_data


class SearchForm(AskedForm):
    q = forms.CharField(required=False, max_length=200)

    @property
    def text(self):
        return self.asked["q"]


class ThemeForm(forms.Form):
    SYSTEM = "system"

    theme = forms.ChoiceField(
        choices=[(each, each) for each in ("light", "dark", SYSTEM)]
    )
    next = forms.CharField(required=False)
