"""Names in which something cannot be seen, or a whole token: who refuses them, and where."""

import unicodedata

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from accounts.lifecycle import edit_account
from accounts.names import unseen
from accounts.rule_violations import RuleViolation
from sharing.models import Filter
from tests.api.calls import Api
from tests.factories import (
    BY,
    ChildFactory,
    FilterFactory,
    MainFactory,
    SharedViewFactory,
    TokenFactory,
)
from tokens.models import Token
from tokens.secrets import make

HIDDEN = "Pay\u202epal"
SAID = "U+202E is in it, which cannot be seen or turns the direction of text."
# Of what people post there, by the names of the fixture `typed`.
READ_BY_OTHERS = [
    "token",
    "log token",
    "renamed token",
    "reason",
    "suspension",
    "shared token",
    "filter",
    "edited filter",
    "view",
    "edited view",
    "view's address",
    "person",
    "oneself",
]


@pytest.mark.parametrize(
    "text",
    [
        "Fluent Bit",
        "Müller & Söhne",
        "Zoe\u0308",
        "\u05e9\u05dc\u05d5\u05dd",
        "\u0645\u0631\u062d\u0628\u0627",
        "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627",  # a name with a non-joiner
        "\u0dc1\u0dca\u200d\u0dbb\u0dd3",  # Sri, with a joiner
        "\u0915\u094d\u200d\u0937",
        "\U0001f469\u200d\U0001f4bb laptop",
        "\U0001f469\U0001f3fd\u200d\U0001f4bb",
        "\u2764\ufe0f\u200d\U0001f525",
        "1\ufe0f\u20e3 first",
        "\u00ae\ufe0f",
        "",
    ],
)
def test_what_is_seen_in_a_name_is_taken(text):
    assert unseen(text) is None


@pytest.mark.parametrize(
    "letter",
    [
        *map(chr, range(0x200B, 0x2010)),
        *map(chr, range(0x202A, 0x202F)),
        *map(chr, range(0x2060, 0x2070)),
        *"\u00ad\u034f\u061c\u115f\u1160\u17b4\u180e\u3164\ufe0f\ufeff\uffa0\ufff9",
        "\U0001d173",
        "\U000e0041",
        "\U000e0100",
    ],
)
@pytest.mark.parametrize("name", ["{}ab", "a{}b", "ab{}", "a{}{}b", "1{}", "-{}-"])
def test_what_is_not_seen_in_a_name_is_found(letter, name):
    assert unseen(name.replace("{}", letter)) == letter


@pytest.mark.parametrize(
    "text",
    [
        "\u0639\u200c",
        "\u200c\u0639",
        "\u0639\u200c\u200c\u0631",
        "\u0639\u200ca",
        "\u2764\ufe0f\ufe0f",
        "\U0001f469\u200d",
    ],
)
def test_a_joiner_that_joins_nothing_is_found(text):
    assert unicodedata.category(unseen(text)) in ("Cf", "Mn")


def test_every_character_that_formats_text_is_found_or_seen():
    formats = {
        chr(number)
        for number in range(0x110000)
        if unicodedata.category(chr(number)) == "Cf"
    }

    left = {letter for letter in formats if unseen(letter) is None}

    # Signs of scripts that are drawn around the digits or letters after them.
    names = {unicodedata.name(letter).split()[0] for letter in left}
    assert names == {"ARABIC", "SYRIAC", "KAITHI", "EGYPTIAN"}


@pytest.fixture
def typed(as_admin, main, sub):
    """Return what a person posts with a name, by what it names."""
    token = TokenFactory(account=main)
    view, narrowing = SharedViewFactory(account=main), FilterFactory(account=main)
    clause = {"field": "env", "value": "prod"}
    seen = {"version": 1, "named": ""}
    place = {"address": "https://grafana.acme.example/d/1"}
    link = {"expires_at": "7", "operator": "AND", "shows_everything": "on"}
    person = {"email": "new@acme.example", "role": "user"}
    return {
        "token": ("tokens:api_create", [main.pk], "name", {}),
        "log token": ("tokens:shipping_create", [main.pk], "name", {}),
        "renamed token": ("tokens:rename", [main.pk, token.pk], "name", {}),
        "reason": ("tokens:disable", [main.pk, token.pk], "reason", {}),
        "suspension": ("accounts:account_suspend", [sub.pk], "reason", {}),
        "shared token": ("sharing:create", [main.pk], "name", link),
        "filter": ("sharing:filter_create", [main.pk], "description", clause),
        "edited filter": (
            "sharing:filter_edit",
            [main.pk, narrowing.pk],
            "description",
            clause | seen,
        ),
        "view": ("sharing:view_create", [main.pk], "title", place),
        "edited view": (
            "sharing:view_edit",
            [main.pk, view.pk],
            "title",
            place | {"version": 1},
        ),
        "view's address": (
            "sharing:view_create",
            [main.pk],
            "address",
            {"title": "Board"},
        ),
        "filter's value": ("sharing:filter_create", [main.pk], "value", clause),
        "webhook": ("gateway:webhook", [main.pk], "url", {}),
        "person": ("accounts:user_add", [main.pk], "full_name", person),
        "account": ("accounts:account_edit", [sub.pk], "name", {"version": 1}),
        "oneself": ("accounts:profile", [], "full_name", {}),
    }


