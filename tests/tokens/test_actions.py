from datetime import timedelta

import pytest
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from accounts.lifecycle import edit_account
from accounts.models import AccountKind, Action, AuditEvent
from tests.factories import BY, ChildFactory, ShareFactory, TokenFactory
from tokens.kinds import Kind
from tokens.models import Token, TokenUsage
from tokens.permissions import Use
from tokens.verification import verify

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
JSON = {"Accept": "application/json"}
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
# What each action is sent so that it does its work on an active token.
DATA = {
    "reveal": {},
    "rename": {"name": "Renamed"},
    "enable": {},
    "disable": {"reason": "Leaked"},
    "expiry": {"expires_at": "30"},
    "rotate": {"overlap": "1h"},
    "finish": {},
    "roll_back": {},
    "delete": {},
}
ENDS = ("finish", "roll_back")
ASKED = ("rename", "disable", "expiry", "rotate", "delete")
EVENTS = {
    "rename": Action.TOKEN_RENAMED,
    "disable": Action.TOKEN_DISABLED,
    "expiry": Action.TOKEN_EXPIRY_CHANGED,
    "rotate": Action.TOKEN_ROTATED,
    "finish": Action.TOKEN_ROTATION_FINISHED,
    "roll_back": Action.TOKEN_ROLLED_BACK,
    "delete": Action.TOKEN_DELETED,
}


def url(verb, token, **query):
    return reverse(f"tokens:{verb}", args=[token.account_id, token.pk], query=query)


def again(token):
    return Token.objects.get(pk=token.pk)


@pytest.fixture
def as_admin(client, admin):
    client.force_login(admin)
    return client


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


@pytest.mark.parametrize(
    ("who", "status"),
    [("member", 403), ("admin", 404), ("outsider", 404), ("sub_admin", 404)],
)
@pytest.mark.parametrize("pk", [0, 999999, 2**31, 2**63, 10**30])
def test_every_unknown_token_is_answered_alike(request, client, main, who, status, pk):
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


@pytest.mark.parametrize("verb", ["rename", "disable", "expiry", "rotate", *ENDS])
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


def test_reveal_hands_out_the_current_secret_only(as_admin, admin, token):
    fresh = token.rotate(by=BY, overlap=timedelta(hours=1))

    response = as_admin.post(url("reveal", token), headers=JSON)

    assert response.json() == {"secret": fresh.reveal()}
    assert "no-store" in response["Cache-Control"]
    event = AuditEvent.objects.get(action=Action.TOKEN_REVEALED)
    assert (event.user, event.token_id) == (admin, token.pk)
    assert fresh.reveal() not in repr(AuditEvent.objects.values())


def test_reveal_without_script_says_so_and_shows_nothing(as_admin, token):
    response = as_admin.post(url("reveal", token), headers=HTML)

    assert response.status_code == 406
    assert "no-store" in response["Cache-Control"]
    assert b"Copying needs JavaScript" in response.content
    assert token.secret_text.encode() not in response.content
    assert not AuditEvent.objects.filter(action=Action.TOKEN_REVEALED).exists()


def test_reveal_without_the_key_says_why(as_admin, token):
    other_key = "7:" + "b3RoZXIga2V5IG90aGVyIGtleSBvdGhlciBrZXkgISE="
    with override_settings(TOLLGATE_ENC_KEYS=other_key):
        response = as_admin.post(url("reveal", token), headers=JSON)

    assert response.status_code == 503
    assert "goes on working" in response.json()["detail"]


def test_rename_shows_the_new_name(as_admin, token):
    html = as_admin.post(
        url("rename", token), {"name": "Pulumi  <2>"}, headers=HTMX
    ).content.decode()

    assert again(token).name == "Pulumi <2>"
    assert "Pulumi &lt;2&gt;" in html


