"""A plan as people read it."""

import json
from itertools import groupby

import click

from client.failures import printable
from client.output import colour

COLOURS = {"+": "green", "~": "yellow", "-": "red", "!": "yellow"}
WIDE = 60
# What it means that something is not set, where that is not nothing.
NONE_OF = {"expires_at": "never", "accounts": "all"}


def show(plan, *, err=False):
    """Write a plan; colours are for terminals only."""
    for account, changes in groupby(plan.changes, lambda change: change.account):
        _line(account, err=err, bold=True)
        for change in changes:
            _show(change, err=err)
    for change in plan.by_hand:
        _show_by_hand(change, err=err)
    for line in [*plan.notes, summary(plan), *_left(plan.left)]:
        _line(line, err=err)


def _show_by_hand(change, *, err):
    text = f"! {change.noun} {change.name} in {change.account}: {change.remark}."
    _line(text, err=err, fg=COLOURS[change.sign])
    _show_fields(change, err=err)


def summary(plan):
    if not plan.changes:
        return "Nothing else to do." if plan.by_hand else "Nothing to do."
    numbers = plan.count("+"), plan.count("~"), plan.count("-")
    words = ("to create", "to change", "to delete")
    return (
        ", ".join(f"{n} {word}" for n, word in zip(numbers, words, strict=True)) + "."
    )


def _left(number):
    if number == 1:
        yield "1 thing is not in the file and stays; --prune would delete it."
    elif number:
        yield f"{number} things are not in the file and stay; --prune would delete them."


def _show(change, *, err):
    remark = f" ({change.remark})" if change.remark else ""
    text = f"  {change.sign} {change.noun} {change.name}{remark}"
    _line(text, err=err, fg=COLOURS[change.sign])
    _show_fields(change, err=err)


def _show_fields(change, *, err):
    for name, old, new in change.fields:
        for line in _field(change.sign, name, old, new):
            _line(f"      {line}", err=err)


def _field(sign, name, old, new):
    if sign == "+":
        return [f"{name}: {_value(name, new)}"]
    line = f"{name}: {_value(name, old)} → {_value(name, new)}"
    if len(line) <= WIDE:
        return [line]
    return [f"{name}:", f"  - {_value(name, old)}", f"  + {_value(name, new)}"]


def _value(name, value):
    if value is None:
        return NONE_OF.get(name, "nothing")
    if isinstance(value, list):
        return ", ".join(value) or "none"
    return value if value == "everything" else json.dumps(value, ensure_ascii=False)


def _line(text, *, err, **style):
    styled = click.style(printable(text), **style) if style else printable(text)
    click.echo(styled, err=err, color=colour())
