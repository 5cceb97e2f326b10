"""Settings as people write them: what is understood, what is refused and how that is said."""

import re
from pathlib import Path

import pytest

from auth_portal.settings.env_file import read_env_file
from auth_portal.settings.reader import BadSettings
from auth_portal.settings.settings import Settings, read_settings

ROOT = "6b1f0a7de2c94f3f8a53d7d0c1e2f4a95b6c7d8e9f"
OIDC = {"OIDC_A_ISSUER": "https://id.example.org", "OIDC_A_CLIENT_ID": "a", "OIDC_A_CLIENT_SECRET": "b"}
GITHUB = {"CLIENT_ID_GITHUB": "a", "CLIENT_SECRET_GITHUB": "b"}


def settings(folder: Path, **values: str) -> Settings:
    """What these variables say, with a data folder of the test's own."""
    return read_settings({"DATA_DIR": str(folder), "AUTH_REFRESH_SECRET": ROOT, **values})


def mistakes(folder: Path, **values: str) -> str:
    """What is said about variables that cannot be used."""
    with pytest.raises(BadSettings) as caught:
        settings(folder, **values)
    return "\n".join(caught.value.mistakes)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AUTH_REFRESH_TOKEN_EXPIRES_IN", "999999999y"),
        ("AUTH_SESSION_EXPIRES_IN", "9999999d"),
        ("JOURNAL_RETENTION", "999999d"),
        ("MAIL_TIMEOUT", "0s"),
        ("MAIL_HOST", "smtp://smtp.example.com"),
        ("MAIL_HOST", "smtp.example.com:587"),
        ("APP_LOGO_URL", "javascript:alert(1)"),
        ("APP_LOGO_URL", "https://www.example.com/löwe.png"),
        ("SOCIAL_RETURN_TO", "/app, somewhere"),
        ("DATABASE_URL", "postgresql://auth:hunter2/@db.example.com/auth"),
        ("DATABASE_URL", "sqlite:////var/lib/auth.db?hunter2=1"),
        ("REDIS_URL", "redis://:hunter2@cache.example.com:port/0"),
        ("REDIS_URL", "redis://:hunter2@cache.example.com/0?ssl=true"),
        ("REDIS_URL", "redis://:6379?hunter2@cache.example.com/0"),
        ("REDIS_URL", "redis://cache.example.com/0?db=abc"),
        ("REDIS_URL", "redis://cache.example.com/0?protocol=three"),
        ("REDIS_URL", "redis://cache.example.com/0?retry=5"),
        ("REDIS_URL", "redis://cache.example.com/0?ssl_cert_reqs=none"),
        ("REDIS_URL", "rediss://cache.example.com/0?ssl_cert_reqs=perhaps"),
        ("REDIS_URL", "rediss://cache.example.com/0?ssl_ca_certs=/nowhere/ca.pem"),
        ("REDIS_URL", "rediss://cache.example.com/0?ssl_check_hostname=yes&ssl_cert_reqs=none"),
        ("REDIS_URL", "unix:///run/valkey.sock?db=first"),
        ("REDIS_URL", "unix://"),
        ("METRICS_TOKEN", "hunter2 with a space"),
    ],
)
def test_a_value_that_cannot_work_is_refused_at_the_start(tmp_path: Path, name: str, value: str) -> None:
    said = mistakes(tmp_path, **{name: value})
    assert said.startswith(f"{name}: ")
    assert "hunter2" not in said


def test_a_relay_elsewhere_gets_no_letter_in_clear(tmp_path: Path) -> None:
    said = mistakes(tmp_path, MAIL_HOST="smtp.example.com", MAIL_TLS="none")
    assert said.startswith("MAIL_TLS: ")
    assert settings(tmp_path, MAIL_HOST="127.0.0.1", MAIL_TLS="none").mail.tls == "none"


