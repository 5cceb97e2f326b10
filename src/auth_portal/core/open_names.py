"""Names of which a newer version may know more than this one."""

from enum import StrEnum


class OpenNames(StrEnum):
    """Members are the names that we give; reading takes any other for what it is.

    While an update rolls, a newer version writes into the database that this one still reads.
    """

    @classmethod
    def _missing_(cls, value: object) -> "OpenNames | None":
        """A member of that name, which is in no list."""
        if not isinstance(value, str):
            return None
        made = str.__new__(cls, value)
        made._name_, made._value_ = value, value
        return made
