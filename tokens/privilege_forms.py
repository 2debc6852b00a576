"""Fields for what an API token may do, and where."""

from django import forms
from django.db import models

from accounts.forms.pickers import AccountsField
from accounts.rule_violations import RuleViolation
from accounts.scopes import (
    QUERY_AREAS,
    READ_SCOPE,
    SCOPE_AREAS,
    SCOPES,
    as_scopes,
    covers,
    names_of,
)
from tokens.least_privilege import ids_in, in_words

NO_FIELDS = ("may", "scopes", "accounts")


class May(models.TextChoices):
    EVERYTHING = "everything", "Everything that its account may"
    READ = "read", "Read everything, but change nothing and reveal no secret"
    AREAS = "areas", "Only some areas"


class ScopeList(forms.CheckboxSelectMultiple):
    """A row for each area, with a box for reading and one for changing it, too."""

    template_name = "tokens/_scope_list.html"

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        offered, ticked = {each for each, _ in self.choices}, set(value or ())
        rows = [("Every area", READ_SCOPE, ""), *map(_row, SCOPE_AREAS)]
        context["rows"] = [
            (title, [(each, each in offered, each in ticked) for each in boxes])
            for title, *boxes in rows
            if offered & set(boxes)
        ]
        return context


def _row(area):
    noun = SCOPE_AREAS[area]
    title = (
        f"Queries of {noun}" if area in QUERY_AREAS else f"{noun[0].upper()}{noun[1:]}"
    )
    return title, f"{area}:read", f"{area}:write"


class PrivilegeForm(forms.Form):
    """The rights of a token. Cleaned, `held` is as a token has it, or None.

    Only API tokens have scopes, and only those of the main account are kept to others.
    """

    may = forms.ChoiceField(
        label="It may do",
        choices=May,
        required=False,
        initial=May.EVERYTHING,
        widget=forms.RadioSelect,
    )
    scopes = forms.MultipleChoiceField(
        label="Areas",
        choices=[(each, each) for each in SCOPES],
        required=False,
        widget=ScopeList,
    )
    accounts = AccountsField(
        label="Only in these accounts",
        help_text="Without any it may act in all of them, also in those to come.",
    )

    def __init__(self, *args, privileges_in=None, **kwargs):
        super().__init__(*args, **kwargs)
        if privileges_in is None:
            for name in NO_FIELDS:
                del self.fields[name]
        elif not privileges_in.is_main:
            del self.fields["accounts"]
        else:
            accounts = privileges_in.organisation.accounts.not_deleted()
            self.fields["accounts"].queryset = accounts

    def look_up(self, address):
        """Let accounts be found at an address that shows the form again."""
        if "accounts" in self.fields:
            join = "&" if "?" in address else "?"
            self.fields["accounts"].widget.find = f"{address}{join}check=1"

    def clean(self):
        cleaned = super().clean()
        try:
            cleaned["held"] = self._held(cleaned)
        except RuleViolation as refusal:
            self.add_error("scopes", refusal.message)
        return cleaned

    def _held(self, cleaned):
        may = cleaned.get("may")
        if not may:
            return None
        chosen = may == May.AREAS
        return as_scopes(cleaned.get("scopes", ()) if chosen else [may])

    @property
    def chosen_accounts(self):
        """The accounts that are ticked, or None for all."""
        return list(self.cleaned_data.get("accounts") or ()) or None

    @property
    def privileges(self):
        """The arguments for the model."""
        accounts = self.chosen_accounts
        return {
            "scopes": self.cleaned_data.get("held") or "",
            "accounts": accounts and [each.pk for each in accounts],
        }

    @property
    def is_narrowed(self):
        """Whether something was chosen, so that it should be seen."""
        may = "may" in self.fields and self["may"].value()
        return may not in (False, None, "", May.EVERYTHING) or bool(
            "accounts" in self.fields and self["accounts"].value()
        )

    @property
    def says_can(self):
        """A sentence that says what the token can do; nothing while that is not clear."""
        if "may" not in self.fields or self.errors.keys() & {*NO_FIELDS}:
            return ""
        cleaned = self.cleaned_data if self.is_bound else {}
        return in_words(cleaned.get("held") or "", cleaned.get("accounts") or None)


def keep_within(form, token):
    """Offer in a PrivilegeForm only what a token may already, as it is."""
    held = token.scopes
    offered = [each for each in SCOPES if covers(held, each)]
    form.fields["scopes"].choices = [(each, each) for each in offered]
    form.fields["may"].choices = [
        each for each in May.choices if each[0] == May.AREAS or covers(held, each[0])
    ]
    form.initial["may"] = (
        held if held == READ_SCOPE else May.AREAS if held else May.EVERYTHING
    )
    form.initial["scopes"] = names_of(held) if held else []
    kept = ids_in(token.kept_to)
    if "accounts" in form.fields and kept is not None:
        field = form.fields["accounts"]
        field.queryset = field.queryset.filter(pk__in=kept)
        field.help_text = "Untick what it needs no longer."
        form.initial["accounts"] = kept
