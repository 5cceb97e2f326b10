"""Which errors of PostgreSQL mean "not now", "once more", "taken", or a value it cannot keep."""

import asyncpg

from auth_portal.core.refusal import unavailable
from auth_portal.storage.sql.driver import TakenError

ONCE_MORE = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.InvalidCachedStatementError,
    asyncpg.OutdatedSchemaCacheError,
)

NOT_NOW = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.PostgresSystemError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.ReadOnlySQLTransactionError,  # a replica that was the primary until just now
    asyncpg.LockNotAvailableError,
    asyncpg.StatementCompletionUnknownError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    *ONCE_MORE,
)

NOT_TO_BE_KEPT = (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError)


def translated(error: BaseException) -> BaseException:
    """What the rooms above are told: TakenError, ValueError, the refusal `unavailable`, or the error."""
    if isinstance(error, asyncpg.UniqueViolationError):
        return TakenError(str(error.constraint_name))
    if isinstance(error, NOT_TO_BE_KEPT):
        return ValueError(f"PostgreSQL cannot keep this text: {error}")
    if isinstance(error, NOT_NOW) and not isinstance(error, ValueError):
        return unavailable(f"postgresql: {type(error).__name__}: {error}")
    return error
