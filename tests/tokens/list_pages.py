"""Where an account's tokens are listed, and what such a page shows."""

import re
from html import unescape

from django.urls import reverse

MENU = re.compile(r'<template id="row-menu">(.*?)</template>', re.DOTALL)
ROW = re.compile(
    r'<row-menu(?: data-(?P<flag>\w+))?><a href="(?P<page>[^"]+)" '
    r'aria-label="More for (?P<name>[^"]*)">More</a></row-menu>'
)
TOKEN = re.compile(
    r'<tr id="token-(\d+)".*?<a class="name"[^>]*>(.*?)</a>(.*?)</tr>', re.DOTALL
)
ACTION = re.compile(
    r'<(?P<tag>a|button)\b[^>]*\bdata-when="(?P<when>[^"]+)".*?</(?P=tag)>', re.DOTALL
)


def api(account, **query):
    return reverse("tokens:api", args=[account.pk], query=query)


def shipping(account, **query):
    return reverse("tokens:shipping", args=[account.pk], query=query)


def shown(response):
    """Return the names of the rows, in their order."""
    return [unescape(name) for _, name, _ in rows(response)]


def rows(response):
    """Return the id, the name and the other cells of each row."""
    return TOKEN.findall(response.text)


def as_drawn(html):
    """Return a page with the menus of its rows, as static/js/row-menu.js fills them."""
    menu = MENU.search(html)[1]
    return ROW.sub(lambda row: _filled(menu, **row.groupdict()), MENU.sub("", html))


def _filled(menu, flag, page, name):
    drawn = ACTION.sub(lambda action: _if_due(action, flag), menu)
    values = {"{page}": page, "{name}": name, "{pk}": page.split("/")[-2]}
    return re.sub(r"\{(?:pk|name|page)\}", lambda slot: values[slot[0]], drawn)


def _if_due(action, flag):
    words = action["when"].split()
    is_due = all((word.strip("-") == flag) != word.startswith("-") for word in words)
    return action[0] if is_due else ""