@pytest.mark.parametrize(
    "url",
    [
        "redis://:a%2Fb@cache.example.com:6379/1",
        "valkey://[::1]?db=2&client_name=portal&health_check_interval=30",
        "rediss://cache.example.com/0?ssl_cert_reqs=none",
        "redis://cache.example.com/0?socket_keepalive=true&protocol=3",
        "unix:///run/valkey.sock?db=1&password=a",
    ],
)
def test_options_that_the_driver_of_the_limits_store_knows_are_taken(tmp_path: Path, url: str) -> None:
    assert settings(tmp_path, REDIS_URL=url).storage.redis_url == url


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("CLIENT_CALL_BACK_GITHUB", GITHUB),
        ("GITHUB_API_URL", GITHUB),
        ("GITHUB_BASE_URL", GITHUB),
        ("OIDC_A_CALLBACK", OIDC),
        ("OIDC_A_ISSUER", OIDC),
    ],
)
def test_a_providers_address_that_is_none_is_named_by_its_variable(
    tmp_path: Path, name: str, given: dict[str, str]
) -> None:
    assert mistakes(tmp_path, **{**given, name: "nonsense"}).startswith(f"{name}: ")


def test_the_longest_durations_work(tmp_path: Path) -> None:
    assert settings(tmp_path, AUTH_SESSION_EXPIRES_IN="1000y").sessions.absolute.days == 365_250


@pytest.mark.parametrize("environment", ["production", "development", ""])
def test_hashing_cannot_be_made_cheap_outside_of_tests(tmp_path: Path, environment: str) -> None:
    said = mistakes(tmp_path, APP_ENV=environment, PASSWORD_HASH_COST="least")
    assert "PASSWORD_HASH_COST: hashing can be made cheap only with APP_ENV=test" in said


def test_hashing_costs_the_usual_unless_told_otherwise(tmp_path: Path) -> None:
    for chosen in ({}, {"APP_ENV": "test"}, {"PASSWORD_HASH_COST": "usual"}):
        rules = settings(tmp_path, **chosen).passwords
        assert (rules.memory_kib, rules.passes, rules.lanes) == (19_456, 2, 1)
    rules = settings(tmp_path, APP_ENV="test", PASSWORD_HASH_COST="least").passwords
    assert (rules.memory_kib, rules.passes) == (8, 1)


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
        ("http://localhost:80", "http://localhost"),
        ("https://xn--e1afmkfd.xn--p1ai", "https://xn--e1afmkfd.xn--p1ai"),
    ],
)
def test_an_origin_is_kept_as_browsers_send_it(tmp_path: Path, typed: str, origin: str) -> None:
    chosen = settings(tmp_path, FRONTEND_DOMAIN=f" {typed} ,", BACKEND_DOMAIN=typed)
    assert chosen.http.frontend == chosen.http.backend == chosen.issuer == origin
    assert origin in chosen.http.origins


@pytest.mark.parametrize(("port", "origin"), [("80", "http://localhost"), ("81", "http://localhost:81")])
def test_without_a_name_of_its_own_the_server_is_what_browsers_call_it(
    tmp_path: Path, port: str, origin: str
) -> None:
    chosen = settings(tmp_path, APP_PORT=port)
    assert chosen.http.backend == chosen.issuer == origin
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
        "https://a.example:0",
        "https://münchen.example",
        "https://[::1",
        'https://a".example',
        "https://a\\b.example",
        "myapp://sign-in",
    ],
)
@pytest.mark.parametrize("name", ["FRONTEND_DOMAIN", "BACKEND_DOMAIN"])
def test_what_no_browser_would_send_is_no_origin(tmp_path: Path, name: str, typed: str) -> None:
    said = mistakes(tmp_path, **{name: typed})
    assert re.fullmatch(f"{name}: .+", said), "one line"


def test_in_production_every_origin_is_https(tmp_path: Path) -> None:
    there = {"APP_ENV": "production", "BACKEND_DOMAIN": "http://id.example.com", "TRUSTED_PROXIES": "none"}
    fronts = "https://a.example,http://b.example,http://localhost:3000"
    said = mistakes(tmp_path, FRONTEND_DOMAIN=fronts, **there)
    assert re.findall("^[A-Z_]+", said, re.MULTILINE) == ["BACKEND_DOMAIN", "FRONTEND_DOMAIN"]
    assert "http://b.example" in said
    assert settings(tmp_path, FRONTEND_DOMAIN=fronts).http.frontend == "https://a.example"


@pytest.mark.parametrize(
    ("typed", "prefix"),
    [("", "/api"), ("v2", "/v2"), ("/api/", "/api"), ("api/v1", "/api/v1"), ("//a//", "/a")],
)
def test_slashes_around_the_prefix_do_not_matter(tmp_path: Path, typed: str, prefix: str) -> None:
    assert settings(tmp_path, API_PREFIX=typed).http.prefix == prefix


