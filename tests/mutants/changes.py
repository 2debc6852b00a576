"""What is changed in a module: one operator, constant or statement at a time."""

import ast
import copy

SWAPPED = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
SEQUENCES = (ast.Set, ast.List, ast.Tuple)


def changes_of(statement):
    """Yield a name and a changed copy of a statement, for each change of it."""
    left = set(map(id, _left_alone(statement)))
    for number, node in enumerate(ast.walk(statement)):
        if id(node) in left:
            continue
        for name, change in _changes(node):
            changed = copy.deepcopy(statement)
            twin = next(
                n for place, n in enumerate(ast.walk(changed)) if place == number
            )
            change(twin)
            line = getattr(node, "lineno", statement.lineno)
            yield f"{line}: {name}", ast.fix_missing_locations(changed)


def _left_alone(statement):
    """Yield docstrings, and what is in a class and in none of its functions."""
    for node in ast.walk(statement):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            yield body[0].value
    if isinstance(statement, ast.ClassDef):
        methods = [each for each in statement.body if isinstance(each, ast.FunctionDef)]
        inside = {id(node) for each in methods for node in ast.walk(each)}
        yield from (node for node in ast.walk(statement) if id(node) not in inside)


def _changes(node):
    for kind, found in FOUND.items():
        if isinstance(node, kind):
            yield from found(node)


def _compared(node):
    for place, operator in enumerate(node.ops):
        swapped = SWAPPED[type(operator)]
        name = f"{type(operator).__name__} is {swapped.__name__}"
        yield name, lambda twin, p=place, s=swapped: twin.ops.__setitem__(p, s())


def _combined(node):
    swapped = SWAPPED.get(type(node.op))
    if swapped:
        name = f"{type(node.op).__name__} is {swapped.__name__}"
        yield name, lambda twin: setattr(twin, "op", swapped())


def _negated(node):
    if isinstance(node.op, ast.Not):
        # Twice is not at all, and of the same type.
        again = ast.Not()
        yield (
            "without not",
            lambda twin: setattr(twin, "operand", ast.UnaryOp(again, twin.operand)),
        )


def _constant(node):
    other = _other(node.value)
    if other is not None:
        yield f"{node.value!r} is {other!r}", lambda twin: setattr(twin, "value", other)


def _other(value):
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, str):
        # Sentences are for people, and decide nothing.
        return None if " " in value else f"{value}x"
    return value + b"x" if isinstance(value, bytes) else None


def _elements(node):
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        return
    for place in range(len(node.elts)):
        name = f"without {ast.unparse(node.elts[place])}"
        yield name, lambda twin, p=place: twin.elts.pop(p)


def _condition(node):
    for value in (True, False):
        constant = ast.Constant(value)
        name = f"{ast.unparse(node.test)} is {value}"
        yield name, lambda twin, c=constant: setattr(twin, "test", c)


def _result(node):
    if node.value is not None and ast.unparse(node.value) != "None":
        yield "returns None", lambda twin: setattr(twin, "value", ast.Constant(None))


FOUND = {
    ast.Compare: _compared,
    ast.BoolOp: _combined,
    ast.BinOp: _combined,
    ast.UnaryOp: _negated,
    ast.Constant: _constant,
    SEQUENCES: _elements,
    (ast.If, ast.IfExp): _condition,
    ast.Return: _result,
}
