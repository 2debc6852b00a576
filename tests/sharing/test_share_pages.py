from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from django.utils.html import escape

from accounts.models import AccountKind, Action, AuditEvent
from sharing.forms import ShareForm
from sharing.forms.shares import OPTIONS
from sharing.models import Share
from tests.factories import BY, ChildFactory, FilterFactory, ShareFactory
from tokens.models import Token

NOW = datetime(2026, 11, 23, 14, tzinfo=UTC)
HX = {"HX-Request": "true"}
RTL = "\u202eevil \u05d0"
HOSTILE = "<script>alert(1)</script>"


def typed(**changes):
    return {"name": "Board", "expires_at": "7", "operator": "AND"} | changes


def agreed(client, address, data):
    """Return what is posted once a person has read the sentence about it."""
    page = client.post(address, data)
    return data | {"agreed": page.context["form"].outlook.key}


def sentence(response):
    page = response.content.decode()
    start = page.index('<p class="sentence">')
    return page[start : page.index("</p>", start)]


def words(response):
    text = sentence(response)
    for tag in ("strong", "bdi"):
        text = text.replace(f"<{tag}>", "").replace(f"</{tag}>", "")
    return " ".join(text.replace('<p class="sentence">', "").split())


@pytest.fixture
def fixed_time(time_machine):
    time_machine.move_to(NOW, tick=False)


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
    assert "Nothing until it is edited" in page


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

    page = client.get(at("list")).content.decode()

    assert f'id="disable-{share.pk}"' in page
    for control in ("edit", "delete", "rotate", "copy", "power", "filter-edit"):
        assert f'id="{control}-' not in page
    assert "New shared token" not in page
    assert "New filter" not in page


@pytest.mark.parametrize("person", ["member", "staff"])
@pytest.mark.parametrize("name", ["create", "preview", "edit", "edit_preview"])
def test_changes_are_for_admins(client, share, at, request, person, name):
    client.force_login(request.getfixturevalue(person))
    address = at(name, *([share.pk] if "edit" in name else []))

    assert client.post(address, typed()).status_code == 403


def test_create_shows_the_sentence_first(as_admin, main, env, team, at, fixed_time):
    data = typed(filters=[env.pk, team.pk])

    response = as_admin.post(at("create"), data)

    assert response.status_code == 422
    assert words(response) == (
        "Logs of Acme where env is test and team is payments, until "
        '<time datetime="2026-11-30T14:00:00+00:00">Mon 30 Nov 2026 14:00 UTC</time>.'
    )
    assert not Share.objects.exists()


def test_create_saves_what_was_agreed_to(as_admin, main, env, at, fixed_time):
    data = agreed(as_admin, at("create"), typed(filters=[env.pk], operator=""))

    response = as_admin.post(at("create"), data)

    share = Share.objects.get()
    assert response.url == at("list") + f"?added={share.pk}"
    assert share.token.expires_at == NOW + timedelta(days=7)
    assert share.scope == (frozenset([env.clause]),)
    page = as_admin.get(response.url).content.decode()
    assert page.count(f'id="token-{share.pk}"') == 1
    assert "row-new" in page


def test_create_answers_htmx_with_the_row(as_admin, env, at):
    data = agreed(as_admin, at("create"), typed(filters=[env.pk]))

    response = as_admin.post(at("create"), data, headers=HX)

    page = response.content.decode()
    assert page.strip().startswith('<tr id="new-row" hidden></tr>')
    assert f'<tr id="token-{Share.objects.get().pk}"' in page
    assert "<html" not in page


def test_create_asks_again_when_a_filter_changed_meanwhile(as_admin, env, at):
    data = agreed(as_admin, at("create"), typed(filters=[env.pk]))
    env.edit(by=BY, value="prod")

    response = as_admin.post(at("create"), data, headers=HX)

    assert response.status_code == 422
    assert "prod" in sentence(response)
    assert not Share.objects.exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": ""}, "Give the token a name."),
        ({"name": "a\x00b"}, "Null characters are not allowed."),
        ({"name": "a\x07b"}, "Control characters are not allowed."),
        ({"name": "x" * 101}, "at most 100 characters"),
        ({"name": "bOARD"}, "already a token named bOARD"),
        ({"filters": []}, "Choose at least one filter"),
        ({"filters": ["0"]}, "was deleted meanwhile"),
        ({"filters": ["9" * 30]}, "Choose from the filters of this account."),
        ({"filters": ["\x00"]}, "Choose from the filters of this account."),
        ({"shows_everything": "on"}, "Untick this, or untick the filters above."),
        ({"operator": "NOT"}, "NOT is not one of the available choices"),
        ({"expires_at": "never"}, "never is not one of the available choices"),
        ({"expires_at": "date"}, "Choose a date."),
        (
            {"expires_at": "date", "expires_on": "2026-11-22"},
            "Choose a day in the next ten years.",
        ),
        (
            {"expires_at": "date", "expires_on": "0001-01-01"},
            "Choose a day in the next ten years.",
        ),
        (
            {"expires_at": "date", "expires_on": "9999-12-31"},
            "Choose a day in the next ten years.",
        ),
        ({"expires_at": "date", "expires_on": "soon"}, "Enter a valid date."),
    ],
)
def test_create_keeps_what_was_typed_and_says_what_is_wrong(
    as_admin, share, env, at, changes, message, fixed_time
):
    good = typed(name="Second", filters=[env.pk])
    data = agreed(as_admin, at("create"), good) | changes

    response = as_admin.post(at("create"), data, headers=HX)

    assert response.status_code == 422
    assert escape(message) in response.content.decode()
    assert Share.objects.count() == 1


