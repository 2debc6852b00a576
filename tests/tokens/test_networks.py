"""Networks of a token: how they are read, and which addresses are in them."""

from datetime import timedelta

import pytest

from accounts.models import AccountKind, Action, AuditEvent
from accounts.rule_violations import RuleViolation
from tests.factories import BY, ChildFactory, TokenFactory
from tests.tokens.actions import again
from tests.tokens.audited import actions
from tokens.kinds import Kind
from tokens.models import TokenPolicy
from tokens.networks import first_outside, holds, read_networks
from tokens.permissions import Use, is_elsewhere
from tokens.verification import verify


@pytest.mark.parametrize(
    ("lines", "networks"),
    [
        ([], ""),
        (["", "  "], ""),
        (["10.0.0.0/8"], "10.0.0.0/8"),
        (["203.0.113.9"], "203.0.113.9/32"),
        (["203.0.113.0/255.255.255.0"], "203.0.113.0/24"),
        (["2001:DB8:0:0::/32"], "2001:db8::/32"),
        (["2001:db8::1"], "2001:db8::1/128"),
        (["::ffff:10.0.0.0/104"], "10.0.0.0/8"),
        (["::ffff:10.0.0.1"], "10.0.0.1/32"),
        (["10.0.0.0/8, 192.168.0.0/16", "fd00::/8"], "10.0.0.0/8 192.168.0.0/16 fd00::/8"),
        # As long as one may be written.
        (["10.0.0.0/" + "0" * 40 + "8"], "10.0.0.0/8"),
        # One inside of another is no mistake.
        (["10.0.0.0/8", "10.1.0.0/16"], "10.0.0.0/8 10.1.0.0/16"),
    ],
)  # fmt: skip
def test_networks_are_read_in_one_spelling(lines, networks):
    assert read_networks(lines) == networks


NO_NETWORK = "This is no address and no network, such as 203.0.113.0/24."


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["10.0.0.0/8", "office"], f"Line 2: {NO_NETWORK}"),
        (["10.0.0.300"], f"Line 1: {NO_NETWORK}"),
        (["10.0.0.0/33"], f"Line 1: {NO_NETWORK}"),
        (["fe80::1%eth0"], f"Line 1: {NO_NETWORK}"),
        (["10.0.0.0/" + "0" * 41 + "8"], f"Line 1: {NO_NETWORK}"),
        (
            ["10.0.0.5/24"],
            "Line 1: 10.0.0.5 has bits beyond /24. "
            "Write 10.0.0.0/24 for the network, or 10.0.0.5 for the one address.",
        ),
        (
            ["", "2001:db8::1/64"],
            "Line 2: 2001:db8::1 has bits beyond /64. "
            "Write 2001:db8::/64 for the network, or 2001:db8::1 for the one address.",
        ),
        (
            ["10.0.0.0/8", "10.0.0.0/255.0.0.0"],
            "Line 2: 10.0.0.0/8 is in line 1 already.",
        ),
        (
            ["0.0.0.0/0"],
            "Line 1: 0.0.0.0/0 is every address of IPv4. "
            "Without networks a token can be used from anywhere.",
        ),
        (
            ["::/0"],
            "Line 1: ::/0 is every address of IPv6. "
            "Without networks a token can be used from anywhere.",
        ),
        (
            ["::ffff:0:0/96"],
            "Line 1: 0.0.0.0/0 is every address of IPv4. "
            "Without networks a token can be used from anywhere.",
        ),
        (
            [f"10.0.{number}.0/24" for number in range(51)],
            "A token is kept to up to 50 networks. These are 51.",
        ),
    ],
)
def test_a_wrong_line_is_named(lines, message):
    with pytest.raises(RuleViolation) as refused:
        read_networks(lines)

    assert (refused.value.message, refused.value.field) == (message, "networks")
    is_many = message.startswith("A token is kept to up to 50")
    assert refused.value.code == ("too_many_networks" if is_many else "networks_wrong")


def test_fifty_networks_are_taken():
    lines = [f"10.0.{number}.0/24" for number in range(50)]

    assert read_networks(lines) == " ".join(lines)


