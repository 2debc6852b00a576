from copy import deepcopy

import pytest
from django.core.management import CommandError, call_command

from tests.importing import elsewhere
from tests.importing.elsewhere import MAIN_KEY, SUB_KEY, log_token


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
    source.answers |= deepcopy(elsewhere.ONE_OF_EVERYTHING)
    source.log_tokens |= {
        MAIN_KEY: [log_token(1, "default"), log_token(2, "old", enabled=False)],
        SUB_KEY: [log_token(3, "sub"), log_token(4, "further", createdAt=None)],
    }
    return source