@pytest.mark.parametrize("headers", [None, HTMX])
@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("", "Give the token a name."),
        ("Taken", "already a token named Taken"),
        ("\u200b", "Give the token a name."),
    ],
)
def test_rename_tells_a_mistake_in_its_place(
    as_admin, main, token, headers, name, error
):
    TokenFactory(account=main, name="Taken")

    response = as_admin.post(url("rename", token), {"name": name}, headers=headers)

    html = response.content.decode()
    assert response.status_code == 422
    assert error in html
    assert "Rename Terraform" in html or "Rename <bdi>Terraform" in html
    retarget = f"#name-{token.pk}" if headers else None
    assert response.get("HX-Retarget") == retarget
    assert ("<html" in html) == (headers is None)
    assert again(token).name == "Terraform"


def test_switch_turns_a_token_off_and_on(as_admin, token):
    off = as_admin.post(url("disable", token), headers=HTMX).content.decode()
    assert 'aria-checked="false"' in off
    assert url("enable", token) in off

    on = as_admin.post(url("enable", token), headers=HTMX).content.decode()
    assert 'aria-checked="true"' in on
    assert url("disable", token) in on


def test_staff_say_why(client, main, token, staff):
    client.force_login(staff)

    response = client.post(url("disable", token), headers=HTMX)

    assert response.status_code == 422
    assert b"Say why, for the admins of the account." in response.content
    assert again(token).disabled_at is None


def test_disabling_asks_staff_for_the_reason_in_a_dialog(client, main, token, staff):
    client.force_login(staff)

    html = client.get(url("disable", token)).content.decode()

    assert "until an admin of <bdi>Acme</bdi> enables it again" in html


def test_switch_of_the_second_log_token_locks_the_first(as_admin, main):
    first, second = main.tokens.get(), TokenFactory(account=main, kind=Kind.LOGS)

    html = as_admin.post(url("disable", second), headers=HTMX).content.decode()

    assert f'<tr id="token-{first.pk}" data-state="active" hx-swap-oob="true">' in html
    assert url("disable", first) not in html
    assert "1 of 15 enabled" in html


@pytest.mark.parametrize("verb", ["disable", "delete"])
@pytest.mark.parametrize("headers", [None, HTMX])
def test_last_enabled_log_token_refuses_when_forced(as_admin, main, verb, headers):
    token = main.tokens.get()

    response = as_admin.post(url(verb, token), headers=headers)

    assert response.status_code == 409
    assert b"last enabled log shipping token" in response.content
    assert again(token).state == "active"


def test_last_enabled_log_token_never_expires(as_admin, main):
    response = as_admin.post(url("expiry", main.tokens.get()), {"expires_at": "7"})

    assert response.status_code == 422
    assert b"The last enabled log shipping token never expires." in response.content


@pytest.mark.parametrize("kind", [AccountKind.METRICS, AccountKind.TRACING])
def test_single_token_can_be_copied_and_rotated(as_admin, main, kind):
    account = ChildFactory(main=main, kind=kind)
    token = account.tokens.get()

    found = {
        verb: as_admin.post(url(verb, token), DATA[verb], headers=JSON).status_code
        for verb in ("disable", "delete", "expiry", "reveal", "rotate")
    }

    assert found == {
        "disable": 409,
        "delete": 409,
        "expiry": 422,
        "reveal": 200,
        "rotate": 302,
    }


def test_single_row_names_its_account(as_admin, main):
    account = ChildFactory(main=main, kind=AccountKind.METRICS, name="Edge")

    html = as_admin.post(
        url("rotate", account.tokens.get()), {"overlap": "24h"}, headers=HTMX
    ).content.decode()

    assert 'data-label="Account"' in html
    assert "Edge" in html


def test_expiry_is_set_and_cleared(as_admin, token):
    as_admin.post(url("expiry", token), {"expires_at": "30"})
    assert again(token).expires_at is not None

    html = as_admin.get(url("expiry", token)).content.decode()
    assert '<option value="date" selected>' in html

    as_admin.post(url("expiry", token), {"expires_at": "never"})
    assert again(token).expires_at is None


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"expires_at": "8"},
        {"expires_at": "date"},
        {"expires_at": "date", "expires_on": "2020-01-01"},
    ],
)
def test_expiry_that_makes_no_sense_is_a_mistake(as_admin, token, data):
    assert as_admin.post(url("expiry", token), data).status_code == 422


