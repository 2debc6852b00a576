from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import hooks
from accounts.lifecycle import edit_organisation
from accounts.models import AccountKind
from accounts.plans import Plan
from accounts.rule_violations import RuleViolation
from tests.factories import BY, ChildFactory, ShareFactory, TokenFactory
from tokens import limits
from tokens.kinds import Kind
from tokens.models import Token

pytestmark = pytest.mark.django_db
SOON = timedelta(hours=1)


def refused(code):
    return pytest.raises(RuleViolation, check=lambda refusal: refusal.code == code)


@pytest.fixture
def log_tokens(main):
    """The default token and two more."""
    return [main.tokens.get()] + [
        TokenFactory(account=main, kind=Kind.LOGS) for _ in range(2)
    ]


@pytest.mark.parametrize(
    ("plan", "most"), [(Plan.COMMUNITY, 1), (Plan.PRO, 15), (Plan.ENTERPRISE, 15)]
)
def test_limit_follows_the_plan(main, plan, most):
    edit_organisation(main.organisation, by=BY, plan=plan)

    assert limits.limit(main) == most


def test_limit_counts_enabled_tokens_only(main):
    edit_organisation(main.organisation, by=BY, plan=Plan.COMMUNITY)

    with refused("limit_reached"):
        TokenFactory(account=main, kind=Kind.LOGS)

    assert limits.has_room(TokenFactory(account=main))


def test_enabling_needs_room(main, log_tokens):
    log_tokens[1].disable(by=BY)
    edit_organisation(main.organisation, by=BY, plan=Plan.COMMUNITY)

    with refused("limit_reached"):
        log_tokens[1].enable(by=BY)


def test_expired_token_that_goes_on_needs_room(main, log_tokens):
    token = log_tokens[1]
    Token.objects.filter(pk=token.pk).update(expires_at=timezone.now())
    edit_organisation(main.organisation, by=BY, plan=Plan.COMMUNITY)

    with refused("limit_reached"):
        token.set_expiry(timezone.now() + SOON, by=BY)

    token.disable(by=BY)
    token.set_expiry(timezone.now() + SOON, by=BY)


def test_restored_token_is_disabled_when_there_is_no_room(main, log_tokens):
    log_tokens[1].delete_softly(by=BY)
    edit_organisation(main.organisation, by=BY, plan=Plan.COMMUNITY)

    log_tokens[1].restore(by=BY)

    assert log_tokens[1].disabled_reason == "The limit of enabled tokens was reached"


def test_token_disabled_for_deletion_comes_back_disabled(main):
    token = TokenFactory(account=main)
    token.delete_softly(by=BY)

    token.disable_deleted(by=BY, reason="Its filter was deleted")
    token.restore(by=BY)

    assert (token.state, token.disabled_reason) == (
        "disabled",
        "Its filter was deleted",
    )


@pytest.mark.parametrize("change", ["disable", "delete_softly"])
def test_last_enabled_log_token_stays(main, log_tokens, change):
    first, *others = log_tokens
    for token in others:
        getattr(token, change)(by=BY)

    with refused("last_enabled_token"):
        getattr(first, change)(by=BY)

    assert limits.sole_never_expiring(main) == first.pk
    assert limits.why_protected(first) == limits.LAST_ENABLED


def test_nothing_is_protected_among_several(main, log_tokens):
    assert limits.sole_never_expiring(main) is None
    assert [limits.why_protected(token) for token in log_tokens] == ["", "", ""]


def test_last_lasting_token_never_expires(main):
    default = main.tokens.get()
    TokenFactory(account=main, kind=Kind.LOGS, expires_at=timezone.now() + SOON)

    with refused("last_enabled_token"):
        default.set_expiry(timezone.now() + SOON, by=BY)


def test_disabled_log_token_is_not_protected(main, log_tokens):
    log_tokens[0].disable(by=BY)

    assert limits.why_protected(log_tokens[0]) == ""


@pytest.mark.parametrize("kind", [AccountKind.METRICS, AccountKind.TRACING])
def test_single_token_is_rotated_only(main, kind):
    token = ChildFactory(main=main, kind=kind).tokens.get()

    with refused("last_enabled_token"):
        token.disable(by=BY)
    with refused("single_token"):
        token.delete_softly(by=BY)
    with refused("single_token"):
        token.rename("new", by=BY)
    with refused("no_expiry"):
        token.set_expiry(timezone.now() + SOON, by=BY)
    token.rotate(by=BY)
    assert token.version == 2


@pytest.mark.parametrize(
    ("account_kind", "kind", "code"),
    [
        (AccountKind.MAIN, Kind.METRICS, "account_type_has_no_shipping_tokens"),
        (AccountKind.SECURITY, Kind.LOGS, "account_type_has_no_shipping_tokens"),
        (AccountKind.METRICS, Kind.LOGS, "account_type_has_no_shipping_tokens"),
        (AccountKind.TRACING, Kind.SHARED, "account_type_has_no_tokens_of_this_kind"),
        (AccountKind.MAIN, Kind.GATEWAY, "account_type_has_no_tokens_of_this_kind"),
    ],
)
def test_account_has_the_kinds_of_its_kind(main, account_kind, kind, code):
    account = main
    if account_kind != AccountKind.MAIN:
        account = ChildFactory(main=main, kind=account_kind)

    with refused(code):
        TokenFactory(account=account, kind=kind)


def test_expiry_is_in_the_future(main):
    with refused("expiry_in_the_past"):
        TokenFactory(account=main, expires_at=timezone.now())


def test_endless_links_need_the_organisation_to_allow_them(main):
    with refused("expiry_required"):
        ShareFactory(account=main, expires_at=None)

    edit_organisation(main.organisation, by=BY, allows_endless_links=True)
    main.refresh_from_db()
    assert ShareFactory(account=main, expires_at=None).token.expires_at is None


@pytest.mark.parametrize(
    ("kind", "account_kind", "plan", "code"),
    [
        (Kind.API, AccountKind.SUB, Plan.PRO, ""),
        (Kind.API, AccountKind.SECURITY, Plan.PRO, ""),
        (Kind.API, AccountKind.METRICS, Plan.PRO, "account_type_has_no_api_tokens"),
        (Kind.API, AccountKind.SUB, Plan.COMMUNITY, "plan_has_no_api_tokens"),
        (Kind.LOGS, AccountKind.SUB, Plan.COMMUNITY, ""),
    ],
)
def test_portal_offers_api_tokens_by_account_and_plan(
    main, kind, account_kind, plan, code
):
    account = ChildFactory(main=main, kind=account_kind)
    edit_organisation(account.organisation, by=BY, plan=plan)

    assert limits.why_not_offered(account, kind) == code
    if code:
        with refused(code):
            limits.check_offered(account, kind)
    else:
        limits.check_offered(account, kind)


def test_app_above_can_stand_against_enabling(main, monkeypatch):
    def never(token):
        raise RuleViolation("never", "Not today.")

    token = TokenFactory(account=main)
    token.disable(by=BY)
    monkeypatch.setattr(hooks, "token_checks", [never])

    with refused("never"):
        token.enable(by=BY)
