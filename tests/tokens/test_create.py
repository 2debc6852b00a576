from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.lifecycle import edit_organisation
from accounts.models import AccountKind, Action, AuditEvent
from accounts.plans import Plan
from tests.factories import BY, ChildFactory, TokenFactory
from tests.tokens.list_pages import shown
from tokens.forms.expiry import ExpiryForm
from tokens.kinds import Kind
from tokens.models import Token

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
KINDS = [("tokens:api_create", Kind.API), ("tokens:shipping_create", Kind.LOGS)]


def create(client, account, view="tokens:api_create", *, headers=None, **data):
    url = reverse(view, args=[account.pk])
    return client.post(url, data, headers=headers)


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("admin", 302),
        ("member", 403),
        ("sub_admin", 404),
        ("outsider", 404),
        ("staff", 403),
    ],
)
@pytest.mark.parametrize(("name", "kind"), KINDS)
def test_admins_make_tokens(request, client, main, who, status, name, kind):
    client.force_login(request.getfixturevalue(who))

    assert create(client, main, name, name="New").status_code == status
    assert main.tokens.filter(name="New").count() == (status == 302)


@pytest.mark.parametrize(("name", "kind"), KINDS)
def test_token_is_made_and_shown_on_top(as_admin, admin, main, name, kind):
    response = create(as_admin, main, name, name="  Vector \t 2 ")

    token = main.tokens.get(kind=kind, name="Vector 2")
    assert (token.created_by, token.expires_at) == (admin.email, None)
    page = as_admin.get(response.url)
    html = page.content.decode()
    assert page.context["added"] == token
    assert [name for name in shown(page) if name != "default"] == [token.name]
    assert html.count(f'id="token-{token.pk}"') == 1
    assert 'class="row-new"' in html
    assert f'id="use-{token.pk}"' in html


@pytest.mark.parametrize(
    ("name", "kind", "template"),
    [
        (*KINDS[0], "export LOGZIO_API_TOKEN={secret}"),
        (
            *KINDS[1],
            "curl &#x27;https://logs.acme.example/?type=test&#x27; -H &#x27;X-API-TOKEN: "
            "{secret}&#x27; -d &#x27;{&quot;message&quot;:&quot;hello&quot;}&#x27;",
        ),
    ],
)
def test_htmx_answers_the_row_and_a_line_to_paste(
    as_admin, main, settings, name, kind, template
):
    settings.LISTENER_URL = "https://logs.acme.example"

    response = create(as_admin, main, name, headers=HTMX, name="Vector")

    token = main.tokens.get(kind=kind, name="Vector")
    html = response.content.decode()
    assert response.status_code == 200
    assert html.lstrip().startswith('<tr id="new-row" hidden></tr>')
    assert f'<tr id="token-{token.pk}" data-state="active" class="row-new">' in html
    assert f'data-template="{template}"' in html
    assert f'id="copy-{token.pk}" autofocus' in html
    assert "<html" not in html
    assert token.reveal(by=BY).reveal() not in html


def test_second_log_token_frees_the_first(as_admin, main):
    first = main.tokens.get()

    html = create(
        as_admin, main, "tokens:shipping_create", headers=HTMX, name="Second"
    ).content.decode()

    assert f'<tr id="token-{first.pk}" data-state="active" hx-swap-oob="true">' in html
    assert "2 of 15 enabled" in html
    assert 'id="tabs"' in html


@pytest.mark.parametrize("headers", [None, HTMX])
@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({"name": ""}, "Give the token a name."),
        ({"name": "TAKEN"}, "There is already a token named TAKEN here."),
        ({"name": "a" * 101}, "at most 100 characters"),
        ({"name": "a\x00b"}, "Null characters are not allowed."),
        ({"name": "a\x07b"}, "Control characters are not allowed."),
        ({"name": "A", "expires_at": "tomorrow"}, "Select a valid choice."),
        ({"name": "A", "expires_at": "date"}, "Choose a date."),
        (
            {"name": "A", "expires_at": "date", "expires_on": "9999-12-31"},
            "Choose a day in the next ten years.",
        ),
        (
            {"name": "A", "expires_at": "date", "expires_on": "0001-01-01"},
            "Choose a day in the next ten years.",
        ),
        (
            {"name": "A", "expires_at": "date", "expires_on": "soon"},
            "Enter a valid date.",
        ),
    ],
)
def test_mistake_is_told_at_the_field(as_admin, main, headers, data, error):
    TokenFactory(account=main, name="Taken")

    response = create(as_admin, main, headers=headers, **data)

    html = response.content.decode()
    assert response.status_code == 422
    assert error in html
    assert ("<html" in html) == (headers is None)
    assert main.tokens.filter(kind=Kind.API).count() == 1


