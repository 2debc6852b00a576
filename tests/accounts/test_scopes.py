"""Scopes: which cover which, and what a token that is kept to some may do."""

from itertools import product

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from accounts.operations import Operation
from accounts.permissions import (
    POLICY,
    SCOPE_OF,
    KeptElsewhere,
    OutOfScope,
    require_of_token,
    require_scope,
    token_may,
)
from accounts.relations import Relation
from accounts.rule_violations import RuleViolation
from accounts.scopes import (
    EVERYTHING_SCOPE,
    SCOPE_AREAS,
    SCOPE_LABELS,
    SCOPES,
    TEXT_LENGTH,
    as_scopes,
    covers,
    is_within,
    names_of,
)
from tests.factories import ChildFactory, MainFactory
from tokens.models import Token

OF_TOKENS = Relation.TOKEN, Relation.MAIN_TOKEN, Relation.MAIN_TOKEN_SHUT


def test_there_are_these_scopes():
    assert (
        "read",
        *("accounts:read", "accounts:write", "users:read", "users:write"),
        *("shipping:read", "shipping:write", "shared:read", "shared:write"),
        *("api:read", "api:write", "audit:read"),
        *("logs:read", "metrics:read", "traces:read"),
    ) == SCOPES
    assert len(" ".join(SCOPES)) <= TEXT_LENGTH


def test_each_operation_has_a_scope_exactly_when_tokens_may_do_it():
    for operation in Operation:
        possible = {POLICY[operation][each] for each in OF_TOKENS} & {"y", "m", "s"}
        known = {*SCOPES, "any"} if possible else {"-"}
        assert SCOPE_OF[operation] in known, operation


def test_only_reading_has_a_scope_that_reads():
    reading = {each for each in Operation if SCOPE_OF[each].endswith(":read")}

    assert {each.value.partition(".")[2] for each in reading} == {"list", "view"}


def test_every_token_may_do_two_things_only():
    free = {each for each in Operation if SCOPE_OF[each] == "any"}

    assert free == {Operation.WHOAMI, Operation.ACCOUNT_OVERSEE}


@pytest.mark.parametrize(
    ("scopes", "covered"),
    [
        ("", {EVERYTHING_SCOPE, *SCOPES}),
        ("read", {each for each in SCOPES if each.endswith("read")}),
        ("users:read", {"users:read"}),
        ("users:write", {"users:read", "users:write"}),
        ("read shared:write", {*(f"{area}:read" for area in SCOPE_AREAS), "read", "shared:write"}),
        ("audit:read logs:read", {"audit:read", "logs:read"}),
    ],
)  # fmt: skip
def test_what_scopes_cover(scopes, covered):
    assert {
        each for each in (EVERYTHING_SCOPE, *SCOPES) if covers(scopes, each)
    } == covered


@pytest.mark.parametrize(
    ("names", "scopes"),
    [
        (["everything"], ""),
        (["everything", "read"], ""),
        *(([each], each) for each in SCOPES),
        (["users:write", "accounts:read"], "accounts:read users:write"),
        (["users:read", "users:write"], "users:write"),
        (["users:read", "read"], "read"),
        (["read", "read", "users:write"], "read users:write"),
    ],
)
def test_names_become_scopes_in_one_spelling(names, scopes):
    assert as_scopes(names) == scopes


@pytest.mark.parametrize(
    ("names", "code", "message"),
    [
        ([], "scope_required", "Choose at least one scope."),
        (["read", "x", "audit:write"], "unknown_scope", "There is no scope audit:write."),
    ],
)  # fmt: skip
def test_other_names_are_refused(names, code, message):
    with pytest.raises(RuleViolation) as refused:
        as_scopes(names)

    assert (refused.value.code, refused.value.message) == (code, message)
    assert refused.value.field == "scopes"


def test_names_for_programs():
    assert names_of("") == ["everything"]
    assert names_of("read users:write") == ["read", "users:write"]


def test_nothing_is_within_less_than_it_covers():
    texts = ["", "read", "users:write", "users:read", "read users:write", "logs:read"]
    every = {EVERYTHING_SCOPE, *SCOPES}

    for one, other in product(texts, texts):
        covered = [
            {each for each in every if covers(text, each)} for text in (one, other)
        ]
        assert is_within(one, other) == (covered[0] <= covered[1]), (one, other)


@pytest.fixture
def places(main):
    opened = ChildFactory(main=main)
    return {
        "main": main,
        "open": opened,
        "sibling": ChildFactory(main=main),
        "shut": ChildFactory(main=main, accessible=False),
        "other": MainFactory(),
    }


def allowed(token, operation, places):
    return {
        name for name, place in places.items() if token_may(token, operation, place)
    }


