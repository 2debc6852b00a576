import pytest
from django.urls import reverse

from accounts.lifecycle import edit_account
from accounts.lists import listed
from accounts.models import Account, AccountKind, AuditEvent
from tests.factories import BY, ChildFactory, MainFactory, MembershipFactory


def edit(account):
    return reverse("accounts:account_edit", args=[account.pk])


def filled(client, account, **changes):
    """Return what the edit form of an account sends, with changes."""
    form = client.get(edit(account)).context["form"]
    data = {field.html_name: field.value() for field in form}
    data = {name: value for name, value in data.items() if value not in (None, False)}
    changed = {
        name: [str(getattr(each, "pk", each)) for each in value]
        if isinstance(value, list)
        else value
        for name, value in (data | changes).items()
    }
    return {name: value for name, value in changed.items() if value is not None}


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(
    ("person", "status"), [("member", 403), ("sub_admin", 403), ("outsider", 404)]
)
def test_edit_is_for_those_who_govern_the_account(
    request, client, sub, person, status, method
):
    client.force_login(request.getfixturevalue(person))

    assert getattr(client, method)(edit(sub)).status_code == status
    assert client.post(f"{edit(sub)}find/").status_code == status


@pytest.mark.parametrize("person", ["admin", "staff"])
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_edit_changes_an_account(request, client, sub, person, headers):
    client.force_login(request.getfixturevalue(person))
    data = filled(
        client, sub, name="Stage 2", max_daily_gb="3", accessible=None, searchable=None
    )

    response = client.post(edit(sub), data, headers=headers)

    sub.refresh_from_db()
    assert response.url == reverse("accounts:account_details", args=[sub.pk])
    assert (sub.name, sub.max_daily_gb) == ("Stage 2", 3)
    assert (sub.accessible, sub.searchable, sub.version) == (False, False, 2)
    event = AuditEvent.objects.get(account=sub, action="account_updated")
    assert ["name", "Staging", "Stage 2"] in event.data["changes"]


def test_edit_without_a_change_writes_nothing(client, sub, admin):
    client.force_login(admin)

    client.post(edit(sub), filled(client, sub))

    sub.refresh_from_db()
    assert sub.version == 1
    assert not AuditEvent.objects.filter(action="account_updated").exists()


def test_edit_refuses_a_lost_update_and_keeps_what_was_typed(client, sub, admin):
    client.force_login(admin)
    first = filled(client, sub, name="First")
    second = filled(client, sub, name="Second")
    client.post(edit(sub), first)

    response = client.post(edit(sub), second)

    sub.refresh_from_db()
    page = response.content.decode()
    assert response.status_code == 412
    assert sub.name == "First"
    assert 'value="Second"' in page
    assert "was changed by somebody else" in page


def test_edit_keeps_the_heading_when_it_is_refused(client, sub, main, admin):
    ChildFactory(main=main, name="Other")
    client.force_login(admin)

    response = client.post(edit(sub), filled(client, sub, name="OTHER"))

    assert response.status_code == 422
    assert "<h1>Edit <bdi>Staging</bdi></h1>" in response.content.decode()
    assert list(response.context["form"].errors) == ["name"]


def test_edit_says_by_how_much_a_volume_is_too_large(client, sub, admin):
    client.force_login(admin)

    response = client.post(edit(sub), filled(client, sub, max_daily_gb="1002.5"))

    assert response.status_code == 422
    assert "by 2.5 GB" in str(response.context["form"].errors["max_daily_gb"])


def test_edit_changes_the_main_account(client, main, admin):
    client.force_login(admin)

    form = client.get(edit(main)).context["form"]
    client.post(edit(main), filled(client, main, retention_days="30"))

    main.refresh_from_db()
    assert main.retention_days == 30
    assert {"accessible", "searchable", "max_daily_gb"}.isdisjoint(form.fields)


def test_edit_changes_the_flexible_volume_of_the_main_account(client, db):
    main = MainFactory(is_flexible=True)
    client.force_login(MembershipFactory(account=main).user)

    low = client.post(edit(main), filled(client, main, reserved_daily_gb="0.5"))
    client.post(edit(main), filled(client, main, reserved_daily_gb="40"))

    main.refresh_from_db()
    assert "at least 1 GB" in str(low.context["form"].errors["reserved_daily_gb"])
    assert main.reserved_daily_gb == 40