def test_what_was_typed_is_kept(as_admin, main):
    data = {"name": '"Quoted" <b>', "expires_at": "date", "expires_on": "nonsense"}

    html = create(as_admin, main, **data).content.decode()

    assert 'value="&quot;Quoted&quot; &lt;b&gt;"' in html
    assert 'value="nonsense"' in html
    assert '<details class="more expiry" open>' in html


@pytest.mark.parametrize(
    ("choice", "days"), [("7", 7), ("30", 30), ("60", 60), ("90", 90), ("365", 365)]
)
def test_preset_sets_the_expiry(as_admin, main, choice, days):
    create(as_admin, main, name="Guest", expires_at=choice)

    left = Token.objects.get(name="Guest").expires_at - timezone.now()
    assert timedelta(days=days, minutes=-1) < left <= timedelta(days=days)


@pytest.mark.parametrize(("zone", "hour"), [("", 23), ("Asia/Tokyo", 14)])
def test_token_works_until_the_end_of_a_day_where_the_person_is(
    as_admin, main, time_machine, zone, hour
):
    time_machine.move_to(datetime(2026, 11, 23, 3, tzinfo=UTC))
    as_admin.cookies["tollgate_zone"] = zone
    data = {"name": "Guest", "expires_at": "date", "expires_on": "2026-12-01"}

    create(as_admin, main, **data)

    ends = datetime(2026, 12, 1, hour, 59, 59, tzinfo=UTC)
    assert Token.objects.get(name="Guest").expires_at == ends


def test_presets_show_the_resulting_date(time_machine):
    time_machine.move_to(datetime(2026, 11, 23, 12, tzinfo=UTC))

    form = ExpiryForm(presets=(1, 5, 365))

    assert form.fields["expires_at"].choices == [
        ("never", "Never"),
        ("1", "1 day (Tue 24 Nov 2026)"),
        ("5", "5 days (Sat 28 Nov 2026, a weekend)"),
        ("365", "1 year (Tue 23 Nov 2027)"),
        ("date", "On a date …"),
    ]


def test_expiry_can_be_demanded():
    form = ExpiryForm({"expires_at": "never"}, presets=(1,), endless=False)

    assert [value for value, _ in form.fields["expires_at"].choices] == ["1", "date"]
    assert not form.is_valid()


@pytest.mark.parametrize("headers", [None, HTMX])
def test_limit_is_a_refusal(as_admin, main, headers):
    edit_organisation(main.organisation, by=BY, plan=Plan.COMMUNITY)

    response = create(
        as_admin, main, "tokens:shipping_create", headers=headers, name="Second"
    )

    assert response.status_code == 409
    assert b"The plan allows 1 enabled log shipping token" in response.content
    assert response.get("HX-Retarget") == ("#notice" if headers else None)


def test_community_plan_makes_no_api_tokens(as_admin, main):
    edit_organisation(main.organisation, by=BY, plan=Plan.COMMUNITY)

    response = create(as_admin, main, name="Forced")

    assert response.status_code == 409
    assert not main.tokens.filter(name="Forced").exists()


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (AccountKind.METRICS, "tokens:api_create"),
        (AccountKind.METRICS, "tokens:shipping_create"),
        (AccountKind.TRACING, "tokens:shipping_create"),
        (AccountKind.SECURITY, "tokens:shipping_create"),
    ],
)
def test_account_without_the_kind_makes_none(as_admin, main, kind, name):
    account = ChildFactory(main=main, kind=kind)

    response = create(as_admin, account, name, name="Forced")

    assert response.status_code == 409
    assert not account.tokens.filter(name="Forced").exists()


def test_making_is_on_the_audit_trail_without_the_secret(as_admin, admin, main):
    create(as_admin, main, name="CI")

    event = AuditEvent.objects.get(action=Action.TOKEN_CREATED, user=admin)
    token = Token.objects.get(name="CI")
    assert (event.token_id, event.target) == (token.pk, f"CI ({token.masked})")
    assert token.reveal(by=BY).reveal() not in repr(AuditEvent.objects.values())


def test_create_needs_a_csrf_token(admin, main):
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin)

    assert create(client, main, name="Forged").status_code == 403
