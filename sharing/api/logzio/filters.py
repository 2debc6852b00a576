"""The filters that an account's shared tokens can be narrowed by."""

from typing import Annotated

from pydantic import Field

from accounts.api.plumbing.areas import router_in
from accounts.api.plumbing.bodies import Sparse
from accounts.api.plumbing.fields import Answer, path_id, text
from accounts.api.plumbing.guards import requires
from accounts.api.plumbing.idempotency import IdempotencyKey, once
from accounts.audit.trail import Actor
from accounts.permissions import Operation
from accounts.rule_violations import RuleViolation
from sharing.api.filter_fields import DESCRIPTION, FILTER_FIELD, VALUE
from sharing.api.logzio.areas import AREA, ROOT
from sharing.models import Filter
from sharing.models.filters import MAX_LENGTH

WORD = "^[a-zA-Z0-9_@.-]+$"

router = router_in(AREA)

FilterPk = path_id(5)

Word = text(WORD, longest=MAX_LENGTH)


class NewFilter(Sparse):
    field: Annotated[Word, FILTER_FIELD]
    value: Annotated[Word, VALUE]
    description: Annotated[text(longest=200), DESCRIPTION] = ""


class QueryFilter(Answer):
    id: int = Field(description="Its id.", examples=[77])
    field: Annotated[str, FILTER_FIELD]
    value: Annotated[str, VALUE]
    description: Annotated[str, DESCRIPTION]


@router.get(f"{ROOT}/filters", response=list[QueryFilter], summary="List the filters")
@requires(Operation.FILTER_LIST)
def filter_list(request):
    return [_shown(each) for each in request.auth.account.filters.order_by("pk")]


@router.post(f"{ROOT}/filters", response=QueryFilter, summary="Create a filter")
@requires(Operation.FILTER_CREATE)
def filter_create(request, body: NewFilter, idempotency_key: IdempotencyKey = None):
    def create():
        made = Filter.add(
            account=request.auth.account, by=Actor.calling(request), **body.model_dump()
        )
        return _shown(made)

    return once(request, idempotency_key, QueryFilter, create)


@router.get(f"{ROOT}/filters/{{int:pk}}", response=QueryFilter, summary="Get a filter")
@requires(Operation.FILTER_LIST)
def filter_get(request, pk: FilterPk):
    return _shown(_find(request, pk))


@router.delete(
    f"{ROOT}/filters/{{int:pk}}",
    response=QueryFilter,
    summary="Delete a filter; a link that would show more without it is paused",
)
@requires(Operation.FILTER_DELETE)
def filter_delete(request, pk: FilterPk):
    found = _find(request, pk)
    last_words = _shown(found)
    found.delete_narrowing(by=Actor.calling(request))
    return last_words


def find_filters(request, pks):
    """Return filters of the caller's account; Logz.io answers 400 for an unknown one."""
    found = request.auth.account.filters.in_bulk(pks)
    for pk in pks:
        if pk not in found:
            raise _unknown(request, pk)
    return list(found.values())


def _find(request, pk):
    found = request.auth.account.filters.filter(pk=pk).first()
    if found is None:
        raise _unknown(request, pk)
    return found


def _unknown(request, pk):
    account = request.auth.account.pk
    message = f"filter with id {pk} not found for account {account}"
    return RuleViolation("unknown_filter", message)


def _shown(filter_):
    return QueryFilter(
        id=filter_.pk,
        field=filter_.field,
        value=filter_.value,
        description=filter_.description,
    )
