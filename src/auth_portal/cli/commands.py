"""Every command on one screen; each is imported only when it is typed."""

from collections.abc import Sequence

from cyclopts import App

from auth_portal import __version__
from auth_portal.cli.ending import guarded

COMMANDS = {
    "serve": ("serving:serve", "Bring the schema up to date and serve."),
    "migrate": ("serving:migrate", "Bring the schema up to date (--plan only says how)."),
    "doctor": ("doctor:doctor", "Look at everything a deployment hangs on, and say the fix."),
    "user": ("users:users", "Make, show, shut, open and delete accounts."),
    "sessions": ("sessions:sessions", "See and end somebody's sessions."),
    "keys": ("keys:keys", "The keys that sign access tokens."),
    "mail": ("letters:letters", "Letters: what waits, what died, sending again, trying the relay."),
    "backup": ("keeping:backup", "Copy the SQLite database while the server runs."),
    "restore": ("keeping:restore", "Put a backup in the place of the SQLite database."),
    "sweep": ("keeping:sweep", "Remove what has served its time."),
    "import": ("moving:import_", "Move people in: from the original, or from a file."),
    "export": ("moving:export", "Move people out."),
}

app = App(name="auth-portal", help="The sign-in server for an app of your own.", version=__version__)
for _name, (_where, _help) in COMMANDS.items():
    app.command(f"auth_portal.cli.{_where}", name=_name, help=_help)


@app.command
def version() -> None:
    """Print the version."""
    print(__version__)


def run(words: Sequence[str]) -> int:
    """Run one command; returns its exit status (`ending.guarded`)."""
    return guarded(lambda: int(app(list(words), result_action="return_value") or 0))
