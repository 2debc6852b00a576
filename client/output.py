"""Output of commands: things on standard output, sentences on standard error."""

import json
import os
import shutil
import sys
import unicodedata

import click

from client.failures import printable

FORMS = ("table", "json")
GAP = "  "
NARROWEST = 8
STATE = "STATE"
NAMES = ("NAME", "ACCOUNT")
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

    def secret(self, token):
        """Write a secret on a line of its own, or the token that has it."""
        if self.is_json:
            self.thing(token)
        else:
            click.echo(token["secret"])

    def rows(self, columns, things):
        """Write a list; `columns` are pairs of a title and a function of a thing."""
        if self.is_json:
            click.echo(json.dumps(list(things), indent=2))
            return
        titles = [title for title, _ in columns]
        cells = [[_cell(value(each)) for _, value in columns] for each in things]
        widths = _widths(titles, cells)
        head = GAP.join(map(_fitted, titles, widths)).rstrip()
        click.echo(click.style(head, bold=True), color=_colour())
        for row in cells:
            padded = map(_fitted, row, widths)
            styled = map(_styled, titles, padded)
            click.echo(GAP.join(styled).rstrip(), color=_colour())


def moment(text):
    """Return a time as a table has it, in UTC and to the minute."""
    return text[:16].replace("T", " ") if text else None


def _colour():
    """Leave it to click whether there is a terminal, unless nobody wants colours."""
    return False if os.environ.get("NO_COLOR") else None


def _cell(value):
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return printable(value)


def _widths(titles, rows):
    """Return how wide columns are; on a terminal, names and then others give way."""
    columns = zip(titles, *rows, strict=True)
    widths = {title: max(map(_width, [title, *cells])) for title, *cells in columns}
    if sys.stdout.isatty():
        total = shutil.get_terminal_size().columns - len(GAP) * (len(titles) - 1)
        for giving in (NAMES, titles):
            _narrow(widths, giving, total)
    return list(widths.values())


def _narrow(widths, titles, total):
    """Take from the widest of some columns until all fit, or they are narrow."""
    giving = [title for title in titles if title in widths]
    while sum(widths.values()) > total:
        widest = max(giving, key=widths.get)
        if widths[widest] <= NARROWEST:
            return
        widths[widest] -= 1


def _styled(title, cell):
    return click.style(cell, fg=COLOURS.get(cell.strip())) if title == STATE else cell


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
