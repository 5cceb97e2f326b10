"""What Alembic runs: the pending steps, on a connection whose transaction already holds the lock."""

from typing import Any

from alembic import context

from auth_portal.storage.sql.tables import METADATA


def _told(*, step: Any, **_facts: Any) -> None:
    """Tell whoever migrates of each step that was done."""
    progress = context.config.attributes["progress"]
    progress(f"{step.up_revision_id}: {step.up_revision.doc}")


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transactional_ddl=True,
    on_version_apply=_told,  # type: ignore[arg-type]
)
context.run_migrations()
