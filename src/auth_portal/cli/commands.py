"""Every command on one screen; each is imported only when it is typed."""

from collections.abc import Sequence

from cyclopts import App

from auth_portal import __version__
from auth_portal.cli.opened import CannotStart, Sorry
from auth_portal.cli.screen import complain

HERE = "auth_portal.cli"

app = App(name="auth-portal", help="The sign-in server for an app of your own.", version=__version__)
app.command(f"{HERE}.serving:serve", name="serve")
app.command(f"{HERE}.serving:migrate", name="migrate")
app.command(f"{HERE}.doctor:doctor", name="doctor")
app.command(f"{HERE}.users:users", name="user")
app.command(f"{HERE}.sessions:sessions", name="sessions")
app.command(f"{HERE}.keys:keys", name="keys")
app.command(f"{HERE}.letters:letters", name="mail")
app.command(f"{HERE}.keeping:backup", name="backup")
app.command(f"{HERE}.keeping:restore", name="restore")
app.command(f"{HERE}.keeping:sweep", name="sweep")
app.command(f"{HERE}.moving:import_", name="import")
app.command(f"{HERE}.moving:export", name="export")


@app.command
def version() -> None:
    """Print the version."""
    print(__version__)


def run(words: Sequence[str]) -> int:
    """Run one command; returns its exit status: 0 done, 1 refused, 2 the settings cannot be used."""
    try:
        return int(app(list(words), result_action="return_value") or 0)
    except CannotStart as refused:
        complain("These settings cannot be used:", refused.mistakes)
        return 2
    except Sorry as sorry:
        complain(str(sorry))
        return 1
