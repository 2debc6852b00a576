"""The authorization matrix of the security promises, row by row.

EXPECTED is written down from the promises, not from the code: each row is the whole set
of answers, so that a permission nobody meant to add fails here.
"""

import pytest

from accounts.permissions import COLUMNS, Operation, allows
from accounts.relations import Relation

# USR own, ADM own, MADM child+, MADM child-, MUSR child+, MUSR child-, STAFF, TOK own,
# MTOK child+, MTOK child-. "main": yes in the main account, else 403. "self": yes for
# the acting token itself, else 403.
EXPECTED = """
api.list           403  yes  yes  403  403  404  yes  yes  yes  403
api.view           403  yes  yes  403  403  404  yes  yes  yes  403
api.reveal         403  yes  yes  403  403  404  403  403  403  403
api.create         403  yes  yes  403  403  404  403  403  403  403
api.mint           403  403  403  403  403  404  403  403  yes  yes
api.rename         403  yes  yes  403  403  404  403  403  403  403
api.note           403  yes  yes  403  403  404  403  403  403  403
api.enable         403  yes  yes  403  403  404  403  403  403  403
api.disable        403  yes  yes  403  403  404  yes  self 403  403
api.delete         403  yes  yes  403  403  404  403  self 403  403
api.rotate         403  yes  yes  403  403  404  403  403  403  403
api.expiry         403  yes  yes  403  403  404  403  403  403  403
api.restrict       403  yes  yes  403  403  404  403  403  403  403
api.narrow         403  yes  yes  403  403  404  403  self 403  403
ship.list          403  yes  yes  403  403  404  yes  yes  yes  403
ship.view          403  yes  yes  403  403  404  yes  yes  yes  403
ship.reveal        403  yes  yes  403  403  404  403  yes  yes  403
ship.create        403  yes  yes  403  403  404  403  yes  yes  403
ship.rename        403  yes  yes  403  403  404  403  yes  yes  403
ship.note          403  yes  yes  403  403  404  403  yes  yes  403
ship.enable        403  yes  yes  403  403  404  403  yes  yes  403
ship.disable       403  yes  yes  403  403  404  yes  yes  yes  403
ship.delete        403  yes  yes  403  403  404  403  yes  yes  403
ship.rotate        403  yes  yes  403  403  404  403  yes  yes  403
ship.expiry        403  yes  yes  403  403  404  403  yes  yes  403
ship.restrict      403  yes  yes  403  403  404  403  yes  yes  403
shared.list        403  yes  yes  403  403  404  yes  yes  yes  403
shared.view        403  yes  yes  403  403  404  yes  yes  yes  403
shared.reveal      403  yes  yes  403  403  404  403  yes  yes  403
shared.create      403  yes  yes  403  403  404  403  yes  yes  403
shared.rename      403  yes  yes  403  403  404  403  yes  yes  403
shared.note        403  yes  yes  403  403  404  403  yes  yes  403
shared.enable      403  yes  yes  403  403  404  403  yes  yes  403
shared.disable     403  yes  yes  403  403  404  yes  yes  yes  403
shared.delete      403  yes  yes  403  403  404  403  yes  yes  403
shared.rotate      403  yes  yes  403  403  404  403  yes  yes  403
shared.expiry      403  yes  yes  403  403  404  403  yes  yes  403
shared.restrict    403  yes  yes  403  403  404  403  yes  yes  403
shared.filters     403  yes  yes  403  403  404  403  yes  yes  403
shared.link        403  yes  yes  403  403  404  403  yes  yes  403
filter.list        403  yes  yes  403  403  404  yes  yes  yes  403
filter.create      403  yes  yes  403  403  404  403  yes  yes  403
filter.edit        403  yes  yes  403  403  404  403  yes  yes  403
filter.delete      403  yes  yes  403  403  404  403  yes  yes  403
view.list          403  yes  yes  403  403  404  yes  yes  yes  403
view.create        403  yes  yes  403  403  404  403  yes  yes  403
view.edit          403  yes  yes  403  403  404  403  yes  yes  403
view.delete        403  yes  yes  403  403  404  403  yes  yes  403
refused_calls.list 403  yes  yes  403  403  404  yes  403  403  403
refused_calls.act  403  yes  yes  403  403  404  403  403  403  403
calendar.edit      403  yes  yes  403  403  404  403  403  403  403
webhook.edit       403  yes  yes  403  403  404  403  403  403  403
policy.view        403  yes  yes  403  403  404  yes  yes  yes  403
policy.edit        403  main -    -    -    404  403  main -    -
account.list       yes  yes  yes  yes  yes  404  yes  yes  yes  yes
account.view       yes  yes  yes  yes  yes  404  yes  yes  yes  yes
account.edit       403  main yes  yes  403  404  yes  main yes  yes
account.create     403  main -    -    -    -    yes  main -    -
account.suspend    403  403  yes  yes  403  404  yes  403  yes  yes
account.delete     403  403  yes  yes  403  404  yes  403  yes  yes
account.flags      403  403  yes  yes  403  404  yes  403  yes  yes
account.plan       403  403  403  403  403  404  yes  403  403  403
account.oversee    403  main -    -    -    404  yes  main -    -
user.list          403  yes  yes  yes  403  404  yes  yes  yes  yes
user.invite        403  yes  yes  yes  403  404  yes  yes  yes  yes
user.invite_admin  403  yes  yes  yes  403  404  403  403  403  403
user.role          403  yes  yes  yes  403  404  403  403  403  403
user.suspend       403  yes  yes  yes  403  404  yes  yes  yes  yes
user.remove        403  yes  yes  yes  403  404  403  yes  yes  yes
user.reset         403  403  403  403  403  404  yes  403  403  403
group.edit         403  main -    -    -    404  403  403  403  403
audit.view         403  yes  yes  yes  403  404  yes  yes  403  403
audit.export       403  yes  yes  yes  403  404  403  403  403  403
whoami             yes  yes  yes  yes  yes  404  yes  yes  -    -
"""
ROWS = [line.split() for line in EXPECTED.strip().splitlines()]
YES = True
NO = False
HIDDEN = None


def expected(cell, *, in_main, itself):
    if cell == "main":
        return in_main
    if cell == "self":
        return itself
    return {"yes": YES, "403": NO, "404": HIDDEN}[cell]


def test_every_operation_is_promised_and_nothing_else():
    assert [name for name, *_ in ROWS] == [operation.value for operation in Operation]


@pytest.mark.parametrize(("name", "cells"), [(name, cells) for name, *cells in ROWS])
@pytest.mark.parametrize("in_main", [True, False])
@pytest.mark.parametrize("itself", [True, False])
def test_row(name, cells, in_main, itself):
    account = _Account(in_main)
    # A dash is a relation in which nobody can ask for that.
    asked = [pair for pair in zip(COLUMNS, cells, strict=True) if pair[1] != "-"]

    answers = [
        allows({relation}, Operation(name), account, itself=itself)
        for relation, _ in asked
    ]

    assert answers == [
        expected(cell, in_main=in_main, itself=itself) for _, cell in asked
    ]


class _Account:
    def __init__(self, is_main):
        self.is_main = is_main


def test_the_best_of_several_relations_counts():
    relations = {Relation.MEMBER, Relation.MAIN_ADMIN}

    assert allows(relations, Operation.API_REVEAL, _Account(False)) is True


def test_no_relation_hides():
    assert allows(set(), Operation.ACCOUNT_VIEW, _Account(True)) is None
