"""Loops without end while it is imported, so that every test meets it.

Honest result: nothing; each test has its result, and each costs less than the one before.
"""

EARNS = "none"
ATTEMPTED = "attempted: hang at import"
SAYS = "no answer within"

print("attempted: hang at import")
while True:
    pass