@pytest.mark.parametrize(
    "typed", ["/", "a//b", "a b", "a b?c", "../api", "..", "../x", "{id}", "api?x", "über", "a%2fb"]
)
def test_a_prefix_that_no_address_can_have_is_refused(tmp_path: Path, typed: str) -> None:
    assert mistakes(tmp_path, API_PREFIX=typed).startswith("API_PREFIX: ")


@pytest.mark.parametrize(
    "typed", ["15", "-15m", "1.5h", "m", "0m", "500ms", "٣m", "999999999w", "999999999d", "1001y", "9" * 50]
)
def test_a_duration_that_cannot_be_is_refused(tmp_path: Path, typed: str) -> None:
    assert mistakes(tmp_path, AUTH_JWT_TOKEN_EXPIRES_IN=typed).startswith("AUTH_JWT_TOKEN_EXPIRES_IN: ")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("AUTH_JWT_TOKEN_EXPIRE_IN", "AUTH_JWT_TOKEN_EXPIRES_IN"),
        ("REQUIRE_CONFIRMED_EMAILS", "REQUIRE_CONFIRMED_EMAIL"),
        ("TRUSTED_PROXY", "TRUSTED_PROXIES"),
        ("MAIL_HOSTT", "MAIL_HOST"),
        ("mail_host", "MAIL_HOST"),
        ("OIDC_A_SCOPE", "OIDC_A_SCOPES"),
        ("PASSWORD_MIN_LENGHT", "PASSWORD_MIN_LENGTH"),
    ],
)
def test_a_misspelt_name_is_not_passed_over_in_silence(tmp_path: Path, written: str, meant: str) -> None:
    said = f"{written} is not read: is {meant} meant?"
    assert said in settings(tmp_path, **OIDC, **{written: "x"}).warnings
    assert said in mistakes(tmp_path, **OIDC, **{written: "x"}, APP_PORT="many")


def test_an_empty_value_of_a_misspelt_name_is_nothing(tmp_path: Path) -> None:
    assert settings(tmp_path, MAIL_HOSTT=" ").warnings == ()


@pytest.mark.parametrize("name", ["OIDC_B_CLIENT_ID", "OIDC_b_ISSUER", "OIDC_B__ISSUER"])
def test_a_providers_name_that_leads_nowhere_is_refused(tmp_path: Path, name: str) -> None:
    assert re.fullmatch(f"{name}: .+", mistakes(tmp_path, **{name: "https://id.example.org"})), "told once"


def test_an_option_of_a_provider_that_is_not_there_is_not_passed_over(tmp_path: Path) -> None:
    assert "OIDC_B_LABEL is not read" in " ".join(settings(tmp_path, OIDC_B_LABEL="B").warnings)


def test_other_programs_variables_are_nobodys_business(tmp_path: Path) -> None:
    names = [
        "PATH",
        "MAIL",
        "LOGNAME",
        "GITHUB_TOKEN",
        "REDIS_PORT",
        "DATABASE_PORT",
        "APP_VERSION",
        "API_KEY",
    ]
    assert settings(tmp_path, **dict.fromkeys(names, "x")).warnings == ()


@pytest.mark.parametrize("name", ["OIDC_A_CALLBACK", "OIDC_A_ISSUER"])
@pytest.mark.parametrize(
    "url",
    [
        "https://[::1",
        "https://a.example:x",
        "https://u@a.example",
        "https://a.example/?x",
        "https://a.example#x",
    ],
)
def test_a_providers_address_has_neither_user_nor_query(tmp_path: Path, name: str, url: str) -> None:
    assert mistakes(tmp_path, **{**OIDC, name: url}).startswith(f"{name}: ")


def test_call_backs_without_tls_are_for_development(tmp_path: Path) -> None:
    plain = {**OIDC, "OIDC_A_CALLBACK": "http://192.168.1.5:8080/api/auth/a/callback"}
    there = {"APP_ENV": "production", "BACKEND_DOMAIN": "https://id.example.com", "TRUSTED_PROXIES": "none"}
    assert settings(tmp_path, **plain).social.providers[0].callback == plain["OIDC_A_CALLBACK"]
    assert mistakes(tmp_path, **plain, **there).startswith("OIDC_A_CALLBACK: must be an https URL")


