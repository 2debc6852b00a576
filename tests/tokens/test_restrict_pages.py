"""Networks and a limit on pages: asked for at creation, and changed with what comes of it."""

import pytest
from django.urls import reverse

from accounts.clock import clock
from accounts.models import AccountKind
from tests.factories import (
    BY,
    ChildFactory,
    FilterFactory,
    ShareFactory,
    TokenFactory,
)
from tests.tokens.actions import HTMX, again, url
from tokens.kinds import Kind
from tokens.models import Token, TokenPolicy, TokenUsage
from tokens.restrictions import in_a_row, in_words

pytestmark = pytest.mark.django_db
RESTRICTED = {"networks": "203.0.113.0/24\r\n2001:db8::/32", "calls_per_minute": "600"}
STORED = "203.0.113.0/24 2001:db8::/32", 600


@pytest.mark.parametrize(
    ("networks", "most", "words"),
    [
        ("", None, "It works from anywhere, as often as it is called."),
        ("10.0.0.0/8", 1, "It works from 1 network only, up to 1 time a minute."),
        (
            "10.0.0.0/8 ::1/128",
            1200,
            "It works from 2 networks only, up to 1,200 times a minute.",
        ),
    ],
)
def test_a_sentence_says_what_a_token_can_do(networks, most, words):
    assert in_words(networks, most) == words


@pytest.mark.parametrize(
    ("kept_to", "words"),
    [
        ({}, ""),
        ({"scopes": "read"}, "reads only"),
        ({"scopes": "users:read audit:read"}, "reads only"),
        ({"scopes": "logs:read traces:read"}, "queries only"),
        ({"scopes": "users:write"}, "1 scope"),
        ({"scopes": "read users:write"}, "2 scopes"),
        (
            {"networks": "10.0.0.0/8", "calls_per_minute": 6000},
            "1 network, 6,000 a minute",
        ),
        (
            {"scopes": "read", "kept_to": ",7,8,", "networks": "10.0.0.0/8 ::1/128"},
            "reads only, 2 accounts, 2 networks",
        ),
    ],
)
def test_a_row_says_what_its_token_is_kept_to(kept_to, words):
    assert in_a_row(Token(kind=Kind.API, **kept_to)) == words


def test_rows_of_lists_say_it(as_admin, main):
    TokenFactory(account=main, scopes="read")
    ShareFactory(account=main).token.set_networks(["10.0.0.0/8"], by=BY)
    names = ("tokens:api", "tokens:all", "sharing:list")

    pages = [as_admin.get(reverse(name, args=[main.pk])).text for name in names]

    said = [
        [words for words in ("reads only", "1 network") if f"</span> {words}<" in page]
        for page in pages
    ]
    assert said == [["reads only"], ["reads only", "1 network"], ["1 network"]]


def made(account):
    token = account.tokens.get(name="Terraform")
    return token.networks, token.calls_per_minute


def test_a_token_is_made_with_networks_and_a_limit(as_admin, main):
    as_admin.post(
        reverse("tokens:api_create", args=[main.pk]), RESTRICTED | {"name": "Terraform"}
    )

    assert made(main) == STORED


def test_a_shared_token_is_made_with_them(as_admin, main):
    filter_ = FilterFactory(account=main)
    fields = {"name": "Terraform", "filters": [filter_.pk], "expires_at": "7"}
    address = reverse("sharing:preview", args=[main.pk])
    agreed = as_admin.post(address, fields | RESTRICTED).context["form"].summary.key

    as_admin.post(
        reverse("sharing:create", args=[main.pk]),
        fields | RESTRICTED | {"agreed": agreed},
    )

    assert made(main) == STORED


