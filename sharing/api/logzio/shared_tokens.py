"""Shared tokens of the account whose API token calls."""

from typing import Annotated, Literal

from ninja.responses import Status
from pydantic import AliasChoices, Field

from accounts.api.examples import EXAMPLE_LATER, EXAMPLE_SECONDS, SHARED_TOKEN
from accounts.api.plumbing.areas import router_in
from accounts.api.plumbing.bodies import Body, Single
from accounts.api.plumbing.fields import Answer, Moment, Wholes, epoch, path_id
from accounts.api.plumbing.guards import requires
from accounts.api.plumbing.idempotency import IdempotencyKey, once
from accounts.audit.trail import Actor
from accounts.clock import clock
from accounts.permissions import Operation
from accounts.rule_violations import RuleViolation
from sharing.api.logzio.areas import AREA, ROOT
from sharing.api.logzio.filters import find_filters
from sharing.models import Share
from sharing.scope import NOTHING, Operator
from tokens.api.plumbing.names import TokenName
from tokens.api.plumbing.secrets import SecretText, hand_out
from tokens.kinds import RULES, Kind

router = router_in(AREA)

TokenPk = path_id(78)
WRAPPED = "The same once more: an old sample wraps it."


class ShareChoice(Body):
    """What a link shows. No filters at all is everything, so it has to be said."""

    filters: Wholes = Field(
        description="The ids of filters of the account.", examples=[[5]]
    )
    filters_operator: Annotated[Operator | None, Single()] = Field(
        None,
        description="Whether a log must pass all filters or any.",
        examples=["AND"],
    )
    # Ours: Logz.io sets the expiry on its page only.
    expiration_date: Annotated[Moment | None, Single()] = Field(
        None,
        description="When the link stops, in seconds since 1970, with a fraction; "
        "null for never.",
        examples=[EXAMPLE_LATER],
    )

    @property
    def names_expiry(self):
        return "expiration_date" in self.model_fields_set


class NewShare(ShareChoice):
    filters: Wholes = Field(
        description="The ids of filters of the account. An empty list shows everything.",
        examples=[[5]],
    )
    expiration_date: Annotated[Moment | None, Single()] = Field(
        None,
        description="When the link stops, in seconds since 1970, with a fraction. "
        "Without it after 7 days; null is for never, where the organisation allows it.",
        examples=[EXAMPLE_LATER],
    )
    token_name: Annotated[
        TokenName,
        Field(
            validation_alias=AliasChoices("tokenName", "name"),
            description="The token's name.",
            examples=["Status board"],
        ),
    ]

    @classmethod
    def _prepared(cls, data):
        # An old sample of Logz.io wraps the body once more.
        given = data.get("post", data)
        return super()._prepared(given) if isinstance(given, dict) else given

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema, handler):
        shape = super().__get_pydantic_json_schema__(core_schema, handler)
        wrapped = {
            "type": "object",
            "properties": {"post": shape | {"description": WRAPPED}},
            "required": ["post"],
        }
        alone = {"allOf": [*shape["allOf"], {"not": {"required": ["post"]}}]}
        return {"anyOf": [shape | alone, wrapped]}


class SharedToken(Answer):
    id: int = Field(description="Its id.", examples=[77])
    name: str = Field(description="The token's name.", examples=["Status board"])
    token: SecretText = Field(
        description="The whole text of the token.", examples=[SHARED_TOKEN]
    )
    filters: list[int] | None = Field(
        description="The ids of its filters; null where it shows everything, without any.",
        examples=[[5]],
    )
    filters_operator: str = Field(
        description="Whether a log must pass all filters or any.", examples=["AND"]
    )
    # Ours: what is left of the filters does not say that a link shows nothing.
    shows: Literal["everything", "filtered", "nothing"] = Field(
        description="Whether it shows everything, what the filters let through, or "
        "nothing, because a filter that held something back was deleted.",
        examples=["filtered"],
    )
    last_used: float | None = Field(
        description="When it was used last, in seconds since 1970, with a fraction; "
        "null for never.",
        examples=[EXAMPLE_SECONDS],
    )
    expiration_date: float | None = Field(
        description="When the link stops, in seconds since 1970, with a fraction; "
        "null for never.",
        examples=[EXAMPLE_LATER],
    )