def test_a_token_without_scopes_does_what_the_matrix_says(places):
    token = Token(account=places["main"])

    assert allowed(token, Operation.SHIP_CREATE, places) == {"main", "open", "sibling"}
    assert allowed(token, Operation.SHIP_LIST, places) == {"main", "open", "sibling"}
    assert allowed(token, Operation.API_DISABLE, places) == set()


def test_scopes_take_away_and_give_nothing(places):
    token = Token(account=places["main"], scopes="shipping:read")

    assert allowed(token, Operation.SHIP_CREATE, places) == set()
    assert allowed(token, Operation.SHIP_LIST, places) == {"main", "open", "sibling"}
    assert allowed(token, Operation.WHOAMI, places) == {"main"}


def test_a_token_kept_to_accounts_does_nothing_elsewhere(places):
    main = places["main"]
    one, none = (
        Token(account=main, kept_to=kept) for kept in (f",{places['open'].pk},", ",")
    )

    assert allowed(one, Operation.SHIP_LIST, places) == {"open"}
    assert allowed(none, Operation.SHIP_LIST, places) == set()
    assert allowed(one, Operation.ACCOUNT_OVERSEE, places) == {"main"}
    assert allowed(none, Operation.WHOAMI, places) == {"main"}


def test_an_account_is_not_taken_for_one_whose_id_has_its_digits():
    token = Token(kept_to=",12,345,")

    assert [pk for pk in (1, 2, 12, 23, 34, 345, 45) if token.may_enter(pk)] == [
        12,
        345,
    ]


def test_a_refusal_says_what_is_lacking(places):
    main, token = places["main"], Token(account=places["main"], scopes="users:read")

    with pytest.raises(OutOfScope) as refused:
        require_of_token(token, Operation.USER_INVITE, main)

    assert refused.value.sentence == "This API token lacks the scope users:write"
    assert (refused.value.scopes, refused.value.code) == (
        ["users:write"],
        "out_of_scope",
    )
    assert (refused.value.account, refused.value.operation) == (
        main,
        Operation.USER_INVITE,
    )
    assert isinstance(refused.value, PermissionDenied)


def test_what_the_matrix_hides_and_forbids_comes_before_scopes(places):
    token = Token(account=places["main"], scopes="users:read")

    with pytest.raises(Http404):
        require_of_token(token, Operation.SHIP_LIST, places["other"])
    with pytest.raises(PermissionDenied) as refused:
        require_of_token(token, Operation.SHIP_LIST, places["shut"])
    assert not isinstance(refused.value, OutOfScope)
    require_of_token(token, Operation.USER_LIST, places["shut"])


def test_elsewhere_a_token_that_is_kept_to_accounts_may_look_after_itself(places):
    main = places["main"]
    token = Token(account=main, kept_to=f",{places['open'].pk},")

    with pytest.raises(KeptElsewhere) as refused:
        require_of_token(token, Operation.SHIP_LIST, main)
    assert refused.value.sentence == "This API token is kept to other accounts"
    assert refused.value.code == "kept_elsewhere"
    require_of_token(token, Operation.API_DISABLE, main, itself=True)
    require_of_token(token, Operation.SHIP_LIST, places["open"])
    with pytest.raises(Http404):
        require_of_token(token, Operation.SHIP_LIST, places["sibling"])


def test_one_scope_of_several_is_enough(main):
    token = Token(account=main, scopes="shared:read")

    require_scope(token)
    require_scope(token, Operation.SHIP_LIST, Operation.SHARED_LIST)
    require_scope(token, Operation.SHIP_LIST, Operation.WHOAMI)
    with pytest.raises(OutOfScope) as refused:
        require_scope(
            token,
            Operation.SHIP_LIST,
            Operation.API_CREATE,
            Operation.SHARED_CREATE,
            Operation.SHARED_RENAME,
            Operation.AUDIT_VIEW,
        )
    assert (refused.value.account, refused.value.operation) == (
        main,
        Operation.SHIP_LIST,
    )
    assert refused.value.sentence == (
        "This API token lacks the scope audit:read, shared:write or shipping:read"
    )


def test_scopes_have_words_for_pages():
    assert SCOPE_LABELS == {
        "everything": "Do everything",
        "read": "Read everything",
        "accounts:read": "Read accounts",
        "accounts:write": "Read and change accounts",
        "users:read": "Read users",
        "users:write": "Read and change users",
        "shipping:read": "Read data shipping tokens",
        "shipping:write": "Read and change data shipping tokens",
        "shared:read": "Read shared tokens and filters",
        "shared:write": "Read and change shared tokens and filters",
        "api:read": "Read API tokens",
        "api:write": "Read and change API tokens",
        "audit:read": "Read the audit trail",
        "logs:read": "Query logs",
        "metrics:read": "Query metrics",
        "traces:read": "Query traces",
    }
