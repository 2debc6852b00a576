"""What goes wrong, and how often; each yields what a load saw of it, and the ids kept."""

import itertools
import random
import sqlite3
import tempfile
import time
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import psycopg

from tests import pgbouncer, postgresql
from tests.faults.load import Load, Seen, running, settle
from tests.faults.updates import update_each, update_in_place, version_before
from tests.gateway import test_revocation
from tests.installation import PROJECT, Installation
from tests.relay import Relay
from tests.test_kill import TORN, acknowledged, ask

IDS = "SELECT id FROM tokens_token"
HANG_SECONDS = 3.0
SKEW_SECONDS = 90
# Every process of a host whose clock is behind; its children inherit the path.
BEHIND = """
import datetime

import time_machine

now = datetime.datetime.now(datetime.UTC)
past = now - datetime.timedelta(seconds={})
time_machine.travel(past, tick=True).start()
"""
MANY_CALLS = {"API_RATE": "1000000", "THREADS": "4"}


@contextmanager
def installed(project=PROJECT, **variables):
    with tempfile.TemporaryDirectory(prefix="tollgate-faults-") as folder:
        installation = Installation(Path(folder), **MANY_CALLS | variables)
        installation.project = project
        installation.set_up()
        yield installation


@contextmanager
def behind_a_relay(**how):
    """A server, the relay that leads to it, and an installation that asks it."""
    with ExitStack() as stack:
        server = stack.enter_context(postgresql.separate())
        target = str(postgresql.socket_of(server))
        relay = stack.enter_context(Relay(target).running())
        url = f"postgres://postgres@127.0.0.1:{relay.port}/postgres"
        installation = stack.enter_context(installed(DATABASE_URL=url, **how))
        yield server, relay, installation


def kept_by(server):
    with psycopg.connect(server.get_uri()) as connection:
        return {pk for (pk,) in connection.execute(IDS)}


def stop_one(world, server):
    """Disable the token that must not pass from then on."""
    question = "SELECT id FROM tokens_token WHERE public_id = %s"
    with psycopg.connect(server.get_uri()) as connection:
        found = connection.execute(question, [world.stopped[4:12]]).fetchone()
    world.installation.command("disable_token", str(found[0]), "--reason=leaked")
    world.stopped_at = time.monotonic()


def under_load(installation, server, fault, times):
    """Do something to a server again and again while everybody asks and writes."""
    world = settle(installation)
    with running(installation), Load(world).going_on() as seen:
        time.sleep(1)
        stop_one(world, server)
        for _ in range(times):
            time.sleep(random.uniform(0.3, 0.8))  # noqa: S311 -- any moment will do
            fault()
        time.sleep(5)
    return seen


def kills(times):
    """kill -9 of two writers of SQLite in the middle of it."""
    with installed() as installation:
        installation.command("create_organisation", "Acme", "--plan=pro")
        said = acknowledged(installation, times)
        made = [int(pk) for verb, pk in said if verb == "made"]
        kept = {pk for (pk,) in ask(installation, IDS)}
        torn = [("torn", pk) for (pk,) in ask(installation, TORN)]
    return Seen(acknowledged=made, wrong=torn), kept


def restarts(times):
    with behind_a_relay() as (server, _, installation):
        fault = lambda: postgresql.restart(server)  # noqa: E731 -- said in place
        return under_load(installation, server, fault, times), kept_by(server)


def freezes(times):
    with behind_a_relay() as (server, _, installation):

        def freeze():
            with postgresql.stopped(server):
                time.sleep(HANG_SECONDS)
            time.sleep(1)

        return under_load(installation, server, freeze, times), kept_by(server)


def drops(times):
    with behind_a_relay() as (server, relay, installation):

        def drop():
            relay.hang()
            time.sleep(HANG_SECONDS)
            relay.go_on()
            time.sleep(1)

        return under_load(installation, server, drop, times), kept_by(server)


def poolers(times):
    """By turns PgBouncer is killed and the server behind it restarted."""
    with pgbouncer.with_a_server() as (server, pooler):
        options = {"DATABASE_URL": pooler.url, "DATABASE_POOLER": "true"}
        done = itertools.count()

        def fault():
            if next(done) % 2:
                postgresql.restart(server)
            else:
                pooler.kill()
                pooler.start()

        with installed(**options) as installation:
            return under_load(installation, server, fault, times), kept_by(server)


