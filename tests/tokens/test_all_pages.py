import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.audit import Actor
from accounts.lifecycle import edit_account
from accounts.models import AccountKind, Action, AuditEvent
from accounts.plans import Plan
from tests.factories import (
    BY,
    ChildFactory,
    MainFactory,
    MembershipFactory,
    ShareFactory,
    TokenFactory,
)
from tokens.kinds import Kind
from tokens.models import Token

ROW = re.compile(r'<tr id="token-(\d+)"')


def address(account, /, **query):
    return reverse("tokens:all", args=[account.pk], query=query)


def export_address(account, /, **query):
    return reverse("tokens:all_export", args=[account.pk], query=query)


@pytest.fixture
def look(client, admin, main):
    """Return the names of the tokens that an admin's list shows, in its order."""

    def look(**query):
        client.force_login(admin)
        response = client.get(address(main, **query))
        assert response.status_code == 200
        return [token.name for token in response.context["page"]]

    return look


@pytest.fixture
def api(main):
    return TokenFactory(account=main, name="Terraform")


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("admin", 200),
        ("staff", 200),
        ("member", 403),
        ("sub_admin", 404),
        ("outsider", 404),
    ],
)
@pytest.mark.parametrize("name", ["tokens:all", "tokens:all_export"])
def test_all_tokens_answers_each_person(client, request, main, sub, name, who, status):
    client.force_login(request.getfixturevalue(who))
    ask = client.get if name == "tokens:all" else client.post

    assert ask(reverse(name, args=[main.pk])).status_code == status


@pytest.mark.parametrize("who", ["admin", "staff", "sub_admin"])
def test_all_tokens_is_not_at_the_address_of_a_child(client, request, sub, who):
    client.force_login(request.getfixturevalue(who))

    assert client.get(address(sub)).status_code == 404


def test_anonymous_is_sent_to_the_login(client, main):
    assert client.get(address(main)).status_code == 302


def test_all_tokens_of_accessible_accounts_are_listed(look, main, sub, outsider):
    ChildFactory(main=main, name="Shut", accessible=False)
    TokenFactory(account=sub, name="Of staging")

    assert set(look()) == {"default", "Of staging"}
    assert look(sort="account", kind="logs") == ["default", "default"]


def test_admin_of_a_shut_child_sees_its_tokens_too(look, main, admin):
    shut = ChildFactory(main=main, name="Shut", accessible=False)
    TokenFactory(account=shut, name="Behind")

    assert "Behind" not in look()
    MembershipFactory(account=shut, user=admin)
    assert "Behind" in look()


def test_staff_look_but_cannot_touch(client, staff, main, api):
    client.force_login(staff)

    html = client.get(address(main)).content.decode()

    assert "Terraform" in html
    assert "/reveal/" not in html
    assert 'name="pick"' not in html


def test_list_holds_no_secret(client, admin, main, api):
    client.force_login(admin)

    html = client.get(address(main)).content.decode()

    assert api.masked in html
    assert api.secret_text not in html


@pytest.mark.parametrize("count", [1, 3])
def test_query_count_does_not_grow(
    client, admin, main, count, django_assert_num_queries
):
    for number in range(count):
        child = ChildFactory(main=main, name=f"Child {number}")
        TokenFactory(account=child)
    client.force_login(admin)
    client.get(address(main))

    with django_assert_num_queries(8):
        response = client.get(address(main))

    assert len(ROW.findall(response.content.decode())) == 1 + 2 * count


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
    return (timezone.localdate() + timedelta(days=days)).isoformat()


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
    client.cookies["tz"] = "Asia/Tokyo"

    page = client.get(address(main, created_to="2026-03-01")).context["page"]
    later = client.get(address(main, created_to="2026-03-02")).context["page"]

    assert (len(page), len(later)) == (0, 1)


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ("name", ["a", "default", "default", "z"]),
        ("-name", ["z", "default", "default", "a"]),
        ("created_at", ["default", "default", "z", "a"]),
        ("-created_at", ["a", "z", "default", "default"]),
        ("nonsense", ["a", "z", "default", "default"]),
        ("kind", ["z", "a", "default", "default"]),
        ("last_used_at", ["a", "default", "default", "z"]),
        ("expires_at", ["z", "default", "default", "a"]),
    ],
)
def test_sort(look, main, sub, sort, names):
    now = timezone.now()
    z = TokenFactory(account=sub, name="z", expires_at=now + timedelta(days=1))
    a = TokenFactory(account=main, name="a")
    Token.objects.filter(pk=a.pk).update(last_used_at=now)

    assert look(sort=sort) == names
    assert z.pk < a.pk