def test_an_account_can_leave_flexible_volume_that_the_plan_lost(client, db):
    main = MainFactory(is_flexible=True)
    fields = {"is_flexible": True, "reserved_daily_gb": 5, "max_daily_gb": None}
    child = ChildFactory(main=main, **fields)
    main.organisation.is_flexible = False
    main.organisation.save()
    client.force_login(MembershipFactory(account=main).user)

    refused = client.post(edit(child), filled(client, child))
    client.post(edit(child), filled(client, child, is_flexible=None, max_daily_gb="2"))

    child.refresh_from_db()
    assert list(refused.context["form"].errors) == ["is_flexible"]
    assert (child.is_flexible, child.reserved_daily_gb) == (False, None)


def test_edit_shows_whole_numbers_without_a_point(client, main, admin):
    child = ChildFactory(main=main, max_daily_gb=3)
    other = ChildFactory(main=main, max_daily_gb=3.5)
    client.force_login(admin)

    assert 'value="3"' in client.get(edit(child)).content.decode()
    assert 'value="3.5"' in client.get(edit(other)).content.decode()


def test_edit_keeps_a_frequency_that_came_by_the_api(client, main, admin):
    child = ChildFactory(
        main=main, utilization_enabled=True, utilization_frequency_minutes=5
    )
    client.force_login(admin)

    data = filled(client, child, name="Renamed")
    client.post(edit(child), data)

    child.refresh_from_db()
    assert data["utilization_frequency_minutes"] == 5
    assert (child.utilization_enabled, child.utilization_frequency_minutes) == (True, 5)


def test_edit_switches_utilization_off(client, main, admin):
    child = ChildFactory(
        main=main, utilization_enabled=True, utilization_frequency_minutes=10
    )
    client.force_login(admin)

    client.post(edit(child), filled(client, child, utilization_frequency_minutes=None))

    child.refresh_from_db()
    assert not child.utilization_enabled
    assert child.utilization_frequency_minutes is None


def test_edit_shows_and_changes_a_list(client, main, sub, admin):
    other = ChildFactory(main=main, name="Other sub")
    security = ChildFactory(
        main=main, kind=AccountKind.SECURITY, accounts_to_scan=[sub]
    )
    client.force_login(admin)

    page = client.get(edit(security)).content.decode()
    client.post(edit(security), filled(client, security, accounts_to_scan=[other]))

    assert f'name="accounts_to_scan" value="{sub.pk}" checked>' in page
    assert list(security.accounts_to_scan.all()) == [other]


def test_edit_of_something_else_keeps_the_order_of_a_list(client, main, sub, admin):
    order = [ChildFactory(main=main, name=name) for name in ("Zebra", "Ant")]
    edit_account(sub, by=BY, sharing_objects_accounts=order)
    client.force_login(admin)

    client.post(edit(sub), filled(client, sub, name="Renamed"))

    sub.refresh_from_db()
    assert sub.name == "Renamed"
    listing = listed("sharing_objects_accounts", [sub])
    assert listing[sub.pk] == order


def test_an_account_is_not_on_its_own_list(client, main, sub, admin):
    client.force_login(admin)

    page = client.get(edit(sub)).content.decode()

    assert f'name="sharing_objects_accounts" value="{main.pk}"' in page
    assert f'name="sharing_objects_accounts" value="{sub.pk}"' not in page


def test_a_list_without_candidates_says_so(client, main, admin):
    client.force_login(admin)

    page = client.get(edit(main)).content.decode()

    assert "The organisation has no other account for this." in page


def test_edit_of_a_deleted_account_is_refused(client, sub, staff):
    client.force_login(staff)
    data = filled(client, sub, name="Back")
    Account.objects.filter(pk=sub.pk).update(deleted_at="2026-01-01T00:00Z")

    response = client.post(edit(sub), data)

    sub.refresh_from_db()
    assert response.status_code == 404
    assert sub.name == "Staging"


@pytest.mark.parametrize("version", ["", "x", "0", "9" * 40, "1\x00"])
def test_edit_reads_any_version(client, sub, admin, version):
    client.force_login(admin)

    response = client.post(edit(sub), filled(client, sub, version=version))

    assert response.status_code == (302 if version == "" else 422)


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_find_keeps_what_was_typed(client, main, sub, admin, headers):
    client.force_login(admin)
    data = filled(client, sub, name="Typed", sharing_objects_accounts_like="acm")

    response = client.post(f"{edit(sub)}find/", data, headers=headers)

    page = response.content.decode()
    assert response.status_code == 200
    assert 'value="Typed"' in page
    assert f'name="sharing_objects_accounts" value="{main.pk}">' in page
    assert f'action="{edit(sub)}"' in page
    sub.refresh_from_db()
    assert sub.name == "Staging"


@pytest.mark.parametrize("address", ["edit/", "edit/find/"])
def test_other_methods_are_refused(client, sub, admin, address):
    client.force_login(admin)

    assert client.put(f"/accounts/{sub.pk}/{address}").status_code == 405
