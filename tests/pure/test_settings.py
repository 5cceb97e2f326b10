"""Reading the environment: what each kind of value may look like, and that every mistake has its name."""

from pathlib import Path

import pytest

from auth_portal.settings.reader import BadSettings
from auth_portal.settings.settings import Settings, environment_values, read_settings


def read(folder: Path, **values: str) -> Settings:
    """The settings of a first start in this folder."""
    return read_settings({"DATA_DIR": str(folder), **values})


def mistakes(folder: Path, **values: str) -> tuple[str, ...]:
    """What is said of values that cannot be used."""
    with pytest.raises(BadSettings) as refused:
        read(folder, **values)
    return refused.value.mistakes


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        ("https://app.example.com:443", "https://app.example.com"),
        ("http://app.example.com:80/", "http://app.example.com"),
        ("https://app.example.com:", "https://app.example.com"),
        ("HTTPS://App.Example.COM", "https://app.example.com"),
        ("https://app.example.com:8443", "https://app.example.com:8443"),
        ("http://my_service:3000", "http://my_service:3000"),
        ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
        ("http://[0:0::1]:3000", "http://[::1]:3000"),
        ("https://xn--e1afmkfd.xn--p1ai", "https://xn--e1afmkfd.xn--p1ai"),
    ],
)
def test_an_origin_is_kept_as_browsers_send_it(tmp_path: Path, typed: str, origin: str) -> None:
    chosen = read(tmp_path, FRONTEND_DOMAIN=f" {typed} ,", BACKEND_DOMAIN=typed)
    assert chosen.http.frontend == chosen.http.backend == chosen.issuer == origin
    assert origin in chosen.http.origins


@pytest.mark.parametrize(
    "typed",
    [
        "app.example.com",
        "https://*.example.com",
        "null",
        "https://пример.рф",
        "https://a b.example",
        "https://a.example/app",
        "https://a.example?x",
        "https://@a.example",
        "https://me:secret@a.example",
        "https://a.example:99999",
        "https://[::1",
        'https://a".example',
        "https://a\\b.example",
        "myapp://sign-in",
    ],
)
@pytest.mark.parametrize("name", ["FRONTEND_DOMAIN", "BACKEND_DOMAIN"])
def test_what_no_browser_would_send_is_no_origin(tmp_path: Path, name: str, typed: str) -> None:
    (said,) = mistakes(tmp_path, **{name: typed})
    assert said.startswith(f"{name}: ")


def test_in_production_every_origin_is_https(tmp_path: Path) -> None:
    there = {"APP_ENV": "production", "BACKEND_DOMAIN": "http://id.example.com", "TRUSTED_PROXIES": "none"}
    fronts = "https://a.example,http://b.example,http://localhost:3000"
    said = mistakes(tmp_path, FRONTEND_DOMAIN=fronts, **there)
    assert [line.partition(":")[0] for line in said] == ["BACKEND_DOMAIN", "FRONTEND_DOMAIN"]
    assert "http://b.example" in said[1]
    assert read(tmp_path, FRONTEND_DOMAIN=fronts).http.frontend == "https://a.example"


@pytest.mark.parametrize(
    ("typed", "prefix"),
    [("", "/api"), ("v2", "/v2"), ("/api/", "/api"), ("api/v1", "/api/v1"), ("//a//", "/a")],
)
def test_slashes_around_the_prefix_do_not_matter(tmp_path: Path, typed: str, prefix: str) -> None:
    assert read(tmp_path, API_PREFIX=typed).http.prefix == prefix


@pytest.mark.parametrize("typed", ["/", "a//b", "a b", "..", "../x", "{id}", "api?x", "über", "a%2fb"])
def test_a_prefix_that_no_address_can_have_is_refused(tmp_path: Path, typed: str) -> None:
    assert mistakes(tmp_path, API_PREFIX=typed)[0].startswith("API_PREFIX: ")


@pytest.mark.parametrize(
    "typed", ["15", "-15m", "1.5h", "m", "0m", "500ms", "٣m", "999999999w", "999999999d", "1001y", "9" * 50]
)
def test_a_duration_that_cannot_be_is_refused(tmp_path: Path, typed: str) -> None:
    assert mistakes(tmp_path, AUTH_JWT_TOKEN_EXPIRES_IN=typed)[0].startswith("AUTH_JWT_TOKEN_EXPIRES_IN: ")


def test_a_key_file_that_holds_no_key_is_refused(tmp_path: Path) -> None:
    for content in (b"", b"\n", b"short\n"):
        (tmp_path / "root.key").write_bytes(content)
        assert "root.key in it is shorter" in mistakes(tmp_path)[0]


def test_a_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert mistakes(tmp_path / "file" / "data")[0].startswith("DATA_DIR: cannot be used")


def test_a_name_that_is_all_but_one_of_ours_is_pointed_at(tmp_path: Path) -> None:
    near = {"AUTH_JWT_TOKEN_EXPIRE_IN": "1m", "PASSWORD_MIN_LENGHT": "12"}
    foreign = {"APP_VERSION": "7", "MAIL": "/var/mail", "API_KEY": "k", "OIDC_ACME_LABLE": "Acme"}
    (one, other) = read(tmp_path, **near, **foreign).warnings
    assert one.endswith("did you mean AUTH_JWT_TOKEN_EXPIRES_IN?")
    assert other.endswith("did you mean PASSWORD_MIN_LENGTH?")
    said = mistakes(tmp_path, APP_PORT="many", **near)
    assert [line.partition(":")[0] for line in said] == ["APP_PORT", *near]


def test_the_file_is_taken_as_it_stands(tmp_path: Path) -> None:
    text = "\ufeffMAIL_PASSWORD=a${HOME}b$c\nAUTH_JWT_SECRET='x # y'\n"  # with the mark that some editors set
    (tmp_path / ".env").write_text(text)
    values = environment_values(tmp_path)
    assert (values["MAIL_PASSWORD"], values["AUTH_JWT_SECRET"]) == ("a${HOME}b$c", "x # y")


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes("APP_NAME=Caf\u00e9\n".encode("latin-1"))
    with pytest.raises(BadSettings, match=r"\.env: is not UTF-8"):
        environment_values(tmp_path)
