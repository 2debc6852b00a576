"""Small forms that read what an address or a button sends."""

from django import forms


class SearchForm(forms.Form):
    """One search field; what cannot be text is as good as nothing."""

    q = forms.CharField(required=False, max_length=200)

    @property
    def text(self):
        return self.cleaned_data["q"] if self.is_valid() else ""


class ThemeForm(forms.Form):
    SYSTEM = "system"

    theme = forms.ChoiceField(
        choices=[(each, each) for each in ("light", "dark", SYSTEM)]
    )
    next = forms.CharField(required=False)