def failovers(times):
    """The primary dies and a replica takes over, to which every commit was told."""
    with behind_a_relay() as (server, relay, installation), ExitStack() as stack:
        servers = [server]

        def fail_over():
            primary = servers[-1]
            replica = stack.enter_context(
                postgresql.replica(primary, f"replica{len(servers)}")
            )
            wait_for_commits(primary)
            time.sleep(0.5)
            postgresql.crash(primary)
            postgresql.promote(replica)
            run(replica, "ALTER SYSTEM SET synchronous_standby_names = ''")
            run(replica, "SELECT pg_reload_conf()")
            relay.turn(str(postgresql.socket_of(replica)))
            servers.append(replica)
            time.sleep(1)

        seen = under_load(installation, server, fail_over, times)
        return seen, kept_by(servers[-1])


def hosts(times):
    """The same, where `DATABASE_URL` names both servers and nothing leads to the right one.

    The one that died comes back as a replica of the other, at the port that it had.
    """
    with ExitStack() as stack:
        servers = [stack.enter_context(postgresql.separate())]
        relays = [relay_to(stack, servers[0]) for _ in range(2)]
        places = ",".join(f"127.0.0.1:{relay.port}" for relay in relays)
        url = f"postgres://postgres@{places}/postgres"
        installation = stack.enter_context(installed(DATABASE_URL=url))
        add_replica(stack, servers, relays)

        def fail_over():
            # Commits wait for it by now, so that none is lost with the primary.
            primary, replica = servers[-2:]
            postgresql.crash(primary)
            postgresql.promote(replica)
            run(replica, "ALTER SYSTEM SET synchronous_standby_names = ''")
            run(replica, "SELECT pg_reload_conf()")
            time.sleep(1)
            add_replica(stack, servers, relays)
            time.sleep(1)

        seen = under_load(installation, servers[0], fail_over, times)
        return seen, kept_by(servers[-2])


def relay_to(stack, server):
    target = str(postgresql.socket_of(server))
    return stack.enter_context(Relay(target).running())


def add_replica(stack, servers, relays):
    """Give the newest server a replica, at the place of the one before it."""
    primary, name = servers[-1], f"replica{len(servers)}"
    replica = stack.enter_context(postgresql.replica(primary, name))
    # Places take turns.
    relays[len(servers) % 2].turn(str(postgresql.socket_of(replica)))
    wait_for_commits(primary)
    servers.append(replica)


def archives(times):
    """The server is gone for good; another begins with a base backup and the WAL since.

    Base backups are made under load, as docs/backups.md has them.
    """
    with behind_a_relay() as (server, _, installation), ExitStack() as stack:
        archive = postgresql.folder_of(server, "archive")
        kept = f"{archive}/%f"
        for setting, value in (
            ("archive_mode", "on"),
            ("archive_command", f"test ! -f {kept} && cp %p {kept}"),
            ("archive_timeout", "60"),
        ):
            run(server, f"ALTER SYSTEM SET {setting} = '{value}'")
        # Only a start switches it on.
        postgresql.restart(server)
        numbers, bases = itertools.count(), []

        def back_up():
            bases.append(postgresql.folder_of(server, f"base{next(numbers)}"))
            options = "-D", bases[-1], "-Ft", "-z", "-X", "none"
            postgresql.base_backup(server, *options)

        seen = under_load(installation, server, back_up, times)
        wait_until_archived(server)
        postgresql.crash(server)
        restored = stack.enter_context(
            postgresql.restored(server, bases[0], f"cp {archive}/%f %p")
        )
        return seen, kept_by(restored)


def wait_until_archived(server):
    """Return when all that was written so far is in the archive."""
    (name,) = run(server, "SELECT pg_walfile_name(pg_switch_wal())")
    is_there = f"SELECT 1 FROM pg_stat_archiver WHERE last_archived_wal >= '{name}'"  # noqa: S608 -- the server's own name
    while not run(server, is_there):
        time.sleep(0.05)


