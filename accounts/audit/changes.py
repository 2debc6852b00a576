"""Changes of fields, as events tell them: lists of [field, old, new]."""


def changes_between(before, after):
    """Return the changes of the fields that `after` names."""
    return [
        [name, before[name], new] for name, new in after.items() if before[name] != new
    ]


def changes_of(row, fields):
    """Return what `fields`, names with values, are to change in a row."""
    return changes_between({name: getattr(row, name) for name in fields}, fields)
