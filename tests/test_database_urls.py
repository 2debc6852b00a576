"""DATABASE_URL: what a connection is given, and what is refused."""

import os
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict

from config.environment import Environment


@pytest.fixture
def env(monkeypatch):
    def environment(file=Path(os.devnull), **variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return Environment(file)

    return environment


def test_sqlite_takes_the_write_lock_when_a_transaction_begins(env):
    database = env(URL="sqlite:////tmp/x.sqlite3").database("URL", "unused", 3)

    assert database["NAME"] == "/tmp/x.sqlite3"  # noqa: S108 -- never opened
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in database["OPTIONS"]["init_command"]


def test_postgresql_keeps_its_limits_and_takes_options_from_the_url(env):
    url = "postgres://u:p%40ss@db.example.com:5433/tollgate?sslmode=verify-full"

    database = env(URL=url).database("URL", "unused", 3)

    assert (database["HOST"], database["PORT"]) == ("db.example.com", 5433)
    assert (database["NAME"], database["PASSWORD"]) == ("tollgate", "p@ss")
    assert database["OPTIONS"]["sslmode"] == "verify-full"
    assert "statement_timeout=5000" in database["OPTIONS"]["options"]


def test_behind_a_pooler_nothing_is_said_of_a_session(env):
    url = "postgres://u@db.example.com/tollgate"

    database = env(URL=url).database("URL", "unused", 3, pooled=True)

    assert "options" not in database["OPTIONS"]
    assert database["DISABLE_SERVER_SIDE_CURSORS"]
    assert database["OPTIONS"]["target_session_attrs"] == "primary"


def test_several_hosts_of_a_database_may_be_named(env):
    url = "postgres://u:p@db1.example.com:5432,db2.example.com:5433/tollgate"

    database = env(URL=url).database("URL", "unused", 3)
    chosen = env(URL=f"{url}?target_session_attrs=read-write").database("URL", "", 3)

    assert database["HOST"] == "db1.example.com,db2.example.com"
    assert str(database["PORT"]) == "5432,5433"
    assert chosen["OPTIONS"]["target_session_attrs"] == "read-write"


@pytest.mark.parametrize(
    "rest",
    [
        *("db1,db2:5433", "db1:5433,db2", "db1,db2", "db1:5432,db2:5433,db3"),
        *("[::1],[::2]:5433", "%2Frun%2Fpostgresql,db2:5433"),
    ],
)
def test_each_host_has_a_port_of_its_own_as_libpq_reads_it(env, rest):
    url = f"postgres://u:p@{rest}/tollgate"

    database = env(URL=url).database("URL", "unused", 3)

    read = conninfo_to_dict(url)
    assert database["HOST"] == read["host"]
    assert database["PORT"] == read.get("port", ",")


def test_a_plus_sign_is_no_space(env):
    file = env(URL="sqlite:////srv/a+b/x.sqlite3").database("URL", "unused", 3)
    server = env(URL="postgres://a+b:c+d@h/n+m?options=-c%20x").database("URL", "", 3)

    assert file["NAME"] == "/srv/a+b/x.sqlite3"
    assert [server[name] for name in ("USER", "PASSWORD", "NAME")] == [
        *("a+b", "c+d", "n+m")
    ]


def test_the_socket_of_a_postgresql_may_be_named(env):
    url = "postgres://tollgate@%2Fvar%2Frun%2Fpostgresql/tollgate"

    database = env(URL=url).database("URL", "unused", 3)

    assert database["HOST"] == "/var/run/postgresql"


def test_a_postgresql_that_vanished_is_found_out_unless_the_url_says_otherwise(env):
    url = "postgres://u@db.example.com/tollgate"

    options = env(URL=url).database("URL", "unused", 3)["OPTIONS"]
    patient = env(URL=f"{url}?tcp_user_timeout=60000").database("URL", "unused", 3)

    assert (options["tcp_user_timeout"], options["keepalives"]) == (10_000, 1)
    probing = options["keepalives_interval"] * options["keepalives_count"]
    assert options["keepalives_idle"] + probing <= 15
    assert patient["OPTIONS"]["tcp_user_timeout"] == 60_000


@pytest.mark.parametrize("url", ["mysql://u@h/db", "tollgate", "oracle://u@h/db"])
def test_another_database_is_refused(env, url):
    with pytest.raises(ImproperlyConfigured, match="URL must be a sqlite"):
        env(URL=url).database("URL", "unused", 3)


@pytest.mark.parametrize(
    "rest",
    [
        "u:pa/ss@h/db",
        "u:pa?ss@h/db",
        "u:pa#ss@h/db",
        "u:pa[ss@[::1/db",
        "u:pass@h:port/db",
        "u:pass@h:99999/db",
        "u:pass@h/",
        "u:pass@h:port,h/db",
        "u:pass@h:99999,h/db",
        "u:pass@h,/db",
        "",
    ],
)
def test_a_database_that_cannot_be_read_is_a_sentence_without_it(env, rest):
    with pytest.raises(ImproperlyConfigured, match="URL must be like post") as error:
        env(URL=f"postgres://{rest}").database("URL", "unused", 3)

    assert "pa" not in str(error.value).replace("password", "").replace("place", "")
    assert error.value.__cause__ is None


@pytest.mark.parametrize("rest", ["", "//", "///", "//x.sqlite3", "//var/x", "///?a=b"])
def test_sqlite_needs_a_file(env, rest):
    with pytest.raises(ImproperlyConfigured, match="URL must be like sqlite:////path"):
        env(URL=f"sqlite:{rest}").database("URL", "unused", 3)
