"""Small changes of the code that decides, each of which some test must notice.

`make mutants` runs it, outside of `make test`. mutmut 3 was tried first: it starts a
test run for each change, and with it a database, which takes half a minute each time.
"""
