"""The `auth-portal` command, also `python -m auth_portal`."""

import gc
import sys

NOT_WHILE_STARTING = 1_000_000  # objects; once it serves, `serving.py` sets what suits a server


def main() -> None:
    """Run the command that was typed; rooms are imported when their command is."""
    try:
        if sys.argv[1:] == ["serve"]:  # the way a server starts: without reading the other commands
            # What rooms make while they are imported stays; to look through it again and again for
            # what could go takes a seventh of the start.
            gc.set_threshold(NOT_WHILE_STARTING)
            from auth_portal.cli.quick import serve  # noqa: PLC0415 -- see above

            sys.exit(serve())
        from auth_portal.cli.commands import run  # noqa: PLC0415 -- importing this module must cost nothing

        sys.exit(run(sys.argv[1:]))
    except KeyboardInterrupt:  # while rooms are imported; later `cli/ending.py` hears it
        sys.exit(130)


if __name__ == "__main__":
    main()
