"""Cookies of which there must be one.

Another site of the same domain can set a second one of the same name, and which of them
comes last is its choice. So neither is taken.
"""

import re

from django.http import parse_cookie


def is_doubled(header, name):
    """Whether a Cookie header has a name more than once; servers may join by comma."""
    if header.count(name) < 2:
        return False
    return len(re.findall(rf"(?:^|[;,])\s*{re.escape(name)}\s*=", header)) > 1


def only(header, name):
    """Return the one cookie of a name, empty when there is none or more than one."""
    if name not in header or is_doubled(header, name):
        return ""
    return parse_cookie(header).get(name, "")