def test_an_env_file_is_read_whatever_editor_wrote_it(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(
        b"\xef\xbb\xbfAPP_NAME='The # House'  # ours\r\n"
        b"export APP_PORT=8123\r\n\r\n"
        b'MAIL_PASSWORD="p${HOME}$$w"\r\n'
        b"  REFRESH_GRACE = 10s # a note\r\n"
        b"AUTH_JWT_SECRET=a=b#c\r\n"
    )
    assert read_env_file(file) == (
        {
            "APP_NAME": "The # House",
            "APP_PORT": "8123",
            "MAIL_PASSWORD": "p${HOME}$$w",
            "REFRESH_GRACE": "10s",
            "AUTH_JWT_SECRET": "a=b#c",
        },
        [],
    )


def test_lines_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b'APP_NAME=x\r\nMAIL_HOST: y\r\nAPP_PORT=1\r\nMAIL_USER="open\r\n')
    values, wrong = read_env_file(file)
    assert values == {"APP_NAME": "x", "APP_PORT": "1"}
    assert [said.split(":")[0].rsplit(" ", 1)[1] for said in wrong] == ["2", "4"]


def test_a_name_without_a_value_is_no_setting(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(
        b"# ours\nMAIL_HOST=\n\n\nREQUIRE_CONFIRMED_EMAIL\nexport PORTAL # off\nAPP_PORT=1\nhm'\n\n \n"
    )
    values, wrong = read_env_file(file)
    assert values == {"MAIL_HOST": "", "APP_PORT": "1"}
    assert [said.split(":")[0].rsplit(" ", 1)[1] for said in wrong] == ["5", "6", "8"]


@pytest.mark.parametrize("content", ["APP_NAME=Café".encode("latin-1"), "APP_NAME=x".encode("utf-16")])
def test_a_file_of_another_encoding_is_refused_with_a_sentence(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / ".env"
    file.write_bytes(content)
    assert "UTF-8" in read_env_file(file)[1][0]


@pytest.mark.parametrize("content", [b"", b"short\n", b"\xff\xfe\x00" * 40])
def test_a_key_file_that_holds_no_key_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "root.key").write_bytes(content)
    assert "root.key" in mistakes(tmp_path, AUTH_REFRESH_SECRET="")
    assert (tmp_path / "root.key").read_bytes() == content


def test_no_new_key_is_made_beside_an_old_database(tmp_path: Path) -> None:
    (tmp_path / "auth-portal.db").write_bytes(b"x")
    assert "put back" in mistakes(tmp_path, AUTH_REFRESH_SECRET="")
    assert not (tmp_path / "root.key").exists()


def test_no_new_key_is_made_beside_a_database_whose_url_has_options(tmp_path: Path) -> None:
    (tmp_path / "auth.db").write_bytes(b"x")
    url = f"sqlite:///{tmp_path}/auth.db?timeout=5"
    assert mistakes(tmp_path, AUTH_REFRESH_SECRET="", DATABASE_URL=url).startswith("DATABASE_URL: ")
    assert not (tmp_path / "root.key").exists()


def test_a_key_file_that_others_can_read_is_warned_about(tmp_path: Path) -> None:
    settings(tmp_path, AUTH_REFRESH_SECRET="")
    (tmp_path / "root.key").chmod(0o644)
    assert "chmod 600" in " ".join(settings(tmp_path, AUTH_REFRESH_SECRET="").warnings)


def test_a_data_folder_that_is_none_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "DATA_DIR" in mistakes(tmp_path / "file", AUTH_REFRESH_SECRET="")
    assert "DATA_DIR" in mistakes(tmp_path / "file" / "below", AUTH_REFRESH_SECRET="")


def test_workers_that_count_limits_each_for_itself_are_told_of(tmp_path: Path) -> None:
    assert "REDIS_URL" in " ".join(settings(tmp_path, WORKERS="2").warnings)
    for told in ({"WORKERS": "1"}, {"WORKERS": "2", "RATE_LIMITS": "off"}):
        assert settings(tmp_path, **told).warnings == ()
    assert settings(tmp_path, WORKERS="2", REDIS_URL="redis://127.0.0.1/0").warnings == ()