@pytest.mark.parametrize("what", READ_BY_OTHERS)
def test_a_person_is_told_and_what_was_typed_stays(as_admin, typed, what):
    page, things, field, more = typed[what]
    text = f"https://x.example/{HIDDEN}" if field == "address" else HIDDEN

    response = as_admin.post(reverse(page, args=things), more | {field: text})

    assert response.status_code == 422
    assert SAID in response.text
    assert f'value="{text}"' in response.text


@pytest.mark.parametrize("what", [*READ_BY_OTHERS, "filter's value", "webhook"])
def test_no_token_may_be_where_others_read(as_admin, typed, what):
    page, things, field, more = typed[what]
    secret = make("logs").reveal()
    text = f"https://x.example/{secret}" if field in ("address", "url") else secret

    response = as_admin.post(reverse(page, args=things), more | {field: text})

    assert response.status_code == 422
    assert "A whole token is in it" in response.text


def test_names_of_accounts_are_plain_anyway(as_admin, typed):
    page, things, field, more = typed["account"]

    response = as_admin.post(reverse(page, args=things), more | {field: HIDDEN})

    assert response.status_code == 422
    assert "Use letters, digits, dashes, dots" in response.text


def test_an_address_of_a_person_is_seen_too(as_admin, main):
    typed = {"email": "new@exa\u200bmple.com", "full_name": "", "role": "user"}

    response = as_admin.post(reverse("accounts:user_add", args=[main.pk]), typed)

    assert response.status_code == 422
    assert "U+200B is in it" in response.text


@pytest.mark.parametrize(
    ("page", "field"),
    [
        ("accounts:staff_organisation_suspend", "reason"),
        ("accounts:staff_organisation_add", "full_name"),
    ],
)
def test_staff_are_told(client, staff, main, page, field):
    client.force_login(staff)
    things = [main.organisation_id] if "suspend" in page else []

    response = client.post(reverse(page, args=things), {field: HIDDEN})

    assert response.status_code == 422
    assert SAID in response.text


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("POST", "/v1/log-shipping/tokens", {"name": HIDDEN}, "name"),
        (
            "POST",
            "/api/v1/accounts/{}/tokens",
            {"kind": "logs", "name": HIDDEN},
            "name",
        ),
        (
            "POST",
            "/v1/shared-tokens/filters",
            {"field": "env", "value": "x", "description": HIDDEN},
            "description",
        ),
        (
            "POST",
            "/v1/user-management",
            {
                "username": "new@acme.example",
                "fullName": HIDDEN,
                "role": "USER_ROLE_REGULAR",
                "accountID": "{}",
            },
            "full_name",
        ),
    ],
)
def test_a_program_is_told(main, method, path, body, field):
    api = Api(TokenFactory(account=main).secret_text)
    body = {name: main.pk if value == "{}" else value for name, value in body.items()}

    response = api.response(method, path.format(main.pk), body)

    assert response.status_code in (400, 409, 422)
    assert SAID in response.content.decode()


def test_old_names_stay(main):
    token, _ = Token.issue(account=main, kind="api", name="Old", by=BY)
    narrowing = FilterFactory(account=main, field="env", value="a")
    Token.objects.filter(pk=token.pk).update(name=HIDDEN)
    Filter.objects.filter(pk=narrowing.pk).update(description=HIDDEN)

    token.delete_softly(by=BY)
    token.restore(by=BY)
    narrowing.refresh_from_db()
    narrowing.edit(value="b", description=HIDDEN, by=BY)

    token.refresh_from_db()
    assert (token.name, token.state) == (HIDDEN, "active")
    assert (narrowing.value, narrowing.description) == ("b", HIDDEN)


def test_a_value_of_a_filter_is_whatever_the_logs_have(main):
    made = Filter.add(account=main, field="env", value=HIDDEN, by=BY)

    assert made.clause == ("env", HIDDEN)


def test_nor_may_a_program_put_one_there(main):
    api = Api(TokenFactory(account=main).secret_text)
    secret = make("shared").reveal()
    clause = {"field": "env", "value": secret}

    status, body = api.call("POST", "/v1/shared-tokens/filters", clause)

    assert status == 400
    assert "A whole token is in it" in str(body)


@pytest.mark.parametrize(
    "name_so",
    [
        lambda main, sub, name: MainFactory(name=name),
        lambda main, sub, name: ChildFactory(main=main, name=name),
        lambda main, sub, name: edit_account(sub, name=name, by=BY),
    ],
)
def test_no_account_is_named_so(main, sub, name_so):
    with pytest.raises(RuleViolation, match="A whole token is in it"):
        name_so(main, sub, make("api").reveal())


@pytest.mark.parametrize("named", [{"name": HIDDEN}, {"email": "a@exa\u200bmple.com"}])
def test_a_command_says_so(main, named):
    words = {"email": "new@acme.example", "account": main.pk} | named
    email = words.pop("email")

    with pytest.raises(CommandError, match="cannot be seen"):
        call_command("create_person", email, **words)


def test_a_token_that_moves_in_is_refused(main):
    with pytest.raises(RuleViolation) as refusal:
        Token.issue(account=main, kind="api", name="a\u200bb", by=BY)

    assert (refusal.value.code, refusal.value.field) == ("unseen_character", "name")
