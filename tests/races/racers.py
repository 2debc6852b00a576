"""How often actions are raced, and by whom."""

from accounts.audit.trail import Actor

ROUNDS = 50
BY = Actor("racer@example.com")
