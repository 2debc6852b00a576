"""How often actions are raced, and by whom."""

import os

from accounts.audit.trail import Actor

# Without their lock three rounds in four go wrong, so that one run in 65,000 would not
# notice; `make fuzz` runs as many as it is told.
ROUNDS = int(os.environ.get("EXAMPLES", "8"))
BY = Actor("racer@example.com")
