"""Somebody who is invited by an organisation that they have nothing to do with."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts import invitations, members
from accounts.audit.trail import Actor
from accounts.models import Action, AuditEvent, Membership, Role, User
from tests.accounts.signing_in import OTHER, PASSWORD, sign_in
from tests.api.calls import Api
from tests.factories import (
    ChildFactory,
    MainFactory,
    MembershipFactory,
    TokenFactory,
    UserFactory,
)

HX = {"HX-Request": "true"}
ABOUT_LOGINS = (
    Action.LOGIN,
    Action.LOGOUT,
    Action.LOGIN_FAILED,
    Action.PASSWORD_CHANGED,
    Action.MFA_CHANGED,
)


@pytest.fixture
def nosy(db):
    """An organisation that sorts before all others, and its admin."""
    account = MainFactory(name="AAA Nosy")
    user = UserFactory(email="nosy@nosy.example")
    return MembershipFactory(account=account, user=user)


@pytest.fixture
def added(nosy, dana):
    by = Actor(nosy.user.email, user=nosy.user)
    return members.add_member(
        nosy.account, email=dana.email, role=Role.USER, by=by, tell=False
    )


def trail(account):
    """Return what an organisation's trail has of logins."""
    events = AuditEvent.objects.filter(organisation=account.organisation_id)
    events = events.order_by("pk")
    return [event.action for event in events.filter(action__in=ABOUT_LOGINS)]


def everything(client):
    """Do all that a person does about their login, right and wrong."""
    sign_in(client, password="wrong")
    sign_in(client)
    passwords = {"oldpassword": PASSWORD, "password1": OTHER, "password2": OTHER}
    client.post(reverse("account_change_password"), passwords)
    client.post(reverse("account_logout"))


DONE = [Action.LOGIN_FAILED, Action.LOGIN, Action.PASSWORD_CHANGED, Action.LOGOUT]


def test_who_was_added_signs_in_for_their_own_organisation(
    client, main, nosy, added, dana
):
    everything(client)

    assert trail(main) == DONE
    assert trail(nosy.account) == []
    assert client.get("/").status_code == 302


def test_who_was_added_lands_where_they_have_been(client, main, added):
    sign_in(client)

    page = client.get("/")

    assert page.url == reverse("tokens:shipping", args=[main.pk])


@pytest.mark.parametrize("way", ["next", "cookie"])
def test_who_is_invited_signs_in_for_no_stranger(client, main, nosy, added, way):
    named_in(client, way, nosy.account)

    assert (trail(main), trail(nosy.account)) == ([Action.LOGIN], [])
    added.refresh_from_db()
    assert (added.state, added.entered_at) == ("invited", None)


@pytest.mark.parametrize("way", ["next", "cookie"])
def test_who_signs_in_for_another_organisation_is_told_there(
    client, main, nosy, added, way
):
    accept(added)

    named_in(client, way, nosy.account)

    assert (trail(main), trail(nosy.account)) == ([], [Action.LOGIN])
    added.refresh_from_db()
    assert added.state == "active"


def named_in(client, way, account):
    """Sign in for an account that the browser opened last, or that the address names."""
    page = reverse("accounts:general", args=[account.pk])
    if way == "cookie":
        client.cookies["tollgate_account"] = str(account.pk)
    data = {"login": "dana@acme.example", "password": PASSWORD}
    if way == "next":
        data["next"] = f"{page}?tab=1"
    client.post(reverse("account_login"), data)


def accept(membership):
    invitations.accept(
        membership.user,
        membership.account.organisation,
        by=Actor(membership.user.email),
    )


@pytest.mark.parametrize("cookie", ["", "x", "0", "99999", "9" * 30])
def test_a_cookie_of_nothing_leads_home(client, main, added, cookie):
    client.cookies["tollgate_account"] = cookie

    sign_in(client)

    assert trail(main) == [Action.LOGIN]


def test_who_is_invited_finds_no_account(client, nosy, added, dana):
    client.force_login(dana)

    page = client.get(reverse("accounts:general", args=[nosy.account.pk]))

    added.refresh_from_db()
    assert (page.status_code, added.state) == (404, "invited")
    assert "AAA Nosy" not in client.get(reverse("accounts:switcher")).text


def test_who_accepts_an_account_has_come(client, nosy, added, dana):
    client.force_login(dana)
    accept(added)

    page = client.get(reverse("accounts:general", args=[nosy.account.pk]))

    added.refresh_from_db()
    assert (page.status_code, added.state) == (200, "active")
    assert added.entered_at


def test_who_looks_elsewhere_has_not_come(client, main, added, dana):
    client.force_login(dana)

    client.get(reverse("accounts:general", args=[main.pk]))
    client.get(reverse("accounts:switcher"))

    added.refresh_from_db()
    assert added.entered_at is None


def test_a_new_person_belongs_to_whoever_made_them_known(client, main, nosy):
    user = UserFactory(email="new@x.example", password=PASSWORD, last_login=None)
    MembershipFactory(account=main, user=user)
    sign_in(client, "new@x.example", password="wrong")
    MembershipFactory(account=nosy.account, user=user)
    sign_in(client, "new@x.example", password="wrong")

    sign_in(client, "new@x.example")

    assert trail(main) == [Action.LOGIN_FAILED, Action.LOGIN]
    assert trail(nosy.account) == []


