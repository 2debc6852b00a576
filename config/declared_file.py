"""The schema of the file of `tollgate plan` and `apply`, out of the API's own models.

The command has it as a file; tests/declared_file.py writes that.
"""

import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, create_model

from accounts.api.account_fields import ACCOUNT_NAME
from accounts.api.logzio.account_bodies import SPACED_NAME
from accounts.api.plumbing.fields import VISIBLE
from accounts.api.v1.account_settings import ACCOUNT_SETTINGS, OF_KIND, Name, said
from accounts.api.v1.accounts import KindName
from accounts.api.v1.fields import IN_THE_YEAR, Flag, StrictBody
from accounts.lists import LISTS
from accounts.models import LOG_KINDS
from sharing.api.v1.creation import NewLogToken, NewSharedToken
from sharing.api.v1.dashboards import NewViewBody
from sharing.api.v1.filters import NewFilterBody
from sharing.models.dashboards import MOST_DASHBOARDS
from tokens.api.logzio.api_tokens import ChildApiToken
from tokens.api.v1.policies import PolicyBody
from tokens.policies.rules import POLICY_KINDS

TARGET = Path(__file__).resolve().parent.parent / "client" / "declaring" / "schema.json"
ABOUT = (
    "What a Tollgate organisation is to be like: `tollgate plan FILE` shows what differs, "
    "`tollgate apply FILE` changes it. What is left out stays as it is."
)
SECRET_NAME = "^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$"
MOST_THINGS = 10_000
# What says nothing to whoever writes the file, or holds for calls only.
DROPPED = ("title", "default", "examples")
# What a text is told that does not have the form of a pattern, the first that fits.
FORMS = {
    SPACED_NAME: "must be 1 to 100 letters, digits, dashes, dots, underscores and spaces.",
    SECRET_NAME: "must be letters, digits, dashes, dots and underscores, and begin with "
    "no dot.",
    IN_THE_YEAR: "must be a time such as 2027-01-31T12:00:00Z.",
    "[Hh][Tt][Tt][Pp]": "must be an address that begins with https://",
    "[0-9A-Fa-f:.]+(/": "must be a network such as 203.0.113.0/24.",
    VISIBLE: "must have something to see in it, and no control characters.",
    "": "has a control character in it.",
}


def schema():
    """Return the JSON schema of the file."""
    about = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return about | _tidy(DeclaredFile.model_json_schema()) | {"description": ABOUT}


def written():
    """Return the schema as the text of the command's file."""
    return json.dumps(schema(), indent=1) + "\n"


def _tidy(shape):
    """Return a schema without what says nothing, and with words for its patterns."""
    if isinstance(shape, list):
        return [_tidy(each) for each in shape]
    if not isinstance(shape, dict):
        return shape
    kept = {
        name: _tidy(each)
        for name, each in shape.items()
        if name not in DROPPED or isinstance(each, dict)
    }
    if "pattern" in shape:
        kept["patternErrorMessage"] = _words(shape["pattern"])
    return kept


def _words(pattern):
    return next(words for part, words in FORMS.items() if part in pattern)


def _of(model, *names):
    """Return fields of a model of the API, each to be left out unless it names a thing."""
    return {name: _field(model.model_fields[name]) for name in names}


def _field(field):
    shape = field.rebuild_annotation()
    if field.is_required():
        return shape, Field(description=field.description)
    return shape, _optional(field.description)


def _optional(description):
    return Field(default_factory=lambda: None, description=description)


def _was(shape):
    return shape, _optional("What it was called until now, to rename it.")


class Secret(StrictBody):
    """Where the secret of a token goes; it is never in this file."""

    name: Annotated[str, Field(pattern=SECRET_NAME)] = _optional(
        "Its file's name in --secrets-dir, and its key in --manifest."
    )
    command: Annotated[list[str], Field(min_length=1, max_length=100)] = _optional(
        "A program and its arguments, which gets the secret on its standard input."
    )


class AccountReference(StrictBody):
    kind: KindName = Field(description="The kind of account.")
    name: Annotated[Name, ACCOUNT_NAME]


