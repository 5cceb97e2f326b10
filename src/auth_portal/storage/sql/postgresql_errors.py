"""Which errors of PostgreSQL mean "not now", "once more", "taken", or a value it cannot keep."""

from asyncpg import exceptions

from auth_portal.core.refusal import unavailable
from auth_portal.storage.sql.driver import TakenError

ONCE_MORE = (
    exceptions.SerializationError,
    exceptions.DeadlockDetectedError,
    exceptions.InvalidCachedStatementError,
    exceptions.OutdatedSchemaCacheError,
)

NOT_NOW = (
    OSError,
    TimeoutError,
    exceptions.PostgresConnectionError,
    exceptions.InsufficientResourcesError,
    exceptions.OperatorInterventionError,
    exceptions.PostgresSystemError,
    exceptions.InvalidAuthorizationSpecificationError,
    exceptions.InvalidCatalogNameError,
    exceptions.ReadOnlySQLTransactionError,  # a replica that was the primary until just now
    exceptions.LockNotAvailableError,
    exceptions.StatementCompletionUnknownError,
    exceptions.InterfaceError,
    exceptions.InternalClientError,
    *ONCE_MORE,
)


def translated(error: BaseException) -> BaseException:
    """What the rooms above are told: TakenError, ValueError, the refusal `unavailable`, or the error."""
    if isinstance(error, exceptions.UniqueViolationError):
        return TakenError(str(error))
    if isinstance(error, exceptions.DataError):
        return ValueError(f"PostgreSQL cannot keep this value: {error}")
    if isinstance(error, NOT_NOW) and not isinstance(error, ValueError):
        return unavailable(f"postgresql: {type(error).__name__}: {error}")
    return error
