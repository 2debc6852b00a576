from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Action, AuditEvent
from tests.factories import BY, TokenFactory
from tokens.kinds import Kind
from tokens.models import Token
from tokens.permissions import Use
from tokens.verification import verify
from tokens.views.installation import ACTIONS

HX = {"HX-Request": "true"}
JSON = {"Accept": "application/json"}
LIST = reverse("tokens:gateway")
CREATE = reverse("tokens:gateway_create")
SHOWN_FIRST = ("rename", "note", "expiry", "restrict", "rotate", "delete", "disable")
# What is only looked at.
PAGES = ("use_it", "first_call")


@pytest.fixture
def gateway(db):
    return TokenFactory(account=None, kind=Kind.GATEWAY, name="Edge")


@pytest.fixture
def staffed(client, staff):
    client.force_login(staff)
    return client


def at(verb, token):
    return reverse(f"tokens:gateway_{verb}", args=[token.pk])


def fresh(token):
    return Token.objects.get(pk=token.pk)


@pytest.mark.parametrize("who", ["admin", "member", "outsider"])
def test_gateway_tokens_are_not_there_for_others(client, request, gateway, who):
    client.force_login(request.getfixturevalue(who))

    assert client.get(LIST).status_code == 404
    assert client.post(CREATE, {"name": "x"}).status_code == 404
    for verb in ACTIONS:
        ask = client.get if verb in PAGES else client.post
        assert ask(at(verb, gateway)).status_code == 404


def test_anonymous_is_sent_to_the_login(client, gateway):
    assert client.get(LIST).status_code == 302
    assert client.post(CREATE, headers=HX).status_code == 401


@pytest.mark.parametrize("verb", sorted(ACTIONS))
def test_actions_reach_gateway_tokens_only(staffed, main, verb):
    ask = staffed.get if verb in PAGES else staffed.post
    assert ask(at(verb, TokenFactory(account=main))).status_code == 404


@pytest.mark.parametrize("verb", sorted(ACTIONS.keys() - {*SHOWN_FIRST, *PAGES}))
def test_actions_at_once_are_not_links(staffed, gateway, verb):
    assert staffed.get(at(verb, gateway)).status_code == 405


@pytest.mark.parametrize("count", [1, 3])
def test_query_count_does_not_grow(staffed, count, django_assert_num_queries):
    tokens = TokenFactory.create_batch(2 * count, account=None, kind=Kind.GATEWAY)
    for token in tokens[count:]:
        token.delete_softly(by=BY)
    staffed.get(LIST)

    with django_assert_num_queries(4):
        response = staffed.get(LIST)

    assert response.content.decode().count('<tr id="token-') == 2 * count


def test_list_shows_no_secret_and_no_other_tokens(staffed, main, gateway):
    html = staffed.get(LIST).content.decode()

    assert gateway.masked in html
    assert gateway.secret_text not in html
    assert "default" not in html.partition("<main")[2]


def test_empty_list_says_what_they_are_for(staffed):
    assert "No gateway tokens yet" in staffed.get(LIST).content.decode()


def test_list_is_filtered_by_name_and_sorted(staffed, gateway):
    TokenFactory(account=None, kind=Kind.GATEWAY, name="Envoy")

    def names(**query):
        return [each.name for each in staffed.get(LIST, query).context["page"]]

    assert names(q="env") == ["Envoy"]
    assert names(sort="name") == ["Edge", "Envoy"]
    assert names(q="zzz") == []
    assert names(q="\x00", cursor="\x00", sort="x", added="9" * 30) == ["Envoy", "Edge"]


def test_create_as_a_plain_form(staffed):
    response = staffed.post(CREATE, {"name": "Edge"}, follow=True)

    token = Token.objects.get(kind=Kind.GATEWAY)
    assert response.redirect_chain == [(f"{LIST}?added={token.pk}", 302)]
    assert 'class="row-new"' in response.content.decode()
    assert AuditEvent.objects.latest("pk").action == Action.TOKEN_CREATED


def test_create_with_htmx_answers_the_row(staffed):
    response = staffed.post(CREATE, {"name": "Edge", "expires_at": "30"}, headers=HX)

    token = Token.objects.get(kind=Kind.GATEWAY)
    html = response.content.decode()
    assert f'<tr id="token-{token.pk}"' in html
    assert "<html" not in html
    assert token.expires_at > timezone.now() + timedelta(days=29)


@pytest.mark.parametrize("headers", [{}, HX])
@pytest.mark.parametrize("name", ["", "edge", "x" * 101, "a\x00b"])
def test_create_keeps_what_was_typed(staffed, gateway, headers, name):
    response = staffed.post(CREATE, {"name": name}, headers=headers)

    assert response.status_code == 422
    assert 'id="new-row" class="row-form"' in response.content.decode()
    assert ("<html" in response.content.decode()) == (not headers)
    assert Token.objects.filter(kind=Kind.GATEWAY).count() == 1


def test_form_opens_in_the_list(staffed):
    assert 'class="row-form"' in staffed.get(LIST, {"new": "1"}).content.decode()


def test_copy_hands_out_the_secret_once_audited(staffed, gateway):
    response = staffed.post(at("reveal", gateway), headers=JSON)

    assert response.json() == {"secret": gateway.secret_text}
    assert "no-store" in response["Cache-Control"]
    assert AuditEvent.objects.latest("pk").action == Action.TOKEN_REVEALED