@pytest.mark.parametrize(
    ("address", "is_held"),
    [
        ("10.0.0.0", True),
        ("10.255.255.255", True),
        ("9.255.255.255", False),
        ("11.0.0.0", False),
        ("203.0.113.9", True),
        ("203.0.113.10", False),
        ("2001:db8:ffff::1", True),
        ("2001:db9::", False),
        ("::a00:1", False),
        ("", False),
    ],
)
def test_networks_hold_their_addresses(address, is_held):
    networks = "10.0.0.0/8 203.0.113.9/32 2001:db8::/32"

    assert holds(networks, address) is is_held


@pytest.mark.django_db
def test_a_token_is_kept_to_networks_and_then_to_fewer(main):
    token = TokenFactory(account=main, kind=Kind.LOGS)

    token.set_networks(["10.0.0.0/8", "2001:db8::/32"], by=BY, version=1)
    token.set_networks(["10.0.0.0/8 2001:DB8::/32"], by=BY)
    token.set_networks(["10.1.0.0/16"], by=BY)

    assert again(token).networks == "10.1.0.0/16"
    assert again(token).version == 3
    changed = [Action.TOKEN_NETWORKS_CHANGED] * 2
    assert actions(token) == [Action.TOKEN_CREATED, *changed]


@pytest.mark.parametrize(
    ("networks", "others", "outside"),
    [
        ("", "10.0.0.0/8", None),
        ("10.0.0.0/8", "", None),
        ("10.0.0.0/8", "10.0.0.0/8", None),
        ("10.255.0.0/16 ::1/128", "10.0.0.0/8 ::/64", None),
        ("10.0.0.0/8", "10.0.0.0/9 10.128.0.0/9", None),
        ("::/63", "::/64 0:0:0:1::/64", None),
        ("10.0.0.0/8", "10.0.0.0/9", "10.0.0.0/8"),
        ("10.1.0.0/16 11.0.0.0/16 12.0.0.0/16", "10.0.0.0/8", "11.0.0.0/16"),
        ("::1/128", "10.0.0.0/8", "::1/128"),
        ("0.0.0.1/32", "::/64", "0.0.0.1/32"),
    ],
)
def test_what_is_outside_of_other_networks(networks, others, outside):
    found = first_outside(networks, others)

    assert (found and str(found)) == outside


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([], "the networks that it is kept to cannot be taken away."),
        (
            ["10.1.0.0/16", "192.168.0.0/16"],
            "192.168.0.0/16 is outside of the networks that it is kept to.",
        ),
    ],
)
def test_networks_are_never_widened(main, lines, words):
    token = TokenFactory(account=main, networks=["10.0.0.0/8"])

    with pytest.raises(RuleViolation) as refused:
        token.set_networks(lines, by=BY)

    assert refused.value.message == f"A token is only ever given less: {words}"
    assert (refused.value.code, refused.value.field) == ("wider", "networks")
    assert (again(token).networks, again(token).version) == ("10.0.0.0/8", 1)


@pytest.mark.django_db
def test_a_wrong_line_changes_nothing(main):
    token = TokenFactory(account=main, kind=Kind.LOGS, networks=["10.0.0.0/8"])

    with pytest.raises(RuleViolation):
        token.set_networks(["192.168.0.0/16", "office"], by=BY)

    assert token.networks == again(token).networks == "10.0.0.0/8"


@pytest.mark.django_db
def test_a_limit_is_set_and_lowered(main):
    token = TokenFactory(account=main)

    token.set_calls_per_minute(30, by=BY, version=1)
    token.set_calls_per_minute(30, by=BY)
    token.set_calls_per_minute(29, by=BY)

    assert again(token).calls_per_minute == 29
    assert actions(token) == [Action.TOKEN_CREATED, *[Action.TOKEN_LIMIT_CHANGED] * 2]


@pytest.mark.django_db
@pytest.mark.parametrize("most", [None, 1201])
def test_a_limit_is_never_raised(main, most):
    token = TokenFactory(account=main, calls_per_minute=1200)

    with pytest.raises(RuleViolation) as refused:
        token.set_calls_per_minute(most, by=BY)

    assert refused.value.message == (
        "A token is only ever given less: its limit of 1,200 calls a minute cannot be "
        "raised."
    )
    assert (refused.value.code, refused.value.field) == ("wider", "calls_per_minute")
    assert again(token).calls_per_minute == 1200


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "most", "code"),
    [
        (Kind.API, 0, "limit_out_of_range"),
        (Kind.API, 1_000_001, "limit_out_of_range"),
        (Kind.GATEWAY, 60, "no_limit"),
        (Kind.SCANNER, 60, "no_limit"),
    ],
)
def test_a_limit_that_cannot_be_is_refused(main, kind, most, code):
    token = TokenFactory(account=main if kind == Kind.API else None, kind=kind)

    with pytest.raises(RuleViolation) as refused:
        token.set_calls_per_minute(most, by=BY)

    assert (refused.value.code, refused.value.field) == (code, "calls_per_minute")