def test_create_refuses_accounts_without_logs(client, main, admin):
    metrics = ChildFactory(main=main, kind=AccountKind.METRICS)
    client.force_login(admin)
    address = f"/accounts/{metrics.pk}/tokens/shared/new/"

    data = agreed(client, address, typed(shows_everything="on"))
    response = client.post(address, data)

    assert response.status_code == 409


def test_never_is_offered_where_the_organisation_allows_it(as_admin, main, env, at):
    main.organisation.allows_endless_links = True
    main.organisation.save()
    data = typed(filters=[env.pk], expires_at="never")

    response = as_admin.post(at("create"), agreed(as_admin, at("create"), data))

    assert response.status_code == 302
    assert Share.objects.get().token.expires_at is None


def test_names_and_values_are_isolated_and_escaped(as_admin, main, at):
    odd = FilterFactory(account=main, field=RTL, value=HOSTILE)
    ShareFactory(account=main, name=HOSTILE, filters=[odd])

    page = as_admin.get(at("list") + "?new=1").content.decode()

    assert HOSTILE not in page
    assert f"<bdi>{RTL}</bdi>: <bdi>{escape(HOSTILE)}</bdi>" in page


def test_preview_warns_of_everything(as_admin, at):
    response = as_admin.post(at("preview"), typed(shows_everything="on"), headers=HX)

    assert response.status_code == 200
    assert words(response).startswith("Logs of Acme, all of them, until <time")
    assert b"reads every log line" in response.content


def test_preview_warns_of_the_weekend(as_admin, env, at, fixed_time):
    data = typed(filters=[env.pk], expires_at="date", expires_on="2026-11-29")

    response = as_admin.post(at("preview"), data)

    assert "Sun 29 Nov 2026 23:59 UTC" in sentence(response)
    assert b"That is a Sunday." in response.content


@pytest.mark.parametrize(("operator", "warned"), [("AND", True), ("OR", False)])
def test_preview_warns_of_a_field_that_needs_two_values(
    as_admin, main, env, at, operator, warned
):
    prod = FilterFactory(account=main, field="env", value="prod")
    data = typed(filters=[env.pk, prod.pk], operator=operator)

    response = as_admin.post(at("preview"), data)

    assert (b"all these values at once" in response.content) == warned


def test_preview_says_nothing_while_nothing_is_chosen(as_admin, at):
    response = as_admin.post(at("preview"), typed(name=""), headers=HX)

    assert b"this line says what the link will show" in response.content
    assert b'name="agreed"' not in response.content


def test_preview_finds_filters_and_keeps_the_ticked_ones(as_admin, main, env, at):
    FilterFactory(account=main, field="region", value="eu", description="Old World")
    FilterFactory(account=main, field="customer", value="fastlane")

    response = as_admin.post(at("preview"), typed(filters=[env.pk], find="world"))

    options = response.context["form"].options()
    assert [each.field for each in options["chosen"]] == ["env"]
    assert [each.field for each in options["found"]] == ["region"]


@pytest.mark.parametrize("find", ["\x00", "x" * 101])
def test_preview_ignores_a_search_that_makes_no_sense(as_admin, env, at, find):
    response = as_admin.post(at("preview"), typed(find=find))

    assert list(response.context["form"].options()["found"]) == [env]


def test_form_offers_some_filters_and_says_when_there_are_more(as_admin, main, at):
    FilterFactory.create_batch(OPTIONS + 1, account=main)

    page = as_admin.get(at("list") + "?new=1").content.decode()

    assert page.count('type="checkbox" name="filters"') == OPTIONS
    assert "There are more." in page


def test_form_of_an_account_without_filters_leads_to_them(as_admin, at):
    page = as_admin.get(at("list") + "?new=1").content.decode()

    assert "This account has no filters yet." in page


def test_form_without_a_link_has_no_outlook(main):
    assert ShareForm(account=main).outlook is None


def test_edit_shows_what_holds_now(as_admin, share, at):
    response = as_admin.get(at("edit", share.pk))

    page = response.content.decode()
    assert "where env is test" in words(response)
    assert 'value="keep" selected>As it is: until' in page
    assert "will show more" not in page


