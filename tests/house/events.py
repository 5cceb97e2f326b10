"""Writes docs/events.md: every kind of event that the journal knows, with what it means."""

from auth_portal.journal.event import Kind
from tests.house.sources import ROOT

EVENTS = ROOT / "docs" / "events.md"
HEAD = """# The journal

Every security event is one row in the database and one JSON line in the log (`"event": "journal"`):
`id` (UUIDv7, sorts by time), `kind`, `at`, `outcome` (`ok` or `refused`), the account, the session, the
address, the user agent, the request's `trace`, and a few short `facts`. Never a password, a token, a hash
or the content of a letter. Rotations of refresh tokens are not events: they happen every few minutes.

People read their own at `GET /api/auth/events`. Events stay for `JOURNAL_RETENTION` (365 days unless set);
when an account is deleted its events keep their kind and time and lose address, user agent and facts.

Written by `make map`; a test sees that it is fresh.

| kind | when |
|---|---|
"""
MEANINGS = {
    Kind.REGISTERED: "an account was made",
    Kind.REGISTRATION_REQUESTED: "somebody asked for an account that is made once its letter is answered",
    Kind.SIGNED_IN: "a session was opened; the fact `method` says how",
    Kind.SIGN_IN_FAILED: "a wrong password, here or where `asked` says; an unknown or disabled account",
    Kind.SIGN_IN_THROTTLED: "a try was refused by a limit, its password was not looked at",
    Kind.SIGNED_OUT: "the person signed a session out",
    Kind.SESSION_ENDED: "one session was ended from elsewhere",
    Kind.SESSIONS_ENDED: "several or all sessions were ended",
    Kind.SESSION_RENAMED: "a session was given a name",
    Kind.REFRESH_REUSED: "an old refresh token was shown: the session was closed and a letter sent",
    Kind.REFRESH_REPLAY_ELSEWHERE: "inside the grace, another network and browser showed the same token",
    Kind.SESSION_ROLLED_BACK: "a token was newer than the database, which was restored: session closed",
    Kind.EMAIL_CONFIRMED: "the owner proved the address",
    Kind.CONFIRMATION_RESENT: "the confirmation was sent again",
    Kind.EMAIL_CHANGE_REQUESTED: "a new address was asked for; both ends were told",
    Kind.EMAIL_CHANGED: "the new address was proved and took the old one's place",
    Kind.PASSWORD_RESET_REQUESTED: "somebody asked for a reset letter",
    Kind.PASSWORD_RESET: "a new password was set by mail; every session ended",
    Kind.PASSWORD_CHANGED: "the person changed the password; the other sessions ended",
    Kind.PASSWORD_SET: "a first password was set, or an operator set one",
    Kind.PASSWORD_UPGRADED: "the hash of the same password was made anew with present parameters",
    Kind.PROFILE_CHANGED: "names or locale changed",
    Kind.DATA_EXPORTED: "the person took a copy of what is known about them",
    Kind.ACCOUNT_DELETED: "the account was deleted",
    Kind.ACCOUNT_DISABLED: "an operator shut the account",
    Kind.ACCOUNT_ENABLED: "an operator opened it again",
    Kind.ACCOUNT_TAKEN_OVER: "the proven owner of an address took an account that never had proved it",
    Kind.ACCOUNT_IMPORTED: "the account came from another system",
    Kind.NEW_DEVICE: "a device or network signed in for the first time; a letter was sent",
    Kind.NOT_ME: "the person said of a sign-in that it was not theirs",
    Kind.IDENTITY_LINKED: "a provider's identity was linked",
    Kind.IDENTITY_UNLINKED: "a provider's identity was unlinked",
    Kind.SOCIAL_FAILED: "a sign-in through a provider failed; the fact `cause` says why",
    Kind.KEY_ROTATED: "a new signing key was made, or one was retired",
    Kind.SECOND_STEP_ASKED: "a second proof was asked for",
}


def events_page() -> str:
    """The whole page; KeyError for a kind that nobody has described."""
    return HEAD + "".join(f"| `{kind.value}` | {MEANINGS[kind]} |\n" for kind in Kind)


if __name__ == "__main__":
    EVENTS.write_text(events_page())
