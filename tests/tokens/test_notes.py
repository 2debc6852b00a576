"""Notes: what is taken, what is refused, and where tokens are found by them."""

import pytest
from django.urls import reverse

from accounts.models import Action, AuditEvent
from accounts.rule_violations import RuleViolation
from tests.factories import BY, ChildFactory, TokenFactory
from tests.tokens.actions import HTMX, again, url
from tests.tokens.all_pages import address
from tests.tokens.audited import actions
from tokens.kinds import Kind
from tokens.models import Token
from tokens.secrets import make, masked_within

pytestmark = pytest.mark.django_db
NOTE = "Ships the payments cluster.\nAsk: #team-payments"


@pytest.fixture
def token(main):
    return TokenFactory(account=main, name="Terraform")


def last_event(token):
    return AuditEvent.objects.filter(token_id=token.pk).latest("pk")


@pytest.mark.parametrize(
    ("text", "note"),
    [
        (NOTE, NOTE),
        ("  \r\n one \t\r\n\r\n two\rthree\u2028four \n", "one\n\n two\nthree\nfour"),
        ("x" * 500, "x" * 500),
        ("😀" * 500, "😀" * 500),
        ("\u0639\u0644\u06cc\u200c\u0631\u0636\u0627", "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627"),
        ("tga_9f3kA1Zk…x2Qp", "tga_9f3kA1Zk…x2Qp"),
        ("", ""),
        (" \n ", ""),
    ],
)  # fmt: skip
def test_a_note_is_kept_as_it_was_written(token, text, note):
    token.set_note("before", by=BY)

    token.set_note(text, by=BY)

    assert again(token).note == note
    assert last_event(token).data == {"changes": [["note", "before", note]]}


def test_the_same_note_is_no_change(token):
    token.set_note(NOTE, by=BY)

    token.set_note(f" {NOTE}\r\n", by=BY)

    assert again(token).version == 2
    assert actions(token) == [Action.TOKEN_CREATED, Action.TOKEN_NOTE_CHANGED]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("x" * 501, "note_too_long"),
        ("\n" * 9 + "x\n" * 251, "note_too_long"),
        ("a\x07b", "note_unprintable"),
        ("a\x00b", "note_unprintable"),
        ("Pay\u202epal", "unseen_character"),
    ],
)
def test_a_note_that_cannot_be_taken_changes_nothing(token, text, code):
    token.set_note(NOTE, by=BY)

    with pytest.raises(RuleViolation) as refusal:
        token.set_note(text, by=BY)

    assert (refusal.value.code, refusal.value.field) == (code, "note")
    assert token.note == again(token).note == NOTE


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("text", ["{}", "export TOKEN={}\nold", "x{}x", "{0}{0}"])
def test_a_note_with_a_whole_token_is_refused_and_can_be_masked(token, kind, text):
    secret = make(kind)
    text = text.format(secret.reveal())

    with pytest.raises(RuleViolation, match="A whole token is in it") as refusal:
        token.set_note(text, by=BY)

    assert refusal.value.code == "secret_in_text"
    masked = masked_within(text)
    assert masked == text.replace(secret.reveal(), secret.masked)
    token.set_note(masked, by=BY)
    assert again(token).note == masked


def test_a_note_from_the_start_is_in_the_event(main):
    token, _ = Token.issue(account=main, kind="api", name="CI", note=NOTE, by=BY)

    assert token.note_headline == "Ships the payments cluster."
    assert last_event(token).data == {"kind": "api", "note": NOTE}
    with pytest.raises(RuleViolation):
        Token.issue(account=main, kind="api", name="CD", note="x" * 501, by=BY)


def test_a_note_outlives_deletion(token):
    token.set_note(NOTE, by=BY)
    token.delete_softly(by=BY)
    token.restore(by=BY)

    assert again(token).note == NOTE


@pytest.mark.parametrize("headers", [None, HTMX])
def test_a_note_is_written_on_the_page_and_taken_back(as_admin, token, headers):
    token.set_note("before\nthat", by=BY)

    page = as_admin.get(url("note", token)).text
    response = as_admin.post(url("note", token), {"note": NOTE}, headers=headers)

    assert ">\nbefore\nthat</textarea>" in page
    assert again(token).note == NOTE
    shown = response.text if headers else as_admin.get(response.url).text
    assert ">Ships the payments cluster.</small>" in shown
    assert "The note of Terraform is saved." in shown
    if headers:
        assert '<input type="hidden" name="note" value="before\nthat">' in shown


