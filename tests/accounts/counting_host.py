"""A host that counts calls, in a process of its own.

That process imports this module before Django's apps are there, so it may need none.
"""

from accounts.rate_limits.over_hosts import CountsOverHosts
from accounts.rate_limits.shared_counts import SharedCounts

CALLS = 50


def count_often(url, said):
    counts = CountsOverHosts(SharedCounts(), url)
    said.put(max(counts.add(0, "token 5", 120) for _ in range(CALLS)))
