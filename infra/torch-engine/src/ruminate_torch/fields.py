"""Reads the parameters of a request: what is missing, of another type or unknown is named and refused."""

from __future__ import annotations

import math
from typing import Any, Iterator

from .errors import BugError

NONE = object()


class Fields:
    """An object of a request. `where` is its path, for messages. `done()` refuses what nobody asked for."""

    def __init__(self, value: Any, where: str):
        if not isinstance(value, dict):
            raise BugError(f"{where}: expected an object, got {told(value)}")
        self.value, self.where, self.asked = value, where, set()

    def take(self, name: str, default: Any = NONE) -> Any:
        self.asked.add(name)
        if name in self.value:
            return self.value[name]
        if default is NONE:
            raise BugError(f"{self.where}.{name} is missing")
        return default

    def text(self, name: str, default: Any = NONE) -> Any:
        return self.typed(name, default, str, "text")

    def flag(self, name: str, default: Any = NONE) -> bool:
        return self.typed(name, default, bool, "true or false")

    def items(self, name: str, default: Any = NONE) -> list:
        return self.typed(name, default, list, "a list")

    def choice(self, name: str, among: tuple[str, ...], default: Any = NONE) -> str:
        got = self.text(name, default)
        if got not in among:
            raise BugError(f"{self.where}.{name}: expected one of {', '.join(among)}, got {told(got)}")
        return got

    def number(self, name: str, low: float = -math.inf, high: float = math.inf, default: Any = NONE) -> Any:
        got = self.take(name, default)
        if got is default and default is not NONE:
            return got
        if isinstance(got, bool) or not isinstance(got, (int, float)) or not low <= got <= high:
            raise BugError(f"{self.where}.{name}: expected a number from {low} to {high}, got {told(got)}")
        return got

    def integer(self, name: str, low: int, high: int, default: Any = NONE) -> Any:
        got = self.number(name, low, high, default)
        if got is default and default is not NONE:
            return got
        if not isinstance(got, int):
            raise BugError(f"{self.where}.{name}: expected a whole number, got {told(got)}")
        return got

    def inner(self, name: str) -> Fields:
        return Fields(self.take(name), f"{self.where}.{name}")

    def each(self, name: str) -> Iterator[Fields]:
        for at, value in enumerate(self.items(name)):
            yield Fields(value, f"{self.where}.{name}[{at}]")

    def numbers(self, name: str, default: Any = NONE) -> Any:
        got = self.take(name, default)
        if got is default and default is not NONE:
            return got
        if not isinstance(got, list) or any(isinstance(x, bool) or not isinstance(x, (int, float)) for x in got):
            raise BugError(f"{self.where}.{name}: expected a list of numbers, got {told(got)}")
        return got

    def done(self) -> None:
        unknown = sorted(set(self.value) - self.asked)
        if unknown:
            raise BugError(f"{self.where}: unknown {', '.join(unknown)}; known are {', '.join(sorted(self.asked))}")

    def typed(self, name: str, default: Any, kind: type, what: str) -> Any:
        got = self.take(name, default)
        if got is default and default is not NONE:
            return got
        if not isinstance(got, kind):
            raise BugError(f"{self.where}.{name}: expected {what}, got {told(got)}")
        return got


def told(value: Any) -> str:
    return repr(value)[:80]
