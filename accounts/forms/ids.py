"""Fields of ids and of versions."""

from django import forms

from accounts.ids import MAX_INTEGER


class IdField(forms.IntegerField):
    def __init__(self, **kwargs):
        super().__init__(min_value=1, max_value=MAX_INTEGER, **kwargs)


class VersionField(IdField):
    """The version of a row that the person saw who changes it."""

    widget = forms.HiddenInput
