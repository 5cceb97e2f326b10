"""The steps that bring a database's schema up to date, run by Alembic under a lock."""
