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
    code = ast.Module([statement], type_ignores=[])
    exec(compile(code, module.__file__, "exec"), namespace)  # noqa: S102 -- our own code
    if isinstance(statement, ast.FunctionDef):
        _take_code(module.__dict__[statement.name], namespace[statement.name])
    elif isinstance(statement, ast.ClassDef):
        _take_members(module.__dict__[statement.name], namespace[statement.name])
    else:
        _take_values(module, statement, namespace)


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
    if hasattr(old, "cache_clear"):
        old.cache_clear()
    old, new = _function(old), _function(new)
    # A method that was made by a decorator, such as one of a dataclass, is no code of ours.
    if len(old.__code__.co_freevars) == len(new.__code__.co_freevars):
        old.__code__ = new.__code__
        old.__defaults__, old.__kwdefaults__ = new.__defaults__, new.__kwdefaults__


def _take_values(module, statement, namespace):
    """Replace constants, and those that are worked out of them further down."""
    later = [each for each in statements_of(module) if each.lineno > statement.lineno]
    for each in [statement, *later]:
        if isinstance(each, ast.Assign):
            code = compile(ast.Module([each], type_ignores=[]), module.__file__, "exec")
            exec(code, namespace)  # noqa: S102 -- our own code
            for target in each.targets:
                for name in ast.walk(target):
                    if isinstance(name, ast.Name):
                        _replace(module.__dict__[name.id], namespace[name.id], name.id)


def _replace(old, new, name):
    for module in list(sys.modules.values()):
        if getattr(module, "__dict__", {}).get(name) is old:
            setattr(module, name, new)
