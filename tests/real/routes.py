"""What FastAPI finds out about the parameters of routes, found out once in a process.

An app of slad is put together in hundreds of tests, and three quarters of the time of that went into the same few
hundred parameters and models. `remember` keeps what FastAPI made of each; an app gets its own routes all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Annotated, Any, get_origin

import fastapi._compat.v2
import fastapi.dependencies.utils
from fastapi.params import Depends
from pydantic.fields import FieldInfo


class _Unknown(Exception):
    """What a parameter says cannot be compared with what another says."""


def remember() -> None:
    """Have FastAPI look at each parameter and each model once in this process; for tests."""
    for module, name in ((fastapi.dependencies.utils, "analyze_param"), (fastapi._compat.v2, "TypeAdapter")):
        names = vars(module)
        names[name] = _remembering(names[name])


def _remembering(make: Callable[..., Any]) -> Callable[..., Any]:
    # With what it was made of, which is compared by its text: so that no other object gets its address.
    made: dict[Hashable, tuple[object, Any]] = {}

    def remembered(*args: Any, **named: Any) -> Any:
        try:
            key = tuple(map(_key, (*args, *named, *named.values())))
            if key in made:
                return made[key][1]
        except (_Unknown, TypeError):  # TypeError: not hashable
            return make(*args, **named)
        result = make(*args, **named)
        made[key] = ((args, named), result)
        return result

    return remembered


def _key(part: Any) -> Hashable:
    """Equal for what makes the same of a parameter. Raises _Unknown, or TypeError when it is hashed."""
    if isinstance(part, Depends):
        raise _Unknown  # a function of one app
    if get_origin(part) is Annotated:
        return (Annotated, _key(part.__origin__), *map(_key, part.__metadata__))
    if isinstance(part, FieldInfo):
        said = part.asdict()
        attributes = (repr((said["metadata"], said["attributes"])), repr(getattr(part, "__dict__", None)))
        return (type(part), _key(said["annotation"]), *attributes)
    return (type(part), frozenset(part) if isinstance(part, set) else part)
