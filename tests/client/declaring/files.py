"""Declared files of the main account in tests."""


def of_main(**parts):
    """Return a file about the main account."""
    lines = "".join(f", {name}: {text}" for name, text in parts.items())
    return f"accounts: [{{kind: main, name: Acme{lines}}}]"
