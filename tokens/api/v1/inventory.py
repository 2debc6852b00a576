"""The tokens of all accounts in reach, narrowed by what is asked for."""

from typing import Annotated, Literal

from django.db.models import Q
from django.http import HttpResponse
from ninja import Query
from pydantic import Field

from accounts.api.plumbing.fields import Text
from accounts.api.plumbing.guards import accounts_for, named_accounts_for, requires
from accounts.api.v1.fields import AskedId, Moment, Resource
from accounts.api.v1.pages import NextCursor, Paging
from accounts.api.v1.routers import ROOT, own_router, reads
from accounts.permissions import Operation, in_scope, require_scope
from tokens.api.plumbing.scopes import ScopeName
from tokens.api.v1.answers import KindName, TokenAnswer, shown
from tokens.api.v1.guards import ACCOUNT_TOKEN_KINDS
from tokens.least_privilege import in_any_scope
from tokens.models import Token
from tokens.permissions import operation
from tokens.states import LISTED_STATES, in_any, restricted

router = own_router("tokens")

MOST_ACCOUNTS = 100
LISTING = (Operation.API_LIST, Operation.SHIP_LIST, Operation.SHARED_LIST)
SORTS = {
    "created_at": "created_at",
    "name": "name_key",
    "last_used_at": "last_used_at",
    "expires_at": "expires_at",
}
SortName = Literal[tuple(f"{sign}{name}" for name in SORTS for sign in ("", "-"))]
RANGES = {
    "created_after": "created_at__gt",
    "created_before": "created_at__lt",
    "used_after": "last_used_at__gt",
    "used_before": "last_used_at__lt",
    "expires_after": "expires_at__gt",
    "expires_before": "expires_at__lt",
}


class TokenQuery(Paging):
    account: list[AskedId] = Field(
        [], max_length=MOST_ACCOUNTS, description="Ids of accounts."
    )
    kind: list[KindName] = Field([], description="Only tokens of these kinds.")
    state: list[Literal[tuple(state.value for state in LISTED_STATES)]] = Field(
        [], description="Only tokens in these states."
    )
    scope: list[ScopeName] = Field(
        [], description="Only API tokens that hold one of these scopes."
    )
    name: Text = Field("", description="A part of the name, however it is written.")
    text: Text = Field(
        "", description="A part of the name or of the note, however it is written."
    )
    created_after: Moment | None = Field(
        None, description="Only what was made then or later."
    )
    created_before: Moment | None = Field(
        None, description="Only what was made before."
    )
    used_after: Moment | None = Field(
        None, description="Only what was used then or later."
    )
    used_before: Moment | None = Field(None, description="Only what was used before.")
    expires_after: Moment | None = Field(
        None, description="Only what stops then or later."
    )
    expires_before: Moment | None = Field(None, description="Only what stops before.")
    never_used: bool = Field(default=False, description="Only what was never used.")
    never_expires: bool = Field(default=False, description="Only what never stops.")
    restricted: bool | None = Field(
        None,
        description="Only what is kept to networks, scopes or accounts, or has a limit; "
        "false: only what is not.",
        examples=[True],
    )
    deleted: Annotated[
        bool, Field(description="Recently deleted ones instead.", examples=[False])
    ] = False
    sort: SortName = Field(
        "-created_at", description="The order; a leading - turns it round."
    )

    @property
    def order(self):
        sign = "-" if self.sort.startswith("-") else ""
        return sign + SORTS[self.sort.removeprefix("-")]

    def narrow(self, tokens):
        tokens = tokens.recently_deleted() if self.deleted else tokens.not_deleted()
        tokens = tokens.filter(*self._conditions(), **self._range())
        tokens = tokens.named_like(self.name) if self.name else tokens
        return tokens.mentioning(self.text) if self.text else tokens

    def _conditions(self):
        if self.kind:
            yield Q(kind__in=self.kind)
        if self.state:
            yield in_any(self.state)
        if self.scope:
            yield in_any_scope(self.scope)
        if self.never_used:
            yield Q(last_used_at=None)
        if self.never_expires:
            yield Q(expires_at=None)
        yield from self._restricted()

    def _restricted(self):
        if self.restricted is not None:
            yield restricted() if self.restricted else ~restricted()

    def _range(self):
        asked = {look: getattr(self, name) for name, look in RANGES.items()}
        return {look: moment for look, moment in asked.items() if moment is not None}


class Tokens(Resource):
    items: list[TokenAnswer] = Field(description="What is on this page.")
    next: NextCursor


@router.get(
    f"{ROOT}/tokens",
    response=reads(Tokens),
    summary="List tokens over all accounts in reach",
    description="Without accounts it lists those of all accounts whose tokens the "
    "calling token may see, and only of the kinds that it has a scope for. Secrets are "
    "never in a list.",
)
@requires(there=LISTING)
def own_token_list(request, response: HttpResponse, asked: Query[TokenQuery]):
    for kind in asked.kind:
        require_scope(request.auth, operation(kind, "list"))
    tokens = asked.narrow(_in_reach(request, asked.account))
    tokens = tokens.select_related("account__organisation")
    page = asked.page(request, response, tokens, asked.order)
    return Tokens(items=[shown(token) for token in page], next=page.next)


def _in_reach(request, pks):
    """Return the tokens of the accounts that are asked for, or of all that may be."""
    listing = [each for each in LISTING if in_scope(request.auth, each)]
    if pks:
        accounts = named_accounts_for(request, pks, *listing)
    else:
        accounts = accounts_for(request, *listing)
    found = Token.objects.filter(
        organisation=request.auth.organisation_id,
        account__in=[account.pk for account in accounts],
    )
    if len(listing) == len(LISTING):
        return found
    return found.of_kind(
        *(k for k in ACCOUNT_TOKEN_KINDS if operation(k, "list") in listing)
    )
