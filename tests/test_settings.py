import re
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from django.core.management import call_command

from config import dotenv
from tests.environment import KEYS
from tests.installation import PROJECT, outer_environment

PRODUCTION = {
    "DATABASE_URL": "sqlite://:memory:",
    "ALLOWED_HOSTS": "tollgate.example.com",
    "CSRF_TRUSTED_ORIGINS": "https://tollgate.example.com",
    "APP_URL": "https://tollgate.example.com",
    "LISTENER_URL": "https://listener.example.com:8071",
    "METRICS_LISTENER_URL": "https://listener.example.com:8053",
    "TRACES_LISTENER_URL": "https://listener.example.com",
    "QUERY_URL": "https://query.example.com",
    "HTTPS": "true",
    "TRUSTED_PROXIES": "1",
    "EMAIL_URL": "smtp+tls://user:password@mail.example.com:587",
}


def manage(*arguments, **variables):
    return python("manage.py", *arguments, **variables)


PRAGMAS = """
from config.settings import DATABASES
print(DATABASES["default"]["OPTIONS"]["init_command"])
"""


def python(*arguments, **variables):
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=PROJECT,
        env=outer_environment() | KEYS | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_check_deploy_is_clean_with_fresh_keys_and_production_variables(tmp_path):
    dotenv.create(tmp_path / ".env", PROJECT / ".env.example", demo=False)
    variables = dotenv.read(tmp_path / ".env") | PRODUCTION

    result = manage(
        "check", "--deploy", "--fail-level=WARNING", "--database=default", **variables
    )

    assert result.stderr == ""
    assert result.stdout == "System check identified no issues (0 silenced).\n"


@pytest.mark.programs
@pytest.mark.parametrize("name", KEYS)
def test_a_start_without_a_key_says_which_and_how_to_make_one(name):
    result = manage("check", **{name: ""})

    assert result.returncode == 1
    assert result.stderr == (
        f"Tollgate is not set up: {name} is not set."
        " `make env` writes a .env with fresh values.\n"
    )


def test_the_demo_needs_passwords():
    result = manage("check", DEMO="true")

    assert "DEMO_PASSWORD_ADMIN is not set." in result.stderr


@pytest.mark.programs
def test_a_check_of_a_deployment_names_the_addresses_that_pages_lack():
    result = manage("check", "--deploy", **PRODUCTION | {"QUERY_URL": ""})

    assert "(tokens.W001) QUERY_URL is not set" in result.stderr
    assert "LISTENER_URL" not in result.stderr


def test_the_demo_takes_data_where_gateways_ask():
    passwords = {
        f"DEMO_PASSWORD_{role}": "x" for role in ("ADMIN", "USER", "READ_ONLY", "STAFF")
    }
    result = python(
        "-c",
        "from config import settings; print(settings.TRACES_LISTENER_URL)",
        DEMO="true",
        PORT="9000",
        **passwords,
    )

    assert result.stdout == "http://127.0.0.1:9001\n"


@pytest.mark.parametrize(
    "given",
    [{"WORKERS": "99999"}, {"GATEWAY_THREADS": "1001"}, {"METRICS_PORT": "70000"}],
)
def test_more_than_a_machine_has_is_refused(given):
    result = python("-c", "from config import settings", **given)

    [(name, value)] = given.items()
    most = 65_535 if "PORT" in name else 1000
    assert f"{name} must be a whole number" in result.stderr
    assert f"at most {most}, not '{value}'." in result.stderr


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_requirements_are_pinned_with_hashes_and_name_no_host():
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (PROJECT / name).read_text()
        packages = re.split(r"\n(?=\S)", text.strip())
        assert [p for p in packages if "==" not in p or "--hash=sha256:" not in p] == []
        assert "://" not in text


@pytest.mark.parametrize("pages", [1000, 0])
def test_sqlite_leaves_checkpoints_to_others_where_it_is_told_to(pages):
    said = python("-c", PRAGMAS, DEBUG="true", SQLITE_AUTOCHECKPOINT=str(pages)).stdout

    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(said)
        assert connection.execute("PRAGMA wal_autocheckpoint").fetchone() == (pages,)


# Django itself is not needed for that, and takes longer to start than all else.
COOKIES = """
from config import settings
print(settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME,
      settings.DEVICE_COOKIE_NAME, settings.MESSAGES_COOKIE_NAME)
"""


def cookie_names(**variables):
    return python("-c", COOKIES, **variables).stdout.split()


def test_cookies_have_names_that_nothing_else_on_the_host_has():
    here, beside = (cookie_names(APP_URL=f"http://localhost:{n}") for n in (8000, 8001))
    behind_https = cookie_names(**PRODUCTION)

    assert len({*here, *beside, *behind_https}) == 12
    assert all(name.startswith("tollgate_") for name in here + beside)
    assert all(name.startswith("__Host-tollgate_") for name in behind_https)
