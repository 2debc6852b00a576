"""The shared views of an account: the dashboards that its links open."""

from typing import Annotated

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Query
from ninja.responses import Status
from pydantic import AfterValidator, Field

from accounts.api.plumbing.fields import VISIBLE, path_id
from accounts.api.plumbing.guards import account_for, requires
from accounts.api.plumbing.idempotency import IdempotencyKey, once
from accounts.api.v1.accounts import AccountPk
from accounts.api.v1.fields import CONTROL, IfMatch, Owned, Resource, StrictBody, whole
from accounts.api.v1.pages import NextCursor, Paging
from accounts.api.v1.routers import ROOT, changes, own_router, reads
from accounts.api.v1.versions import etag, seen
from accounts.audit.trail import Actor
from accounts.permissions import Operation
from accounts.rule_violations import RuleViolation
from sharing.models import SharedView
from sharing.models.dashboards import LONGEST_ADDRESS, MOST_DASHBOARDS, check_address

router = own_router("views")

ViewPk = path_id(9, "The view's id.")

VIEWS = f"{ROOT}/accounts/{{int:pk}}/views"
VIEW = f"{VIEWS}/{{int:view_pk}}"

Title = Annotated[
    str,
    Field(
        max_length=100,
        pattern=f"^[^{CONTROL}]*{VISIBLE}[^{CONTROL}]*$",
        description="What visitors read.",
        examples=["Payments overview"],
    ),
    AfterValidator(str.strip),
]
Address = Annotated[
    str,
    Field(
        max_length=LONGEST_ADDRESS,
        pattern=f"^[Hh][Tt][Tt][Pp][Ss]?://[^{CONTROL}]+$",
        description="Where the dashboard is, without passwords and tokens.",
        examples=["https://grafana.example.com/d/payments"],
    ),
]
Position = Annotated[
    whole(1, MOST_DASHBOARDS),
    Field(description="Its place among the account's views, from 1 on.", examples=[1]),
]


class NewViewBody(StrictBody):
    title: Title
    address: Address


class ViewChange(StrictBody):
    title: Title = Field(default_factory=str)
    address: Address = Field(default_factory=str)
    position: Position = Field(default_factory=int)

    def text(self, view):
        """Return title and address as they are to be."""
        said = self.model_dump(exclude_unset=True, exclude={"position"})
        return view.values | said


class ViewAnswer(Owned):
    title: Annotated[
        str, Field(description="What visitors read.", examples=["Payments overview"])
    ]
    address: Annotated[
        str,
        Field(
            description="Where the dashboard is.",
            examples=["https://grafana.example.com/d/payments"],
        ),
    ]


class Views(Resource):
    items: list[ViewAnswer] = Field(description="What is on this page.")
    next: NextCursor


@router.get(
    VIEWS, response=reads(Views), summary="List an account's shared views, in order"
)
@requires(there=[Operation.VIEW_LIST])
def own_view_list(request, response: HttpResponse, pk: AccountPk, asked: Query[Paging]):
    account = account_for(request, pk, Operation.VIEW_LIST)
    page = asked.page(request, response, account.shared_views.all(), "position")
    return Views(items=[view_shown(each) for each in page], next=page.next)


@router.post(
    VIEWS,
    response=changes(ViewAnswer, 201),
    summary="Add a shared view below the others",
)
@requires(there=[Operation.VIEW_CREATE])
def own_view_create(
    request,
    response: HttpResponse,
    pk: AccountPk,
    body: NewViewBody,
    idempotency_key: IdempotencyKey = None,
):
    account = account_for(request, pk, Operation.VIEW_CREATE)

    def create():
        _check(body.address)
        by = Actor.calling(request)
        return view_shown(SharedView.add(account=account, by=by, **body.model_dump()))

    answer = once(request, idempotency_key, ViewAnswer, create)
    response["ETag"] = etag(answer)
    return Status(201, answer)


@router.get(VIEW, response=reads(ViewAnswer), summary="Get a shared view")
@requires(there=[Operation.VIEW_LIST])
def own_view_get(request, response: HttpResponse, pk: AccountPk, view_pk: ViewPk):
    return _answered(response, _find(request, pk, view_pk, Operation.VIEW_LIST))


@router.patch(
    VIEW,
    response=changes(ViewAnswer),
    summary="Change or move a shared view",
    description="Links open it as it is at once. What is left out stays.",
)
@requires(there=[Operation.VIEW_EDIT])
def own_view_update(
    request,
    response: HttpResponse,
    pk: AccountPk,
    view_pk: ViewPk,
    body: ViewChange,
    if_match: IfMatch = None,
):
    view = _find(request, pk, view_pk, Operation.VIEW_EDIT)
    by, text = Actor.calling(request), body.text(view)
    if text["address"] != view.address:
        _check(text["address"])
    view.edit(by=by, version=seen(view, if_match), **text)
    if body.position:
        view.move_to(body.position, by=by)
    return _answered(response, view)


@router.delete(VIEW, response=changes(None, 204), summary="Delete a shared view")
@requires(there=[Operation.VIEW_DELETE])
def own_view_delete(request, pk: AccountPk, view_pk: ViewPk, if_match: IfMatch = None):
    view = _find(request, pk, view_pk, Operation.VIEW_DELETE)
    view.remove(by=Actor.calling(request), version=seen(view, if_match))
    return Status(204, None)


def view_shown(view):
    return ViewAnswer(**{name: getattr(view, name) for name in ViewAnswer.model_fields})


def _check(address):
    """Raise RuleViolation for what a browser should not be sent to."""
    try:
        check_address(address)
    except ValidationError as error:
        raise RuleViolation(
            "unusable_address", error.message, field="address"
        ) from None


def _find(request, pk, view_pk, operation):
    account = account_for(request, pk, operation)
    return get_object_or_404(account.shared_views, pk=view_pk)


def _answered(response, view):
    response["ETag"] = etag(view)
    return view_shown(view)
