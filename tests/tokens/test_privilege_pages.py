"""What an API token may do, chosen on pages: folded at its birth, narrowed on its page."""

import pytest
from django.urls import reverse

from accounts.lifecycle import delete_account
from tests.factories import BY, ChildFactory, MembershipFactory, TokenFactory
from tests.tokens.actions import HTMX, again, url
from tokens.kinds import Kind

CREATE = "tokens:api_create"
AREAS = {"may": "areas", "scopes": ["users:write", "logs:read"]}
CHECK = {"check": "1"}


@pytest.fixture
def signed_in(client, admin):
    client.force_login(admin)
    return client


def create(client, account, **data):
    sent = {"name": "CI", "expires_at": "never"} | data
    return client.post(reverse(CREATE, args=[account.pk]), sent, headers=HTMX)


def restrict(client, token, **data):
    sent = {"networks": "", "calls_per_minute": "", "version": token.version} | data
    return client.post(url("restrict", token), sent, headers=HTMX)


def made(account):
    return account.tokens.get(name="CI")


def test_a_token_is_made_with_scopes_and_accounts(signed_in, main, sub):
    create(signed_in, main, **AREAS, accounts=[sub.pk])

    assert made(main).scopes == "users:write logs:read"
    assert made(main).kept_to == f",{sub.pk},"


@pytest.mark.parametrize(
    ("data", "scopes"),
    [
        ({}, ""),
        ({"may": "everything", "scopes": ["users:read"]}, ""),
        ({"may": "read", "scopes": ["users:write"]}, "read"),
        ({"may": "areas", "scopes": ["read", "shared:write"]}, "read shared:write"),
    ],
)
def test_what_is_not_chosen_counts_for_nothing(signed_in, main, data, scopes):
    create(signed_in, main, **data)

    assert (made(main).scopes, made(main).kept_to) == (scopes, "")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"may": "areas"}, "Choose at least one scope."),
        ({"may": "areas", "scopes": ["audit:write"]}, "audit:write is not one of the"),
        ({"may": "nothing"}, "nothing is not one of the"),
        ({"accounts": ["7777777"]}, "7777777 is not one of the"),
    ],
)
def test_mistakes_are_told_and_what_was_typed_stays(signed_in, main, data, said):
    response = create(signed_in, main, **data)

    html = response.content.decode()
    assert response.status_code == 422
    assert said in html
    assert 'value="CI"' in html
    assert '<details class="more restrict" open>' in html
    assert not main.tokens.filter(name="CI").exists()


def test_a_sentence_says_what_a_token_will_be_able_to_do(signed_in, main, sub):
    asked = CHECK | {"accounts": [sub.pk], **AREAS}

    response = create(signed_in, main, **asked)

    html = " ".join(response.content.decode().split())
    assert response.status_code == 200
    assert (
        "It can read and change users and query logs, in Staging only. It works" in html
    )
    assert not main.tokens.filter(name="CI").exists()


def test_accounts_are_found_without_script(signed_in, main, sub):
    data = {"name": "CI", "accounts_like": "stag", "may": "read"}
    address = reverse(CREATE, args=[main.pk])

    response = signed_in.post(f"{address}?check=1", data)

    html = response.content.decode()
    options = html[html.index('id="options-accounts"') :].partition("</ul>")[0]
    assert "<html" in html
    assert "Staging" in options
    assert "Acme" not in options


def test_only_the_main_account_s_tokens_are_kept_to_accounts(client, sub_admin, sub):
    client.force_login(sub_admin)
    page = client.get(reverse("tokens:api", args=[sub.pk], query={"new": 1}))

    assert 'name="may"' in page.text
    assert 'name="accounts"' not in page.text
    create(client, sub, may="read", accounts=[sub.pk])
    assert (made(sub).scopes, made(sub).kept_to) == ("read", "")


def test_other_kinds_are_asked_for_no_scopes(signed_in, main):
    page = signed_in.get(reverse("tokens:shipping", args=[main.pk], query={"new": 1}))

    assert 'name="may"' not in page.text
    assert 'name="networks"' in page.text
    token = TokenFactory(account=main, kind=Kind.LOGS)
    assert 'name="may"' not in signed_in.get(url("restrict", token)).text
    restrict(signed_in, token, may="read", calls_per_minute="5")
    assert (again(token).scopes, again(token).calls_per_minute) == ("", 5)


def test_a_token_is_narrowed_on_its_page_and_offers_no_undo(signed_in, main, sub):
    token = TokenFactory(account=main)

    response = restrict(signed_in, token, **AREAS, accounts=[sub.pk])

    assert again(token).scopes == "users:write logs:read"
    assert again(token).kept_to == f",{sub.pk},"
    assert (
        "it can read and change users and query logs, in Staging only." in response.text
    )
    assert "Undo" not in response.text


