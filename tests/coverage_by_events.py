"""Measure branches by events of the interpreter, which cost nothing once they were seen.

coverage does so by itself from Python 3.14 on. The tracer that it takes before is told of
every line that runs, Django's as well: a quarter of the tests' time. pyproject.toml loads
this module as a plugin of coverage.
"""

import dis
import sys
from collections import defaultdict

from coverage import bytecode, core, env
from coverage.sysmon import DISABLE, SysMonitor


class EitherWay(SysMonitor):
    """Listens to the one event that Python 3.12 and 3.13 have for both ways of a branch.

    To turn it off is to turn it off for both, so it stays until both were taken.
    """

    def __init__(self):
        super().__init__()
        self.ways = defaultdict(set)

    def sysmon_branch_either(self, code, instruction_offset, destination_offset):
        ways = self.ways[id(code), instruction_offset]
        if destination_offset not in ways:
            ways.add(destination_offset)
            super().sysmon_branch_either(code, instruction_offset, destination_offset)
        return DISABLE if len(ways) == 2 else None


def coverage_init(reg, options):
    if not env.PYBEHAVIOR.branch_right_left:
        take_events()


def take_events():
    env.PYBEHAVIOR.branch_right_left = True
    events = sys.monitoring.events
    events.BRANCH_LEFT = events.BRANCH_RIGHT = events.BRANCH
    # Python 3.14 has this no more.
    bytecode.RETURNS.add(dis.opmap["RETURN_CONST"])
    core.SysMonitor = EitherWay
