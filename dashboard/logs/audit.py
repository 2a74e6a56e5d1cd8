"""Reads the code for what a log must not miss and must not say.

Three rules, each answered with `file:line: sentence`:

- an `except` that swallows: its body neither raises nor logs nor tells anybody. Answering a narrow question
  (`except ValueError: return None`) is no swallowing; passing over needs a comment `# quiet: why`;
- `except Exception`, `except BaseException` or a bare `except` that does not raise again;
- a secret among the arguments of a log call, by its name. The word "token" is not one: tokens are sold here.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from billing.redaction import is_secret_name

LEVELS = {"debug", "info", "warning", "error", "exception", "critical", "msg", "log", "bind"}
LOGGERS = {"log", "logger", "logging", "structlog"}
LOG_FUNCTIONS = {"note_odd", "add_facts", "bind_contextvars", "bound_contextvars", "print"}
TELLS = {"refuse", "add_error", "write", "say", "complain", "append", "add", "success", "note_odd", "Stop"}
BROAD = {"Exception", "BaseException"}
QUESTIONS = {
    "AttributeError", "DoesNotExist", "FileExistsError", "FileNotFoundError", "ImportError", "IndexError",
    "InvalidOperation", "JSONDecodeError", "KeyError", "LookupError", "ModuleNotFoundError", "NoReverseMatch",
    "NoSuchProcess", "ObjectDoesNotExist", "ProcessLookupError", "Resolver404", "TypeError",
    "UnicodeDecodeError",
    "UnknownLocaleError", "ValidationError", "ValueError", "ZoneInfoNotFoundError",
}  # fmt: skip
EXCUSE = "# quiet:"
NEVER_READ = {"migrations", "__pycache__"}


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    path: str
    line: int
    sentence: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.sentence}"


def audit(root: Path, packages: tuple[str, ...] = ("billing", "reports", "dashboard")) -> list[Fault]:
    """The faults of every module below the packages, in order."""
    files = [path for package in packages for path in sorted((root / package).rglob("*.py"))]
    return sorted(
        fault
        for path in files
        if not NEVER_READ & set(path.parts)
        for fault in audit_source(path.read_text(encoding="utf-8"), str(path.relative_to(root)))
    )


def audit_source(source: str, name: str) -> list[Fault]:
    """The faults of one module."""
    lines = source.splitlines()
    found: list[Fault] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ExceptHandler) and (sentence := judge_handler(node, lines)):
            found.append(Fault(name, node.lineno, sentence))
        if isinstance(node, ast.Call) and is_log_call(node):
            found += [
                Fault(name, node.lineno, f"{secret} goes into the log; leave it out.")
                for secret in sorted(set(secrets_in(node)))
            ]
    return found


def judge_handler(node: ast.ExceptHandler, lines: list[str]) -> str:
    """A sentence when the handler swallows what it caught, else nothing."""
    inside = [each for statement in node.body for each in ast.walk(statement)]
    if any(isinstance(each, ast.Raise) for each in inside):
        return ""
    caught = caught_names(node)
    if not caught or caught & BROAD:
        return "catches everything; name what can happen here, or raise it again."
    if any(isinstance(each, ast.Call) and (is_log_call(each) or tells(each)) for each in inside):
        return ""
    if node.name and any(isinstance(each, ast.Name) and each.id == node.name for each in inside):
        return ""
    if EXCUSE in "\n".join(lines[node.lineno - 1 : node.end_lineno]):
        return ""
    passes_over = all(isinstance(each, (ast.Pass, ast.Continue, ast.Break)) for each in node.body)
    if not passes_over and (caught <= QUESTIONS or not only_returns_a_constant(node)):
        return ""
    return f"swallows {', '.join(sorted(caught))}; log it, raise it, or say why with `{EXCUSE} …`."


def only_returns_a_constant(node: ast.ExceptHandler) -> bool:
    last = node.body[-1]
    return (
        len(node.body) == 1
        and isinstance(last, ast.Return)
        and (last.value is None or isinstance(last.value, (ast.Constant, ast.List, ast.Dict, ast.Tuple)))
    )


def caught_names(node: ast.ExceptHandler) -> set[str]:
    if node.type is None:
        return set()
    kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
    return {last_name(kind) for kind in kinds}


def last_name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def tells(call: ast.Call) -> bool:
    return last_name(call.func) in TELLS


def is_log_call(call: ast.Call) -> bool:
    """`log.info(…)`, `self.logger.error(…)`, `structlog.get_logger().info(…)`, `note_odd(…)`, `print(…)`."""
    if last_name(call.func) in LOG_FUNCTIONS:
        return True
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in LEVELS:
        return False
    on = call.func.value
    base = on.func if isinstance(on, ast.Call) else on
    return last_name(base).lstrip("_").lower() in LOGGERS | {"get_logger", "getlogger", "bind"}


def secrets_in(call: ast.Call) -> Iterator[str]:
    """Names of secrets among the arguments, however deep."""
    for keyword in call.keywords:
        if keyword.arg and is_secret_name(keyword.arg):
            yield keyword.arg
    for part in [*call.args, *(keyword.value for keyword in call.keywords)]:
        for node in ast.walk(part):
            name = last_name(node)
            if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
                name = str(node.slice.value)
            if name and is_secret_name(name):
                yield name
