import pytest
from django.core.management import CommandError, call_command

from tests.moving import elsewhere
from tests.moving.elsewhere import (
    MAIN_KEY,
    SUB_KEY,
    account,
    log_token,
    person,
    secret,
    share,
    view,
)


@pytest.fixture
def source():
    with elsewhere.running() as server:
        yield server


@pytest.fixture
def report(tmp_path):
    return tmp_path / "report.jsonl"


@pytest.fixture
def run(source, report, capsys, monkeypatch):
    """Run the import; returns its exit code, its lines and standard error."""

    def run(*words, keys=MAIN_KEY):
        monkeypatch.setenv("IMPORT_TOKEN", keys)
        code, sentence = 0, ""
        try:
            call_command("import", source.url, f"--report={report}", *words)
        except CommandError as error:
            code, sentence = error.returncode, f"{error}"
        said = capsys.readouterr()
        assert keys.split()[0] not in said.out + said.err + sentence
        return code, said.out.splitlines(), said.err + sentence

    return run


@pytest.fixture
def whole(source):
    """Let the source have one of everything."""
    source.answers |= {
        elsewhere.ACCOUNTS: [
            account(
                2, "Staging", searchable=True, sharingObjectsAccounts=[{"accountId": 1}]
            ),
            account(1, "Acme", isOwner=True, maxDailyGB=40, retentionDays=30),
        ],
        elsewhere.DETAILED: [
            view(1, secret("default")),
            view(2, secret("sub"), active=False),
        ],
        elsewhere.METRICS: [
            {
                "id": 3,
                "accountName": "Acme metrics",
                "token": secret("metrics"),
                "planUts": 500,
                "authorizedAccountsIds": [2, 9],
            }
        ],
        elsewhere.PEOPLE: [
            person(7, "Ada@acme.example", 1, "USER_ROLE_ACCOUNT_ADMIN"),
            person(8, "max@acme.example", 2, active=False),
            person(8, "max@acme.example", 9),
        ],
        elsewhere.ASSOCIATED: [
            {"accountId": 1, "accountName": "Acme", "type": "OWNER_ACCOUNT"},
            {"accountId": 9, "accountName": "Spans", "type": "TRACING_ACCOUNT"},
        ],
        (elsewhere.FILTERS, MAIN_KEY): [
            {"id": 4, "field": "env", "value": "prod", "description": "ours"},
            {"id": 5, "field": "env", "value": "prod", "description": "again"},
        ],
        (elsewhere.SHARES, MAIN_KEY): [share(6, "Partner", 4, 5, filtersOperator="OR")],
    }
    source.log_tokens |= {
        MAIN_KEY: [log_token(1, "default"), log_token(2, "old", enabled=False)],
        SUB_KEY: [log_token(3, "sub"), log_token(4, "further", createdAt=None)],
    }
    return source
