"""A replica that was left behind takes over from a PostgreSQL that is gone for good.

The database has gone back in time: it counts on from where it stood, so that numbers
come again, those of tokens too. Or the server of before is not gone, and goes on
telling whoever has a connection to it what was true then.
"""

import urllib.error
import urllib.request
from contextlib import closing, contextmanager

import psycopg
import pytest

from tests import postgresql
from tests.faults.load import running
from tests.gateway.wire import Wire
from tests.installation import Installation
from tests.relay import Relay
from tests.waiting import PATIENCE_SECONDS, wait_until

ASKED = 30
# What each process asks for all the time, over a connection of its own.
WATCHED = "accounts_generation|accounts_cryptokey|pg_control_system|NOT has_mac"
WATCHERS = f"""
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE query ~ '{WATCHED}' AND pid <> pg_backend_pid()
"""  # noqa: S608 -- a test's own words
OTHERS = f"""
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
AND query !~ '{WATCHED}'
"""  # noqa: S608 -- a test's own words

pytestmark = [pytest.mark.postgresql, pytest.mark.programs]


@pytest.fixture
def primary(migrated_server):
    return migrated_server


@pytest.fixture
def relay(primary):
    with Relay(str(postgresql.socket_of(primary))).running() as relay:
        yield relay


@pytest.fixture
def installation(tmp_path, relay):
    url = f"postgres://postgres@127.0.0.1:{relay.port}/postgres"
    installation = Installation(tmp_path, DATABASE_URL=url, THREADS="2")
    installation.make_keys()
    return installation


@contextmanager
def left_behind(server):
    """A replica that knows everything until now, and nothing that comes."""
    with postgresql.replica(server) as replica:
        postgresql.crash(replica)
        yield replica


def take_over(relay, primary, replica):
    postgresql.crash(primary)
    replica.ensure_postgres_running()
    postgresql.promote(replica)
    relay.turn(str(postgresql.socket_of(replica)))


def number_of(server, token):
    question = "SELECT id FROM tokens_token WHERE public_id = %s"
    return read(server, question, token[4:12])


def calls_of(server, token):
    question = (
        "SELECT coalesce(sum(calls), 0)::int FROM tokens_tokenusage"
        " JOIN tokens_token t ON t.id = token_id WHERE t.public_id = %s"
    )
    return read(server, question, token[4:12])


def read(server, question, *values):
    with psycopg.connect(server.get_uri()) as connection:
        return connection.execute(question, values).fetchone()[0]


def test_nothing_is_believed_of_a_database_that_is_gone(installation, relay, primary):
    make = "create_token", "--account"
    here, there, gateway, stopped = installation.commands(
        ("create_organisation", "Acme", "--plan=pro"),
        ("create_organisation", "Umbrella", "--plan=pro"),
        ("create_token", "--kind=gateway", "proxy"),
        (*make, "{0}", "stopped"),
    )

    with left_behind(primary) as replica:
        lost = installation.command(*make, here, "lost")
        with running(installation), closing(Wire(installation.port, gateway)) as wire:
            wait_until(lambda: wire.ask("api", stopped) == 204)
            wait_until(lambda: wire.ask("api", lost) == 204)
            # A busy machine may take too long to look it up.
            assert {wire.ask("api", lost) for _ in range(ASKED)} <= {204, 503}
            number = number_of(primary, lost)
            take_over(relay, primary, replica)
            disable = "disable_token", str(number_of(replica, stopped)), "--reason=x"
            _, heir = installation.commands(disable, (*make, there, "heir"))
            # The wire was idle for so long that the server may have closed it.
            with closing(Wire(installation.port, gateway)) as fresh:
                wait_until(lambda: fresh.ask("api", heir) == 204)
                wait_until(lambda: fresh.ask("api", stopped) == 403)
                wait_until(lambda: fresh.ask("api", lost) == 401)
            wait_until(lambda: calls_of(replica, heir) > 0)

        # The heir has the number, and none of the calls that were still to be written.
        assert number_of(replica, heir) == number
        assert calls_of(replica, heir) == 1


def whoami(installation, token):
    headers = {"X-API-TOKEN": token}
    request = urllib.request.Request(
        f"{installation.address}/api/v1/whoami", headers=headers
    )
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def end(server, connections):
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        return connection.execute(connections).fetchall()


def wait_unwatched(server, true):
    """Return when something is true; until then nobody keeps a watch on a server."""

    # The gate's process has one, the portal's another, and each begins when it likes.
    def is_true():
        end(server, WATCHERS)
        return true()

    wait_until(is_true)


def is_watched(server):
    question = "SELECT count(*) FROM pg_stat_activity WHERE query ~ %s AND pid <> pg_backend_pid()"
    return read(server, question, WATCHED)


def test_a_server_that_answers_still_is_not_believed(installation, relay, primary):
    _, gateway, token = installation.commands(
        ("create_organisation", "Acme", "--plan=pro"),
        ("create_token", "--kind=gateway", "proxy"),
        ("create_token", "--account", "{0}", "stopped"),
    )
    number = str(number_of(primary, token))
    stop = "disable_token", number, "--reason=leaked"

    with (
        postgresql.replica(primary) as replica,
        running(installation),
        closing(Wire(installation.gateway_port, gateway)) as wire,
    ):
        wait_until(lambda: wire.ask("api", token) == 204)
        wait_until(lambda: whoami(installation, token) == 200)
        postgresql.promote(replica)
        relay.lead(str(postgresql.socket_of(replica)))
        installation.command(*stop)
        # The wire was idle for so long that the server may have closed it.
        with closing(Wire(installation.gateway_port, gateway)) as fresh:
            wait_unwatched(primary, lambda: fresh.ask("api", token) == 403)
        wait_unwatched(primary, lambda: whoami(installation, token) == 401)


def test_a_new_connection_to_the_server_of_before_is_not_believed(
    installation, relay, primary
):
    """As by a name that leads there now and then."""
    _, gateway, token, other = installation.commands(
        ("create_organisation", "Acme", "--plan=pro"),
        ("create_token", "--kind=gateway", "proxy"),
        ("create_token", "--account", "{0}", "one"),
        ("create_token", "--account", "{0}", "other"),
    )
    before = str(postgresql.socket_of(primary))

    with (
        postgresql.replica(primary) as replica,
        running(installation),
        closing(Wire(installation.gateway_port, gateway)) as wire,
    ):
        wait_until(lambda: wire.ask("api", token) == 204)
        postgresql.promote(replica)
        after = str(postgresql.socket_of(replica))
        relay.lead(after)
        numbers = [str(number_of(replica, each)) for each in (token, other)]
        installation.commands(
            *(("disable_token", number, "--reason=leaked") for number in numbers)
        )
        # The wire was idle for so long that the server may have closed it.
        with closing(Wire(installation.port, gateway)) as fresh:
            wait_unwatched(primary, lambda: fresh.ask("api", token) == 403)
            # A question may have found it before whoever watches did.
            wait_until(lambda: is_watched(replica))
            relay.lead(before)
            assert end(replica, OTHERS)
            answers = {fresh.ask("api", other) for _ in range(ASKED)}
            relay.lead(after)
            wait_until(lambda: fresh.ask("api", other) == 403)

    assert answers == {503}
