import pytest

from accounts.models import AccountKind
from tests.factories import BY, ChildFactory, ShareFactory
from tests.sharing.typed import HX, typed
from tests.tokens.list_pages import as_drawn


@pytest.mark.parametrize("count", [1, 3])
def test_list_query_count_does_not_grow(
    as_admin, main, env, team, at, count, django_assert_num_queries
):
    ShareFactory.create_batch(count, account=main, filters=[env, team])
    as_admin.get(at("list"))

    with django_assert_num_queries(QUERIES):
        response = as_admin.get(at("list"))

    assert response.content.count(b'<tr id="token-') == count
    assert response.content.count(b'<tr id="filter-') == 2


QUERIES = 11


def test_list_shows_filter_logic_and_no_secret(as_admin, main, env, team, at):
    share = ShareFactory(account=main, filters=[env, team], operator="OR")

    page = as_admin.get(at("list")).content.decode()

    assert "<bdi>env</bdi>: <bdi>test</bdi>" in page
    assert '<span class="joiner">OR</span>' in page
    assert share.secret_text not in page


def test_list_warns_of_links_that_show_everything_or_lost_a_filter(
    as_admin, main, env, at
):
    ShareFactory(account=main)
    ShareFactory(account=main, filters=[env])
    env.delete_narrowing(by=BY)

    page = as_admin.get(at("list")).content.decode()

    assert "Whoever has the link reads all logs of this account" in page
    assert "Nothing until edited" in page


def test_list_is_empty_and_says_what_for(as_admin, at):
    page = as_admin.get(at("list")).content.decode()

    assert "No shared tokens yet" in page
    assert "No filters yet" in page


@pytest.mark.parametrize(
    "kind", [AccountKind.METRICS, AccountKind.TRACING, AccountKind.SECURITY]
)
def test_list_of_an_account_without_logs_explains(client, main, admin, kind):
    account = ChildFactory(main=main, kind=kind)
    client.force_login(admin)

    response = client.get(f"/accounts/{account.pk}/tokens/shared/")

    assert b"Only logs are shared by tokens" in response.content


@pytest.mark.parametrize(
    ("person", "status"),
    [("member", 403), ("sub_admin", 404), ("outsider", 404), ("staff", 200)],
)
def test_list_is_for_admins_and_staff(client, share, at, request, person, status):
    client.force_login(request.getfixturevalue(person))

    response = client.get(at("list"))

    assert response.status_code == status
    assert share.secret_text.encode() not in response.content


def test_staff_see_no_control_but_pause(client, staff, share, at):
    client.force_login(staff)

    page = as_drawn(client.get(at("list")).text)

    assert f'id="disable-{share.pk}"' in page
    for control in ("edit", "delete", "rotate", "copy", "code", "power", "filter-edit"):
        assert f'id="{control}-' not in page
    assert "New shared token" not in page
    assert "New filter" not in page


@pytest.mark.parametrize("person", ["member", "staff"])
@pytest.mark.parametrize("name", ["create", "preview", "edit", "edit_preview"])
def test_changes_are_for_admins(client, share, at, request, person, name):
    client.force_login(request.getfixturevalue(person))
    address = at(name, *([share.pk] if "edit" in name else []))

    assert client.post(address, typed()).status_code == 403


@pytest.mark.parametrize(
    ("verb", "word"), [("disable", "paused"), ("enable", "resumed")]
)
def test_switch_speaks_of_pause_and_resume(as_admin, share, verb, word):
    address = f"/accounts/{share.token.account_id}/tokens/{share.pk}/{verb}/"

    response = as_admin.post(address, follow=True)

    assert f"Board is {word}.".encode() in response.content


def test_action_on_a_link_answers_with_its_row(as_admin, share):
    address = f"/accounts/{share.token.account_id}/tokens/{share.pk}/disable/"

    page = as_admin.post(address, headers=HX).content.decode()

    assert f'<tr id="token-{share.pk}" data-state="paused"' in page
    assert "<bdi>env</bdi>: <bdi>test</bdi>" in page
