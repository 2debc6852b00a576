"""The staff console: who sees it, its list and the page of an organisation."""

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts import lifecycle
from accounts.audit.trail import Actor
from accounts.models import Account, Organisation, OutgoingMail
from accounts.plans import Plan
from tests.accounts.addresses import place
from tests.answers import said
from tests.factories import ChildFactory, MainFactory, MembershipFactory

BY = Actor("factory@example.com")
ROUTES = {
    "staff_organisations": ("get", 0),
    "staff_organisation_add": ("get", 0),
    "staff_organisation": ("get", 1),
    "staff_organisation_edit": ("get", 1),
    "staff_organisation_suspend": ("get", 1),
    "staff_organisation_resume": ("post", 1),
}


@pytest.mark.parametrize("name", ROUTES)
@pytest.mark.parametrize("who", ["admin", "member", "sub_admin", "outsider"])
def test_console_does_not_exist_for_others(client, request, organisation, name, who):
    client.force_login(request.getfixturevalue(who))
    method, arguments = ROUTES[name]

    response = getattr(client, method)(place(name, *[organisation.pk] * arguments))
    unknown = client.get("/no/such/page/")

    assert response.status_code == 404
    assert said(response) == said(unknown)


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

    with django_assert_num_queries(5):
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


@pytest.mark.parametrize(
    ("waiting", "lost", "words"),
    [
        (1, 0, "1 mail could not be sent yet and is tried again. The last"),
        (2, 0, "2 mails could not be sent yet and are tried again. The last"),
        (0, 2, " 2 mails could not be sent for three days. The last"),
        (1, 1, "tried again. 1 mail could not be sent for three days. The last"),
    ],
)
def test_operators_see_that_mails_are_not_sent(as_staff, waiting, lost, words):
    page = place("staff_organisations")
    OutgoingMail.objects.keep("a@x.example", subject="It waits for its turn")
    assert "could not be sent" not in as_staff.get(page).text
    for number in range(waiting + lost):
        mail = OutgoingMail.objects.keep("b@x.example", subject="It fails")
        mail.put_off("<b>no</b>")
        if number < lost:
            OutgoingMail.objects.filter(pk=mail.pk).update(free_at=None)

    text = as_staff.get(page).text

    assert words in text
    assert "mail server: <bdi>&lt;b&gt;no&lt;/b&gt;</bdi>" in text


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

    with django_assert_num_queries(12):
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
