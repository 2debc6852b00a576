"""The page of groups: adding, looking ahead, removing and letting be."""

import pytest
from django.urls import reverse

from accounts.identity.groups import apply_groups
from accounts.lifecycle import delete_account
from accounts.models import AuditEvent, GroupRole, IdentityProvider, Membership, Role
from tests.accounts.identity.given_groups import provider_of
from tests.factories import BY, ChildFactory, MembershipFactory, UserFactory


@pytest.fixture
def page(main):
    return reverse("accounts:groups", args=[main.pk])


@pytest.fixture
def person(main):
    """Somebody of whom the organisation's provider said a group."""
    user = UserFactory(email="zoe@x.example")
    apply_groups(provider_of(main.organisation), user, ["platform"])
    return user


@pytest.fixture
def client(client, admin):
    client.force_login(admin)
    return client


def typed(place, /, **changed):
    fields = {"group": "platform", "account": f"{place.name} · {place.pk}"}
    return fields | {"role": "user"} | changed


def test_the_page_says_what_there_is_to_do(client, main, page):
    text = client.get(page).text

    assert "No group gives anything yet" in text
    assert "Nobody signs in by a provider that tells groups yet" in text
    assert f'value="Acme · {main.pk}"' in text
    provider_of(main.organisation)
    assert "Nobody signs in by a provider" not in client.get(page).text


def test_a_group_gets_a_role(client, main, page, person):
    answer = client.post(f"{page}add/", typed(main), follow=True)

    assert "People of platform are user of Acme from now on." in answer.text
    row = GroupRole.objects.get()
    assert (row.group, row.account, row.role) == ("platform", main, Role.USER)
    assert '<td data-label="People seen">1</td>' in answer.text


@pytest.mark.parametrize("spelling", ["{0.name} · {0.pk}", "{0.pk}", "{0.name}"])
def test_an_account_is_named_or_numbered(client, main, page, spelling):
    sub = ChildFactory(main=main, name="Staging")

    client.post(f"{page}add/", typed(main, account=spelling.format(sub).upper()))

    assert GroupRole.objects.get().account == sub


@pytest.mark.parametrize("verb", ["add", "preview"])
@pytest.mark.parametrize(
    "wrong",
    [
        {"group": ""},
        {"group": "  "},
        {"group": "x" * 256},
        {"group": "a\u200bb"},
        {"account": ""},
        {"account": "Nowhere"},
        {"account": "999999999999999999999"},
        {"role": "owner"},
    ],
)
def test_what_was_typed_wrongly_is_kept_and_told(client, main, page, verb, wrong):
    answer = client.post(f"{page}{verb}/", typed(main, **wrong))

    assert answer.status_code == 422
    assert "errorlist" in answer.text
    assert not GroupRole.objects.exists()


def test_an_account_of_others_is_none(client, main, page, outsider):
    other = outsider.memberships.get().account

    assert client.post(f"{page}add/", typed(other)).status_code == 422


def test_a_group_twice_is_told_at_its_field(client, main, page):
    client.post(f"{page}add/", typed(main))

    answer = client.post(f"{page}add/", typed(main, role="admin"))

    assert answer.status_code == 409
    assert "platform has a role in Acme already" in answer.text


def test_a_look_ahead_changes_nothing(client, main, page, person):
    answer = client.post(f"{page}preview/", typed(main, role="admin"))
    nobody = client.post(f"{page}preview/", typed(main, group="sales"))

    assert "zoe@x.example" in answer.text
    assert "becomes admin at the next sign-in" in answer.text
    assert 'value="platform"' in answer.text
    assert "Nobody who signed in so far is in this group" in nobody.text
    assert not GroupRole.objects.exists()


def test_long_effects_are_cut(client, main, page, person, monkeypatch):
    monkeypatch.setattr("accounts.views.groups.EFFECTS_SHOWN", 1)
    apply_groups(_provider(), UserFactory(email="zz@x.example"), ["platform"])

    answer = client.post(f"{page}preview/", typed(main))

    assert "and 1 more" in answer.text


def test_a_group_is_removed_after_a_look(client, main, page, person):
    row = GroupRole.objects.create(account=main, group="platform", role=Role.USER)
    apply_groups(_provider(), person, ["platform"])
    url = reverse("accounts:group_remove", args=[main.pk, row.pk])

    asked = client.get(url).text
    answer = client.post(url, follow=True)

    assert "loses access at once" in asked
    assert "platform gives nothing in Acme any more" in answer.text
    assert not Membership.objects.filter(user=person).exists()
    assert client.get(url).status_code == 404


def _provider():
    return IdentityProvider.objects.get()


def test_an_admin_lets_be_what_a_token_asked_for(client, main, page):
    row = GroupRole.objects.create(
        account=main, group="boss", role=Role.ADMIN, waits=True
    )

    before = client.get(page).text
    answer = client.post(
        reverse("accounts:group_confirm", args=[main.pk, row.pk]), follow=True
    )

    assert "Waits for you" in before
    assert "People of boss are admins of Acme from now on." in answer.text
    assert "Waits for you" not in answer.text
    assert AuditEvent.objects.latest("pk").data["changes"] == [
        ["group", None, "boss as admin"]
    ]


def test_a_kept_admin_is_told_of(client, main, page, person):
    sub = ChildFactory(main=main, name="Staging")
    GroupRole.objects.create(account=sub, group="platform", role=Role.ADMIN)
    apply_groups(_provider(), person, ["platform"])
    by_group = client.get(reverse("accounts:user_list", args=[sub.pk])).text
    remove = reverse("accounts:user_remove", args=[sub.pk, person.memberships.get().pk])
    asked = client.get(remove).text
    apply_groups(_provider(), person, [])

    assert "stays because nobody else is one" in client.get(page).text
    users = client.get(reverse("accounts:user_list", args=[sub.pk])).text
    assert "by a group" in by_group
    assert "A group gave it" in asked
    assert "kept: no group gives it" in users


def test_a_groups_row_of_others_is_not_there(client, main):
    other = MembershipFactory().account
    row = GroupRole.objects.create(account=other, group="platform")

    for verb in ("remove", "confirm"):
        url = reverse(f"accounts:group_{verb}", args=[main.pk, row.pk])
        assert client.post(url).status_code == 404


def test_a_deleted_account_is_not_listed(client, main, page):
    sub = ChildFactory(main=main)
    GroupRole.objects.create(account=sub, group="platform")
    delete_account(sub, by=BY)

    assert "No group gives anything yet" in client.get(page).text


def test_a_row_is_sent_once(client, main, page):
    fields = typed(main, once="a" * 20)

    answers = [client.post(f"{page}add/", fields).status_code for _ in range(2)]

    assert answers == [302, 302]
    assert GroupRole.objects.count() == 1
