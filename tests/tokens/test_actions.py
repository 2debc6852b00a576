from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.lifecycle import edit_account
from accounts.models import Action, AuditEvent
from tests.factories import BY, ShareFactory, TokenFactory
from tests.tokens.actions import DATA, ENDS, HTMX, JSON, again, url
from tokens.kinds import Kind

pytestmark = pytest.mark.django_db
ASKED = ("rename", "note", "disable", "expiry", "restrict", "rotate", "delete")
EVENTS = {
    "rename": Action.TOKEN_RENAMED,
    "note": Action.TOKEN_NOTE_CHANGED,
    "disable": Action.TOKEN_DISABLED,
    "expiry": Action.TOKEN_EXPIRY_CHANGED,
    "restrict": Action.TOKEN_NETWORKS_CHANGED,
    "rotate": Action.TOKEN_ROTATED,
    "finish": Action.TOKEN_ROTATION_FINISHED,
    "roll_back": Action.TOKEN_ROLLED_BACK,
    "delete": Action.TOKEN_DELETED,
}


@pytest.fixture
def token(main):
    return TokenFactory(account=main, name="Terraform")


@pytest.fixture
def at_work(token):
    """Return a function that gives the token on which a verb does its work."""

    def prepare(verb):
        if verb in ENDS:
            token.rotate(by=BY, overlap=timedelta(hours=1))
        return token

    return prepare


def statuses(client, account_id, pk):
    """Return what each action answers."""
    return {
        verb: client.post(
            reverse(f"tokens:{verb}", args=[account_id, pk]), data, headers=JSON
        ).status_code
        for verb, data in DATA.items()
    }


@pytest.mark.parametrize("kind", [Kind.API, Kind.LOGS, Kind.SHARED])
@pytest.mark.parametrize(
    ("who", "status"), [("member", 403), ("sub_admin", 404), ("outsider", 404)]
)
def test_others_may_do_nothing(request, client, main, kind, who, status):
    made = ShareFactory if kind == Kind.SHARED else TokenFactory
    fields = {} if kind == Kind.SHARED else {"kind": kind}
    token = getattr(made(account=main, **fields), "token", None) or main.tokens.last()
    client.force_login(request.getfixturevalue(who))

    assert statuses(client, main.pk, token.pk) == dict.fromkeys(DATA, status)
    assert again(token).version == token.version


@pytest.mark.parametrize("kind", [Kind.API, Kind.LOGS])
def test_staff_may_only_disable(client, main, staff, kind):
    token = TokenFactory(account=main, kind=kind)
    client.force_login(staff)

    assert statuses(client, main.pk, token.pk) == dict.fromkeys(DATA, 403) | {
        "disable": 302
    }
    assert again(token).disabled_reason == "Leaked"


@pytest.mark.parametrize("pk", [0, 999999, 2**31, 2**63, 10**30])
def test_every_unknown_token_is_answered_alike(as_admin, main, pk):
    assert statuses(as_admin, main.pk, pk) == dict.fromkeys(DATA, 404)


# They are refused at the account, before a token is looked for.
@pytest.mark.parametrize("pk", [999999, 10**30])
@pytest.mark.parametrize(
    ("who", "status"), [("member", 403), ("outsider", 404), ("sub_admin", 404)]
)
def test_others_do_not_learn_what_is_unknown(request, client, main, who, status, pk):
    client.force_login(request.getfixturevalue(who))

    assert statuses(client, main.pk, pk) == dict.fromkeys(DATA, status)


def test_token_of_another_account_is_unknown(as_admin, main, sub):
    token = TokenFactory(account=sub)

    assert statuses(as_admin, main.pk, token.pk) == dict.fromkeys(DATA, 404)


def test_shut_account_keeps_its_tokens_from_the_main_admin(as_admin, sub):
    token = TokenFactory(account=sub)
    edit_account(sub, by=BY, accessible=False)

    assert statuses(as_admin, sub.pk, token.pk) == dict.fromkeys(DATA, 403)


def test_deleted_token_is_unknown(as_admin, main, token):
    token.delete_softly(by=BY)

    assert statuses(as_admin, main.pk, token.pk) == dict.fromkeys(DATA, 404)


@pytest.mark.parametrize("verb", DATA)
@pytest.mark.parametrize("method", ["put", "delete", "trace", "options"])
def test_other_methods_are_not_allowed(as_admin, token, verb, method):
    assert getattr(as_admin, method)(url(verb, token)).status_code == 405


