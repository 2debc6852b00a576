"""The scope of a shared token: filters, or everything."""

from typing import Annotated, Literal

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Query
from pydantic import ConfigDict, Field

from accounts.api.plumbing.fields import path_id
from accounts.api.plumbing.guards import account_for, requires
from accounts.api.v1.accounts import AccountPk
from accounts.api.v1.fields import Flag, Ids, IfMatch, Resource, StrictBody
from accounts.api.v1.pages import NextCursor, Paging
from accounts.api.v1.routers import ROOT, changes, own_router, reads
from accounts.api.v1.versions import etag, seen
from accounts.audit.trail import Actor
from accounts.permissions import Operation
from accounts.rule_violations import RuleViolation
from sharing.api.v1.filters import FilterAnswer, filter_shown
from sharing.models import Share
from sharing.scope import Operator
from tokens.api.v1.guards import of_tokens, token_for
from tokens.api.v1.tokens import TOKEN_PATH
from tokens.kinds import Kind

router = own_router("tokens")

TokenPk = path_id(78)

SHOWN_FILTERS_PATH = f"{TOKEN_PATH}/filters"
OperatorName = Literal[tuple(Operator.values)]


# Filters or everything, and never both.
ONE_OF = [
    {
        "properties": {
            "filters": {"minItems": 1},
            "shows_everything": {"const": False},
        },
        "required": ["filters"],
    },
    {
        "properties": {"filters": {"maxItems": 0}, "shows_everything": {"const": True}},
        "required": ["shows_everything"],
    },
]


class Choice(StrictBody):
    """What a link shows. Without filters it shows everything, which has to be said."""

    model_config = ConfigDict(json_schema_extra={"oneOf": ONE_OF})

    filters: Ids = Field(
        [], description="Ids of filters of the token's account.", examples=[[5]]
    )
    operator: OperatorName = Field(
        "AND",
        description="Whether a log must pass all filters or any.",
        examples=["AND"],
    )
    shows_everything: Flag = Field(
        default=False,
        description="Without filters: show all logs of the account.",
        examples=[False],
    )

    def choice(self, account):
        """Return it with rows instead of ids, as Share takes it."""
        found = account.filters.in_bulk(self.filters)
        unknown = [pk for pk in self.filters if pk not in found]
        if unknown:
            raise RuleViolation(
                "unknown_filter",
                f"{account.name} has no filter with the id {unknown[0]}.",
                field="filters",
            )
        return {
            "filters": list(found.values()),
            "operator": self.operator,
            "shows_everything": self.shows_everything,
        }


OperatorOfScope = Annotated[
    OperatorName,
    Field(description="Whether a log must pass all filters or any.", examples=["AND"]),
]
ShowsEverything = Annotated[
    bool,
    Field(
        description="Without filters: show all logs of the account.", examples=[False]
    ),
]
LostFilter = Annotated[
    str | None,
    Field(
        description="A deleted filter, because of which it shows nothing.",
        examples=[None],
    ),
]


class SharedScope(Resource):
    """`lost_filter` was deleted: until somebody decides anew, the link shows nothing."""

    filters: list[FilterAnswer] = Field(
        description="What a log has to be like to be shown."
    )
    operator: OperatorOfScope
    shows_everything: ShowsEverything
    lost_filter: LostFilter


class SharedScopeOf(Resource):
    """As `SharedScope`, of a token among others."""

    token_id: int = Field(description="The token's id.", examples=[77])
    filters: list[int] = Field(
        description="The ids of the filters that a log has to pass.", examples=[[5]]
    )
    operator: OperatorOfScope
    shows_everything: ShowsEverything
    lost_filter: LostFilter


class SharedScopes(Resource):
    items: list[SharedScopeOf] = Field(description="What is on this page.")
    next: NextCursor


@router.get(
    f"{ROOT}/accounts/{{int:pk}}/shared-tokens",
    response=reads(SharedScopes),
    summary="List what an account's shared tokens show",
)
@requires(there=[Operation.SHARED_LIST])
def own_share_list(
    request, response: HttpResponse, pk: AccountPk, asked: Query[Paging]
):
    account = account_for(request, pk, Operation.SHARED_LIST)
    tokens = account.tokens.of_kind(Kind.SHARED).not_deleted()
    tokens = tokens.select_related("share").prefetch_related("share__filters")
    page = asked.page(request, response, tokens, "id")
    return SharedScopes(items=[_listed(each.share) for each in page], next=page.next)


@router.get(
    SHOWN_FILTERS_PATH,
    response=reads(SharedScope),
    summary="Say what a shared token shows",
)
@requires(there=of_tokens("view", kinds=[Kind.SHARED]))
def own_share_get(request, response: HttpResponse, pk: TokenPk):
    return _answered(response, _find(request, pk, "view"))


@router.put(
    SHOWN_FILTERS_PATH,
    response=changes(SharedScope),
    summary="Decide what a shared token shows",
    description="It holds at once for links already sent.",
)
@requires(there=of_tokens("filters", kinds=[Kind.SHARED]))
def own_share_update(
    request, response: HttpResponse, pk: TokenPk, body: Choice, if_match: IfMatch = None
):
    share = _find(request, pk, "filters")
    share.narrow(
        by=Actor.calling(request),
        version=seen(share.token, if_match),
        **body.choice(share.token.account),
    )
    return _answered(response, share)


def _find(request, pk, verb):
    token = token_for(request, pk, verb, kinds=[Kind.SHARED])
    share = get_object_or_404(Share, pk=token.pk)
    share.token = token
    return share


def _listed(share):
    return SharedScopeOf(
        token_id=share.pk,
        filters=sorted(each.pk for each in share.filters.all()),
        operator=share.operator,
        shows_everything=share.shows_everything,
        lost_filter=share.lost_filter or None,
    )


def _answered(response, share):
    response["ETag"] = etag(share.token)
    return SharedScope(
        filters=[filter_shown(each) for each in share.filters.order_by("pk")],
        operator=share.operator,
        shows_everything=share.shows_everything,
        lost_filter=share.lost_filter or None,
    )
