from datetime import timedelta

import pytest
from django.utils.html import escape

from accounts.models import AccountKind
from sharing.forms import ShareForm
from sharing.forms.shares import OPTIONS
from sharing.models import Share
from tests.factories import BY, ChildFactory, FilterFactory, ShareFactory
from tests.sharing.typed import HX, agreed, sentence, typed, words

RTL = "\u202eevil \u05d0"
HOSTILE = "<script>alert(1)</script>"


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
    assert share.token.expires_at == fixed_time + timedelta(days=7)
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


def test_form_without_a_link_has_no_summary(main):
    assert ShareForm(account=main).summary is None