@pytest.mark.django_db
def test_a_rotation_keeps_networks_and_limit(main):
    token = TokenFactory(account=main, networks=["10.0.0.0/8"], calls_per_minute=60)

    secret = token.rotate(by=BY)

    assert (token.networks, token.calls_per_minute) == ("10.0.0.0/8", 60)
    assert verify(secret.reveal(), Use.API, "10.0.0.1") == token
    assert verify(secret.reveal(), Use.API, "11.0.0.1") is None


@pytest.fixture
def single(main):
    """The one token of a metrics account, kept to networks and a limit."""
    account = ChildFactory(main=main, kind=AccountKind.METRICS)
    token = account.tokens.get()
    token.limit_use(networks=["10.0.0.0/8"], calls_per_minute=60, by=BY)
    return token


@pytest.mark.django_db
def test_the_only_token_leaves_what_it_is_kept_to_with_its_secret(single):
    old = single.reveal(by=BY).reveal()

    secret = single.rotate(by=BY, unrestricted=True)

    assert (again(single).networks, again(single).calls_per_minute) == ("", None)
    assert verify(secret.reveal(), Use.SHIP_METRICS, "11.0.0.1") == single
    assert verify(old, Use.SHIP_METRICS, "10.0.0.1") is None
    assert AuditEvent.objects.order_by("pk").last().data["changes"] == [
        ["networks", "10.0.0.0/8", ""],
        ["calls_per_minute", 60, None],
    ]


@pytest.mark.django_db
def test_only_what_it_was_kept_to_is_told(main):
    token = ChildFactory(main=main, kind=AccountKind.METRICS).tokens.get()
    token.set_networks(["10.0.0.0/8"], by=BY)

    token.rotate(by=BY, unrestricted=True)
    first = AuditEvent.objects.order_by("pk").last().data
    token.rotate(by=BY, unrestricted=True)

    assert first["changes"] == [["networks", "10.0.0.0/8", ""]]
    assert "changes" not in AuditEvent.objects.order_by("pk").last().data


@pytest.mark.django_db
def test_an_old_secret_that_works_stays_restricted(single):
    with pytest.raises(RuleViolation) as refused:
        single.rotate(by=BY, unrestricted=True, overlap=timedelta(hours=1))

    assert (refused.value.code, refused.value.field) == ("old_secret_works", "overlap")
    assert again(single).networks == "10.0.0.0/8"


@pytest.mark.django_db
def test_a_token_that_can_be_made_anew_keeps_what_it_is_kept_to(main):
    token = TokenFactory(account=main, kind=Kind.LOGS, calls_per_minute=60)

    with pytest.raises(RuleViolation) as refused:
        token.rotate(by=BY, unrestricted=True)

    assert (refused.value.code, refused.value.field) == ("wider", "unrestricted")
    assert again(token).calls_per_minute == 60


@pytest.mark.django_db
def test_networks_that_a_policy_asks_for_are_not_left(single):
    TokenPolicy.objects.create(
        organisation=single.organisation, kind=Kind.METRICS, networks_required=True
    )

    with pytest.raises(RuleViolation) as refused:
        single.rotate(by=BY, unrestricted=True)

    assert refused.value.code == "policy_networks_required"
    single.rotate(by=BY)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("networks", "address", "expected"),
    [
        ([], None, False),
        ([], "203.0.113.9", False),
        (["10.0.0.0/8"], "10.0.0.1", False),
        (["10.0.0.0/8"], "203.0.113.9", True),
        (["10.0.0.0/8"], None, True),
        (["10.0.0.0/8"], "", True),
    ],
)
def test_a_caller_is_elsewhere(main, networks, address, expected):
    token = TokenFactory(account=main, networks=networks)

    assert is_elsewhere(token, address) is expected
