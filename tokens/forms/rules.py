"""Forms whose rules are the model's."""

from contextlib import contextmanager

from django import forms

from accounts.forms.ids import VersionField
from accounts.rule_violations import RuleViolation


class RuleForm(forms.Form):
    """A form whose rules are the model's."""

    @contextmanager
    def explaining(self):
        """Put a refusal that is about a field at that field."""
        try:
            yield
        except RuleViolation as refusal:
            if refusal.field not in self.fields:
                raise
            self.add_error(refusal.field, refusal.message)


class ChangeForm(RuleForm):
    """A change of one token, made to the version of it that the person saw."""

    version = VersionField(required=False)

    def __init__(self, *args, token, **kwargs):
        super().__init__(*args, **kwargs)
        self.token = token
        self.initial["version"] = token.version

    @property
    def seen(self):
        return self.cleaned_data["version"]