def test_edit_of_a_link_that_shows_everything_says_so(as_admin, main, at):
    share = ShareFactory(account=main)

    assert "all of them" in words(as_admin.get(at("edit", share.pk)))


def edit(share, **changes):
    filters = [each.pk for each in share.filters.all()]
    values = {"expires_at": "keep", "filters": filters, "version": share.token.version}
    return typed(name=share.token.name) | values | changes


@pytest.mark.parametrize("headers", [{}, HX])
def test_edit_saves_name_expiry_and_filters(
    as_admin, share, team, at, headers, fixed_time
):
    address = at("edit", share.pk)
    changes = edit(share, name="Wall", expires_at="30", filters=[team.pk])

    response = as_admin.post(
        address, agreed(as_admin, address, changes), headers=headers
    )

    share = Share.objects.get(pk=share.pk)
    assert (share.token.name, share.token.expires_at) == (
        "Wall",
        NOW + timedelta(days=30),
    )
    assert list(share.filters.all()) == [team]
    if headers:
        assert response.headers["HX-Trigger"] == '{"tollgate:close": {}}'
        assert f'<tr id="token-{share.pk}"'.encode() in response.content
    else:
        assert response.url == at("list")


def test_edit_says_that_links_show_more_before_it_widens(
    as_admin, main, share, env, team, at
):
    share.narrow(filters=[env, team], operator="AND", shows_everything=False, by=BY)
    address = at("edit", share.pk)

    response = as_admin.post(address, edit(share, filters=[env.pk]))

    assert response.status_code == 422
    assert b"Links that were already sent will show more" in response.content
    as_admin.post(address, agreed(as_admin, address, edit(share, filters=[env.pk])))
    widened = AuditEvent.objects.filter(action=Action.SHARE_WIDENED).get()
    assert (widened.token_id, widened.actor_label) == (share.pk, "admin@acme.example")


def test_edit_keeps_an_expiry_that_has_passed(as_admin, share, at, time_machine):
    time_machine.move_to(timezone.now() + timedelta(days=8))
    address = at("edit", share.pk)
    assert b"As it is: ended" in as_admin.get(address).content

    response = as_admin.post(
        address, agreed(as_admin, address, edit(share, name="Old board"))
    )

    assert response.status_code == 302
    assert Token.objects.get(pk=share.pk).state == "expired"


def test_edit_of_an_endless_link_says_so(as_admin, main, env, at):
    main.organisation.allows_endless_links = True
    main.organisation.save()
    share = ShareFactory(account=main, filters=[env], expires_at=None)

    response = as_admin.get(at("edit", share.pk))

    assert b"As it is: never" in response.content
    assert words(response).endswith("without an end.")


def test_edit_refuses_a_name_that_is_taken(as_admin, main, share, at):
    ShareFactory(account=main, name="Wall")
    address = at("edit", share.pk)

    response = as_admin.post(
        address, agreed(as_admin, address, edit(share, name="wall"))
    )

    assert response.status_code == 422
    assert b"already a token named wall" in response.content


@pytest.mark.parametrize("headers", [{}, HX])
def test_edit_refuses_the_second_writer(as_admin, share, at, headers):
    address = at("edit", share.pk)
    data = agreed(as_admin, address, edit(share, name="Wall"))
    share.token.rename("First", by=BY)

    response = as_admin.post(address, data, headers=headers)

    assert response.status_code == 412
    assert Token.objects.get(pk=share.pk).name == "First"


def test_edit_reopens_a_link_that_lost_its_filter(as_admin, share, env, team, at):
    env.delete_narrowing(by=BY)
    address = at("edit", share.pk)
    share = Share.objects.get(pk=share.pk)
    page = as_admin.get(address).content
    assert b"Say anew what they may show" in page
    assert b'name="agreed"' not in page

    as_admin.post(address, agreed(as_admin, address, edit(share, filters=[team.pk])))
    as_admin.post(f"/accounts/{team.account_id}/tokens/{share.pk}/enable/")

    assert Token.objects.get(pk=share.pk).state == "active"


def test_edit_preview_says_what_would_change(as_admin, share, team, at):
    data = edit(share, filters=[team.pk])

    response = as_admin.post(at("edit_preview", share.pk), data, headers=HX)

    assert response.status_code == 200
    assert b"Links that were already sent will show more" in response.content
    assert Share.objects.get(pk=share.pk).scope == share.scope


def test_edit_of_another_accounts_link_is_not_found(as_admin, at):
    assert as_admin.get(at("edit", ShareFactory().pk)).status_code == 404


def test_edit_of_a_deleted_link_is_not_found(as_admin, share, at):
    share.token.delete_softly(by=BY)

    assert as_admin.get(at("edit", share.pk)).status_code == 404


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
