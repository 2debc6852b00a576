"""What mails say: where their links lead, and whose words they carry, how often."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from accounts import members
from accounts.audit.trail import Actor
from accounts.models import Membership, Role
from accounts.names import quoted
from accounts.rule_violations import RuleViolation
from tests.accounts.mails import said
from tests.accounts.signing_in import OTHER, PASSWORD, sign_in
from tests.api.calls import Api
from tests.factories import ChildFactory, MainFactory, TokenFactory

MINT = "/v1/api-tokens/sub-account"
FORGED = {"HTTP_HOST": "evil.example"}
pytestmark = pytest.mark.usefixtures("_anywhere")


@pytest.fixture
def _anywhere(settings, db):
    settings.ALLOWED_HOSTS = ["*"]
    settings.APP_URL = "https://tollgate.example.com"


@pytest.fixture
def send(client, main, dana, sub, django_capture_on_commit_callbacks):
    """Have a mail sent by a request that claims to be to another host."""
    api = TokenFactory(account=main).secret_text
    new = {"email": "new@x.example", "role": "user"}
    change = {"oldpassword": PASSWORD, "password1": OTHER, "password2": OTHER}
    requests = {
        "reset": ("account_reset_password", [], {"email": dana.email}),
        "unknown": ("account_reset_password", [], {"email": "no@x.example"}),
        "invitation": ("accounts:user_add", [main.pk], new),
        "notice": ("accounts:user_add", [sub.pk], new | {"email": dana.email}),
        "password": ("account_change_password", [], change),
    }

    def send(what):
        if what not in ("reset", "unknown"):
            sign_in(client, **FORGED)
        with django_capture_on_commit_callbacks(execute=True):
            if what == "minted":
                asked = {"name": "x", "accountId": sub.pk}
                told = {"headers": {"X-API-TOKEN": api}} | FORGED
                client.post(MINT, asked, content_type="application/json", **told)
            else:
                page, things, data = requests[what]
                client.post(reverse(page, args=things), data, **FORGED)

    return send


@pytest.mark.parametrize(
    "what", ["reset", "unknown", "invitation", "notice", "password", "minted"]
)
def test_the_host_of_a_request_is_in_no_mail(send, mailoutbox, what):
    send(what)

    (message,) = mailoutbox
    whole = message.message().as_bytes().decode()
    assert "evil" not in whole
    assert set(re.findall(r"\w+://[^/\s]+", whole)) == {"https://tollgate.example.com"}


def test_a_reset_link_leads_to_the_portal(send, client, mailoutbox):
    send("reset")

    (link,) = [word for word in mailoutbox[0].body.split() if "/reset/" in word]
    page = client.get(link.removeprefix("https://tollgate.example.com"), follow=True)
    assert 'name="password1"' in page.text


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Fluent Bit", "“Fluent Bit”"),
        ("evil.example", "“evil[.]example”"),
        ("http://evil.example/a?b", "“http[:]//evil[.]example/a?b”"),
        ("www.evil.example", "“www[.]evil[.]example”"),
        ("10.0.0.1", "“10[.]0[.]0[.]1”"),
        ("mailto:a@evil.example", "“mailto[:]a@evil[.]example”"),
        ("evil\u3002example", "“evil[\u3002]example”"),
        ("evil\uff0eexample", "“evil[\uff0e]example”"),
        ("Read this. Then: go.", "“Read this. Then: go.”"),
        ("a” is free, “b", "“a' is free, 'b”"),
    ],
)
def test_names_are_quoted_and_no_links(name, written):
    assert quoted(name) == written


def test_an_invitation_carries_no_link_of_a_name(
    mailoutbox, django_capture_on_commit_callbacks
):
    account = MainFactory(name="evil.example")
    by = Actor("see www.evil.example", token_id=7)

    with django_capture_on_commit_callbacks(execute=True):
        members.add_member(account, email="new@x.example", role=Role.USER, by=by)

    (message,) = mailoutbox
    assert message.subject == "[Tollgate] You are invited to “evil[.]example”"
    assert said(message).startswith(
        "“see www[.]evil[.]example” invites you to the account “evil[.]example”. "
        "Your role there will be: User."
    )


def add(account, number, by):
    email = f"new{number}@x.example"
    return members.add_member(account, email=email, role=Role.USER, by=by)


def too_many():
    return pytest.raises(
        RuleViolation, check=lambda refusal: refusal.code == "too_many_invitations"
    )


def test_an_organisation_invites_so_many_in_a_day(main, sub, admin, settings):
    settings.INVITATIONS_A_DAY = 3
    by = Actor(admin.email, user=admin)
    with time_machine.travel("2026-01-01 12:00Z", tick=False) as clock:
        for number, account in enumerate([main, sub, main]):
            add(account, number, by)
        with too_many():
            add(ChildFactory(main=main), 4, by)
        # Another organisation has its own, and a day is over at some time.
        add(MainFactory(), 5, by)
        clock.shift(timedelta(days=1, seconds=1))
        add(sub, 4, by)

    emails = Membership.objects.filter(user__email__startswith="new")
    assert emails.count() == 5


@pytest.mark.parametrize("who", ["staff", "console", "nobody told"])
def test_who_may_invite_more(main, staff, admin, settings, who):
    settings.INVITATIONS_A_DAY = 1
    by = {
        "staff": Actor(staff.email, user=staff),
        "console": Actor.console(),
        "nobody told": Actor(admin.email, user=admin),
    }[who]

    for number in range(3):
        members.add_member(
            main,
            email=f"new{number}@x.example",
            role=Role.USER,
            by=by,
            tell=who != "nobody told",
        )

    assert Membership.objects.filter(account=main).count() == 4


def test_nobody_is_written_to_again_and_again(main, admin):
    by = Actor(admin.email, user=admin)
    membership = add(main, 1, by)
    for _ in range(4):
        members.invite_again(membership, by=by)

    with too_many():
        members.invite_again(membership, by=by)
    members.remove_member(membership, by=by)
    with too_many():
        add(main, 1, by)
    add(main, 2, by)


def test_a_refused_invitation_is_told_at_its_field(as_admin, main, settings):
    settings.INVITATIONS_A_DAY = 1
    page = reverse("accounts:user_add", args=[main.pk])
    people = [{"email": f"n{each}@x.example", "role": "user"} for each in range(2)]

    as_admin.post(page, people[0])
    response = as_admin.post(page, people[1])

    assert response.status_code == 409
    assert "sends up to 1 invitations in a day" in response.text
    assert 'value="n1@x.example"' in response.text


def test_admins_are_told_of_so_many_minted_tokens_in_a_day(
    main, sub, admin, mailoutbox, django_capture_on_commit_callbacks
):
    api = Api(TokenFactory(account=main).secret_text)
    last = "This is the last such mail for a day"

    with django_capture_on_commit_callbacks(execute=True):
        for number in range(22):
            asked = {"name": f"t{number}", "accountId": sub.pk}
            assert api.post(MINT, asked)[0] == 200

    assert [last in said(each) for each in mailoutbox] == [False] * 19 + [True]
