"""Limits of one token within what its kind and its account allow: less, never more."""

from django.db.models import Q

from accounts.rule_violations import RuleViolation
from accounts.scopes import (
    READ_SCOPE,
    SCOPE_LABELS,
    SCOPES,
    covers,
    is_within,
    names_of,
)
from tokens.kinds import Kind
from tokens.networks import first_outside

# As Token.kept_to has them: all accounts, and none.
ALL, NONE = "", ","
# Accounts that a sentence names.
NAMED = 3


def as_kept(pks):
    """Return ids of accounts as a token keeps them; None is all accounts."""
    if pks is None:
        return ALL
    return "".join([NONE, *(f"{pk}," for pk in sorted(set(pks)))])


def ids_in(kept_to):
    """Return the ids of the accounts that a token is kept to, or None for all."""
    if kept_to == ALL:
        return None
    return [int(pk) for pk in kept_to.split(",") if pk]


def accounts_kept_to(token):
    """Return the accounts that a token is kept to and that there are, or None for all."""
    pks = ids_in(token.kept_to)
    if pks is None:
        return None
    return list(token.organisation.accounts.not_deleted().in_order().filter(pk__in=pks))


def scopes_of(token):
    """Return the names of an API token's scopes, or None for another kind of token."""
    return names_of(token.scopes) if token.kind == Kind.API else None


def in_any_scope(needed):
    """Return the condition of the API tokens that hold one of some scopes."""
    found = Q(scopes="")
    for each in SCOPES:
        if any(covers(each, scope) for scope in needed):
            found |= _named(each)
    return Q(kind=Kind.API) & found


def _named(scope):
    if scope == READ_SCOPE:
        # It comes first, and others end in the same letters.
        return Q(scopes=READ_SCOPE) | Q(scopes__startswith=f"{READ_SCOPE} ")
    return Q(scopes__contains=scope)


def check_new(token):
    """Raise RuleViolation for a new token that cannot be kept to what it shall be."""
    _check_kind(token)
    _check_accounts(token)


def narrow(token, *, scopes=None, accounts=None):
    """Keep a token to less, and yield the changes; None leaves as it is.

    `scopes` as accounts.scopes keeps them, `accounts` ids. Raises RuleViolation for what
    would be more.
    """
    if scopes is not None and scopes != token.scopes:
        yield _narrow_scopes(token, scopes)
    if accounts is not None and as_kept(accounts) != token.kept_to:
        yield _narrow_accounts(token, as_kept(accounts))
    _check_kind(token)


def _narrow_scopes(token, scopes):
    if not is_within(scopes, token.scopes):
        raise _wider("its scopes cannot be widened.", "scopes")
    before, token.scopes = token.scopes, scopes
    return ["scopes", names_of(before), names_of(scopes)]


def _narrow_accounts(token, kept_to):
    held = ids_in(token.kept_to)
    if held is not None and not set(ids_in(kept_to)) <= set(held):
        raise _wider("no account can be added.", "accounts")
    before, token.kept_to = _names(token), kept_to
    _check_accounts(token)
    return ["accounts", before, _names(token)]


def check_networks(networks, before):
    """Raise RuleViolation for networks that hold more than those that a token had."""
    if before and not networks:
        raise _wider(
            "the networks that it is kept to cannot be taken away.", "networks"
        )
    outside = first_outside(networks, before)
    if outside:
        raise _wider(
            f"{outside} is outside of the networks that it is kept to.", "networks"
        )


def check_limit(most, before):
    """Raise RuleViolation for a limit above the one that a token had."""
    if before is not None and (most is None or most > before):
        raise _wider(
            f"its limit of {before:,} calls a minute cannot be raised.",
            "calls_per_minute",
        )


def check_letting_go(token, overlap):
    """Raise RuleViolation for a rotation that may not take off what a token is kept to.

    Who needs more of another kind makes another token; of these an account has one.
    """
    if not token.rule.is_single:
        raise _wider("for more, make another token.", "unrestricted")
    if overlap:
        raise RuleViolation(
            "old_secret_works",
            "The old secret stays restricted for as long as it works: let it stop now.",
            field="overlap",
        )


def _check_kind(token):
    if token.kind != Kind.API and (token.scopes or token.kept_to):
        field = "scopes" if token.scopes else "accounts"
        raise RuleViolation(
            "api_tokens_only", "Only API tokens can be kept to that.", field=field
        )


def _check_accounts(token):
    if token.kept_to == ALL:
        return
    if not token.account.is_main:
        raise _not_these("Only a token of the main account can be kept to accounts.")
    if token.kept_to == NONE:
        raise _not_these("Choose at least one account.")
    known = {account.pk for account in accounts_kept_to(token)}
    unknown = [pk for pk in ids_in(token.kept_to) if pk not in known]
    if unknown:
        raise _not_these(f"There is no account {unknown[0]} here.")


def _wider(words, field):
    return RuleViolation(
        "wider", f"A token is only ever given less: {words}", field=field
    )


def _not_these(message):
    return RuleViolation("unusable_accounts", message, field="accounts")


def _names(token):
    accounts = accounts_kept_to(token)
    return "all" if accounts is None else [account.name for account in accounts]


def in_words(scopes, accounts):
    """Return the sentence that says what an API token can do, and in which accounts."""
    return f"It can {_deeds(scopes)}{_places(accounts)}."


def in_words_of(token):
    """Return the same of a token as it is."""
    return in_words(token.scopes, accounts_kept_to(token))


def _deeds(scopes):
    if scopes == "":
        return "do everything that its account may"
    if scopes == READ_SCOPE:
        return "read everything, change nothing and reveal no secret"
    return _joined(
        [
            SCOPE_LABELS[each][0].lower() + SCOPE_LABELS[each][1:]
            for each in scopes.split()
        ]
    )


def _places(accounts):
    if accounts is None:
        return ""
    if len(accounts) > NAMED:
        return f", in {len(accounts):,} accounts only"
    names = _joined([account.name for account in accounts])
    return f", in {names} only" if names else ", but in no account that there is"


def _joined(words):
    *others, last = words or [""]
    return f"{', '.join(others)} and {last}" if others else last


def told(token):
    """Return what the audit trail is told of a new token's restrictions."""
    found = {}
    if token.scopes:
        found["scopes"] = names_of(token.scopes)
    if token.kept_to:
        found["accounts"] = _names(token)
    return found
