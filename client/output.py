"""Output of commands: things on standard output, sentences on standard error."""

import json
import os
import shutil
import sys
import unicodedata

import click

from client.failures import printable

OUTPUT_FORMATS = ("table", "json")
GAP = "  "
STATE = "STATE"
# Long texts are cut to what tells most of them apart; rather than more, columns go.
LEAST = {"NAME": 24, "VALUE": 24, "DESCRIPTION": 24, "ACCOUNT": 16}
NARROWEST = 8
# Where there is no room for hours, a day will do.
TIMES = ("LAST USED", "EXPIRES")
DAY_WIDTH = len("2026-01-31")
COLOURS = {
    "active": "green",
    "rotating": "yellow",
    "disabled": "red",
    "paused": "red",
    "expired": "red",
    "suspended": "red",
    "stopped_by_plan": "red",
}


class Output:
    def __init__(self, form, *, quiet):
        self.is_json, self.quiet = form == "json", quiet

    def say(self, sentence):
        """Write for people; scripts read standard output and the exit code."""
        if not self.quiet:
            click.echo(printable(sentence), err=True)

    def thing(self, thing):
        """Write a thing for programs only, since a sentence tells people of it."""
        if self.is_json:
            click.echo(json.dumps(thing, indent=2))

    def lines(self, text):
        """Write a text of several lines, of which no terminal takes one for a command."""
        if text and not self.is_json:
            click.echo("\n".join(map(printable, text.split("\n"))))

    def secret(self, token):
        """Write a secret on a line of its own, or the token that has it."""
        if self.is_json:
            self.thing(token)
        else:
            click.echo(token["secret"])

    def rows(self, columns, things, spare=()):
        """Write a list; `columns` are pairs of a title and a function of a thing.

        Of `spare` titles the first goes first where a terminal is too narrow.
        """
        things = list(things)
        if self.is_json:
            click.echo(json.dumps(things, indent=2))
            return
        table = {
            title: [title, *(_cell(value(each)) for each in things)]
            for title, value in columns
        }
        gone = _make_room(table, spare)
        _write(table, _widths(table))
        if gone:
            self.say(f"No room for {', '.join(gone)}: see --output=json.")


def moment(text):
    """Return a time as a table has it, in UTC and to the minute."""
    return text[:16].replace("T", " ") if text else None


def colour():
    """Leave it to click whether there is a terminal, unless nobody wants colours."""
    return False if os.environ.get("NO_COLOR") else None


def _cell(value):
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return printable(value)


def _make_room(table, spare):
    """Leave out what a terminal has no room for; return the titles that are gone."""
    if _excess(_natural(table)) > 0:
        for title in table.keys() & TIMES:
            table[title] = [cell[:DAY_WIDTH] for cell in table[title]]
    gone = []
    for title in spare:
        least = {
            each: min(width, LEAST.get(each, width))
            for each, width in _natural(table).items()
        }
        if _excess(least) <= 0:
            break
        del table[title]
        gone.append(title)
    return gone


def _widths(table):
    """Return how wide columns are; on a terminal, names and then others give way."""
    widths = _natural(table)
    _narrow(widths, LEAST)
    _narrow(widths, dict.fromkeys(widths, NARROWEST))
    return widths


def _natural(table):
    return {title: max(map(_width, cells)) for title, cells in table.items()}


def _excess(widths):
    """Return by how many columns a table is wider than the terminal, if there is one."""
    if not sys.stdout.isatty():
        return 0
    whole = sum(widths.values()) + len(GAP) * (len(widths) - 1)
    return whole - shutil.get_terminal_size().columns


def _narrow(widths, least):
    """Take from the widest column that has more than its least until all fit."""
    for _ in range(_excess(widths)):
        giving = [
            title for title in widths if widths[title] > least.get(title, widths[title])
        ]
        if not giving:
            return
        widths[max(giving, key=widths.get)] -= 1


def _write(table, widths):
    head, *rows = zip(*table.values(), strict=True)
    titles = GAP.join(map(_fitted, head, widths.values())).rstrip()
    click.echo(click.style(titles, bold=True), color=colour())
    for row in rows:
        padded = map(_fitted, row, widths.values())
        styled = map(_styled, head, padded)
        click.echo(GAP.join(styled).rstrip(), color=colour())


def _styled(title, cell):
    if title != STATE:
        return cell
    word = cell.rstrip()
    return click.style(word, fg=COLOURS.get(word)) + cell[len(word) :]


def _fitted(text, width):
    """Return a text of exactly so many columns of a terminal."""
    if _width(text) > width:
        while _width(text) >= width:
            text = text[:-1]
        text += "…"
    return text + " " * (width - _width(text))


def _width(text):
    return sum(map(_columns, text))


def _columns(letter):
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1
