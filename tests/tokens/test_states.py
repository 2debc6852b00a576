"""States tell whether a token works: in rows, filters, the API and the CSV alike."""

import csv
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.lifecycle import edit_organisation, suspend_account, suspend_organisation
from accounts.models import AccountKind
from accounts.plans import Plan
from tests.api.calls import Api
from tests.factories import BY, ChildFactory, ShareFactory, TokenFactory
from tests.tokens.list_pages import api, rows, shipping, shown
from tokens.kinds import Kind
from tokens.models import Token
from tokens.permissions import why_stopped
from tokens.states import LISTED_STATES, State, in_any

HOUR = timedelta(hours=1)


def changed(token, **columns):
    Token.objects.filter(pk=token.pk).update(**columns)
    return token


@pytest.fixture
def world(main, sub):
    """Tokens in every state of their own, in an account that runs and in one that does not."""
    now = timezone.now()
    for account in (main, sub):
        TokenFactory(account=account, name="works")
        TokenFactory(account=account, name="turning").rotate(by=BY, overlap=HOUR)
        TokenFactory(account=account, name="off").disable(by=BY)
        over = TokenFactory(account=account, name="over")
        changed(over, expires_at=now - HOUR)
        both = TokenFactory(account=account, name="off and over")
        changed(both, expires_at=now - HOUR, disabled_at=now)
        ShareFactory(account=account, name="link")
        ShareFactory(account=account, name="paused").token.disable(by=BY)
    TokenFactory(account=None, kind=Kind.GATEWAY, name="edge")
    suspend_account(sub, by=BY)


@pytest.mark.parametrize("everything", [False, True])
def test_a_row_and_the_database_say_the_same(world, main, everything):
    organisation = main.organisation
    if everything:
        suspend_organisation(organisation, by=BY)

    for trial in (None, -HOUR, HOUR):
        ends = trial and timezone.now() + trial
        for plan in (Plan.PRO, Plan.COMMUNITY):
            edit_organisation(organisation, by=BY, plan=plan, trial_ends_at=ends)
            assert_rows_and_the_database_agree()


def assert_rows_and_the_database_agree():
    found = {
        state: set(Token.objects.filter(in_any([state])).values_list("pk", flat=True))
        for state in LISTED_STATES
    }

    for token in Token.objects.select_related("account__organisation"):
        states = {state for state in LISTED_STATES if token.pk in found[state]}
        active = {State.ACTIVE} & {*states}
        assert states - active == {token.effective_state} - {State.ACTIVE}
        assert bool(active) == (why_stopped(token) == "")


@pytest.fixture
def looked_up(client, admin, main, world):
    """Return what the page, the API and the CSV find in a state, of the API tokens."""
    caller = Api.of(main, name="caller")

    def look(state):
        client.force_login(admin)
        query = {"state": state, "kind": "api"}
        page = client.get(reverse("tokens:all", args=[main.pk], query=query))
        export = client.post(reverse("tokens:all_export", args=[main.pk], query=query))
        lines = b"".join(export.streaming_content).decode().splitlines()
        called = caller.get(f"/api/v1/tokens?state={state}&kind=api")
        return (
            {(each.account.name, each.name) for each in page.context["page"]},
            {(each["account_name"], each["name"], each["state"]) for each in called[1]["items"]},
            {row["state"] for row in csv.DictReader(lines)},
        )  # fmt: skip

    return look


def test_what_a_suspended_account_stops_is_not_active(looked_up):
    suspended = {("Staging", "works"), ("Staging", "turning")}

    page, called, states = looked_up("suspended")

    assert page == suspended
    assert called == {(*each, "suspended") for each in suspended}
    assert states == {"suspended"}
    page, called, states = looked_up("active")
    assert {account for account, _ in page} == {"Acme"}
    assert called == {
        ("Acme", "works", "active"),
        ("Acme", "turning", "rotating"),
        ("Acme", "caller", "active"),
    }
    assert states == {"active", "rotating"}


def test_what_the_plan_stops_is_not_active(client, admin, main, world):
    edit_organisation(main.organisation, by=BY, plan=Plan.COMMUNITY)
    client.force_login(admin)

    def look(**query):
        address = reverse("tokens:all", args=[main.pk], query=query)
        return {token.name for token in client.get(address).context["page"]}

    assert look(state="stopped_by_plan") == {"works", "turning"}
    assert look(state="active") == {"default", "link"}
    assert shown(client.get(api(main, state="active"))) == []


@pytest.mark.parametrize(
    ("state", "names"),
    [
        ("active", {"works", "turning"}),
        ("disabled", {"off", "off and over"}),
        ("expired", {"over"}),
    ],
)
def test_the_list_of_a_kind_has_each_token_in_one_state(
    as_admin, world, main, state, names
):
    assert set(shown(as_admin.get(api(main, state=state)))) == names


@pytest.mark.parametrize(("state", "names"), [("active", ["link"]), ("disabled", ["paused"])])  # fmt: skip
def test_a_paused_link_is_a_disabled_one(as_admin, world, main, state, names):
    page = as_admin.get(reverse("sharing:list", args=[main.pk], query={"state": state}))

    assert shown(page) == names


def switches(response):
    """Return the names of the rows that have a switch."""
    return {name for pk, name, cells in rows(response) if f'id="power-{pk}"' in cells}


