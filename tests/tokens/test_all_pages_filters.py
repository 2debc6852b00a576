from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.audit.trail import Actor
from tests.factories import BY, MainFactory, ShareFactory, TokenFactory
from tests.tokens.all_pages import address
from tokens.models import Token

# Days are written down before the tests begin, and stay what they are at midnight.
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _noon(time_machine):
    time_machine.move_to(NOON)


@pytest.fixture
def api(main):
    return TokenFactory(account=main, name="Terraform")


def test_filter_by_account(look, main, sub, api):
    TokenFactory(account=sub, name="Of staging")

    assert look(account=sub.pk) == ["Of staging", "default"]
    assert look(account=[sub.pk, main.pk], kind="api") == ["Of staging", "Terraform"]


def test_account_of_somebody_else_is_no_choice(client, admin, main):
    client.force_login(admin)

    response = client.get(address(main, account=MainFactory().pk))

    assert response.status_code == 422
    assert "The filter is not right yet" in response.content.decode()


def test_accounts_to_tick_are_found_by_name(client, admin, main, sub):
    client.force_login(admin)

    html = client.get(address(main, account_like="stag")).content.decode()
    options = html[html.index('id="options-account"') :].partition("</ul>")[0]

    assert "Staging" in options
    assert "Acme" not in options


def test_filter_by_kind(look, main, api):
    ShareFactory(account=main, name="Status")

    assert look(kind=["api", "shared"]) == ["Status", "Terraform"]


@pytest.fixture
def states(main):
    """One API token in each state, and a paused link."""
    now = timezone.now()
    fields = {
        "works": {},
        "off": {"disabled_at": now},
        "over": {"expires_at": now - timedelta(days=1)},
        "turning": {"overlap_until": now + timedelta(days=1)},
        "turned": {"overlap_until": now - timedelta(days=1)},
        "off and over": {"disabled_at": now, "expires_at": now - timedelta(days=1)},
    }
    for name, changes in fields.items():
        token = TokenFactory(account=main, name=name)
        Token.objects.filter(pk=token.pk).update(**changes)
    paused = ShareFactory(account=main, name="paused")
    paused.token.disable(by=BY)


@pytest.mark.parametrize(
    ("state", "names"),
    [
        ("active", {"works", "turning", "turned", "default"}),
        ("disabled", {"off", "off and over"}),
        ("paused", {"paused"}),
        ("expired", {"over"}),
        ("rotating", {"turning"}),
    ],
)
def test_filter_by_state(look, states, state, names):
    assert set(look(state=state)) == names


def test_states_add_up(look, states):
    assert set(look(state=["expired", "paused"])) == {"over", "paused"}


@pytest.fixture
def past(main):
    """Tokens with a past: when they were made, used, and when they end."""
    now = timezone.now()
    for name, made, used, ends in [
        ("old and unused", 200, None, None),
        ("used long ago", 200, 100, None),
        ("in use", 200, 1, 30),
        ("new", 0, None, 5),
    ]:
        token = TokenFactory(
            account=main, name=name, by=Actor(label=f"{name}@x.example")
        )
        Token.objects.filter(pk=token.pk).update(
            created_at=now - timedelta(days=made),
            last_used_at=used and now - timedelta(days=used),
            expires_at=ends and now + timedelta(days=ends),
        )
    Token.objects.filter(name="default").update(created_at=now)


def day(days):
    return (NOON.date() + timedelta(days=days)).isoformat()


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"use": "never"}, {"old and unused", "new", "default"}),
        ({"use": "unused"}, {"old and unused", "used long ago"}),
        ({"endless": "on"}, {"old and unused", "used long ago", "default"}),
        ({"creator": "USED LONG"}, {"used long ago"}),
        ({"created_from": day(-200), "created_to": day(-200)}, {"old and unused", "used long ago", "in use"}),
        ({"created_from": day(0)}, {"new", "default"}),
        ({"created_to": day(-201)}, set()),
        ({"used_from": day(-2)}, {"in use"}),
        ({"used_to": day(-100)}, {"used long ago"}),
        ({"expires_from": day(6)}, {"in use"}),
        ({"expires_to": day(6)}, {"new"}),
        ({"q": "USED"}, {"old and unused", "used long ago"}),
    ],
)  # fmt: skip
def test_filter_by_past_and_future(look, past, query, names):
    assert set(look(**query)) == names


