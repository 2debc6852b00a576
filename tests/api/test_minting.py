"""POST /v1/api-tokens/sub-account: recorded requests and their answers."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from accounts.lifecycle import delete_account, edit_organisation
from accounts.models import Action, AuditEvent
from accounts.permissions import OutOfScope
from tests.accounts.mails import expect_the_look, said
from tests.api.calls import Api, secret
from tests.factories import BY, ChildFactory, MainFactory, TokenFactory, organisation_of
from tokens.api.minting import mint
from tokens.kinds import Kind
from tokens.models import Token

MINT = "/v1/api-tokens/sub-account"
INSUFFICIENT = {"message": "Insufficient privileges"}


def minted():
    return Token.objects.of_kind(Kind.API).filter(name="grafana")


@pytest.mark.parametrize("kind", ["sub", "metrics", "tracing", "security"])
def test_mint_makes_a_token_that_works(main, api, kind, time_machine):
    time_machine.move_to(datetime(2026, 11, 23, 12, tzinfo=UTC), tick=False)
    child = ChildFactory(main=main, kind=kind, name="Child")

    status, body = api.post(MINT, {"name": "grafana", "accountId": child.pk})

    assert (status, body) == (
        200,
        {
            "id": minted().get().pk,
            "name": "grafana",
            "token": secret("tga_"),
            "createdAt": 1795435200.0,
        },
    )
    assert Api(body["token"]).get("/v2/whoami") == (
        200,
        {"accountName": "Child", "accountId": child.pk},
    )


def test_mint_does_not_ask_whether_the_child_is_open(main, api):
    shut = ChildFactory(main=main, accessible=False, searchable=False)

    assert api.post(MINT, {"name": "grafana", "accountId": shut.pk})[0] == 200


def test_mint_is_told_to_the_audit_trail_and_to_the_admins(
    main,
    sub,
    admin,
    sub_admin,
    member,
    outsider,
    mailoutbox,
    django_capture_on_commit_callbacks,
):
    by = TokenFactory(account=main, name="Terraform")

    with django_capture_on_commit_callbacks(execute=True):
        _, body = Api(by.secret_text).post(
            MINT, {"name": "grafana", "accountId": sub.pk}
        )

    (event,) = AuditEvent.objects.filter(token_id=body["id"])
    assert (event.action, event.account) == (Action.TOKEN_CREATED, sub)
    assert (event.actor_label, event.actor_token_id) == ("Terraform", by.pk)
    assert [mail.to for mail in mailoutbox] == [[admin.email], [sub_admin.email]]
    assert {mail.subject for mail in mailoutbox} == {
        "[Tollgate] An API token was made for “Staging”"
    }
    expect_the_look(mailoutbox[0])
    assert said(mailoutbox[0]).startswith(
        "The API token “Terraform” of the main account made another API token: "
        "“grafana”, for the account “Staging”. The call came from 127.0.0.1."
    )
    page = reverse("tokens:page", args=[sub.pk, body["id"]])
    assert f"http://127.0.0.1:8000{page}" in mailoutbox[0].body
    assert body["token"] not in mailoutbox[0].body


def test_mint_without_a_token_is_401(db):
    assert Api(None).post(MINT, {"name": "grafana", "accountId": 1}) == (
        401,
        INSUFFICIENT,
    )


def test_mint_with_a_token_that_does_not_work_is_401(main, sub):
    token = TokenFactory(account=main)
    token.disable(by=BY)

    assert Api(token.secret_text).post(MINT, {"name": "a", "accountId": sub.pk}) == (
        401,
        INSUFFICIENT,
    )


def test_mint_with_the_token_of_a_child_is_403_whatever_it_names(main, sub, sub_api):
    for pk in (sub.pk, main.pk, ChildFactory(main=main).pk, MainFactory().pk, 0):
        assert sub_api.post(MINT, {"name": "grafana", "accountId": pk}) == (
            403,
            INSUFFICIENT,
        )
    assert not minted().exists()


def test_mint_for_the_main_account_itself_is_403(main, api):
    assert api.post(MINT, {"name": "grafana", "accountId": main.pk}) == (
        403,
        INSUFFICIENT,
    )


def test_mint_is_403_where_it_is_switched_off(main, sub, api):
    edit_organisation(organisation_of(main), by=BY, allows_minting=False)

    assert api.post(MINT, {"name": "grafana", "accountId": sub.pk}) == (
        403,
        {"message": "This organisation does not let tokens make API tokens."},
    )
    assert not minted().exists()


def test_mint_for_an_account_that_is_not_there_is_404(main, sub, api):
    delete_account(sub, by=BY)

    for pk in (sub.pk, MainFactory().pk, ChildFactory().pk, 0, -1, 2**31 - 1):
        assert api.post(MINT, {"name": "grafana", "accountId": pk}) == (
            404,
            {"message": f"account {pk} not found"},
        )


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"name": ""}, "Give the token a name."),
        ({"name": None}, "name Input should be a valid string"),
        ({"accountId": None}, "accountId Input should be a valid integer"),
        (
            {"accountId": "x"},
            "accountId Input should be a valid integer, "
            "unable to parse string as an integer",
        ),
        (
            {"accountId": 2**31},
            "accountId Input should be less than or equal to 2147483647",
        ),
        ({"accountId": True}, "accountId must be a number"),
    ],
)
def test_mint_says_what_is_wrong(sub, api, body, message):
    asked = {"name": "grafana", "accountId": sub.pk} | body

    assert api.post(MINT, asked) == (400, {"message": message})


def test_mint_refuses_a_name_twice(sub, api):
    asked = {"name": "grafana", "accountId": float(sub.pk)}
    api.post(MINT, asked)

    assert api.post(MINT, asked) == (
        400,
        {"message": "There is already a token named grafana here."},
    )
    assert minted().count() == 1


def minted_scopes(body):
    return Token.objects.get(pk=body["id"]).scopes


@pytest.mark.parametrize(
    ("held", "asked", "given"),
    [
        ("", None, ""),
        ("", ["everything"], ""),
        ("", ["read"], "read"),
        ("api:write audit:read", None, "api:write audit:read"),
        ("api:write audit:read", ["audit:read"], "audit:read"),
    ],
)
def test_mint_gives_at_most_the_scopes_of_the_token_that_asks(
    main, sub, held, asked, given
):
    body = {"name": "grafana", "accountId": sub.pk}
    body |= {"scopes": asked} if asked else {}

    status, answer = Api.of(main, scopes=held).post(MINT, body)

    assert (status, minted_scopes(answer)) == (200, given)


def test_mint_gives_no_wider_scope(main, sub):
    api = Api.of(main, scopes="api:write audit:read")

    for wider in (["everything"], ["read"], ["audit:read", "users:read"]):
        asked = {"name": "grafana", "accountId": sub.pk, "scopes": wider}
        assert api.post(MINT, asked) == (
            400,
            {"message": "An API token gives others only scopes that it has itself."},
        )
    assert not minted().exists()


def test_mint_takes_scopes_that_there_are(sub, api):
    for scopes in ([], ["audit:write"], "read"):
        asked = {"name": "grafana", "accountId": sub.pk, "scopes": scopes}
        status, body = api.post(MINT, asked)
        assert (status, body["message"][:6]) == (400, "scopes")


def test_mint_without_its_scope_is_403(main, sub):
    assert Api.of(main, scopes="read accounts:write").post(
        MINT, {"name": "grafana", "accountId": sub.pk}
    ) == (
        403,
        {
            "message": "Insufficient privileges: "
            "This API token lacks the scope api:write"
        },
    )


def test_mint_looks_at_the_scopes_again_under_the_lock(main, sub):
    """The maker is given less after its call was let in."""
    maker = TokenFactory(account=main)
    Token.objects.filter(pk=maker.pk).update(scopes="api:write")

    token, _ = mint(sub, name="grafana", by=BY, maker=maker)

    assert token.scopes == "api:write"
    Token.objects.filter(pk=maker.pk).update(scopes="audit:read")
    with pytest.raises(OutOfScope):
        mint(sub, name="other", by=BY, maker=maker)
