"""The work on bulk jobs: threads of the portal's processes take turns at what was started.

Whose turn it is is settled in the database, so that any number of processes and hosts
share the work, and one that dies in its turn is followed by another. A token's change
and its outcome are one transaction: nothing is done twice, or by half.
"""

import time
from datetime import timedelta

from tokens.models import BulkJob

# After that another worker takes over from one that died in its turn.
LEASE = timedelta(minutes=1)
TURN = 10
# Between turns others get at the database, of which SQLite lets one write at a time.
PAUSE_SECONDS = 0.02


def carry_on():
    """Work on the jobs that were started, a turn for each, until none is left."""
    while job := BulkJob.objects.take(LEASE):
        job.run(TURN)
        time.sleep(PAUSE_SECONDS)
