"""The text of a search box: a name, or a secret that must not travel on."""

import re

from django import forms

from tokens.kinds import OF_INSTALLATION, Kind
from tokens.secrets import FOREIGN_FORMAT, OUR_FORMAT

EVERYWHERE = "all"
TABS = [*(kind.value for kind in Kind if kind not in OF_INSTALLATION), EVERYWHERE]
# More of a token than the part that is safe to show.
BROKEN = re.compile(r"tg[a-z]_[0-9A-Za-z]{9}", re.ASCII)


class FindForm(forms.Form):
    """A search box. The secret in it is looked up here and now, and then forgotten."""

    q = forms.CharField(required=False, max_length=300)
    tab = forms.ChoiceField(choices=[(tab, tab) for tab in TABS], required=False)

    @property
    def text(self):
        return self.cleaned_data["q"]

    @property
    def secret(self):
        """The part of the text that may be a whole secret, or an empty text."""
        ours = OUR_FORMAT.search(self.text)
        if ours:
            return ours[0]
        return self.text if FOREIGN_FORMAT.fullmatch(self.text) else ""

    @property
    def is_ours(self):
        """Whether the text has the form of our tokens, whole or in part."""
        return BROKEN.search(self.text) is not None
