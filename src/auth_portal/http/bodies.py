"""Every body that is read here: its fields as documented, and the one function that checks it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from auth_portal.http.form import LONGEST_NAME, Form

Name = Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME, examples=["Ada"])]
Email = Annotated[
    str, Meta(max_length=254, examples=["ada@example.com"], extra_json_schema={"format": "email"})
]
Password = Annotated[str, Meta(min_length=1, max_length=256, extra_json_schema={"format": "password"})]
Token = Annotated[str, Meta(min_length=1)]
Locale = Annotated[str, Meta(pattern="^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}$", examples=["de"])]


class Read(msgspec.Struct, frozen=True, rename="camel"):
    """A body after its check."""


class RegisterBody(Read, frozen=True):
    """Sign up. `locale` is the language of letters; without it the browser's counts."""

    first_name: Name
    last_name: Name
    email: Email
    password: Password
    locale: Locale | None = None


class LoginBody(Read, frozen=True):
    """Sign in."""

    email: Email
    password: Password


class RefreshBody(Read, frozen=True):
    """One of the ways to send a refresh token; the others are headers and the cookie."""

    refresh_token: str | None = None


class HashBody(Read, frozen=True):
    """The token of a link."""

    hash: Token


class ForgotBody(Read, frozen=True):
    """Whose password was forgotten."""

    email: Email


class ResetBody(Read, frozen=True):
    """The token of a reset link, and the new password."""

    hash: Token
    password: Password


class ProfileBody(Read, frozen=True):
    """What is given is set."""

    first_name: Name | None = None
    last_name: Name | None = None
    locale: Locale | None = None


class PasswordBody(Read, frozen=True):
    """A new password; the current one unless there is none yet."""

    password: Password
    current_password: Password | None = None


class EmailBody(Read, frozen=True):
    """A new address; the current password unless there is none."""

    email: Email
    current_password: Password | None = None


class LeaveBody(Read, frozen=True):
    """The current password unless there is none."""

    current_password: Password | None = None


class RenameBody(Read, frozen=True):
    """What a session shall be called."""

    name: Annotated[str, Meta(min_length=1, max_length=64)]


class ExchangeBody(Read, frozen=True):
    """The code of the hand-off; the verifier if a challenge was given at the start."""

    code: Token
    code_verifier: str | None = None


class NativeBody(Read, frozen=True):
    """A provider's ID token that carries our nonce."""

    id_token: Token
    nonce: Token


class LinkBody(Read, frozen=True):
    """Where to land afterwards; only places that the settings list."""

    return_to: str | None = None


class RedeemBody(Read, frozen=True):
    """The code with which the provider's call-back came to the front end."""

    code: Token


@dataclass(frozen=True, slots=True)
class Body:
    """`shape` is for the documentation, `check` reads the fields and notes every fault."""

    shape: type[Read]
    check: Callable[[Form], Any]


REGISTER = Body(
    RegisterBody,
    lambda form: RegisterBody(
        form.name("firstName"),
        form.name("lastName"),
        form.email("email"),
        form.new_password("password"),
        form.optional_locale("locale"),
    ),
)
LOGIN = Body(LoginBody, lambda form: LoginBody(form.email("email"), form.password("password")))
REFRESH = Body(RefreshBody, lambda form: RefreshBody(form.optional_text("refreshToken")))
HASH = Body(HashBody, lambda form: HashBody(form.token("hash")))
FORGOT = Body(ForgotBody, lambda form: ForgotBody(form.email("email")))
RESET = Body(ResetBody, lambda form: ResetBody(form.token("hash"), form.new_password("password")))
PROFILE = Body(
    ProfileBody,
    lambda form: ProfileBody(
        form.optional_name("firstName"), form.optional_name("lastName"), form.optional_locale("locale")
    ),
)
PASSWORD = Body(
    PasswordBody,
    lambda form: PasswordBody(form.new_password("password"), form.optional_password("currentPassword")),
)
EMAIL = Body(
    EmailBody, lambda form: EmailBody(form.email("email"), form.optional_password("currentPassword"))
)
LEAVE = Body(LeaveBody, lambda form: LeaveBody(form.optional_password("currentPassword")))
RENAME = Body(RenameBody, lambda form: RenameBody(form.name("name", 64)))
EXCHANGE = Body(
    ExchangeBody, lambda form: ExchangeBody(form.token("code"), form.optional_text("codeVerifier"))
)
NATIVE = Body(NativeBody, lambda form: NativeBody(form.token("idToken"), form.token("nonce")))
LINK = Body(LinkBody, lambda form: LinkBody(form.optional_text("returnTo")))
REDEEM = Body(RedeemBody, lambda form: RedeemBody(form.token("code")))
