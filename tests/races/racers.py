"""How often actions are raced, and by whom."""

import os

from accounts.audit.trail import Actor

# Without their lock three rounds in four go wrong; `make fuzz` runs as many as it is told.
ROUNDS = int(os.environ.get("EXAMPLES", "15"))
BY = Actor("racer@example.com")