def test_no_switch_stands_beside_an_expired_token(as_admin, world, main):
    rotated = main.tokens.filter(name="over")
    rotated.update(overlap_until=timezone.now() + HOUR)
    response = as_admin.get(api(main))

    assert switches(response) == {"works", "turning", "off"}
    for token in response.context["page"]:
        expiry = reverse("tokens:expiry", args=[main.pk, token.pk])
        offered = f'id="extend-{token.pk}" href="{expiry}"' in response.text
        assert offered == (token.name in ("over", "off and over"))


def test_an_expired_link_is_extended_where_links_are_edited(as_admin, main):
    share = ShareFactory(account=main)
    changed(share.token, expires_at=timezone.now())

    response = as_admin.get(reverse("sharing:list", args=[main.pk]))

    edit = reverse("sharing:edit", args=[main.pk, share.token.pk])
    assert switches(response) == set()
    assert f'id="extend-{share.token.pk}" href="{edit}"' in response.text


def test_no_switch_stands_beside_what_the_plan_stops(as_admin, world, main):
    edit_organisation(main.organisation, by=BY, plan=Plan.COMMUNITY)

    assert switches(as_admin.get(api(main))) == set()
    assert switches(as_admin.get(shipping(main))) == {"default"}


@pytest.mark.parametrize("name", ["tokens:api", "tokens:shipping", "sharing:list"])
def test_no_switch_stands_in_a_suspended_account(as_admin, world, sub, name):
    response = as_admin.get(reverse(name, args=[sub.pk]))

    assert switches(response) == set()
    assert "Account suspended" in response.text


def test_gateway_tokens_that_expired_have_no_switch(client, staff):
    over = TokenFactory(account=None, kind=Kind.GATEWAY, name="over")
    TokenFactory(account=None, kind=Kind.GATEWAY, name="works")
    changed(over, expires_at=timezone.now())
    client.force_login(staff)

    response = client.get(reverse("tokens:gateway"))

    assert switches(response) == {"works"}
    assert f'id="extend-{over.pk}"' in response.text
    assert "yet" not in response.text.partition("<main")[2]


def test_who_may_only_look_is_offered_nothing(client, staff, world, main):
    client.force_login(staff)

    response = client.get(api(main))

    assert switches(response) == set()
    assert 'id="extend-' not in response.text


def test_what_stopped_already_is_not_disabled_instead(as_admin, world, main):
    over, works = main.tokens.get(name="over"), main.tokens.get(name="works")

    pages = [
        as_admin.get(reverse("tokens:delete", args=[main.pk, each.pk])).text
        for each in (over, works)
    ]

    assert ["Disable instead" in page for page in pages] == [False, True]


@pytest.mark.parametrize(("person", "offered"), [("admin", True), ("staff", True), ("sub_admin", False)])  # fmt: skip
def test_reactivating_is_offered_to_who_may(
    client, request, main, sub, person, offered
):
    suspend_account(sub, by=BY, reason="Unpaid")
    client.force_login(request.getfixturevalue(person))
    url = reverse("accounts:account_reactivate", args=[sub.pk])

    page = client.get(shipping(sub)).text

    assert "Unpaid" in page
    assert (f'action="{url}"' in page) == offered


def test_reactivating_leads_back_to_where_it_was_pressed(as_admin, sub):
    suspend_account(sub, by=BY)
    url = reverse("accounts:account_reactivate", args=[sub.pk])

    response = as_admin.post(url, {"next": shipping(sub)})

    assert response.url == shipping(sub)
    assert as_admin.post(url, {"next": "//evil.example"}).url == reverse(
        "accounts:account_details", args=[sub.pk]
    )


def test_a_suspended_organisation_is_resumed_by_staff(client, staff, admin, sub):
    suspend_organisation(sub.organisation, by=BY)
    page = reverse("accounts:staff_organisation", args=[sub.organisation_id])

    for person, offered in ((staff, True), (admin, False)):
        client.force_login(person)
        html = client.get(shipping(sub)).text.partition("<main")[2]
        assert (page in html) == offered
        assert "Reactivate" not in html


@pytest.mark.parametrize("plan", [Plan.PRO, Plan.COMMUNITY])
def test_an_account_that_has_no_api_tokens_says_one_thing(as_admin, main, plan):
    """It says so, and not also that there are none yet and what one would be for."""
    account = ChildFactory(main=main, kind=AccountKind.METRICS)
    edit_organisation(main.organisation, by=BY, plan=plan)
    where = account if plan == Plan.PRO else main

    html = as_admin.get(api(where)).text.partition("<main")[2]

    said = ["A metrics account has no API tokens", "API tokens come with the Pro"]
    assert [each in html for each in said] == [plan == Plan.PRO, plan != Plan.PRO]
    for other in ("let integrations act", "No API tokens yet", "Make one for each"):
        assert other not in html


def test_tokens_of_a_metrics_account_that_the_api_made_are_explained(as_admin, main):
    account = ChildFactory(main=main, kind=AccountKind.METRICS)
    TokenFactory(account=account, name="minted")

    page = as_admin.get(api(account))

    assert shown(page) == ["minted"]
    assert "These were made by the API" in page.text
    assert "let integrations act" not in page.text


def test_community_is_not_told_to_disable_its_only_token(as_admin, main):
    edit_organisation(main.organisation, by=BY, plan=Plan.COMMUNITY)

    html = as_admin.get(shipping(main)).text

    assert "Pro and Enterprise allow more" in html
    assert "Rotate it instead" in html
    assert "Disable one first" not in html
    assert "add or enable another one first" not in html
