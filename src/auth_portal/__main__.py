"""The `auth-portal` command, also `python -m auth_portal`."""

import sys


def main() -> None:
    """Run the command that was typed; rooms are imported when their command is."""
    from auth_portal.cli.commands import run  # noqa: PLC0415 -- importing this module must cost nothing

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
