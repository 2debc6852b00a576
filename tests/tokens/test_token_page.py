"""The page of a token: what it tells, and how what is done there leads back to it."""

from datetime import timedelta
from urllib.parse import quote

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.lifecycle import suspend_account
from accounts.models import AccountKind
from tests.factories import BY, ChildFactory, ShareFactory, TokenFactory
from tests.gateway.uses import refuse
from tests.tokens.actions import url
from tests.tokens.uses import current, page, use
from tokens.kinds import Kind
from tokens.models import Token
from tokens.views.token_page import EVENTS_SHOWN

pytestmark = pytest.mark.django_db


@pytest.fixture
def token(main):
    return TokenFactory(account=main, name="Terraform")


def why(html):
    """Return the sentence about the state, in one line."""
    words = html.partition('<p class="token-why">')[2].partition("</p>")[0]
    return " ".join(words.split())


@pytest.mark.parametrize("kind", [Kind.API, Kind.LOGS, Kind.SHARED])
@pytest.mark.parametrize(
    ("who", "status"),
    [("admin", 200), ("staff", 200), ("member", 403), ("sub_admin", 404), ("outsider", 404)],
)  # fmt: skip
def test_page_is_for_who_sees_the_list(request, client, main, kind, who, status):
    if kind == Kind.SHARED:
        token = ShareFactory(account=main).token
    else:
        token = TokenFactory(account=main, kind=kind)
    client.force_login(request.getfixturevalue(who))

    assert client.get(page(token)).status_code == status


def test_page_tells_what_is_known(as_admin, token):
    token.rename("Terraform eu", by=BY)
    token.note_use("192.0.2.9", "curl/8")

    html = as_admin.get(page(token)).content.decode()

    for words in ("Terraform eu", "API token", token.masked, BY.label, "192.0.2.9"):
        assert words in html
    assert token.secret_text not in html
    assert f'action="{url("reveal", token)}"' in html
    assert why(html) == "It works, and never expires."


def test_page_says_who_answers_for_it_now(as_admin, token):
    Token.objects.filter(pk=token.pk).update(keeper="omar@acme.example")

    html = as_admin.get(page(token)).content.decode()

    assert "<dt>Answers for it</dt><dd><bdi>omar@acme.example</bdi>" in html


def test_page_of_an_unchanged_token_says_so(as_admin, token):
    html = as_admin.get(page(token)).content.decode()

    changed = html.partition("<dt>Last changed</dt>")[2].partition("</div>")[0]
    assert ">never<" in changed


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"disabled_at": timezone.now(), "disabled_reason": "Leaked"}, "<bdi>Leaked"),
        ({"disabled_at": timezone.now()}, "Every request with it is refused until"),
        ({"expires_at": timezone.now()}, "With a later expiry it works again"),
        ({"expires_at": timezone.now() + timedelta(days=99)}, "It works until"),
        ({"overlap_until": timezone.now() + timedelta(hours=3)}, "with two secrets"),
    ],
)
def test_page_says_what_state_it_is_in_and_why(as_admin, token, fields, words):
    Token.objects.filter(pk=token.pk).update(**fields)

    assert words in why(as_admin.get(page(token)).content.decode())


def test_page_says_that_the_account_stops_it(as_admin, sub):
    token = TokenFactory(account=sub)
    suspend_account(sub, by=BY)

    html = as_admin.get(page(token)).content.decode()

    assert why(html) == "It waits for its account, which is suspended."
    assert "Reactivate" in html
    assert "/disable/" not in html


def test_page_says_that_the_account_is_gone(client, staff, sub):
    token = TokenFactory(account=sub)
    type(sub).objects.filter(pk=sub.pk).update(deleted_at=timezone.now())
    client.force_login(staff)

    html = client.get(page(token)).content.decode()

    assert why(html) == "It waits for its account, which is deleted."


@pytest.mark.parametrize("plans", ["", "https://plans.example/"])
def test_page_says_that_the_plan_stops_it(as_admin, main, token, settings, plans):
    settings.PLAN_URL = plans
    organisations = type(main.organisation).objects
    organisations.filter(pk=main.organisation_id).update(plan="community")

    html = as_admin.get(page(token)).content.decode()

    assert "come with the Pro and Enterprise plans" in why(html)
    assert ("See the plans" in why(html)) == bool(plans)


def test_page_of_a_deleted_token_offers_it_back(as_admin, token):
    token.delete_softly(by=BY)

    html = as_admin.get(page(token)).content.decode()

    assert "can be restored with the same secret" in why(html)
    assert f'action="{url("restore", token, next=page(token))}"' in html
    for verb in ("reveal", "rename", "rotate", "disable", "delete", "expiry"):
        assert url(verb, token) not in html


def test_page_of_a_deleted_token_offers_staff_nothing(client, staff, token):
    token.delete_softly(by=BY)
    client.force_login(staff)

    html = client.get(page(token)).content.decode()

    assert "/restore/" not in html


def test_page_of_a_token_deleted_for_good_is_unknown(as_admin, token):
    token.delete_softly(by=BY)
    Token.objects.filter(pk=token.pk).update(
        deleted_at=timezone.now() - timedelta(days=31)
    )

    assert as_admin.get(page(token)).status_code == 404


