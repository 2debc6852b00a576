"""The staff console."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts import lifecycle
from accounts.audit import Actor
from accounts.models import Account, Action, AuditEvent, Membership, Organisation, Role
from accounts.plans import Plan
from tests.factories import ChildFactory, MainFactory, MembershipFactory

BY = Actor("factory@example.com")
HX = {"HX-Request": "true"}
CSRF_TOKEN = re.compile("[A-Za-z0-9]{64}")
FOUNDING = {
    "name": "Globex",
    "plan": "pro",
    "trial_ends_at": "",
    "daily_gb": "20",
    "email": "Hank@globex.example",
    "full_name": "Hank Scorpio",
}
ROUTES = {
    "staff_organisations": ("get", 0),
    "staff_organisation_add": ("get", 0),
    "staff_organisation": ("get", 1),
    "staff_organisation_edit": ("get", 1),
    "staff_organisation_suspend": ("get", 1),
    "staff_organisation_resume": ("post", 1),
}


def place(name, *args):
    return reverse(f"accounts:{name}", args=args)


@pytest.fixture
def organisation(main):
    return main.organisation


@pytest.fixture
def as_staff(client, staff):
    client.force_login(staff)
    return client


@pytest.mark.parametrize("name", ROUTES)
@pytest.mark.parametrize("who", ["admin", "member", "sub_admin", "outsider"])
def test_console_does_not_exist_for_others(client, request, organisation, name, who):
    client.force_login(request.getfixturevalue(who))
    method, arguments = ROUTES[name]

    response = getattr(client, method)(place(name, *[organisation.pk] * arguments))
    unknown = client.get("/no/such/page/")

    assert response.status_code == 404
    assert CSRF_TOKEN.sub("", response.text) == CSRF_TOKEN.sub("", unknown.text)


@pytest.mark.parametrize("name", ROUTES)
def test_console_knows_what_is_missing(as_staff, name):
    method, arguments = ROUTES[name]

    response = getattr(as_staff, method)(place(name, *[2**40] * arguments))

    assert response.status_code == (404 if arguments else 200)


@pytest.mark.parametrize("name", ROUTES)
@pytest.mark.parametrize("method", ["put", "delete", "trace"])
def test_console_refuses_other_methods(as_staff, organisation, name, method):
    arguments = ROUTES[name][1]

    response = getattr(as_staff, method)(place(name, *[organisation.pk] * arguments))

    assert response.status_code == 405


# The list


@pytest.mark.parametrize("count", [1, 3])
def test_list_query_count_does_not_grow(as_staff, count, django_assert_num_queries):
    for _ in range(count):
        MainFactory()
    as_staff.get(place("staff_organisations"))

    with django_assert_num_queries(4):
        response = as_staff.get(place("staff_organisations"))

    assert response.text.count('<tr id="organisation-') == count


def test_list_shows_plan_trial_state_and_size(as_staff, main, sub):
    trial = MainFactory(
        plan=Plan.COMMUNITY, trial_ends_at=timezone.now() + timezone.timedelta(days=9)
    )
    lifecycle.suspend_organisation(trial.organisation, by=BY, reason="x")
    lifecycle.delete_account(sub, by=BY)

    response = as_staff.get(place("staff_organisations"))

    assert {org.name: org.size for org in response.context["page"]} == {
        "Acme": 1,
        trial.name: 1,
    }
    assert "in 9 days" in response.text
    assert "Suspended" in response.text


def test_list_finds_by_name_account_and_member(
    as_staff, main, sub, sub_admin, outsider
):
    url = place("staff_organisations")

    found = {
        text: [org.name for org in as_staff.get(url, {"q": text}).context["page"]]
        for text in ("CME", str(sub.pk), sub_admin.email.upper(), "nothing")
    }

    assert found == {
        "CME": ["Acme"],
        str(sub.pk): ["Acme"],
        sub_admin.email.upper(): ["Acme"],
        "nothing": [],
    }


@pytest.mark.parametrize("value", ["\x00", "9" * 400, "٣", "x" * 5000, "%' --", "-1"])
def test_list_takes_any_search(as_staff, organisation, value):
    asked = {"q": value, "cursor": value}

    assert as_staff.get(place("staff_organisations"), asked).status_code == 200
    page = place("staff_organisation", organisation.pk)
    assert as_staff.get(page, asked).status_code == 200


def test_empty_list_offers_the_first_organisation(as_staff):
    assert "No organisations yet" in as_staff.get(place("staff_organisations")).text


def test_list_without_a_match_says_so(as_staff, main):
    text = as_staff.get(place("staff_organisations"), {"q": "<b>"}).text

    assert "No organisation matches" in text
    assert "&lt;b&gt;" in text


# The page of an organisation


@pytest.mark.parametrize("count", [1, 3])
def test_organisation_query_count_does_not_grow(
    as_staff, main, count, django_assert_num_queries
):
    for _ in range(count):
        ChildFactory(main=main)
    url = place("staff_organisation", main.organisation_id)
    as_staff.get(url)

    with django_assert_num_queries(11):
        response = as_staff.get(url)

    assert response.text.count('<tr id="account-') == count + 1


def test_organisation_shows_deleted_accounts_with_restore(as_staff, main, sub):
    lifecycle.delete_account(sub, by=BY)
    restore = place("account_restore", sub.pk)
    url = place("staff_organisation", main.organisation_id)

    fresh = as_staff.get(url).text
    Account.objects.filter(pk=sub.pk).update(deleted_at="2020-01-01T00:00Z")
    old = as_staff.get(url).text

    assert restore in fresh
    assert restore not in old
    assert "Staging" in old


def test_organisation_finds_its_accounts(as_staff, main, sub, outsider):
    url = place("staff_organisation", main.organisation_id)

    found = as_staff.get(url, {"q": "TAGI"})
    none = as_staff.get(url, {"q": "Other"})

    assert [account.name for account in found.context["page"]] == ["Staging"]
    assert "No account matches" in none.text


def test_organisation_warns_when_more_is_given_out_than_there_is(as_staff, main, sub):
    Organisation.objects.update(daily_gb=0.5)

    text = as_staff.get(place("staff_organisation", main.organisation_id)).text

    assert "More than the plan has" in text


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        (None, "No trial"),
        ("2020-01-01T00:00Z", "Trial ended"),
        ("2999-01-01T00:00Z", "ends"),
    ],
)
def test_organisation_tells_its_trial(as_staff, organisation, ends, words):
    Organisation.objects.update(trial_ends_at=ends)

    assert words in as_staff.get(place("staff_organisation", organisation.pk)).text


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


# Reading what belongs to others


def test_staff_read_every_account_and_reveal_nothing(as_staff, sub, sub_admin):
    MembershipFactory(account=sub)

    answers = {
        name: as_staff.get(reverse(name, args=[sub.pk])).status_code
        for name in (
            "accounts:general",
            "accounts:user_list",
            "accounts:audit_list",
            "tokens:shipping",
            "tokens:api",
        )
    }
    token = sub.tokens.get()
    reveal = as_staff.post(reverse("tokens:reveal", args=[sub.pk, token.pk]))

    assert set(answers.values()) == {200}
    assert reveal.status_code == 403
