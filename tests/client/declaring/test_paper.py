"""docs/declaring.md word for word: its files, its commands, and what they print."""

import os
import re
import shlex

from click.testing import CliRunner

from client.command import tollgate
from tests.installation import PROJECT

PAPER = PROJECT / "docs" / "declaring.md"
PART = re.compile(
    r"```(yaml|text)\n(.*?)```|^    ((?:tollgate|ls) [^\n]*)$", re.S | re.M
)
# Nothing to do or done, and something differs.
CODES = {0, 2}


def test_the_example_does_what_the_paper_says(run, main, tmp_path):
    printed, compared = "", 0
    for kind, block, command in PART.findall(PAPER.read_text()):
        if kind == "yaml":
            (tmp_path / "acme.yaml").write_text(block)
        elif kind == "text":
            assert printed == block
            compared += 1
        else:
            printed = carried_out(command, run, main)

    assert compared == 7


def carried_out(command, run, main):
    command = command.partition(" > ")[0]
    name, *words = shlex.split(command)
    if name == "ls":
        return "".join(f"{each}\n" for each in sorted(os.listdir(*words)))
    token = main.tokens.filter(name="Fluent Bit").first()
    words = [str(token.pk) if each == "$FLUENT_BIT" else each for each in words]
    result = CliRunner().invoke(tollgate, words, obj=run.transport, env=run.environment)
    assert result.exit_code in CODES, result.output
    return result.output
