"""Letters are found by their account."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One index, by which a deletion removes the letters of an account."""
    of_an_account = sa.column("account_id").is_not(None)
    op.create_index(
        "letters_account_id",
        "letters",
        ["account_id"],
        sqlite_where=of_an_account,
        postgresql_where=of_an_account,
    )
