"""How a list of tokens is narrowed and sorted."""

from django import forms

from accounts.forms.find import AskedForm
from accounts.forms.ids import IdField
from tokens.naming import MAX_NAME
from tokens.states import State

# What the lists of one kind tell apart; a paused token is a disabled one there.
STATES = [
    (state.value, state.label)
    for state in (State.ACTIVE, State.DISABLED, State.EXPIRED)
]
SORTS = ("created_at", "name", "last_used_at", "expires_at")


class ListForm(AskedForm):
    """The query of a list."""

    q = forms.CharField(required=False, max_length=MAX_NAME)
    state = forms.ChoiceField(required=False, choices=STATES)
    sort = forms.ChoiceField(
        required=False,
        choices=[(f"{sign}{name}", name) for name in SORTS for sign in ("", "-")],
    )
    cursor = forms.CharField(required=False, max_length=1000)
    token = IdField(required=False)
    added = IdField(required=False)
    new = forms.BooleanField(required=False)
    name = forms.CharField(required=False, max_length=MAX_NAME)

    def read(self):
        return self.asked | {"sort": self.asked["sort"] or "-created_at"}