@pytest.mark.parametrize(
    ("overlap", "works"), [("now", False), ("1h", True), ("24h", True), ("7d", True)]
)
def test_rotation_keeps_the_old_secret_for_as_long_as_asked(
    as_admin, token, overlap, works
):
    html = as_admin.post(
        url("rotate", token), {"overlap": overlap}, headers=HTMX
    ).content.decode()

    assert (verify(token.secret_text, Use.API) == token) == works
    assert ("Old secret stops" in html) == works
    assert (url("finish", token) in html) == works
    assert f'id="copy-{token.pk}" autofocus' in html
    assert 'class="row-new"' in html


@pytest.mark.parametrize("overlap", ["", "forever", "-1"])
def test_rotation_offers_four_overlaps_only(as_admin, token, overlap):
    response = as_admin.post(url("rotate", token), {"overlap": overlap})

    assert response.status_code == 422
    assert again(token).version == 1


def test_finish_now_stops_the_old_secret(as_admin, token):
    token.rotate(by=BY, overlap=timedelta(hours=1))

    html = as_admin.post(url("finish", token), headers=HTMX).content.decode()

    assert verify(token.secret_text, Use.API) is None
    assert "Old secret" not in html


def test_rolling_back_gives_the_old_secret_back(as_admin, token):
    new = token.rotate(by=BY, overlap=timedelta(hours=1))

    html = as_admin.post(url("roll_back", token), headers=HTMX).content.decode()

    assert verify(token.secret_text, Use.API) == token
    assert verify(new.reveal(), Use.API) is None
    assert token.secret_text[-4:] in html
    assert "Old secret" not in html


@pytest.mark.parametrize("verb", ENDS)
def test_rotation_ends_once(as_admin, token, verb):
    response = as_admin.post(url(verb, token), headers=HTMX)

    assert response.status_code == 409
    assert response["HX-Retarget"] == "#notice"
    assert again(token).version == 1


@pytest.fixture
def used(token):
    """The token, used in the last days by two callers."""
    Token.objects.filter(pk=token.pk).update(
        last_used_at=timezone.now() - timedelta(days=1), last_used_address="192.0.2.1"
    )
    for address, calls in [("192.0.2.1", 1200), ("192.0.2.2", 34)]:
        TokenUsage.objects.create(
            token=token,
            hour=timezone.now() - timedelta(hours=30),
            address=address,
            agent="curl/8",
            calls=calls,
        )
    return again(token)


@pytest.mark.parametrize("verb", ["rotate", "delete"])
def test_dialog_says_who_would_notice(as_admin, used, verb):
    html = as_admin.get(url(verb, used)).content.decode()

    assert "1,234 by 2 callers from 2 addresses" in html
    assert "192.0.2.2" in html
    assert "curl/8" in html


def test_delete_dialog_offers_to_disable_instead(as_admin, token):
    assert url("disable", token) in as_admin.get(url("delete", token)).content.decode()

    token.disable(by=BY)

    html = as_admin.get(url("delete", token)).content.decode()
    assert url("disable", token) not in html


@pytest.mark.parametrize(
    ("typed", "status"),
    [(None, 422), ("", 422), ("terraform", 422), (" Terraform ", 302)],
)
def test_name_is_typed_to_delete_what_is_in_use(as_admin, used, typed, status):
    data = {} if typed is None else {"typed": typed}

    response = as_admin.post(url("delete", used), data)

    assert response.status_code == status
    assert again(used).is_standing == (status == 422)


def test_name_is_not_asked_for_what_was_not_used_lately(as_admin, used):
    eight_days_ago = timezone.now() - timedelta(days=8)
    Token.objects.filter(pk=used.pk).update(last_used_at=eight_days_ago)

    assert b"to confirm" not in as_admin.get(url("delete", used)).content
    assert as_admin.post(url("delete", used)).status_code == 302


def test_session_that_ended_sends_htmx_to_the_login(client, token):
    response = client.post(url("rotate", token), headers=HTMX)

    assert (response.status_code, response["HX-Redirect"][:7]) == (401, "/login/")