def test_who_signed_in_for_nobody_is_in_nobodys_trail(client, nosy):
    UserFactory(email="lonely@x.example", password=PASSWORD)
    by = Actor.console()
    members.add_member(
        nosy.account, email="lonely@x.example", role=Role.USER, by=by, tell=False
    )

    sign_in(client, "lonely@x.example", password="wrong")

    assert trail(nosy.account) == []


def test_an_operator_who_was_added_comes_to_nobody(client, nosy):
    UserFactory(email="op@tollgate.example", password=PASSWORD, is_staff=True)
    by = Actor(nosy.user.email, user=nosy.user)
    added = members.add_member(
        nosy.account, email="op@tollgate.example", role=Role.ADMIN, by=by, tell=False
    )

    sign_in(client, "op@tollgate.example")
    client.get(reverse("accounts:general", args=[nosy.account.pk]))

    added.refresh_from_db()
    assert (added.state, trail(nosy.account)) == ("invited", [])


def test_a_name_is_told_to_those_one_came_to(client, main, nosy, added, dana):
    client.force_login(dana)

    client.post(reverse("accounts:profile"), {"full_name": "Dana Doe"})

    renamed = AuditEvent.objects.filter(action=Action.USER_UPDATED)
    assert [event.account for event in renamed] == [main]


# Whom an address may belong to: nobody yet, a customer, one who is shut out, an operator.
KINDS = ("unknown", "known", "disabled", "staff")


@pytest.fixture
def people(db):
    """Give each address a person, but the first one."""
    now = timezone.now()
    common = {"password": PASSWORD, "full_name": "Secret Name", "last_login": now}
    made = {
        "known": UserFactory(email="known@x.example", **common),
        "disabled": UserFactory(email="disabled@x.example", is_active=False, **common),
        "staff": UserFactory(email="staff@x.example", is_staff=True, **common),
    }
    MembershipFactory(user=made["known"])
    return made


ROW = re.compile(r'<tr id="member-\d+" data-state="invited".*?</tr>', re.DOTALL)


def alike(text, kind):
    """Return what an answer says, without what tells one row from another."""
    text = text.replace(f"{kind}@x.example", "somebody@x.example")
    text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text)
    text = re.sub(r"(users|member|menu|more|trash|[a-z]+)[-/]\d+", r"\1-N", text)
    return re.sub(r'datetime="[^"]*"|title="[^"]*UTC"', "", text)


@pytest.mark.parametrize("full_name", ["", "Nia New"])
@pytest.mark.parametrize("headers", [None, HX])
def test_pages_answer_alike_for_any_address(
    client, nosy, people, full_name, headers, django_capture_on_commit_callbacks
):
    client.force_login(nosy.user)
    add = reverse("accounts:user_add", args=[nosy.account.pk])
    answers, rows = set(), set()
    for kind in KINDS:
        typed = {"email": f"{kind}@x.example", "full_name": full_name, "role": "user"}
        with django_capture_on_commit_callbacks(execute=True):
            response = client.post(add, typed, headers=headers)
        answers.add((response.status_code, alike(response.text, kind)))
        page = reverse("accounts:user_list", args=[nosy.account.pk])
        rows |= {alike(row, kind) for row in ROW.findall(client.get(page).text)}
        found = client.get(page, {"q": "Secret"}).text
        assert f"{kind}@x.example" not in found
        Membership.objects.exclude(pk=nosy.pk).filter(account=nosy.account).delete()

    assert len(answers) == len(rows) == 1


def test_the_api_answers_alike_for_any_address(nosy, people):
    api = Api(TokenFactory(account=nosy.account).secret_text)
    answers = []
    for kind in KINDS:
        asked = {
            "username": f"{kind}@x.example",
            "fullName": "Nia New",
            "role": "USER_ROLE_REGULAR",
            "accountID": nosy.account.pk,
        }
        status, made = api.post("/v1/user-management", asked)
        shown = api.get(f"/v1/user-management/{made['id']}")[1]
        del shown["id"], shown["username"]
        answers.append((status, list(made), shown))

    assert answers == [answers[0]] * len(KINDS)


def test_ids_of_people_do_not_tell_who_was_first(db):
    ids = [User.objects.create_user(f"p{each}@x.example").pk for each in range(20)]

    assert ids != sorted(ids)
    assert all(2**20 <= pk < 2**30 for pk in ids)


def test_an_invitation_goes_out_again_for_any_address(nosy, people, mailoutbox):
    by = Actor(nosy.user.email, user=nosy.user)
    for kind in KINDS:
        membership = members.add_member(
            nosy.account, email=f"{kind}@x.example", role=Role.USER, by=by, tell=False
        )
        members.invite_again(membership, by=by)

    assert [mail.to for mail in mailoutbox] == [[f"{kind}@x.example"] for kind in KINDS]
    links = ["/welcome/" in mail.body for mail in mailoutbox]
    assert links == [True, False, False, False]


def test_a_pending_admin_gets_no_mail_about_tokens(
    client, nosy, dana, mailoutbox, django_capture_on_commit_callbacks
):
    by = Actor(nosy.user.email, user=nosy.user)
    members.add_member(nosy.account, email=dana.email, role="admin", by=by, tell=False)
    api = Api(TokenFactory(account=nosy.account).secret_text)
    asked = {"name": "x", "accountId": ChildFactory(main=nosy.account).pk}

    with django_capture_on_commit_callbacks(execute=True):
        assert api.post("/v1/api-tokens/sub-account", asked)[0] == 200

    assert [mail.to for mail in mailoutbox] == [[nosy.user.email]]
