import pytest
from django.urls import reverse

from accounts.lifecycle import edit_organisation
from accounts.models import AccountKind
from accounts.plans import Plan
from tests.factories import BY, ChildFactory, MembershipFactory, TokenFactory
from tests.tokens.list_pages import as_drawn, shipping
from tokens.kinds import Kind

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("product", "listener"),
    [
        ("logs", "https://listener.example.com:8071"),
        ("metrics", "https://listener.example.com:8053"),
        ("traces", "https://listener.example.com"),
        ("tracing", "https://listener.example.com"),
        ("", "https://listener.example.com:8071"),
        ("cheese", "https://listener.example.com:8071"),
    ],
)
def test_listener_stands_above_the_table(as_admin, main, settings, product, listener):
    settings.LISTENER_URL = "https://listener.example.com:8071"
    settings.METRICS_LISTENER_URL = "https://listener.example.com:8053"
    settings.TRACES_LISTENER_URL = "https://listener.example.com"

    html = as_admin.get(shipping(main, product=product)).content.decode()

    assert f'data-text="{listener}"' in html


@pytest.mark.parametrize("product", ["logs", "metrics", "traces"])
def test_a_listener_that_is_not_set_is_said_to_be(as_admin, main, product):
    html = as_admin.get(shipping(main, product=product)).content.decode()

    assert "The operator has not set it" in html
    assert "listener.example" not in html


def test_main_account_lists_the_single_tokens_it_administers(as_admin, main):
    for name, kind, flags in [
        ("Open", AccountKind.METRICS, {}),
        ("Shut", AccountKind.METRICS, {"accessible": False}),
        ("Spans", AccountKind.TRACING, {}),
    ]:
        ChildFactory(main=main, name=name, kind=kind, **flags)

    accounts = {
        product: [
            token.account.name
            for token in as_admin.get(shipping(main, product=product)).context["page"]
        ]
        for product in ("metrics", "traces")
    }

    assert accounts == {"metrics": ["Open"], "traces": ["Spans"]}


@pytest.mark.parametrize(
    ("product", "words"),
    [("metrics", "No metrics accounts yet"), ("traces", "No tracing accounts yet")],
)
def test_main_account_without_such_accounts_says_so(as_admin, main, product, words):
    assert words.encode() in as_admin.get(shipping(main, product=product)).content


@pytest.mark.parametrize(
    ("kind", "product", "words"),
    [
        (AccountKind.SUB, "metrics", "Metrics are shipped to metrics accounts"),
        (AccountKind.SUB, "traces", "Traces are shipped to tracing accounts"),
        (AccountKind.METRICS, "logs", "Logs are shipped to log accounts"),
        (AccountKind.METRICS, "traces", "Traces are shipped to tracing accounts"),
        (AccountKind.SECURITY, "", "Nothing is shipped to a security account"),
        (AccountKind.SECURITY, "logs", "Nothing is shipped to a security account"),
    ],
)
def test_tab_of_another_kind_explains_itself(as_admin, main, kind, product, words):
    account = ChildFactory(main=main, kind=kind)

    response = as_admin.get(shipping(account, product=product))

    assert words in response.content.decode()
    assert b"New log shipping token" not in response.content


def test_explanation_leads_to_accounts_one_can_enter(as_admin, client, main, sub):
    metrics = ChildFactory(main=main, kind=AccountKind.METRICS)
    url = shipping(sub, product="metrics")
    assert f'href="{shipping(metrics)}"' in as_admin.get(url).content.decode()

    client.force_login(MembershipFactory(account=sub).user)

    html = client.get(url).content.decode()
    assert shipping(metrics) not in html
    assert "ask an admin of the main account" in html


@pytest.mark.parametrize("kind", [AccountKind.METRICS, AccountKind.TRACING])
def test_single_token_is_shown_in_its_own_account(as_admin, main, kind):
    account = ChildFactory(main=main, kind=kind)
    token = account.tokens.get()

    html = as_drawn(as_admin.get(shipping(account)).text)

    verbs = {
        verb: reverse(f"tokens:{verb}", args=[account.pk, token.pk]) in html
        for verb in ("reveal", "rotate", "rename", "disable", "expiry", "delete")
    }
    assert {verb for verb, there in verbs.items() if there} == {"reveal", "rotate"}


def test_limit_in_use_is_shown(as_admin, main):
    TokenFactory(account=main, kind=Kind.LOGS)
    TokenFactory(account=main, kind=Kind.LOGS).disable(by=BY)

    html = as_admin.get(shipping(main)).content.decode()

    assert "2 of 15 enabled" in html


def test_button_is_off_at_the_limit_and_says_why(as_admin, main):
    edit_organisation(main.organisation, by=BY, plan=Plan.COMMUNITY)

    html = as_admin.get(shipping(main)).content.decode()

    assert "1 of 1 enabled, the limit" in html
    assert "The plan allows 1 enabled log shipping token per account." in html
    assert shipping(main, new=1).replace("&", "&amp;") not in html


def test_controls_of_the_last_enabled_token_are_off(as_admin, main):
    token = main.tokens.get()

    html = as_drawn(as_admin.get(shipping(main)).text)

    off = {
        verb: reverse(f"tokens:{verb}", args=[main.pk, token.pk]) not in html
        for verb in ("disable", "delete", "expiry", "rename", "rotate")
    }
    assert {verb for verb, is_off in off.items() if is_off} == {
        "disable",
        "delete",
        "expiry",
    }
    assert "The last enabled one" in html


def test_staff_see_no_switch_on_the_last_enabled_token(client, main, staff):
    client.force_login(staff)

    assert b'role="switch"' not in client.get(shipping(main)).content
