"""Somebody who changes accounts and tokens of an installation, through the models."""

import json
import subprocess
import sys
from contextlib import contextmanager

from tests.installation import PROJECT, outer_environment

SETTINGS = {"DJANGO_SETTINGS_MODULE": "config.settings"}
PROGRAM = """
import json
import sys

import django

django.setup()
from accounts.models import *
from tests.factories import *

known = {}


def secret_of(token):
    return token.reveal(by=BY).reveal()


for line in sys.stdin:
    said = None
    exec(json.loads(line), globals())
    print(json.dumps(said), flush=True)
"""


class Operator:
    def __init__(self, process):
        self._process = process

    def does(self, statements):
        """Run statements over there to their end; returns what they put into `said`."""
        self._process.stdin.write(json.dumps(statements) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "The operator's program died."
        return json.loads(answer)

    @classmethod
    @contextmanager
    def of(cls, installation):
        with subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            cwd=PROJECT,
            env=outer_environment() | installation.variables | SETTINGS,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            yield cls(process)
            process.stdin.close()
