"""Reads `.env`: whatever editor wrote it, every line that cannot be read is named."""

from io import StringIO
from pathlib import Path

from dotenv.parser import Binding, parse_stream


def read_env_file(file: Path) -> tuple[dict[str, str], list[str]]:
    """Names and values as written, and a mistake for each line that is no `NAME=value`.

    Quotes, comments, `export` and line ends of any system are understood; `$` stands for itself. A
    line passed over in silence would be a setting that somebody believes in.
    """
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except (FileNotFoundError, IsADirectoryError):
        return {}, []
    except OSError as fault:
        return {}, [f"{file} cannot be read: {fault.strerror}"]
    except UnicodeDecodeError:
        return {}, [f"{file} is not UTF-8: save it as plain UTF-8 text"]
    lines = [*parse_stream(StringIO(text, newline=None))]
    wrong = [_number(line) for line in lines if line.error or (line.key is not None and line.value is None)]
    values = {line.key: line.value for line in lines if line.key is not None and line.value is not None}
    return values, [f"{file}, line {line}: is not NAME=value, or a quote is open" for line in wrong]


def _number(line: Binding) -> int:
    """Which line of the file it is: empty ones before it are counted to it."""
    text = line.original.string
    return line.original.line + text[: len(text) - len(text.lstrip())].count("\n")
