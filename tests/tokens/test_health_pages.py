import pytest
from django.urls import reverse

from accounts.members import remove_member
from accounts.models import Action, AuditEvent
from accounts.rule_violations import RuleViolation
from tests.factories import BY, ChildFactory, MainFactory, ShareFactory, UserFactory
from tests.tokens.bulk_jobs import at, outcomes
from tests.tokens.health import address, found, token
from tokens import health
from tokens.bulk_worker import carry_on
from tokens.models import BulkJob, ItemOutcome, StoredSecret, Token

pytestmark = pytest.mark.usefixtures("well")


@pytest.mark.parametrize(
    ("who", "status"),
    [("admin", 200), ("staff", 200), ("member", 403), ("sub_admin", 404), ("outsider", 404)],
)  # fmt: skip
def test_health_answers_each_person(client, request, main, sub, who, status):
    client.force_login(request.getfixturevalue(who))

    assert client.get(address(main)).status_code == status


@pytest.fixture
def wrong(main, sub, admin):
    """One unused token here, one there, and what nobody of this organisation sees."""
    token(main, admin, name="Of main", used=100)
    token(sub, admin, name="Of staging", used=100)
    token(ChildFactory(main=main, accessible=False), admin, name="Shut", used=100)
    token(MainFactory(), admin, name="Foreign", used=100)


def groups(response):
    return {
        each["finding"].slug: {made.name for made in each["tokens"]}
        for each in response.context["found"]
    }


def test_an_organisation_and_an_account_by_itself(client, admin, main, sub, wrong):
    client.force_login(admin)

    assert groups(client.get(address(main)))["unused"] == {"Of main", "Of staging"}
    assert groups(client.get(address(main, account=main.pk)))["unused"] == {"Of main"}
    assert groups(client.get(address(sub)))["unused"] == {"Of staging"}


def test_the_admin_of_a_child_sees_that_child(client, sub_admin, sub, wrong):
    client.force_login(sub_admin)

    response = client.get(address(sub))

    assert groups(response)["unused"] == {"Of staging"}
    assert "tokens/bulk/disable/?finding=unused" in response.text
    assert "Main account only" not in response.text


def test_a_group_says_why_and_leads_on(client, admin, main, wrong):
    client.force_login(admin)

    html = client.get(address(main)).text

    assert health.UNUSED.matters in html
    assert "Disable all 2…" in html
    assert f'href="{address(main, finding="unused")}"' in html
    assert "Under an old key: <strong>none</strong>" in html


def test_nothing_to_mend(client, admin, main):
    client.force_login(admin)

    assert "Nothing to mend" in client.get(address(main)).text


def test_staff_look_but_cannot_touch(client, staff, main, wrong):
    client.force_login(staff)

    pages = [client.get(address(main)), client.get(address(main, finding="unused"))]

    assert all("Of main" in page.text for page in pages)
    assert not any("tokens/bulk/" in page.text for page in pages)
    assert not any('name="pick"' in page.text for page in pages)


def test_what_is_too_much_at_once_is_narrowed_first(
    client, admin, main, wrong, monkeypatch
):
    monkeypatch.setattr("tokens.views.health.MOST_IN_JOB", 1)
    client.force_login(admin)

    html = client.get(address(main)).text

    assert "tokens/bulk/" not in html
    assert "Choose among 2" in html


def test_one_finding_by_itself(client, admin, main, wrong):
    client.force_login(admin)

    response = client.get(address(main, finding="unused", sort="name"))

    assert [made.name for made in response.context["page"]] == ["Of main", "Of staging"]
    assert "Disable…" in response.text
    assert "Rotate…" not in response.text


def test_a_finding_that_nothing_has(client, admin, main):
    client.force_login(admin)

    html = client.get(address(main, finding="unused")).text

    assert "all of them are mended" in html


@pytest.mark.parametrize("query", [{"finding": "x"}, {"account": 0}, {"finding": "\0"}])
def test_addresses_that_make_no_sense(client, admin, main, query):
    client.force_login(admin)

    assert client.get(address(main, **query)).url == address(main)


def test_what_only_operators_mend_has_nothing_to_tick(client, admin, main):
    old = token(main, admin)
    StoredSecret.objects.filter(token=old).update(index_kid=99)
    client.force_login(admin)

    pages = [client.get(address(main)), client.get(address(main, finding="old-key"))]

    assert all("manage.py rotate_keys" in page.text for page in pages)
    assert not any('name="pick"' in page.text for page in pages)


def test_a_link_gets_its_filter_in_a_dialog(client, admin, main):
    share = ShareFactory(account=main, name="wide")
    client.force_login(admin)
    here = address(main, finding="unfiltered")

    html = client.get(here).text
    edit = reverse("sharing:edit", args=[main.pk, share.pk], query={"next": here})
    dialog = client.get(edit).text

    assert "Add a filter" in html
    assert f'hx-get="{edit}"' in html
    assert f'action="{edit}" hx-post="{edit}" hx-target="this"' in dialog
    assert f'href="{here}"' in dialog


@pytest.mark.parametrize("count", [1, 3])
def test_query_count_does_not_grow(
    client, admin, main, count, django_assert_num_queries
):
    for number in range(count):
        token(ChildFactory(main=main, name=f"C{number}"), admin, used=None, ends=None)
    Token.objects.update(created_by=admin.email)
    client.force_login(admin)
    client.get(address(main))

    with django_assert_num_queries(11):
        client.get(address(main))


