from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Action, AuditEvent
from sharing.models import Share
from tests.factories import BY, ShareFactory
from tests.sharing.typed import HX, agreed, typed, words
from tokens.models import Token


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
        fixed_time + timedelta(days=30),
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
