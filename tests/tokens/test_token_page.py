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
from tests.tokens.actions import DATA, ENDS, HTMX, again, url
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


@pytest.mark.parametrize("verb", ["rename", "disable", "expiry", "rotate", *ENDS])
def test_action_by_htmx_answers_the_page(as_admin, token, verb):
    if verb in ENDS:
        token.rotate(by=BY, overlap=timedelta(hours=1))

    response = as_admin.post(
        url(verb, token, next=page(token)), DATA[verb], headers=HTMX
    )

    html = response.content.decode()
    assert response.status_code == 200
    assert f'<article class="token-page" data-row id="token-{token.pk}"' in html
    assert "<html" not in html
    assert "tollgate:close" in response["HX-Trigger"]
    assert 'id="notice" hx-swap-oob="innerHTML"' in html
    assert again(token).reveal(by=BY).reveal() not in html


def test_undo_leads_back_to_the_page(as_admin, token):
    answers = [
        as_admin.post(url(verb, token, next=page(token)), headers=HTMX).content.decode()
        for verb in ("disable", "enable", "delete")
    ]

    for html, undo in zip(answers, ("enable", "disable", "restore"), strict=True):
        notice = html.partition("<template>")[2]
        assert f'action="{url(undo, token, next=page(token))}"' in notice


def test_restored_token_is_shown_on_the_page_it_was_restored_from(as_admin, token):
    token.delete_softly(by=BY)

    response = as_admin.post(url("restore", token, next=page(token)))

    assert (response.status_code, response.url) == (302, page(token))


def test_edited_link_is_shown_on_the_page(as_admin, main):
    token = ShareFactory(account=main, filters=[]).token
    edit = reverse(
        "sharing:edit", args=[main.pk, token.pk], query={"next": page(token)}
    )
    asked = as_admin.get(edit)
    form = asked.context["form"]
    data = {
        "name": "Renamed",
        "operator": "AND",
        "expires_at": "keep",
        "shows_everything": "on",
        "agreed": form.summary.key if form.summary else "",
    }

    html = as_admin.post(edit, data, headers=HTMX).content.decode()

    assert f'action="{edit}"' in asked.content.decode()
    assert '<article class="token-page"' in html


def test_form_that_makes_no_sense_comes_back_with_the_page(as_admin, token):
    token.rotate(by=BY, overlap=timedelta(hours=1))
    address, data = url("finish", token, next=page(token)), {"version": "x"}

    whole = as_admin.post(address, data)
    part = as_admin.post(address, data, headers=HTMX)

    assert whole.status_code == part.status_code == 422
    assert "<html" in whole.content.decode()
    assert "<html" not in part.content.decode()


def test_rename_that_is_given_up_brings_the_page_back(as_admin, token):
    html = as_admin.get(url("rename", token, next=page(token))).content.decode()

    assert f'hx-get="{page(token)}"' in html


@pytest.fixture
def gateway(db):
    return TokenFactory(account=None, kind=Kind.GATEWAY, name="Edge")


def test_gateway_token_has_a_page_for_staff(client, staff, gateway):
    gateway.rotate(by=BY, overlap=timedelta(hours=1))
    client.force_login(staff)

    html = client.get(page(gateway)).content.decode()

    assert "this installation" in html
    assert "/finish/" in html
    assert "/roll-back/" not in html
    assert reverse("tokens:gateway_use_it", args=[gateway.pk]) in html


def test_gateway_token_comes_back_to_its_page(client, staff, gateway):
    client.force_login(staff)
    deleted = client.post(
        reverse(
            "tokens:gateway_delete", args=[gateway.pk], query={"next": page(gateway)}
        )
    )
    restore = reverse(
        "tokens:gateway_restore", args=[gateway.pk], query={"next": page(gateway)}
    )

    assert deleted.url == page(gateway)
    assert restore in client.get(page(gateway)).content.decode()
    assert client.post(restore).url == page(gateway)


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

    with django_assert_num_queries(17):
        html = as_admin.get(page(token)).content.decode()

    assert html.count("data-place=") == count
    assert html.count("<code>192.0.2.") == 1 + count


def test_note_is_shown_and_edited_in_its_place(as_admin, token):
    token.set_note("Ships the payments.\nAsk: #payments", by=BY)
    address = url("note", token, next=page(token))

    html = as_admin.get(page(token)).content.decode()
    form = as_admin.get(address).content.decode()
    saved = as_admin.post(address, {"note": "Moved"}, headers=HTMX).content.decode()

    assert "Ships the payments.\nAsk: #payments</p>" in html
    assert f'hx-get="{address}"' in html
    assert f'class="note-form" data-opener="note-{token.pk}"' in form
    assert '<p class="note-text" dir="auto">Moved</p>' in saved
    assert f'<article class="token-page" data-row id="token-{token.pk}"' in saved


def test_note_that_cannot_be_taken_comes_back_in_its_place(as_admin, token):
    address = url("note", token, next=page(token))

    response = as_admin.post(address, {"note": "x" * 501}, headers=HTMX)

    assert response.status_code == 422
    assert response["HX-Retarget"] == f"#note-text-{token.pk}"
    assert response["HX-Reselect"] == "#dialog form"


def test_note_is_for_staff_to_read(client, staff, token):
    client.force_login(staff)
    without = client.get(page(token)).content.decode()
    token.set_note("Ships the payments.", by=BY)

    html = client.get(page(token)).content.decode()

    assert "Ships the payments." in html
    assert "note-title" not in without
    assert url("note", token) not in html


def test_note_of_a_deleted_token_is_read_only(as_admin, token):
    token.set_note("Ships the payments.", by=BY)
    token.delete_softly(by=BY)

    html = as_admin.get(page(token)).content.decode()

    assert "Ships the payments." in html
    assert url("note", token) not in html