@router.get(ROOT, response=list[SharedToken], summary="List the shared tokens")
@requires(Operation.SHARED_LIST, Operation.SHARED_REVEAL)
def shared_token_list(request):
    return _handed_out(request, list(_all(request).order_by("pk")))


@router.post(ROOT, response=SharedToken, summary="Create a shared token for 7 days")
@requires(Operation.SHARED_CREATE)
def shared_token_create(
    request, body: NewShare, idempotency_key: IdempotencyKey = None
):
    def create():
        lifetime = RULES[Kind.SHARED].default_lifetime
        share, secret = Share.issue(
            account=request.auth.account,
            name=body.token_name,
            expires_at=(
                body.expiration_date if body.names_expiry else clock.now() + lifetime
            ),
            by=Actor.calling(request),
            **_choice(request, body, Operator.AND),
        )
        return _shown(share, secret)

    return once(request, idempotency_key, SharedToken, create)


@router.get(f"{ROOT}/{{int:pk}}", response=SharedToken, summary="Get a shared token")
@requires(Operation.SHARED_VIEW, Operation.SHARED_REVEAL)
def shared_token_get(request, pk: TokenPk):
    (shown,) = _handed_out(request, [_find(request, pk)])
    return shown


@router.put(
    f"{ROOT}/{{int:pk}}", response=SharedToken, summary="Change what a link shows"
)
@requires(Operation.SHARED_FILTERS, Operation.SHARED_EXPIRY, Operation.SHARED_REVEAL)
def shared_token_update(request, pk: TokenPk, body: ShareChoice):
    share = _find(request, pk)
    expires_at = share.token.expires_at
    share.edit(
        name=share.token.name,
        expires_at=body.expiration_date if body.names_expiry else expires_at,
        by=Actor.calling(request),
        **_choice(request, body, share.operator),
    )
    (shown,) = _handed_out(request, [_find(request, pk)])
    return shown


@router.delete(
    f"{ROOT}/{{int:pk}}", response={204: None}, summary="Delete a shared token"
)
@requires(Operation.SHARED_DELETE)
def shared_token_delete(request, pk: TokenPk):
    _find(request, pk).token.delete_softly(by=Actor.calling(request))
    return Status(204, None)


def _choice(request, body, operator):
    filters = find_filters(request, body.filters)
    return {
        "filters": filters,
        "operator": body.filters_operator or operator,
        "shows_everything": not filters,
    }


def _all(request, **named):
    tokens = request.auth.account.tokens.not_deleted().of_kind(Kind.SHARED)
    shares = Share.objects.filter(token__in=tokens.filter(**named))
    return shares.prefetch_related("filters").select_related(
        "token__account__organisation"
    )


def _find(request, pk):
    share = _all(request, pk=pk).first()
    if share is None:
        account = request.auth.account
        raise RuleViolation(
            "unknown_token", f"token with id {pk} not found for account {account.pk}"
        )
    return share


def _handed_out(request, shares):
    tokens = [share.token for share in shares]
    secrets = hand_out(tokens, by=Actor.calling(request))
    return [_shown(share, secrets[share.pk]) for share in shares]


def _ids(share):
    return sorted(each.pk for each in share.filters.all())


def _breadth(share):
    if share.shows_everything:
        return "everything"
    return "nothing" if share.scope == NOTHING else "filtered"


def _shown(share, secret):
    token = share.token
    return SharedToken(
        id=token.pk,
        name=token.name,
        token=secret,
        filters=None if share.shows_everything else _ids(share),
        filters_operator=share.operator,
        shows=_breadth(share),
        last_used=epoch(token.last_used_at),
        expiration_date=epoch(token.expires_at),
    )
