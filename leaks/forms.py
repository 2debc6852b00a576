from django import forms

from leaks.findings import ReportedToken, clean_place
from leaks.models import MAX_PLACE
from tokens.secrets import OUR_FORMAT

MAX_TEXT = 5_000
# A log or a file has many, and a stranger can send it as it is.
MOST_TOKENS = 50


class FoundForm(forms.Form):
    """A token that a stranger found, or a text with tokens in it, and the place."""

    text = forms.CharField(
        label="The token, or the lines it is in",
        max_length=MAX_TEXT,
        widget=forms.Textarea(
            attrs={"rows": 4, "spellcheck": "false", "autocomplete": "off"}
        ),
        error_messages={"required": "Paste the token that you found."},
    )
    place = forms.CharField(
        label="Where you found it",
        required=False,
        max_length=MAX_PLACE,
        help_text="Such as the address of the page or repository. You can leave it blank.",
    )

    def findings(self):
        """Return the Findings in what was pasted, of a form that is valid."""
        text = self.cleaned_data["text"]
        place = clean_place(self.cleaned_data["place"])
        ours = [found[0] for found in OUR_FORMAT.finditer(text)]
        # One that moved in from elsewhere is known by nothing but its whole text.
        texts = dict.fromkeys(ours[:MOST_TOKENS] or [text.strip()])
        return [ReportedToken(each, place) for each in texts]


class LeakPolicyForm(forms.Form):
    """An organisation's wishes for tokens that were found."""

    stops_at_once = forms.TypedChoiceField(
        label="When somebody reports a token that works",
        choices=[
            ("", "Tell the admins of its account"),
            ("yes", "Stop it at once, and tell them"),
        ],
        coerce=bool,
        empty_value=False,
        required=False,
        widget=forms.RadioSelect,
    )
