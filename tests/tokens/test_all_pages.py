import csv
import io
import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.lifecycle import edit_account
from accounts.models import AccountKind, Action, AuditEvent
from accounts.plans import Plan
from accounts.web.pagination import PAGE_SIZE
from tests.factories import BY, ChildFactory, MembershipFactory, TokenFactory
from tests.tokens.all_pages import address
from tokens.kinds import Kind
from tokens.models import Token

ROW = re.compile(r'<tr id="token-(\d+)"')


def export_address(account, /, **query):
    return reverse("tokens:all_export", args=[account.pk], query=query)


@pytest.fixture
def api(main):
    return TokenFactory(account=main, name="Terraform")


@pytest.mark.parametrize("named", [0, 100])
def test_numbers_leave_out_what_is_out_of_sight(
    client, admin, main, monkeypatch, named
):
    monkeypatch.setattr("tokens.permissions.MOST_NAMED", named)
    shut = ChildFactory(main=main, name="Shut", accessible=False)
    tomorrow = timezone.now() + timedelta(days=1)
    for number, account in enumerate([main] * PAGE_SIZE + [shut]):
        TokenFactory(account=account, name=f"Token {number}", expires_at=tomorrow)
    client.force_login(admin)

    response = client.get(address(main))

    # With the log token that comes with an account.
    assert response.context["page"].span.endswith(f" of {PAGE_SIZE + 1}")
    assert sum(day.count for day in response.context["ending"]) == PAGE_SIZE


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


@pytest.mark.parametrize("named", [0, 100])
def test_tokens_of_accounts_out_of_sight_are_not_listed(
    client, admin, main, monkeypatch, named
):
    monkeypatch.setattr("tokens.permissions.MOST_NAMED", named)
    seen = ChildFactory(main=main, name="Seen")
    shut = ChildFactory(main=main, name="Shut", accessible=False)
    client.force_login(admin)

    response = client.get(address(main))

    listed = {token.account_id for token in response.context["page"]}
    assert listed == {main.pk, seen.pk}
    page = response.content.decode()
    assert 'title="Seen"' in page
    assert "Shut" not in page
    assert shut.tokens.exists()


@pytest.mark.parametrize("count", [1, 3])
def test_query_count_does_not_grow(
    client, admin, main, count, django_assert_num_queries
):
    for number in range(count):
        child = ChildFactory(main=main, name=f"Child {number}")
        TokenFactory(account=child)
    client.force_login(admin)
    client.get(address(main))

    with django_assert_num_queries(11):
        response = client.get(address(main))

    assert len(ROW.findall(response.content.decode())) == 1 + 2 * count


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
    monkeypatch.setattr("accounts.web.pagination.paginate.__kwdefaults__", {"size": 2})
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
    return b"".join(response.streaming_content).decode("utf-8-sig")


def test_export_holds_what_the_filter_matches(client, admin, main, sub, api):
    client.force_login(admin)

    response = client.post(export_address(main, kind="api"))
    lines = read(response).splitlines()

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in response["Content-Disposition"]
    assert lines[0].startswith("account_id,account,id,name,note,kind,token,state,")
    assert lines[1].startswith(f"{main.pk},Acme,{api.pk},Terraform,,api,{api.masked}")
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


def test_export_says_what_a_token_is_kept_to(client, admin, main, sub):
    kept = TokenFactory(account=main, scopes="read shared:write", accounts=[sub.pk])
    TokenFactory(account=main, name="free")
    client.force_login(admin)

    response = client.post(reverse("tokens:all_export", args=[main.pk]))

    rows = csv.DictReader(io.StringIO(response.getvalue().decode("utf-8-sig")))
    told = {row["name"]: (row["scopes"], row["kept_to_accounts"]) for row in rows}
    assert told == {
        kept.name: ("read shared:write", str(sub.pk)),
        "free": ("everything", ""),
        "default": ("", ""),
    }