@pytest.mark.parametrize("verb", ["reveal", "enable", *ENDS])
def test_action_is_not_done_by_reading(as_admin, token, verb):
    assert as_admin.get(url(verb, token)).status_code == 405


@pytest.mark.parametrize("verb", ASKED)
def test_asking_shows_a_page_and_changes_nothing(as_admin, token, verb):
    html = as_admin.get(url(verb, token)).content.decode()

    part = f"rename-form-{token.pk}" if verb == "rename" else "dialog"
    assert f'id="{part}"' in html
    assert "Terraform" in html
    assert again(token).version == 1


@pytest.mark.parametrize("verb", EVENTS)
def test_action_without_script_leads_back_to_the_list(as_admin, admin, at_work, verb):
    token = at_work(verb)

    response = as_admin.post(url(verb, token), DATA[verb])

    assert (response.status_code, response.url) == (
        302,
        reverse("tokens:api", args=[token.account_id]),
    )
    assert AuditEvent.objects.filter(action=EVENTS[verb], user=admin).exists()
    page = as_admin.get(response.url)
    assert b'data-level="success"' in page.content


@pytest.mark.parametrize(
    "verb", ["rename", "note", "disable", "expiry", "restrict", "rotate", *ENDS]
)
def test_action_by_htmx_answers_the_row(as_admin, at_work, verb):
    token = at_work(verb)

    response = as_admin.post(url(verb, token), DATA[verb], headers=HTMX)

    html = response.content.decode()
    assert response.status_code == 200
    assert html.lstrip().startswith(f'<tr id="token-{token.pk}"')
    assert "<html" not in html
    assert "tollgate:close" in response["HX-Trigger"]
    assert again(token).reveal(by=BY).reveal() not in html
    assert not as_admin.get(reverse("tokens:api", args=[token.account_id])).context[
        "messages"
    ]


def test_deleting_by_htmx_takes_the_row_away_and_offers_it_back(as_admin, token):
    response = as_admin.post(url("delete", token), headers=HTMX)

    html = response.content.decode()
    assert response.status_code == 200
    assert f'id="token-{token.pk}"' not in html
    assert 'id="notice" hx-swap-oob="innerHTML"' in html
    assert url("restore", token) in html
    assert 'Recently deleted <span class="count">1</span>' in html


@pytest.mark.parametrize("verb", EVENTS)
@pytest.mark.parametrize("headers", [None, HTMX])
def test_action_leads_back_to_where_it_was_started(as_admin, at_work, verb, headers):
    token = at_work(verb)
    here = f"/accounts/{token.account_id}/tokens/all/?kind=api"

    response = as_admin.post(url(verb, token, next=here), DATA[verb], headers=headers)

    assert response.get("HX-Redirect" if headers else "Location") == here


@pytest.mark.parametrize(
    "address", ["//evil.example", "https://evil.example/", "javascript:x", "x", "/\\e"]
)
def test_action_never_leads_elsewhere(as_admin, token, address):
    response = as_admin.post(url("enable", token, next=address))

    assert response.url == reverse("tokens:api", args=[token.account_id])


@pytest.mark.parametrize("verb", [*ASKED, *ENDS])
@pytest.mark.parametrize("headers", [None, HTMX])
def test_change_of_an_old_version_is_refused(as_admin, token, verb, headers):
    token.rename("Meanwhile", by=BY)

    response = as_admin.post(
        url(verb, token), DATA[verb] | {"version": "1"}, headers=headers
    )

    assert response.status_code == 412
    assert b"changed by somebody else" in response.content
    assert again(token).version == 2


@pytest.mark.parametrize("version", ["x", "-1", "0", "99999999999999"])
@pytest.mark.parametrize("verb", ["rename", *ENDS])
def test_version_that_makes_no_sense_is_a_mistake(as_admin, at_work, verb, version):
    token = at_work(verb)

    response = as_admin.post(url(verb, token), {"name": "A", "version": version})

    assert response.status_code == 422
    assert again(token).version == token.version


def test_session_that_ended_sends_htmx_to_the_login(client, token):
    response = client.post(url("rotate", token), headers=HTMX)

    assert (response.status_code, response["HX-Redirect"][:7]) == (401, "/login/")