def test_days_are_those_of_the_viewer(client, admin, main, api):
    Token.objects.filter(pk=api.pk).update(created_at="2026-03-01T23:30:00Z")
    client.force_login(admin)
    client.cookies["tollgate_zone"] = "Asia/Tokyo"

    page = client.get(address(main, created_to="2026-03-01")).context["page"]
    later = client.get(address(main, created_to="2026-03-02")).context["page"]

    assert (len(page), len(later)) == (0, 1)


def test_chips_take_one_filter_away_each(client, admin, main, sub):
    client.force_login(admin)
    query = {
        "q": "x",
        "account": sub.pk,
        "kind": ["api", "logs"],
        "creator": "dana",
        "created_from": "2026-01-02",
        "created_to": "2026-01-03",
        "use": "never",
        "used_from": "2026-01-02",
        "used_to": "2026-01-03",
        "endless": "on",
        "expires_from": "2026-01-02",
        "expires_to": "2026-01-03",
        "cursor": "abc",
    }

    chips = client.get(address(main, **query)).context["chips"]

    assert [words for words, _ in chips] == [
        "Name or note has x",
        "Staging",
        "API token",
        "Log shipping token",
        "Created by dana",
        "Created from 2 Jan 2026",
        "Created until 3 Jan 2026",
        "Never used",
        "Used from 2 Jan 2026",
        "Used until 3 Jan 2026",
        "Never expires",
        "Expires from 2 Jan 2026",
        "Expires until 3 Jan 2026",
    ]
    without = dict(chips)["API token"]
    assert "kind=logs" in without
    assert "kind=api" not in without
    assert "cursor" not in without
    assert "account=" not in dict(chips)["Staging"]


def test_token_that_was_looked_for_stands_alone(look, client, main, sub, api):
    TokenFactory(account=main, name="Other")
    api.delete_softly(by=BY)

    assert look(token=api.pk, kind="logs") == ["Terraform"]
    chips = client.get(address(main, token=api.pk)).context["chips"]
    assert chips == [("The token that was looked for", "")]


def test_fields_left_empty_leave_the_address(client, admin, main):
    client.force_login(admin)

    response = client.get(address(main, q="", kind="api", creator=""))

    assert response.url == address(main, kind="api")


def test_filter_by_what_an_api_token_may_do(look, client, admin, main):
    for name, scopes in {"all": "", "reads": "read", "users": "users:write"}.items():
        TokenFactory(account=main, name=name, scopes=scopes)

    assert look(scope="everything") == ["all"]
    assert look(scope="accounts:read", sort="name") == ["all", "reads"]
    assert look(scope=["users:write", "audit:read"], sort="name") == [
        *("all", "reads", "users")
    ]
    client.force_login(admin)
    chips = client.get(address(main, scope=["read", "logs:read"])).context["chips"]
    assert [words for words, _ in chips] == ["Read everything", "Query logs"]


@pytest.mark.parametrize(
    ("what", "names"),
    [
        ("yes", ["Limited", "Kept"]),
        ("networks", ["Kept"]),
        ("limit", ["Limited"]),
        ("no", ["Terraform"]),
    ],
)
def test_filter_by_restriction(look, main, api, what, names):
    TokenFactory(account=main, name="Kept", networks=["10.0.0.0/8"])
    TokenFactory(account=main, name="Limited", calls_per_minute=60)

    assert look(restricted=what, kind="api") == names
