"""The filters of an account: `field: value`, matched exactly."""

from typing import Annotated

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Query
from ninja.responses import Status
from pydantic import Field

from accounts.api.plumbing.fields import path_id
from accounts.api.plumbing.guards import account_for, requires
from accounts.api.plumbing.idempotency import IdempotencyKey, once
from accounts.api.v1.accounts import AccountPk
from accounts.api.v1.fields import IfMatch, Line, Owned, Resource, StrictBody
from accounts.api.v1.pages import NextCursor, Paging
from accounts.api.v1.routers import ROOT, changes, own_router, reads
from accounts.api.v1.versions import etag, seen
from accounts.audit.trail import Actor
from accounts.permissions import Operation
from sharing.api.filter_fields import DESCRIPTION, FILTER_FIELD, VALUE
from sharing.models import Filter
from sharing.models.filters import MAX_LENGTH

router = own_router("filters")

FilterPk = path_id(6, "The filter's id.")

FILTERS_PATH = f"{ROOT}/accounts/{{int:pk}}/filters"
FILTER_PATH = f"{FILTERS_PATH}/{{int:filter_pk}}"

Clause = Annotated[Line, Field(min_length=1, max_length=MAX_LENGTH)]
Description = Annotated[Line, Field(max_length=200)]


class NewFilterBody(StrictBody):
    field: Annotated[Clause, FILTER_FIELD]
    value: Annotated[Clause, VALUE]
    description: Annotated[Description, DESCRIPTION] = ""


class FilterChange(StrictBody):
    field: Annotated[Clause, FILTER_FIELD] = Field(default_factory=str)
    value: Annotated[Clause, VALUE] = Field(default_factory=str)
    description: Annotated[Description, DESCRIPTION] = Field(default_factory=str)


class FilterAnswer(Owned):
    field: Annotated[str, FILTER_FIELD]
    value: Annotated[str, VALUE]
    description: Annotated[str, DESCRIPTION]


class FilterWithUses(FilterAnswer):
    """A filter, and the ids of the shared tokens that it narrows."""

    used_by: list[int] = Field(
        description="The ids of the shared tokens that it narrows.", examples=[[77]]
    )
    would_pause: list[int] = Field(
        description="Those that would show more without it, and are paused when it is "
        "deleted.",
        examples=[[77]],
    )


class Filters(Resource):
    items: list[FilterAnswer] = Field(description="What is on this page.")
    next: NextCursor


@router.get(FILTERS_PATH, response=reads(Filters), summary="List an account's filters")
@requires(there=[Operation.FILTER_LIST])
def own_filter_list(
    request, response: HttpResponse, pk: AccountPk, asked: Query[Paging]
):
    account = account_for(request, pk, Operation.FILTER_LIST)
    page = asked.page(request, response, account.filters.all(), "field")
    return Filters(items=[filter_shown(each) for each in page], next=page.next)


@router.post(
    FILTERS_PATH, response=changes(FilterAnswer, 201), summary="Create a filter"
)
@requires(there=[Operation.FILTER_CREATE])
def own_filter_create(
    request,
    response: HttpResponse,
    pk: AccountPk,
    body: NewFilterBody,
    idempotency_key: IdempotencyKey = None,
):
    account = account_for(request, pk, Operation.FILTER_CREATE)

    def create():
        by = Actor.calling(request)
        return filter_shown(Filter.add(account=account, by=by, **body.model_dump()))

    answer = once(request, idempotency_key, FilterAnswer, create)
    response["ETag"] = etag(answer)
    return Status(201, answer)


@router.get(
    FILTER_PATH, response=reads(FilterWithUses), summary="Get a filter, with its uses"
)
@requires(there=[Operation.FILTER_LIST])
def own_filter_get(request, response: HttpResponse, pk: AccountPk, filter_pk: FilterPk):
    return _answered(response, _find(request, pk, filter_pk, Operation.FILTER_LIST))


@router.patch(
    FILTER_PATH,
    response=changes(FilterWithUses),
    summary="Change a filter",
    description="Links that it narrows follow at once. What is left out stays.",
)
@requires(there=[Operation.FILTER_EDIT])
def own_filter_update(
    request,
    response: HttpResponse,
    pk: AccountPk,
    filter_pk: FilterPk,
    body: FilterChange,
    if_match: IfMatch = None,
):
    found = _find(request, pk, filter_pk, Operation.FILTER_EDIT)
    fields = body.model_dump(exclude_unset=True)
    found.edit(by=Actor.calling(request), version=seen(found, if_match), **fields)
    return _answered(response, found)


@router.delete(
    FILTER_PATH,
    response=changes(None, 204),
    summary="Delete a filter; a link that would show more without it is paused",
)
@requires(there=[Operation.FILTER_DELETE])
def own_filter_delete(
    request, pk: AccountPk, filter_pk: FilterPk, if_match: IfMatch = None
):
    found = _find(request, pk, filter_pk, Operation.FILTER_DELETE)
    version = seen(found, if_match)
    found.delete_narrowing(by=Actor.calling(request), version=version)
    return Status(204, None)


def filter_shown(filter_):
    return FilterAnswer(**_fields(filter_))


def _find(request, pk, filter_pk, operation):
    account = account_for(request, pk, operation)
    return get_object_or_404(account.filters, pk=filter_pk)


def _answered(response, filter_):
    response["ETag"] = etag(filter_)
    return FilterWithUses(
        **_fields(filter_),
        used_by=[share.pk for share in filter_.used_by() if share.token.is_not_deleted],
        would_pause=[
            share.pk
            for share in filter_.shares_that_stop()
            if share.token.is_not_deleted
        ],
    )


def _fields(filter_):
    return {name: getattr(filter_, name) for name in FilterAnswer.model_fields}