def test_a_gateway_is_made_with_networks_and_has_no_limit(client, staff):
    client.force_login(staff)
    address = reverse("tokens:gateway_create")

    client.post(address, {"name": "Edge", "networks": "10.0.0.0/8"})
    page = client.get(reverse("tokens:gateway"), {"new": 1}).text

    assert Token.objects.get(name="Edge").networks == "10.0.0.0/8"
    assert 'name="networks"' in page
    assert 'name="calls_per_minute"' not in page


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (RESTRICTED, "It works from 2 networks only, up to 600 times a minute."),
        ({}, "It works from anywhere, as often as it is called."),
        ({"networks": "office"}, "Line 1: This is no address and no network"),
        ({"calls_per_minute": "0"}, "greater than or equal to 1"),
    ],
)
def test_before_it_is_made_a_sentence_says_what_it_can_do(
    as_admin, main, fields, words
):
    response = as_admin.post(
        reverse("tokens:api_create", args=[main.pk]),
        {"check": "1", **fields},
        headers=HTMX,
    )

    assert response.status_code == 200
    assert words in response.text
    assert not main.tokens.of_kind(Kind.API).exists()


def test_a_wrong_line_is_shown_again_with_what_was_typed(as_admin, main):
    fields = {"name": "Terraform", "networks": "10.0.0.5/24"}

    response = as_admin.post(
        reverse("tokens:api_create", args=[main.pk]), fields, headers=HTMX
    )

    assert response.status_code == 422
    assert "Write 10.0.0.0/24 for the network" in response.text
    assert ">\n10.0.0.5/24</textarea>" in response.text


@pytest.fixture
def token(main):
    return TokenFactory(account=main, kind=Kind.LOGS, name="Fluent Bit")


def called(token, **calls):
    """Count calls by address, in this hour."""
    rows = token.secrets.values_list("pk", flat=True)
    counts = {
        (token.pk, rows[0], address.replace("_", "."), "agent"): times
        for address, times in calls.items()
    }
    now = clock.now()
    TokenUsage.objects.add_calls(counts, now.replace(minute=0, second=0, microsecond=0))


def test_the_dialog_says_which_callers_are_kept_out(as_admin, token):
    called(token, **{"203_0_113_9": 4, "198_51_100_1": 1000, "": 7})

    page = as_admin.post(
        url("restrict", token), {"check": "1", "networks": "203.0.113.0/24"}
    )

    assert page.status_code == 200
    told = " ".join(page.text.split())
    assert (
        "1,007 of the 1,011 calls of the last 7 days would have been refused." in told
    )
    shown = [
        (each.address, each.calls, each.passes)
        for each in page.context["form"].forecast.shown
    ]
    assert shown == [
        ("198.51.100.1", 1000, False),
        ("", 7, False),
        ("203.0.113.9", 4, True),
    ]
    assert again(token).networks == ""


def test_the_dialog_says_when_all_would_pass(as_admin, token):
    called(token, **{"203_0_113_9": 4})

    page = as_admin.get(url("restrict", token))

    assert "Each of the 4 calls of the last 7 days would have passed." in page.text


def test_many_callers_are_summed_up(as_admin, token):
    called(token, **{f"203_0_113_{number}": 1 for number in range(8)})

    page = as_admin.post(
        url("restrict", token), {"check": "1", "networks": "10.0.0.0/8"}
    )

    assert "All 8 calls of the last 7 days would have been refused." in " ".join(
        page.text.split()
    )
    assert "and 3 more" in page.text


def test_a_wrong_line_in_the_dialog_says_so(as_admin, token):
    page = as_admin.post(url("restrict", token), {"networks": "office"})

    assert page.status_code == 422
    assert page.context["form"].forecast is None
    assert "Line 1: This is no address and no network" in page.text


def test_a_pasted_token_is_shown_masked(as_admin, token):
    page = as_admin.post(url("restrict", token), {"networks": token.secret_text})

    assert page.status_code == 422
    assert token.secret_text not in page.text