def test_sort_by_account_pages_on(client, admin, main, monkeypatch):
    monkeypatch.setattr("accounts.paging.paginate.__kwdefaults__", {"size": 2})
    for name in ("Beta", "Alpha"):
        ChildFactory(main=main, name=name)
    client.force_login(admin)

    first = client.get(address(main, sort="account")).context["page"]
    second = client.get(address(main, sort="account", cursor=first.next)).context[
        "page"
    ]
    back = client.get(address(main, sort="account", cursor=second.previous))
    last = client.get(address(main, sort="-account")).context["page"]

    assert [token.account.name for token in first] == ["Acme", "Alpha"]
    assert [token.account.name for token in second] == ["Beta"]
    assert back.context["page"].items == first.items
    assert [token.account.name for token in last] == ["Beta", "Alpha"]


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
        "Named like x",
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


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({}, "No tokens yet"),
        ({"q": "zzz"}, "No token matches"),
        ({"state": "nonsense"}, "The filter is not right yet"),
    ],
)
def test_empty_pages_say_why(client, admin, main, query, words):
    Token.objects.all().delete()
    client.force_login(admin)

    assert words in client.get(address(main, **query)).content.decode()


HOSTILE = ["\x00", "%00", "9" * 40, "-1", "' OR 1=1 --", "<script>alert(1)</script>", "‮𝔘", "2026-02-31", "0001-01-01", "9999-12-31"]  # fmt: skip
FIELDS = ["q", "account", "account_like", "kind", "state", "creator", "created_from", "created_to", "use", "used_to", "endless", "expires_to", "token", "sort", "cursor"]  # fmt: skip


@pytest.mark.parametrize("field", FIELDS)
def test_hostile_addresses_are_answered(client, admin, main, field):
    client.force_login(admin)

    for text in HOSTILE:
        response = client.get(address(main, **{field: text}))
        assert response.status_code in (200, 422)
        assert "<script>alert" not in response.content.decode()


def test_state_of_the_account_shows_in_the_row(client, admin, main):
    ChildFactory(main=main, kind=AccountKind.METRICS)
    TokenFactory(account=main)
    organisation = main.organisation
    organisation.plan = Plan.COMMUNITY
    organisation.save()
    client.force_login(admin)

    assert "Stopped by the plan" in client.get(address(main)).content.decode()


def read(response):
    return b"".join(response.streaming_content).decode()


def test_export_holds_what_the_filter_matches(client, admin, main, sub, api):
    client.force_login(admin)

    response = client.post(export_address(main, kind="api"))
    lines = read(response).splitlines()

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in response["Content-Disposition"]
    assert lines[0].startswith("account_id,account,id,name,kind,token,state,")
    assert lines[1].startswith(f"{main.pk},Acme,{api.pk},Terraform,api,{api.masked}")
    assert len(lines) == 2
    assert api.secret_text not in "".join(lines)


def test_export_disarms_formulas(client, admin, main):
    TokenFactory(account=main, name='=HYPERLINK("http://x")', kind=Kind.API)
    client.force_login(admin)

    assert """"'=HYPERLINK(""http://x"")\"""" in read(client.post(export_address(main)))


def test_export_is_audited(client, admin, main):
    client.force_login(admin)

    client.post(export_address(main, kind="api"))

    event = AuditEvent.objects.latest("pk")
    assert event.action == Action.TOKENS_EXPORTED
    assert event.data == {"filters": "kind=api"}


def test_export_with_a_wrong_filter_leads_back_to_it(client, admin, main):
    client.force_login(admin)

    response = client.post(export_address(main, kind="nonsense"))

    assert response.url == address(main, kind="nonsense")
    assert not AuditEvent.objects.filter(action=Action.TOKENS_EXPORTED).exists()


def test_closing_a_child_takes_its_tokens_off_the_list(look, main, sub):
    TokenFactory(account=sub, name="Of staging")
    assert "Of staging" in look()

    edit_account(sub, by=BY, accessible=False)

    assert "Of staging" not in look()
