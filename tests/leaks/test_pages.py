"""The pages about tokens that were found: for strangers, admins and staff."""

import json

import pytest
from django.urls import reverse

from accounts.models import Action, AuditEvent
from leaks.models import Leak, stops_at_once
from tests.factories import BY, TokenFactory
from tests.leaks.conftest import PLACE
from tokens import health
from tokens.kinds import Kind
from tokens.models import Token
from tokens.secrets import make

FOUND = reverse("leaks:found")


@pytest.fixture
def policies(main):
    return reverse("leaks:policies", args=[main.pk])


def paste(client, text, place="a forum"):
    return client.post(FOUND, {"text": text, "place": place}, follow=True)


def test_a_stranger_is_thanked_alike_for_what_is_known_and_what_is_not(client, token):
    texts = (token.secret_text, make(Kind.API).reveal(), "nonsense")
    answers = [paste(client, text) for text in texts]

    pages = {answer.content for answer in answers}
    assert len(pages) == 1
    assert "Thank you" in pages.pop().decode()
    (leak,) = Leak.objects.all()
    assert (leak.token, leak.place) == (token, "a forum")
    assert (leak.found_by, leak.address) == ("somebody without a login", "127.0.0.1")


def test_tokens_are_found_in_the_lines_around_them(client, main):
    first, second = TokenFactory.create_batch(2, account=main)
    paste(client, f'export A="{first.secret_text}"\nB={second.secret_text};\n')

    assert {leak.token for leak in Leak.objects.all()} == {first, second}


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("", "x", "Paste the token that you found"),
        ("x" * 5001, "x", "at most 5000 characters"),
        ("x", "y" * 501, "at most 500 characters"),
        ("x\0", "y", "Null characters"),
    ],
)
def test_mistakes_are_told_and_the_place_is_kept(client, db, text, place, words):
    answer = paste(client, text, place)

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert place in answer.content.decode()


def test_strangers_report_so_often_and_no_more(client, db):
    answers = [paste(client, "x") for _ in range(40)]

    assert answers[0].status_code == 200
    assert answers[-1].status_code == 429
    assert "tried too often" in answers[-1].content.decode()
    assert int(answers[-1]["Retry-After"]) > 0


def test_the_page_needs_no_login_and_keeps_nothing(client, db):
    page = client.get(FOUND)

    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    assert "<script" not in page.content.decode()


def test_the_policy_is_chosen_by_admins_of_the_main_account(as_admin, main, policies):
    assert "Tell the admins" in as_admin.get(policies).content.decode()
    answer = as_admin.post(policies, {"stops_at_once": "yes"}, follow=True)

    assert "The policy is saved" in answer.content.decode()
    assert stops_at_once(main.organisation_id)
    event = AuditEvent.objects.latest("pk")
    assert (event.action, event.user.email) == (
        Action.POLICY_CHANGED,
        "admin@acme.example",
    )
    assert 'value="yes" id="id_stops_at_once_1" checked' in as_admin.get(
        policies
    ).content.decode().replace("  ", " ")
    as_admin.post(policies, {"stops_at_once": ""})
    assert not stops_at_once(main.organisation_id)


def test_a_policy_that_does_not_exist_is_refused(as_admin, main, policies):
    answer = as_admin.post(policies, {"stops_at_once": "maybe"})

    assert answer.status_code == 422
    assert "not one of the available choices" in answer.content.decode()
    assert not stops_at_once(main.organisation_id)


@pytest.mark.parametrize(("who", "status"), [("member", 403), ("staff", 403)])
def test_others_do_not_choose_it(client, request, policies, who, status):
    client.force_login(request.getfixturevalue(who))

    assert client.get(policies).status_code == status
    assert client.post(policies, {"stops_at_once": "yes"}).status_code == status


def test_children_have_no_policies(client, sub_admin, sub):
    client.force_login(sub_admin)

    assert client.get(reverse("leaks:policies", args=[sub.pk])).status_code == 403


def test_the_page_of_a_token_says_where_it_was_found_until_it_is_rotated(
    as_admin, report, token
):
    page = reverse("tokens:page", args=[token.account_id, token.pk])
    assert 'id="found"' not in as_admin.get(page).content.decode()
    report(token.secret_text)
    report(token.secret_text, place="")

    html = as_admin.get(page).content.decode()
    assert PLACE in html
    assert "It was not said where" in html
    assert "gitleaks" in html
    token.rotate(by=BY)
    assert 'id="found"' not in as_admin.get(page).content.decode()


def test_health_lists_what_was_found_and_still_works(report, main, token):
    others = TokenFactory.create_batch(2, account=main)
    others[0].disable(by=BY)
    report(token.secret_text, others[0].secret_text)

    (finding,) = (each for each in health.findings() if each.slug == "leaked")
    found = Token.objects.filter(finding.condition())
    assert [*found] == [token]
    token.rotate(by=BY)
    assert [*found.all()] == []


def test_staff_make_scanner_tokens_that_report(client, staff, token):
    client.force_login(staff)
    listed = client.get(reverse("tokens:scanner")).content.decode()
    assert "No scanner tokens yet" in listed
    assert "learns nothing of what it reports" in listed
    client.post(reverse("tokens:scanner_create"), {"name": "trufflehog"})

    scanner = Token.objects.get(kind=Kind.SCANNER)
    page = client.get(reverse("tokens:scanner_page", args=[scanner.pk]))
    assert page.status_code == 200
    answer = client.post(
        reverse("tokens:scanner_reveal", args=[scanner.pk]),
        headers={"Accept": "application/json"},
    )
    client.logout()
    sent = client.post(
        "/leaks",
        json.dumps([{"token": token.secret_text}]),
        content_type="application/json",
        headers={"Authorization": f"Bearer {answer.json()['secret']}"},
    )
    assert sent.status_code == 200
    assert Leak.objects.get().found_by == "trufflehog"


def test_kinds_of_the_installation_are_kept_apart(client, staff, scanner):
    client.force_login(staff)
    gateway = TokenFactory(account=None, kind=Kind.GATEWAY, name=scanner.name)

    assert (
        client.get(reverse("tokens:scanner_page", args=[gateway.pk])).status_code == 404
    )
    assert (
        client.get(reverse("tokens:gateway_page", args=[scanner.pk])).status_code == 404
    )
