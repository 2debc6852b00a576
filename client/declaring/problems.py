"""Mistakes in a file, all of them at once."""

import re
from dataclasses import dataclass

import click

from client.failures import printable

# A whole token, wherever it stands; what it is exactly is the server's business.
SECRET = re.compile(r"tg[a-z]_[0-9A-Za-z]{49}(?![0-9A-Za-z])")


@dataclass(frozen=True, order=True, slots=True)
class Problem:
    """`line` is 0 for what is about the whole file."""

    line: int
    path: str
    message: str

    def __str__(self):
        return ": ".join(part for part in (self.path, self.message) if part)


class Unusable(click.ClickException):
    """A file that nothing can be done with, or that nothing may be done by."""

    exit_code = 1

    def __init__(self, problems, name=""):
        super().__init__("The file cannot be used.")
        self.problems, self.name = sorted(set(problems)), name

    def show(self, file=None):
        for problem in self.problems:
            where = f"{self.name}:{problem.line}" if problem.line else self.name
            text = SECRET.sub("(a token)", f"{where}: {problem}")
            click.echo(printable(text), err=True)