def test_an_empty_note_is_removed(as_admin, token):
    token.set_note(NOTE, by=BY)

    html = as_admin.post(url("note", token), headers=HTMX).text

    assert "The note of Terraform is removed." in html
    assert again(token).note == ""
    assert 'class="note"' not in html


@pytest.mark.parametrize("headers", [None, HTMX])
@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("x" * 501, "A note has up to 500 characters."),
        ("a\x00b", "Null characters are not allowed."),
        ("Pay\u202epal", "U+202E is in it"),
    ],
)
def test_a_mistake_is_told_and_what_was_typed_stays(
    as_admin, token, headers, text, error
):
    response = as_admin.post(
        url("note", token), {"note": text, "version": "1"}, headers=headers
    )

    assert response.status_code == 422
    assert error in response.text
    assert f"\n{text}</textarea>" in response.text
    assert 'name="version" value="1"' in response.text


def test_a_token_that_was_typed_comes_back_masked(as_admin, token):
    secret = make(Kind.LOGS)
    typed = f"Was {secret.reveal()} before"

    response = as_admin.post(url("note", token), {"note": typed})

    assert response.status_code == 422
    assert secret.reveal() not in response.text
    assert f"\nWas {secret.masked} before</textarea>" in response.text


def test_a_single_token_has_a_note_as_well(as_admin, main):
    token = ChildFactory(main=main, kind="metrics").tokens.get()

    html = as_admin.post(url("note", token), {"note": NOTE}, headers=HTMX).text

    assert ">Ships the payments cluster.</small>" in html
    assert again(token).note == NOTE


def test_a_gateway_token_has_a_note_as_well(client, staff):
    token = TokenFactory(account=None, kind=Kind.GATEWAY)
    client.force_login(staff)
    at = reverse("tokens:gateway_note", args=[token.pk])

    response = client.post(at, {"note": NOTE})

    assert response.url == reverse("tokens:gateway")
    assert ">Ships the payments cluster.</small>" in client.get(response.url).text


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("PAYMENTS  cluster", {"Terraform"}),
        ("cluster. ask: #team", {"Terraform"}),
        ("terra", {"Terraform"}),
        ("straße", {"Pulumi"}),
        ("STRASSE", {"Pulumi"}),
        ("payments%", set()),
        ("terraform ships", set()),
    ],
)
def test_tokens_are_found_by_their_notes(as_admin, main, token, look, text, names):
    token.set_note(NOTE, by=BY)
    TokenFactory(account=main, name="Pulumi").set_note("In der Straße 5", by=BY)

    here = as_admin.get(reverse("tokens:api", args=[main.pk]), {"q": text})

    assert {token.name for token in here.context["page"]} == names
    assert set(look(q=text)) == names
    assert {each.name for each in main.tokens.mentioning(text)} == names


def test_a_text_like_a_foreign_token_is_looked_for_in_notes(as_admin, main, token):
    token.set_note("INC-00123-payments-down", by=BY)
    find = reverse("tokens:find", args=[main.pk])

    response = as_admin.post(find, {"q": "INC-00123-payments-down", "tab": "api"})

    assert response.url.endswith("?q=INC-00123-payments-down")


def test_jump_shows_tokens_by_name_before_those_by_note(as_admin, main):
    for number in range(6):
        noted = TokenFactory(account=main, name=f"Noted {number}")
        noted.set_note("Zebra", by=BY)
    TokenFactory.create_batch(2, account=main)
    for number in range(4):
        TokenFactory(account=main, name=f"Zebra {number}").set_note("Zebra", by=BY)

    ((_, results),) = as_admin.get(reverse("accounts:jump", query={"q": "zebra"})).context["groups"]  # fmt: skip

    names = [result.label.split()[0] for result in results]
    assert names == 4 * ["Zebra"] + 4 * ["Noted"]


def test_notes_are_listed_and_exported(as_admin, main, token):
    token.set_note(NOTE, by=BY)

    page = as_admin.get(address(main)).text
    exported = as_admin.post(reverse("tokens:all_export", args=[main.pk]))

    assert f'title="{NOTE}">Ships the payments cluster.</small>' in page
    assert f'Terraform,"{NOTE}",api' in exported.getvalue().decode()


def test_staff_who_are_asked_whose_it_is_see_the_note(client, staff, token):
    token.set_note(NOTE, by=BY)
    client.force_login(staff)

    page = client.get(reverse("tokens:whose_token", args=[token.pk])).text

    assert NOTE in page
