"""Putting a changed statement into a module that others have imported already."""

import ast
import functools
import sys
import types


def statements_of(module):
    """Return the statements of a module that can be changed while it is loaded."""
    with open(module.__file__) as file:
        tree = ast.parse(file.read())
    return [each for each in tree.body if _is_known(each)]


def _is_known(statement):
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return True
    # What makes a class or an enumeration would make other members than those in use.
    made = ast.unparse(statement)
    return isinstance(statement, ast.Assign) and "Enum(" not in made


def put(module, statement):
    """Let a statement take effect in a module and in whoever imported from it."""
    namespace = {**module.__dict__}
    _execute(statement, module, namespace)
    if isinstance(statement, ast.FunctionDef):
        _take_code(module.__dict__[statement.name], namespace[statement.name])
        changed = {statement.name}
    elif isinstance(statement, ast.ClassDef):
        _take_members(module.__dict__[statement.name], namespace[statement.name])
        changed = {statement.name}
    else:
        changed = _take_values(module, statement, namespace)
    _forget(module)
    _work_out_again(module, statement, changed)
    _forget(module)


def _execute(statement, module, namespace):
    code = ast.Module([statement], type_ignores=[])
    exec(compile(code, module.__file__, "exec"), namespace)  # noqa: S102 -- our own code


def _take_members(old, new):
    for name, member in vars(new).items():
        if name in vars(old) and _function(member) is not None:
            _take_code(vars(old)[name], member)


def _function(member):
    """Return the plain function in a method, a property or what wraps one, or None."""
    if isinstance(member, property):
        member = member.fget
    elif isinstance(member, classmethod | staticmethod):
        member = member.__func__
    elif isinstance(member, functools.cached_property):
        member = member.func
    while hasattr(member, "__wrapped__"):
        member = member.__wrapped__
    return member if isinstance(member, types.FunctionType) else None


def _take_code(old, new):
    old, new = _function(old), _function(new)
    # A method that was made by a decorator, such as one of a dataclass, is no code of ours.
    if len(old.__code__.co_freevars) == len(new.__code__.co_freevars):
        old.__code__ = new.__code__
        old.__defaults__, old.__kwdefaults__ = new.__defaults__, new.__kwdefaults__


def _take_values(module, statement, namespace):
    """Let everybody have the new values of what a statement names; return the names."""
    names = {
        node.id
        for target in statement.targets
        for node in ast.walk(target)
        if isinstance(node, ast.Name)
    }
    for name in names:
        _replace(module.__dict__[name], namespace[name], name)
    return names


def _replace(old, new, name):
    for module in list(sys.modules.values()):
        if getattr(module, "__dict__", {}).get(name) is old:
            setattr(module, name, new)


def _forget(module):
    """Let functions forget what they answered before."""
    for value in list(module.__dict__.values()):
        if hasattr(value, "cache_clear"):
            value.cache_clear()


def _work_out_again(module, statement, changed):
    """Work out again what the module made, further down, with anything that changed."""
    for each in statements_of(module):
        if each.lineno <= statement.lineno or not _names_in(each) & changed:
            continue
        if isinstance(each, ast.Assign):
            # With the module's own functions, which have taken the change.
            namespace = {**module.__dict__}
            _execute(each, module, namespace)
            changed |= _take_values(module, each, namespace)
        elif isinstance(each, ast.FunctionDef):
            changed.add(each.name)


def _names_in(statement):
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