def test_only_what_a_token_still_may_is_offered(signed_in, main, sub):
    web = ChildFactory(main=main, name="Web")
    token = TokenFactory(
        account=main, scopes="users:write logs:read", accounts=[sub.pk]
    )

    html = signed_in.get(url("restrict", token)).text

    assert 'value="areas"' in html
    assert 'value="everything"' not in html
    assert 'value="read"' not in html
    offered = [
        each
        for each in ("users:read", "users:write", "logs:read", "audit:read")
        if f'value="{each}"' in html
    ]
    assert offered == ["users:read", "users:write", "logs:read"]
    assert f'value="{sub.pk}" checked' in html
    assert f'value="{web.pk}"' not in html


@pytest.mark.parametrize(
    ("scopes", "may"),
    [("", "everything"), ("read", "read"), ("read users:write", "areas")],
)
def test_what_a_token_may_is_chosen_already(signed_in, main, scopes, may):
    token = TokenFactory(account=main, scopes=scopes)

    form = signed_in.get(url("restrict", token)).context["form"]

    assert form["may"].value() == may
    assert not form.narrows


def test_saving_what_is_there_changes_nothing(signed_in, main, sub):
    token = TokenFactory(account=main, scopes="read users:write", accounts=[sub.pk])

    response = restrict(
        signed_in,
        token,
        may="areas",
        scopes=["read", "users:read", "users:write"],
        accounts=[sub.pk],
        calls_per_minute="7",
    )

    saved = again(token)
    assert (saved.scopes, saved.kept_to) == ("read users:write", f",{sub.pk},")
    assert (saved.version, saved.calls_per_minute) == (2, 7)
    assert "Undo" not in response.text


def test_a_limit_alone_says_nothing_of_scopes(signed_in, main):
    token = TokenFactory(account=main, scopes="read")

    restrict(signed_in, token, calls_per_minute="7")

    assert (again(token).scopes, again(token).calls_per_minute) == ("read", 7)


def test_nothing_is_widened_and_then_nothing_is_changed(signed_in, main, sub):
    token = TokenFactory(account=main, scopes="users:read", accounts=[sub.pk])
    wider = [
        {"may": "everything"},
        {"may": "areas", "scopes": ["users:write"]},
        {"may": "areas", "scopes": ["users:read"], "accounts": [main.pk]},
        {"may": "areas", "scopes": ["users:read"], "accounts": []},
    ]

    for data in wider:
        response = restrict(signed_in, token, calls_per_minute="7", **data)
        assert response.status_code == 422
    saved = again(token)
    assert (saved.scopes, saved.kept_to) == ("users:read", f",{sub.pk},")
    assert (saved.calls_per_minute, saved.version) == (None, 1)


def test_who_narrows_later_is_told_that_it_was_narrowed_meanwhile(signed_in, main):
    token = TokenFactory(account=main)
    token.restrict(by=BY, scopes="read")

    response = restrict(signed_in, token, may="areas", scopes=["read"], version=1)

    assert response.status_code == 412
    assert again(token).scopes == "read"


def test_the_page_says_what_a_token_can_do(signed_in, main, sub):
    free = TokenFactory(account=main)
    kept = TokenFactory(account=main, scopes="read", accounts=[sub.pk])

    pages = [
        " ".join(signed_in.get(url("page", each)).text.split()) for each in (free, kept)
    ]

    assert "It can" not in pages[0]
    said = (
        "It can read everything, change nothing and reveal no secret, in Staging only."
    )
    assert said in pages[1]
    delete_account(sub, by=BY)
    page = " ".join(signed_in.get(url("page", kept)).text.split())
    assert "reveal no secret, but in no account that there is." in page
    assert "none is left" in page


def test_many_accounts_are_counted(signed_in, main):
    accounts = [ChildFactory(main=main).pk for _ in range(4)]
    token = TokenFactory(account=main, accounts=accounts)

    page = signed_in.get(url("page", token)).text

    assert "do everything that its account may, in 4 accounts only." in page


def test_who_may_not_restrict_is_offered_nothing(client, main, staff):
    token = TokenFactory(account=main, scopes="read")
    member = MembershipFactory(account=main, role="user").user
    client.force_login(member)

    assert restrict(client, token, may="read").status_code == 403
    client.force_login(staff)
    assert restrict(client, token, may="read").status_code == 403
    assert "It can read everything" in client.get(url("page", token)).text


def test_lists_find_what_is_kept_to_scopes_or_accounts(signed_in, main, sub):
    TokenFactory(account=main, name="scopes", scopes="read")
    TokenFactory(account=main, name="accounts", accounts=[sub.pk])
    TokenFactory(account=main, name="free")

    def names(restricted):
        query = {"restricted": restricted, "kind": "api", "sort": "name"}
        page = signed_in.get(reverse("tokens:all", args=[main.pk], query=query))
        return [token.name for token in page.context["page"]]

    assert names("yes") == ["accounts", "scopes"]
    assert names("scopes") == ["scopes"]
    assert names("accounts") == ["accounts"]
    assert names("no") == ["free"]