def test_last_log_token_says_why_it_stays(as_admin, main):
    html = as_admin.get(page(main.tokens.get())).content.decode()

    assert "add or enable another one first" in why(html)
    assert html.count('aria-disabled="true"') == 2
    assert "/expiry/" not in html


def test_single_token_can_only_be_rotated(as_admin, main):
    token = ChildFactory(main=main, kind=AccountKind.METRICS).tokens.get()

    html = as_admin.get(page(token)).content.decode()

    assert "it can be rotated, but neither disabled nor deleted" in why(html)
    assert url("rotate", token) in html
    for verb in ("rename", "disable", "delete", "expiry"):
        assert url(verb, token) not in html


def test_expired_token_offers_another_expiry_and_no_switch(as_admin, token):
    Token.objects.filter(pk=token.pk).update(expires_at=timezone.now())

    html = as_admin.get(page(token)).content.decode()

    assert html.count(f'id="expiry-{token.pk}"') == 1
    assert "/disable/" not in html


def test_staff_are_not_offered_another_expiry(client, staff, token):
    Token.objects.filter(pk=token.pk).update(expires_at=timezone.now())
    client.force_login(staff)

    assert "/expiry/" not in client.get(page(token)).content.decode()


def test_staff_may_stop_it_only(client, staff, token):
    client.force_login(staff)

    html = client.get(page(token)).content.decode()

    assert url("disable", token) in html
    for verb in ("rename", "rotate", "delete", "expiry", "reveal"):
        assert url(verb, token) not in html


def test_staff_cannot_start_it_again(client, staff, token):
    token.disable(by=BY)
    client.force_login(staff)

    assert "/enable/" not in client.get(page(token)).content.decode()


def test_disabled_token_offers_to_be_enabled(as_admin, token):
    token.disable(by=BY)

    html = as_admin.get(page(token)).content.decode()

    assert f'hx-post="{url("enable", token, next=page(token))}"' in html


def test_shared_token_says_what_it_shows(as_admin, main):
    token = ShareFactory(account=main).token

    html = as_admin.get(page(token)).content.decode()

    edit = reverse("sharing:edit", args=[main.pk, token.pk])
    assert f'hx-get="{edit}?next={quote(page(token), safe="")}"' in html
    assert 'class="clause"' in html


def test_deleted_shared_token_is_not_edited(as_admin, main):
    token = ShareFactory(account=main).token
    token.delete_softly(by=BY)

    html = as_admin.get(page(token)).content.decode()

    assert "/edit/" not in html


@pytest.mark.parametrize(
    ("name", "query"),
    [("tokens:api", {}), ("tokens:all", {}), ("tokens:deleted", {"kind": "api"})],
)
def test_names_in_lists_lead_there(as_admin, token, name, query):
    if query:
        token.delete_softly(by=BY)

    html = as_admin.get(reverse(name, args=[token.account_id], query=query))

    assert f'href="{page(token)}"' in html.content.decode()


def test_page_tells_the_last_events_and_leads_to_the_rest(as_admin, token):
    token.rename("Terraform eu", by=BY)
    token.disable(by=BY, reason="Leaked")
    for _ in range(EVENTS_SHOWN):
        token.reveal(by=BY)
    token.rename("Terraform us", by=BY)

    html = as_admin.get(page(token)).content.decode()

    events = html.partition('id="events-title"')[2]
    trail = reverse("accounts:audit_list", args=[token.account_id])
    assert f'href="{trail}?token={token.pk}"' in events
    assert "<del><bdi>Terraform eu</bdi></del>" in events
    assert events.count("Copied a token") == EVENTS_SHOWN - 1
    assert "Disabled a token" not in events


def test_page_tells_what_was_said_with_an_event(as_admin, token):
    token.disable(by=BY, reason="Leaked")

    html = as_admin.get(page(token)).content.decode()

    assert "Reason: <bdi>Leaked</bdi>" in html.partition('id="events-title"')[2]


def test_page_tells_nobody_elses_events(as_admin, main, token):
    TokenFactory(account=main, name="Another").disable(by=BY)

    html = as_admin.get(page(token)).content.decode()

    assert "Disabled a token" not in html


def test_page_tells_refused_calls_with_their_reason(as_admin, token):
    refuse(token, "wrong_kind", signal="metrics")
    refuse(token, "disabled", address="*", calls=1200)

    html = as_admin.get(page(token)).content.decode()

    refused = html.partition('id="refused-title"')[2].partition("</section>")[0]
    assert (
        "It was used to ship metrics, which takes a metrics shipping token." in refused
    )
    assert "<code>192.0.2.7</code> <bdi>curl/8</bdi>" in refused
    assert "<code>others</code>" in refused
    assert "1,200 calls" in refused
    assert reverse("gateway:refused_calls", args=[token.account_id]) in refused


@pytest.mark.parametrize("count", [1, 3])
def test_query_count_does_not_grow(as_admin, token, count, django_assert_num_queries):
    token.rotate(by=BY, overlap=timedelta(hours=1))
    for number in range(count):
        caller = ("192.0.2.1", f"agent {number}")
        use(token, caller=caller, secret=current(token))
        refuse(token, address=f"192.0.2.{number}")
        token.reveal(by=BY)
    as_admin.get(page(token))

    with django_assert_num_queries(18):
        html = as_admin.get(page(token)).content.decode()

    assert html.count("data-place=") == count
    assert html.count("<code>192.0.2.") == 1 + count