def test_it_is_restricted_for_good(as_admin, token):
    answer = as_admin.post(url("restrict", token), RESTRICTED, headers=HTMX)
    dialog = as_admin.get(url("restrict", token)).text
    later = as_admin.post(url("restrict", token), RESTRICTED | {"networks": ""})

    assert "Fluent Bit: it works from 2 networks only" in answer.text
    assert "Undo" not in answer.text
    assert "each within those that are there" in dialog
    assert "It is 600, and can be lowered only." in dialog
    assert later.status_code == 422
    assert "the networks that it is kept to cannot be taken away." in later.text
    assert (again(token).networks, again(token).calls_per_minute) == STORED


@pytest.mark.parametrize(
    ("kind", "way"),
    [(None, "make another token"), (AccountKind.METRICS, "rotate it")],
)
def test_the_dialog_says_what_the_way_to_more_is(as_admin, main, kind, way):
    token = (
        ChildFactory(main=main, kind=kind).tokens.get()
        if kind
        else TokenFactory(account=main)
    )

    page = " ".join(as_admin.get(url("restrict", token)).text.split())

    assert f"and never widened. For more, {way}." in page


@pytest.fixture
def single(main):
    token = ChildFactory(main=main, kind=AccountKind.METRICS).tokens.get()
    token.limit_use(networks=["10.0.0.0/8"], calls_per_minute=60, by=BY)
    return token


def test_a_rotation_lets_the_only_token_leave_what_it_is_kept_to(as_admin, single):
    dialog = as_admin.get(url("rotate", single)).text
    sent = {"overlap": "unrestricted", "version": single.version}
    as_admin.post(url("rotate", single), sent)

    assert "It works from 1 network only, up to 60 times a minute." in dialog
    assert "now, and its networks and limit with it" in dialog
    single = again(single)
    assert (single.networks, single.calls_per_minute) == ("", None)
    assert not single.is_overlapping


@pytest.mark.parametrize(
    ("networks", "most", "words"),
    [(["10.0.0.0/8"], None, "networks"), ([], 60, "limit")],
)
def test_a_rotation_names_what_goes(as_admin, main, networks, most, words):
    token = ChildFactory(main=main, kind=AccountKind.METRICS).tokens.get()
    token.limit_use(networks=networks, calls_per_minute=most, by=BY)

    dialog = as_admin.get(url("rotate", token)).text

    assert f"now, and its {words} with it" in dialog


def asked_by_policy(token, **rules):
    organisation = token.organisation
    TokenPolicy.objects.create(organisation=organisation, kind=token.kind, **rules)
    organisation.has_policies = True
    organisation.save()


@pytest.mark.parametrize(
    "rule", [{"networks_required": True}, {"least_overlap_hours": 1}]
)
def test_a_rotation_offers_that_only_where_the_policy_lets_it(as_admin, single, rule):
    asked_by_policy(single, **rule)

    assert 'value="unrestricted"' not in as_admin.get(url("rotate", single)).text


@pytest.mark.parametrize("asks", [False, True])
def test_a_rotation_of_other_tokens_keeps_it(as_admin, main, asks):
    token = TokenFactory(account=main, networks=["10.0.0.0/8"])
    if asks:
        asked_by_policy(token, note_required=True)

    assert 'value="unrestricted"' not in as_admin.get(url("rotate", token)).text
    refused = as_admin.post(url("rotate", token), {"overlap": "unrestricted"})
    assert refused.status_code == 422
    assert again(token).version == token.version


def test_a_version_that_is_past_changes_nothing(as_admin, token):
    token.rename("Vector", by=BY)

    answer = as_admin.post(url("restrict", token), RESTRICTED | {"version": 1})

    assert answer.status_code == 412
    assert again(token).networks == ""


def test_the_page_of_a_token_says_what_it_is_restricted_to(as_admin, token):
    token.limit_use(networks=["10.0.0.0/8"], calls_per_minute=60, by=BY)

    page = as_admin.get(url("page", token)).text

    assert "It works from 1 network only, up to 60 times a minute." in page
    assert "<code>10.0.0.0/8</code>" in page
