"""The words in which statements are declared: values that callers give, columns, fixed places."""

from typing import Any

from sqlalchemy import BindParameter, Column, Integer, Table, bindparam
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.types import TypeEngine


def given(name: str, type_: type[TypeEngine[Any]] | None = None) -> BindParameter[Any]:
    """A value that the caller gives with the statement."""
    return bindparam(name, type_=type_() if type_ else None, required=True)


def at_most() -> BindParameter[int]:
    """How many rows at the most."""
    return bindparam("at_most", type_=Integer(), required=True)


def every(table: Table) -> dict[str, BindParameter[Any]]:
    """All columns of a table, each set to the value of its name."""
    return {column.name: bindparam(column.name, type_=column.type, required=True) for column in table.c}


def one_of(column: Column[Any], name: str, slots: int) -> ColumnElement[bool]:
    """`column IN (…)` with a fixed number of places, since an expanding list cannot be prepared."""
    places = [bindparam(f"{name}_{place}", type_=column.type, required=True) for place in range(slots)]
    return column.in_(places)
