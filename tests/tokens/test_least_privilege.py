"""What an API token is kept to: given at its birth, narrowed later, never widened."""

from datetime import timedelta

import pytest

from accounts.lifecycle import delete_account, restore_account
from accounts.models import Action, AuditEvent
from accounts.rule_violations import RuleViolation, Stale
from tests.factories import BY, ChildFactory, MainFactory, TokenFactory
from tests.tokens.actions import again
from tests.tokens.audited import actions
from tokens.kinds import Kind
from tokens.least_privilege import accounts_kept_to, as_kept, ids_in
from tokens.permissions import reach


def last_event(token):
    return AuditEvent.objects.filter(token_id=token.pk).order_by("pk").last()


@pytest.mark.parametrize(
    ("pks", "kept"),
    [(None, ""), ([], ","), ([7], ",7,"), ([12, 7, 12], ",7,12,")],
)
def test_ids_are_kept_in_one_spelling(pks, kept):
    assert as_kept(pks) == kept
    assert ids_in(kept) == (None if pks is None else sorted(set(pks)))


def test_a_token_is_born_with_its_restrictions(main, sub):
    token = TokenFactory(account=main, scopes="read", accounts=[sub.pk])

    assert (again(token).scopes, again(token).kept_to) == ("read", f",{sub.pk},")
    assert accounts_kept_to(token) == [sub]
    assert last_event(token).data == {
        "kind": "api",
        "scopes": ["read"],
        "accounts": ["Staging"],
    }


def test_without_any_it_may_do_everything_everywhere(main):
    token = TokenFactory(account=main)

    assert (again(token).scopes, again(token).kept_to) == ("", "")
    assert accounts_kept_to(token) is None
    assert last_event(token).data == {"kind": "api"}


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"kind": Kind.LOGS, "scopes": "read"}, "scopes", "Only API tokens can be kept to that."),
        ({"kind": Kind.LOGS, "accounts": [1]}, "accounts", "Only API tokens can be kept to that."),
        ({"accounts": []}, "accounts", "Choose at least one account."),
        ({"accounts": [2**31 - 1]}, "accounts", "There is no account 2147483647 here."),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(main, fields, field, message):
    with pytest.raises(RuleViolation) as refused:
        TokenFactory(account=main, **fields)

    assert (refused.value.field, refused.value.message) == (field, message)
    assert not main.tokens.filter(kind=Kind.API).exists()


def test_accounts_of_others_and_deleted_ones_are_none(main, sub):
    delete_account(sub, by=BY)

    for account in (sub, MainFactory(), ChildFactory()):
        with pytest.raises(RuleViolation, match="There is no account"):
            TokenFactory(account=main, accounts=[account.pk])


def test_a_child_s_token_is_not_kept_to_accounts(sub):
    with pytest.raises(RuleViolation, match="Only a token of the main account"):
        TokenFactory(account=sub, accounts=[sub.pk])


def test_scopes_are_narrowed_and_never_widened(main):
    token = TokenFactory(account=main)

    token.restrict(by=BY, scopes="read users:write")
    token.restrict(by=BY, scopes="users:write")

    for wider in ("", "read", "users:write audit:read"):
        with pytest.raises(RuleViolation) as refused:
            token.restrict(by=BY, scopes=wider)
        assert (refused.value.code, refused.value.field) == ("wider", "scopes")
    assert (token.scopes, again(token).scopes, again(token).version) == (
        *["users:write"] * 2,
        3,
    )
    event = last_event(token)
    assert (event.action, event.account) == (Action.TOKEN_RESTRICTED, main)
    assert event.changes == [("Scopes", "read, users:write", "users:write")]


def test_accounts_are_narrowed_and_never_widened(main, sub):
    other = ChildFactory(main=main, name="Web")
    token = TokenFactory(account=main)

    token.restrict(by=BY, accounts=[sub.pk, other.pk])
    token.restrict(by=BY, accounts=[other.pk])

    for wider in ([sub.pk, other.pk], [main.pk]):
        with pytest.raises(RuleViolation) as refused:
            token.restrict(by=BY, accounts=wider)
        assert (refused.value.code, refused.value.field) == ("wider", "accounts")
    with pytest.raises(RuleViolation, match="Choose at least one account"):
        token.restrict(by=BY, accounts=[])
    assert again(token).kept_to == f",{other.pk},"
    assert last_event(token).changes == [("Accounts", "Staging, Web", "Web")]


def test_what_a_token_is_kept_to_already_is_no_change(main, sub):
    token = TokenFactory(account=main, scopes="read", accounts=[sub.pk])
    before = actions(token)

    token.restrict(by=BY)
    token.restrict(by=BY, scopes="read", accounts=[sub.pk])

    assert (actions(token), again(token).version) == (before, 1)


def test_both_are_narrowed_at_once_or_neither(main, sub):
    token = TokenFactory(account=main, scopes="read")

    with pytest.raises(RuleViolation):
        token.restrict(by=BY, accounts=[sub.pk], scopes="")
    assert again(token).kept_to == token.kept_to == ""

    token.restrict(by=BY, accounts=[sub.pk], scopes="audit:read")
    assert last_event(token).changes == [
        ("Scopes", "read", "audit:read"),
        ("Accounts", "all", "Staging"),
    ]


def test_only_api_tokens_are_kept_to_scopes(main):
    token = TokenFactory(account=main, kind=Kind.LOGS)

    with pytest.raises(RuleViolation, match="Only API tokens"):
        token.restrict(by=BY, scopes="read")
    assert again(token).scopes == token.scopes == ""


def test_who_saw_an_older_version_is_told(main):
    token = TokenFactory(account=main)

    with pytest.raises(Stale):
        token.restrict(by=BY, scopes="read", version=0)


def test_rotating_deleting_and_restoring_keep_it(main, sub):
    token = TokenFactory(account=main, scopes="read", accounts=[sub.pk])

    token.rotate(by=BY, overlap=timedelta(hours=1))
    token.roll_back(by=BY)
    token.delete_softly(by=BY)
    token.restore(by=BY)

    assert (again(token).scopes, again(token).kept_to) == ("read", f",{sub.pk},")


def test_reach_is_what_both_allow(main, sub):
    hidden = ChildFactory(main=main, searchable=False)
    token = TokenFactory(account=main, accounts=[sub.pk, hidden.pk])

    assert list(reach(token)) == [sub]


def test_a_deleted_child_drops_out_and_nothing_comes_in(main, sub):
    token = TokenFactory(account=main, accounts=[sub.pk])

    delete_account(sub, by=BY)
    assert (accounts_kept_to(token), list(reach(token))) == ([], [])
    assert not token.may_enter(main.pk)

    restore_account(sub, by=BY)
    assert list(reach(again(token))) == [sub]