def prepare(client, account, action, query="", **data):
    response = client.post(at(action, account) + query, data)
    assert response.status_code == 302, response.content
    return BulkJob.objects.latest("pk")


def test_a_finding_is_mended_in_bulk(client, admin, main, wrong):
    client.force_login(admin)

    job = prepare(client, main, "disable", "?finding=unused", everything="on")
    preview = client.get(at("job", main, job.pk))
    client.post(at("start", main, job.pk))
    carry_on()
    done = client.get(at("job", main, job.pk)).text

    assert {made.name for made in preview.context["preview"].changing} == {
        "Of main",
        "Of staging",
    }
    assert set(outcomes(job).values()) == {ItemOutcome.DONE}
    assert f'href="{address(main, finding="unused")}">Back to Health' in done


def test_a_child_is_mended_by_its_own_admin(client, sub_admin, main, sub, wrong):
    client.force_login(sub_admin)

    job = prepare(client, sub, "delete", "?finding=unused", everything="on")
    client.post(at("start", sub, job.pk))
    carry_on()

    assert outcomes(job) == {"Of staging": ItemOutcome.DONE}
    assert client.get(at("job", sub, job.pk)).context["back"] == address(
        sub, finding="unused"
    )


def test_a_child_has_no_way_to_the_tokens_of_others(client, sub_admin, main, sub):
    client.force_login(sub_admin)
    foreign = token(main, sub_admin)

    response = client.post(at("disable", sub), {"pick": [foreign.pk]})

    assert response.url == address(sub)
    assert not BulkJob.objects.exists()


def test_a_wrong_finding_leads_back_from_a_child(client, sub_admin, sub):
    client.force_login(sub_admin)

    assert client.post(at("disable", sub) + "?finding=x&q=1").url == address(
        sub, finding="x"
    )


def test_narrower_than_a_finding_is_the_list_of_all_tokens(client, admin, main, wrong):
    client.force_login(admin)

    job = prepare(client, main, "disable", "?finding=unused&q=main", everything="on")
    response = client.get(at("job", main, job.pk))

    assert response.context["origin"] == "all tokens"
    assert [made.name for made in response.context["preview"].changing] == ["Of main"]


def test_a_finding_narrows_the_list_of_all_tokens(look, client, main, wrong):
    assert set(look(finding="unused")) == {"Of main", "Of staging"}

    chips = client.get(reverse("tokens:all", args=[main.pk]) + "?finding=unused")

    assert chips.context["chips"] == [("Unused for 90 days", "")]


@pytest.fixture
def left(client, admin, main, leaver):
    tokens = [token(main, leaver.user, name=name) for name in ("one", "two")]
    remove_member(leaver, by=BY)
    client.force_login(admin)
    return tokens


def test_tokens_are_handed_over(client, admin, member, main, left):
    job = prepare(client, main, "handover", "?finding=abandoned", everything="on")
    preview = client.get(at("job", main, job.pk)).text
    client.post(at("start", main, job.pk), {"keeper": "Member@acme.example"})
    carry_on()

    assert "Hand over 2 tokens?" in preview
    assert f'value="{admin.email}"' in preview
    assert set(outcomes(job).values()) == {ItemOutcome.DONE}
    assert found(main.tokens.all()) == {}
    kept = Token.objects.get(pk=left[0].pk)
    assert (kept.keeper, kept.created_by) == (member.email, "leaver@acme.example")
    event = AuditEvent.objects.filter(action=Action.TOKEN_HANDED_OVER).first()
    assert event.data["changes"] == [["keeper", "leaver@acme.example", member.email]]
    page = client.get(reverse("tokens:all", args=[main.pk])).text
    assert f"now <bdi>{member.email}</bdi>" in page


def test_what_is_theirs_already_stays_as_it_is(client, admin, main, left):
    own = token(main, admin, name="own")

    job = prepare(client, main, "handover", pick=[own.pk])
    client.post(at("start", main, job.pk), {"keeper": admin.email})
    carry_on()

    assert outcomes(job) == {"own": ItemOutcome.UNCHANGED}
    assert job.items.get().reason == "They answer for it already."


def test_nothing_is_handed_to_strangers(client, main, outsider, left):
    job = prepare(client, main, "handover", pick=[left[0].pk])
    client.post(at("start", main, job.pk), {"keeper": outsider.email})
    carry_on()

    item = job.items.get()
    assert item.outcome == ItemOutcome.REFUSED
    assert item.reason == f"{outsider.email} is no active member here."


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Say who answers for them from now on."),
        ("nobody", "Enter a valid email address."),
        ("\0@x.example", "Null characters are not allowed."),
    ],
)
def test_a_wrong_address_does_not_start(client, main, left, typed, words):
    job = prepare(client, main, "handover", pick=[left[0].pk])

    response = client.post(at("start", main, job.pk), {"keeper": typed})

    assert response.status_code == 422
    assert words in response.text
    job.refresh_from_db()
    assert job.started_at is None


def test_a_keeper_is_a_person_of_the_installation(main, left):
    UserFactory(email="nobody@acme.example")

    with pytest.raises(RuleViolation, match="is no active member here"):
        left[0].hand_over("nobody@acme.example", by=BY)


def test_whoever_answers_already_is_given_nothing(main, left, admin):
    left[0].hand_over(admin.email, by=BY)
    version = left[0].version

    left[0].hand_over(admin.email, by=BY)

    left[0].refresh_from_db()
    assert (left[0].kept_by, left[0].version) == (admin.email, version)
    handed = AuditEvent.objects.filter(action=Action.TOKEN_HANDED_OVER)
    assert handed.count() == 1
