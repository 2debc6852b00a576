import io
import sys

import pytest
from django.core.management import call_command


@pytest.fixture
def run(capsys):
    """Run a command line; returns standard output and standard error."""

    def run(*words):
        call_command(*map(str, words))
        return capsys.readouterr()

    return run


@pytest.fixture
def typed(monkeypatch):
    return lambda text: monkeypatch.setattr(sys, "stdin", io.StringIO(text))