def wait_for_commits(primary):
    """Let every commit wait until the replica has it as well."""
    run(primary, "ALTER SYSTEM SET synchronous_standby_names = '*'")
    run(primary, "SELECT pg_reload_conf()")
    while not run(primary, "SELECT 1 FROM pg_stat_replication WHERE sync_priority > 0"):
        time.sleep(0.05)


def run(server, statement):
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchone() if cursor.description else None


def full_disks(times):
    """No file of SQLite's may grow for a while."""
    with installed() as installation:
        world = settle(installation)
        with running(installation) as process, Load(world).going_on() as seen:
            for _ in range(times):
                time.sleep(1)
                limit(process.pid, 4096)
                time.sleep(1)
                limit(process.pid, psutil.RLIM_INFINITY)
            time.sleep(2)
        with closing(sqlite3.connect(installation.database)) as database:
            return seen, {pk for (pk,) in database.execute(IDS)}


def limit(pid, size):
    server = psutil.Process(pid)
    for process in (server, *server.children(recursive=True)):
        process.rlimit(psutil.RLIMIT_FSIZE, (size, psutil.RLIM_INFINITY))


def skews(times):
    """Two hosts, one of them behind: a token ends on both when the database says so."""
    with ExitStack() as stack:
        server, _, first = stack.enter_context(behind_a_relay())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "sitecustomize.py").write_text(BEHIND.format(SKEW_SECONDS))
        shared = {name: first.variables[name] for name in ("DATABASE_URL", "ENV_FILE")}
        second = Installation(folder, **MANY_CALLS, **shared)
        world, seen = settle(first), Seen()
        stack.enter_context(running(first))
        stack.enter_context(running(second, PYTHONPATH=str(folder)))
        for number in range(times):
            token = ending_soon(world, server, f"short {number}")
            here = replace(world, stopped=token, stopped_at=time.monotonic() + 3)
            there = replace(here, installation=second)
            with Load(here, seen).going_on(), Load(there, seen).going_on():
                time.sleep(7)
        return seen, kept_by(server)


def ending_soon(world, server, name):
    """Return a token that ends in three seconds by the database's clock."""
    token = world.installation.command("create_token", "--account", world.account, name)
    change = "UPDATE tokens_token SET expires_at = now() + interval '3 seconds'"
    with psycopg.connect(server.get_uri()) as connection:
        connection.execute(f"{change} WHERE public_id = %s", [token[4:12]])
        connection.execute("UPDATE accounts_generation SET number = number + 1")
    return token


def updates(times):
    """Two hosts are replaced one after the other, at first by another version."""
    with ExitStack() as stack:
        old = stack.enter_context(version_before())
        server, _, first = stack.enter_context(behind_a_relay(project=old))
        return update_each(first, MANY_CALLS, times), kept_by(server)


def reloads(times):
    """One host is told again and again that there is another version."""
    with behind_a_relay() as (server, _, first):
        return update_in_place(first, times), kept_by(server)


def revocations(times):
    """Tokens are revoked while gateways ask four workers about each of them."""
    with behind_a_relay(GATEWAY_WORKERS="4") as (server, _, installation):
        installation.command("create_organisation", "Acme", "--plan=pro")
        late = test_revocation.revoke(installation, times)
        wrong = [
            (t, s) for t, s in late.items() if s >= test_revocation.PROMISE_SECONDS
        ]
        return Seen(wrong=wrong, silence=max(late.values())), kept_by(server)


CAUSES = {
    "SQLite, kill -9 of writers": (kills, 200),
    "PostgreSQL restarted": (restarts, 200),
    "PostgreSQL frozen (SIGSTOP)": (freezes, 20),
    "PostgreSQL's packets dropped": (drops, 20),
    "PostgreSQL failed over": (failovers, 20),
    "PostgreSQL failed over, by hosts": (hosts, 20),
    "PostgreSQL restored from WAL": (archives, 3),
    "PgBouncer killed, or its server": (poolers, 20),
    "SQLite, disk full": (full_disks, 20),
    "tokens revoked": (revocations, 1000),
    "two hosts 90 s apart": (skews, 2),
    "two hosts updated": (updates, 3),
    "one host updated in place": (reloads, 5),
}