References = Annotated[list[AccountReference], Field(max_length=1000)]
Clause = create_model(
    "Clause", __base__=StrictBody, **_of(NewFilterBody, "field", "value")
)
DeclaredFilter = create_model(
    "DeclaredFilter",
    __base__=StrictBody,
    __doc__="Shared tokens of the account can have it.",
    **_of(NewFilterBody, "field", "value", "description"),
    was=(
        Clause,
        _optional("What it was until now, to change it for links that use it."),
    ),
)
DeclaredView = create_model(
    "DeclaredView",
    __base__=StrictBody,
    __doc__="A dashboard that the account's links open; the list is in their order.",
    **_of(NewViewBody, "title", "address"),
    was=_was(NewViewBody.model_fields["title"].rebuild_annotation()),
)
RESTRICTIONS = ("networks", "calls_per_minute")
TOKEN = ("name", "note", "enabled", "expires_at", *RESTRICTIONS)
SECRET = (Secret, _optional("Where its secret goes when it is made."))
TOKEN_NAME = NewLogToken.model_fields["name"].rebuild_annotation()
DeclaredToken = create_model(
    "DeclaredToken",
    __base__=StrictBody,
    __doc__="A shipping token of the account, or an API token, which is made for a child only.",
    kind=(
        Literal["logs", "metrics", "traces", "api"],
        _optional("The kind of token: logs when nothing is said."),
    ),
    **_of(NewLogToken, *TOKEN),
    **_of(ChildApiToken, "scopes"),
    accounts=(
        Annotated[list[AccountReference], Field(min_length=1, max_length=1000)],
        _optional("Which accounts an API token of the main account is kept to."),
    ),
    was=_was(TOKEN_NAME),
    secret=SECRET,
)
DeclaredSharedToken = create_model(
    "DeclaredSharedToken",
    __base__=StrictBody,
    __doc__="A link to some of the account's logs.",
    **_of(NewSharedToken, "name", "note", *RESTRICTIONS),
    **_of(NewLogToken, "enabled"),
    **_of(NewSharedToken, "expires_at", "operator", "shows_everything"),
    filters=(
        Annotated[list[Clause], Field(max_length=1000)],
        _optional("Which of the account's filters narrow it."),
    ),
    was=_was(TOKEN_NAME),
    secret=SECRET,
)
PARTS = {
    "shared_tokens": (DeclaredSharedToken, MOST_THINGS, "Its shared tokens."),
    "filters": (DeclaredFilter, MOST_THINGS, "Its filters of shared tokens."),
    "views": (DeclaredView, MOST_DASHBOARDS, "Its shared views, in their order."),
}


def _list(model, most, description):
    return Annotated[list[model], Field(max_length=most)], _optional(description)


def _setting(name):
    if name not in LISTS:
        return said(name)
    # Here accounts are named, and not by their ids.
    return References, _optional(
        ACCOUNT_SETTINGS[name][1].description.replace(" ids of", "")
    )


def _account(kind):
    fields = {name: _setting(name) for name in OF_KIND[kind] if name != "name"}
    fields["tokens"] = _list(DeclaredToken, MOST_THINGS, "Its tokens but shared ones.")
    if kind in LOG_KINDS:
        fields |= {name: _list(*part) for name, part in PARTS.items()}
    return create_model(
        f"Declared{kind.capitalize()}Account",
        __base__=StrictBody,
        kind=(Literal[kind.value], Field(description="The kind of account.")),
        name=(Annotated[Name, ACCOUNT_NAME], ...),
        was=_was(Name),
        **fields,
    )


MAIN, *CHILDREN = (_account(kind) for kind in OF_KIND)
AnyAccount = MAIN
for child in CHILDREN:
    AnyAccount |= child


DeclaredPolicy = create_model(
    "DeclaredPolicy",
    __base__=StrictBody,
    __doc__="What is asked of one kind of token. What is left out is not asked.",
    **_of(PolicyBody, *PolicyBody.model_fields),
)


class DeclaredFile(StrictBody):
    all_accounts: Flag = _optional(
        "Whether every account of the organisation is in this file: --prune deletes "
        "the others."
    )
    policies: Annotated[list[DeclaredPolicy], Field(max_length=len(POLICY_KINDS))] = (
        _optional("What the organisation asks of tokens, by kind.")
    )
    accounts: Annotated[
        list[Annotated[AnyAccount, Field(discriminator="kind")]],
        Field(max_length=MOST_THINGS),
    ] = Field(description="Accounts, the main account among them or not.")