def test_copy_without_javascript_says_so(staffed, gateway):
    response = staffed.post(at("reveal", gateway), headers={"Accept": "text/html"})

    assert response.status_code == 406
    assert gateway.secret_text not in response.content.decode()


@pytest.mark.parametrize("verb", SHOWN_FIRST)
def test_dialogs_are_pages(staffed, gateway, verb):
    html = staffed.get(at(verb, gateway)).content.decode()

    assert "Edge" in html
    assert f'action="{at(verb, gateway)}"' in html


@pytest.mark.parametrize("headers", [{}, HX])
def test_rename(staffed, gateway, headers):
    response = staffed.post(at("rename", gateway), {"name": "Edge 2"}, headers=headers)

    assert fresh(gateway).name == "Edge 2"
    if headers:
        assert f'<tr id="token-{gateway.pk}"' in response.content.decode()
        assert "tollgate:close" in response["HX-Trigger"]
    else:
        assert response.url == LIST


@pytest.mark.parametrize("headers", [{}, HX])
def test_rename_to_a_taken_name(staffed, gateway, headers):
    TokenFactory(account=None, kind=Kind.GATEWAY, name="Taken")

    response = staffed.post(at("rename", gateway), {"name": "taken"}, headers=headers)

    assert response.status_code == 422
    assert "already a token named" in response.content.decode()


@pytest.mark.parametrize("headers", [{}, HX])
def test_disable_and_enable(staffed, gateway, headers):
    staffed.post(at("disable", gateway), headers=headers)
    assert verify(gateway.secret_text, Use.ASK) is None

    staffed.post(at("enable", gateway), headers=headers)
    assert verify(gateway.secret_text, Use.ASK) == gateway


def test_why_it_is_disabled_is_shown(staffed, gateway):
    gateway.disable(by=BY, reason="found on a wiki")

    assert "found on a wiki" in staffed.get(LIST).content.decode()


def test_expiry(staffed, gateway):
    staffed.post(at("expiry", gateway), {"expires_at": "30"})
    wrong = staffed.post(at("expiry", gateway), {"expires_at": "date"})

    assert fresh(gateway).expires_at > timezone.now()
    assert wrong.status_code == 422


@pytest.mark.parametrize("headers", [{}, HX])
def test_rotate_lets_two_secrets_work_until_it_is_finished(staffed, gateway, headers):
    response = staffed.post(at("rotate", gateway), {"overlap": "7d"}, headers=headers)
    secret = fresh(gateway).reveal(by=BY).reveal()

    assert verify(gateway.secret_text, Use.ASK) == verify(secret, Use.ASK) == gateway
    html = (staffed.get(LIST) if not headers else response).content.decode()
    assert "Old secret stops" in html
    staffed.post(at("finish", gateway), headers=headers)
    assert verify(gateway.secret_text, Use.ASK) is None
    assert verify(secret, Use.ASK) == gateway


def test_rotate_asks_for_the_overlap(staffed, gateway):
    assert staffed.post(at("rotate", gateway), {"overlap": "x"}).status_code == 422


@pytest.mark.parametrize("headers", [{}, HX])
def test_delete_and_restore(staffed, gateway, headers):
    response = staffed.post(at("delete", gateway), headers=headers)
    listed = staffed.get(LIST).content.decode()

    assert verify(gateway.secret_text, Use.ASK) is None
    assert "Recently deleted" in listed
    if headers:
        assert at("restore", gateway) in response.content.decode()
        assert "<tr" not in response.content.decode()
    assert staffed.post(at("restore", gateway)).url == LIST
    assert verify(gateway.secret_text, Use.ASK) == gateway


def test_delete_of_a_token_in_use_asks_for_its_name(staffed, gateway):
    gateway.note_use("192.0.2.1", "nginx")

    assert staffed.post(at("delete", gateway), {"typed": "x"}).status_code == 422
    assert staffed.post(at("delete", gateway), {"typed": "Edge"}).status_code == 302


def test_change_of_an_old_version_is_told(staffed, gateway):
    gateway.rename("Edge 2", by=BY)

    response = staffed.post(at("rename", gateway), {"name": "Edge 3", "version": 1})

    assert response.status_code == 412
    assert fresh(gateway).name == "Edge 2"


def test_a_gateway_that_came_into_use_is_asked_about(staffed, gateway):
    Token.objects.filter(pk=gateway.pk).update(last_used_at=timezone.now())

    asked = staffed.post(at("disable", gateway), {"unused": "1"}, headers=HX)
    shown = staffed.get(at("disable", gateway))

    assert asked["HX-Retarget"] == "#modal"
    assert "Disable <bdi>Edge</bdi>?" in shown.text
    assert Token.objects.get(pk=gateway.pk).disabled_at is None


def test_a_gateway_token_whose_name_is_taken_is_offered_another(staffed, gateway):
    gateway.delete_softly(by=BY)
    TokenFactory(account=None, kind=Kind.GATEWAY, name="Edge")

    asked = staffed.post(at("restore", gateway))

    assert asked.status_code == 409
    assert 'value="Edge 2"' in asked.text
