"""What Alembic runs: the pending steps, on a connection whose transaction already holds the lock."""

from alembic import context

from auth_portal.storage.sql.tables import METADATA


def _told(**facts: object) -> None:
    """Tell whoever migrates of each step that was done."""
    progress = context.config.attributes["progress"]
    step = facts["step"]
    progress(f"{step.up_revision_id}: {step.up_revision.doc}")  # type: ignore[attr-defined]


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transactional_ddl=True,
    on_version_apply=_told,
)
context.run_migrations()
