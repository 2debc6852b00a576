"""Numbers with their nouns."""


def counted(number, noun):
    """Return a number with its noun, such as 1 day or 14 days."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
