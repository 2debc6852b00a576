"""What tokens are kept to, in a file."""

import pytest

from accounts.models import Account
from client.declaring.restrictions import is_less, is_narrower, meant, scopes_meant
from tests.factories import BY, FilterFactory, ShareFactory

ACME = """
accounts:
  - kind: main
    name: Acme
    filters: [{field: env, value: prod}]
    shared_tokens:
      - name: Board
        filters: [{field: env, value: prod}]
        networks: ["2001:db8::/32"]
    tokens:
      - {name: default}
      - name: Fluent Bit
        networks: ["203.0.113.5", "::ffff:10.0.0.0/104"]
        calls_per_minute: 600
  - kind: sub
    name: Staging
    max_daily_gb: 1
    tokens:
      - {name: default, calls_per_minute: 9}
      - {kind: api, name: Terraform, scopes: [accounts:write, "accounts:read"]}
  - kind: metrics
    name: Numbers
    plan_uts: 1
    tokens: [{kind: metrics, name: default, networks: [10.0.0.0/8]}]
"""


def test_tokens_are_kept_to_what_the_file_says(run, main):
    planned = run("plan", text=ACME, code=2)
    assert "networks: 203.0.113.5, ::ffff:10.0.0.0/104" in planned.stdout
    run("apply", "--yes")

    assert run("plan").stdout == "Nothing to do.\n"
    made = main.tokens.get(name="Fluent Bit")
    assert (made.networks, made.calls_per_minute) == ("203.0.113.5/32 10.0.0.0/8", 600)
    minted = Account.objects.get(name="Staging").tokens.get(kind="api")
    assert minted.scopes == "accounts:write"
    text = run("export").stdout
    assert "accounts:write" in text
    assert run("plan", "--prune", text=text).stdout == "Nothing to do.\n"


def test_restrictions_are_narrowed(run, main):
    run("apply", "--yes", text=ACME)
    text = ACME.replace("calls_per_minute: 600", "calls_per_minute: 60")
    text = text.replace("::ffff:10.0.0.0/104", "10.0.0.0/9, 10.128.0.0/9")
    text = text.replace('10.0.0.0/9, 10.128.0.0/9"', '10.0.0.0/9", "10.128.0.0/9"')
    text = text.replace('["2001:db8::/32"]', '["2001:db8::/48", "2001:db8:1::1"]')

    planned = run("plan", text=text, code=2)
    assert "calls_per_minute: 600 → 60" in planned.stdout
    run("apply", "--yes")

    assert run("plan").stdout == "Nothing to do.\n"
    networks = main.tokens.get(name="Fluent Bit").networks
    assert networks == "203.0.113.5/32 10.0.0.0/9 10.128.0.0/9"


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (
            "calls_per_minute: 600",
            "calls_per_minute: null",
            "log token Fluent Bit in Acme (main) would be given more by its "
            "calls_per_minute: a token is only ever given less. For more, make another "
            "token.",
        ),
        (
            'networks: ["203.0.113.5", "::ffff:10.0.0.0/104"]',
            "networks: []",
            "Fluent Bit in Acme (main) would be given more by its networks",
        ),
        (
            "networks: [10.0.0.0/8]",
            "networks: [11.0.0.0/8]",
            "metrics token default in Numbers (metrics) would be given more by its "
            "networks: a token is only ever given less. For more, rotate it.",
        ),
    ],
)
def test_what_would_widen_is_told(run, main, before, after, told):
    run("apply", "--yes", text=ACME)

    refused = run("plan", text=ACME.replace(before, after), code=1)

    assert told in " ".join(refused.stderr.split())


@pytest.mark.parametrize(
    ("before", "after"),
    [("", "[10.0.0.0/8]"), ("10.0.0.0/8", "[10.1.0.0/16]")],
)
def test_nobody_sees_what_they_see_neither_before_nor_after(
    run, main, wire, before, after
):
    narrowing = FilterFactory(account=main, field="env", value="prod")
    token = ShareFactory(account=main, name="Board", filters=[narrowing]).token
    token.set_networks(before.split(), by=BY)
    run("apply", "--yes", text=board(after))

    assert [method for method, _ in wire.asked if method != "GET"] == ["PATCH", "PUT"]
    assert run("plan").stdout == "Nothing to do.\n"


def board(networks):
    return (
        "accounts: [{kind: main, name: Acme, shared_tokens: "
        f"[{{name: Board, shows_everything: true, networks: {networks}}}]}}]"
    )


@pytest.mark.parametrize(
    ("networks", "others", "narrower"),
    [
        ([], [], True),
        (["10.0.0.0/8"], [], True),
        ([], ["10.0.0.0/8"], False),
        (["10.0.0.0/8"], ["10.1.0.0/16"], False),
        (["10.1.0.0/16", "10.2.3.4"], ["10.0.0.0/8", "::1"], True),
        (["10.1.0.0/16", "11.0.0.1"], ["10.0.0.0/8"], False),
        (["10.0.0.0/8"], ["10.0.0.0/9", "10.128.0.0/9"], True),
    ],
)
def test_networks_are_within_others(networks, others, narrower):
    assert is_narrower(networks, others) is narrower


def test_what_means_the_same_is_the_same():
    assert meant("networks", ["10.0.0.1"]) == meant("networks", ["10.0.0.1/32"])
    assert meant("calls_per_minute", None) is None
    assert scopes_meant(["read", "everything"]) == {"everything"}
    assert scopes_meant(["read", "audit:read", "users:write"]) == {
        "read",
        "users:write",
    }


@pytest.mark.parametrize(
    ("scopes", "others", "less"),
    [
        ({"everything"}, {"everything"}, True),
        ({"read"}, {"everything"}, True),
        ({"everything"}, {"read"}, False),
        ({"users:read"}, {"read"}, True),
        ({"users:read"}, {"users:write"}, True),
        ({"users:write"}, {"users:read"}, False),
        ({"read"}, {"users:write"}, False),
        ({"users:read", "audit:read"}, {"users:read"}, False),
    ],
)
def test_scopes_are_within_others(scopes, others, less):
    assert is_less(scopes, others) is less
