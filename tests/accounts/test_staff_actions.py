"""What staff do in their console: found, edit, suspend and resume organisations."""

import pytest

from accounts.models import Account, Action, AuditEvent, Membership, Organisation, Role
from accounts.plans import Plan
from tests.accounts.addresses import place

FOUNDING = {
    "name": "Globex",
    "plan": "pro",
    "trial_ends_at": "",
    "daily_gb": "20",
    "email": "Hank@globex.example",
    "full_name": "Hank Scorpio",
}


# Founding


def test_founding_makes_everything_and_invites_the_admin(
    as_staff, mailoutbox, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        response = as_staff.post(place("staff_organisation_add"), FOUNDING)

    membership = Membership.objects.select_related("account__organisation").get()
    organisation = membership.account.organisation
    assert response.url == place("staff_organisation", organisation.pk)
    assert (organisation.name, organisation.plan, organisation.daily_gb) == (
        "Globex",
        Plan.PRO,
        20,
    )
    assert (membership.role, membership.user.email) == (
        Role.ADMIN,
        "hank@globex.example",
    )
    assert membership.account.tokens.get().name == "default"
    assert [mail.to for mail in mailoutbox] == [["hank@globex.example"]]


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "a/b"},
        {"name": "x" * 101},
        {"name": "a\nb"},
        {"plan": "gold"},
        {"email": "nobody"},
        {"daily_gb": "-1"},
        {"daily_gb": "nan"},
        {"daily_gb": "1e300"},
        {"daily_gb": "1e999"},
        {"trial_ends_at": "soon"},
        {"trial_ends_at": "0001-01-01T00:00"},
        {"full_name": "x\x00"},
    ],
)
def test_founding_keeps_what_was_typed_wrongly(as_staff, wrong):
    response = as_staff.post(place("staff_organisation_add"), FOUNDING | wrong)

    assert response.status_code == 422
    assert "errorlist" in response.text
    assert not Organisation.objects.exists()


def test_founding_with_staff_as_admin_is_refused_as_a_whole(as_staff, staff):
    response = as_staff.post(
        place("staff_organisation_add"), FOUNDING | {"email": staff.email}
    )

    assert response.status_code == 409
    assert "Operator staff cannot be members" in response.text
    assert not Organisation.objects.exists()
    assert not AuditEvent.objects.filter(action=Action.ORGANISATION_CREATED).exists()


# Editing


def typed(client, organisation):
    """Return what the edit form shows, as a browser would send it."""
    form = client.get(place("staff_organisation_edit", organisation.pk)).context["form"]
    values = {field.name: field.value() for field in form}
    return {name: value for name, value in values.items() if value not in (None, False)}


def test_edit_writes_what_changed_with_old_and_new(as_staff, organisation):
    data = typed(as_staff, organisation) | {
        "plan": "enterprise",
        "allows_endless_links": "on",
        "trial_ends_at": "2027-01-01T12:00",
        "max_sub_accounts": "7",
    }

    response = as_staff.post(place("staff_organisation_edit", organisation.pk), data)

    organisation.refresh_from_db()
    event = AuditEvent.objects.get(action=Action.ORGANISATION_UPDATED)
    assert response.status_code == 302
    assert (organisation.plan, organisation.max_sub_accounts) == ("enterprise", 7)
    assert organisation.allows_endless_links
    assert sorted(name for name, _, _ in event.data["changes"]) == [
        "allows_endless_links",
        "max_sub_accounts",
        "plan",
        "trial_ends_at",
    ]


def test_edit_that_changes_nothing_is_no_event(as_staff, organisation):
    data = typed(as_staff, organisation)

    as_staff.post(place("staff_organisation_edit", organisation.pk), data)

    assert not AuditEvent.objects.filter(action=Action.ORGANISATION_UPDATED).exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"plan": "gold"},
        {"daily_gb": "-0.1"},
        {"daily_gb": "inf"},
        {"hard_cap_gb": ""},
        {"monthly_spans": str(2**70)},
        {"unique_time_series": "-1"},
        {"max_sub_accounts": "9999999999"},
        {"trial_ends_at": "9999-99-99"},
        {"is_flexible": "on", "is_consumption": "on"},
    ],
)
def test_edit_refuses_what_cannot_be(as_staff, organisation, wrong):
    data = typed(as_staff, organisation) | wrong

    response = as_staff.post(place("staff_organisation_edit", organisation.pk), data)

    assert response.status_code == 422
    assert "errorlist" in response.text
    assert not AuditEvent.objects.filter(action=Action.ORGANISATION_UPDATED).exists()


# Suspending


def test_suspend_asks_for_a_reason_and_says_what_stops(as_staff, organisation):
    url = place("staff_organisation_suspend", organisation.pk)

    asked = as_staff.get(url).text
    without = as_staff.post(url, {"reason": " "})

    organisation.refresh_from_db()
    assert "Every token of all its accounts is refused" in asked
    assert without.status_code == 422
    assert organisation.suspended_at is None


def test_suspend_stops_and_resume_starts_again(as_staff, main, organisation, sub):
    as_staff.post(
        place("staff_organisation_suspend", organisation.pk), {"reason": "Unpaid"}
    )
    organisation.refresh_from_db()
    running = Account.objects.running().exists()
    page = as_staff.get(place("staff_organisation", organisation.pk)).text

    as_staff.post(place("staff_organisation_resume", organisation.pk))

    assert organisation.suspended_at
    assert not running
    assert "Unpaid" in page
    assert Account.objects.running().count() == 2
    kept = set(AuditEvent.objects.values_list("action", flat=True))
    assert {Action.ORGANISATION_SUSPENDED, Action.ORGANISATION_RESUMED} <= kept
