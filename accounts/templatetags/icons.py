"""The tags of heroicons, each drawing once per process.

A list shows the same icons in every row, and drawing one takes as long as the row.
"""

from functools import cache

from django import template
from heroicons.templatetags import heroicons

register = template.Library()

for draw in (
    heroicons.heroicon_micro,
    heroicons.heroicon_mini,
    heroicons.heroicon_outline,
):
    register.simple_tag(cache(draw))
