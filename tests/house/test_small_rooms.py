"""Law 6: small files, small functions, a caption on each module."""

from tests.house.sources import caption, functions, modules, named

LONGEST_FILE = 400  # lines; 300 is the aim
LONGEST_FUNCTION = 60  # lines; 40 is the aim
LONGEST_CAPTION = 200  # characters
EVERYTHING = ("src", "tests", "bench")
COLLECTING = {"utils", "util", "helpers", "common", "kit", "misc", "shared"}


def test_no_file_is_too_long() -> None:
    long = {
        named(path): count
        for path in modules(*EVERYTHING)
        if (count := len(path.read_text().splitlines())) > LONGEST_FILE
    }
    assert long == {}


def test_no_function_is_too_long() -> None:
    long = [
        f"{named(path)}:{one.lineno} {one.name} has {length} lines"
        for path in modules(*EVERYTHING)
        for one in functions(path)
        if (length := (one.end_lineno or one.lineno) - one.lineno + 1) > LONGEST_FUNCTION
    ]
    assert long == []


def test_every_module_opens_with_a_caption() -> None:
    without = [
        named(path)
        for path in modules(*EVERYTHING)
        if not caption(path) or len(caption(path)) > LONGEST_CAPTION or not caption(path).endswith(".")
    ]
    assert without == []


def test_no_room_collects() -> None:
    collecting = [named(path) for path in modules("src") if COLLECTING & {path.stem, *path.parent.parts[-3:]}]
    assert collecting == []
