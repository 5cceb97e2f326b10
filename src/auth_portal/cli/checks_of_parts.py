"""What `doctor` asks of the parts outside this process: database, keys, relay, shared limits."""

from datetime import UTC, datetime, timedelta

from auth_portal.cli.checks_of_settings import Line, Mark
from auth_portal.core.log import Log
from auth_portal.core.secrets import RootSecret
from auth_portal.mail.letter import LetterState
from auth_portal.mail.rules import MailRules
from auth_portal.mail.sender import Sent
from auth_portal.sessions.store import StoredKey
from auth_portal.settings.settings import Settings
from auth_portal.storage.stores import Stores

OLD_KEY = timedelta(days=400)
SKEW = timedelta(minutes=2)
EMPTY = "schema: none yet, the database is empty"
OVERDUE = timedelta(minutes=20)


async def about_database(stores: Stores) -> list[Line]:
    """It answers, its schema is ours, and what its own check finds."""
    await stores.ping()
    lines = [
        Line(Mark.GOOD if finding.good else Mark.BAD, f"database: {finding.sentence}")
        for finding in await stores.admin.check()
    ]
    version, steps = await stores.admin.schema_version(), await stores.admin.plan()
    if steps and not version:
        lines.append(Line(Mark.MIND, f"{EMPTY}; `auth-portal serve` or `auth-portal migrate` makes it"))
    elif steps:
        lines.append(Line(Mark.BAD, f"schema: {version}, to come: {'; '.join(steps)}", "auth-portal migrate"))
    else:
        lines.append(Line(Mark.GOOD, f"schema: {version}, current"))
    return lines


async def about_root(stores: Stores, root: RootSecret) -> list[Line]:
    """The database belongs to this root secret, or will; only a start makes it so."""
    current, *previous = root.check_values()
    standing = await stores.signing_keys.pinned_root()
    if standing is None:
        return [Line(Mark.MIND, "root secret: none yet; the first start with one binds the database to it")]
    if standing in previous:
        return [Line(Mark.GOOD, "root secret: a former one's database; the next start binds it to this one")]
    if standing == current:
        return [Line(Mark.GOOD, "root secret: the one this database belongs to")]
    fix = "give the right one, or the old one as AUTH_REFRESH_SECRET_PREVIOUS"
    return [Line(Mark.BAD, "root secret: this database belongs to another one", fix)]


async def about_keys(stores: Stores, chosen: Settings) -> list[Line]:
    """There is a key that signs; it is not ancient, and none comes from the future."""
    if chosen.keys.algorithm == "HS256":
        return [Line(Mark.GOOD, "signing key: AUTH_JWT_SECRET (HS256); whoever verifies can also sign")]
    living = [
        key
        for key in await stores.signing_keys.all()
        if key.retired_at is None and key.algorithm == chosen.keys.algorithm
    ]
    if not living:
        return [
            Line(Mark.MIND, f"signing keys: no {chosen.keys.algorithm} key yet; the next start makes one")
        ]
    newest = max(living, key=lambda key: key.created_at)
    return [_about_newest(newest, len(living))]


def _about_newest(newest: StoredKey, count: int) -> Line:
    """How old the newest key is."""
    age = datetime.now(UTC) - newest.created_at
    if age < -SKEW:
        said = f"clock: key {newest.kid} was made {-age} in the future"
        return Line(Mark.BAD, said, "set the clocks of all instances by NTP")
    if age > OLD_KEY:
        said = f"signing keys: the newest is {age.days} days old"
        return Line(Mark.MIND, said, "auth-portal keys rotate")
    return Line(Mark.GOOD, f"signing keys: {count}, the newest {newest.algorithm} {age.days} days old")


async def about_letters(stores: Stores) -> list[Line]:
    """Letters that died or wait too long."""
    counts, due = await stores.outbox.counts(), await stores.outbox.next_due()
    lines = []
    dead = counts.get(LetterState.DEAD, 0)
    if dead:
        lines.append(Line(Mark.MIND, f"mail: {dead} dead letters", "auth-portal mail list --state dead"))
    if due is not None and datetime.now(UTC) - due > OVERDUE:
        said = f"mail: a letter is due since {due:%Y-%m-%d %H:%M} UTC"
        lines.append(Line(Mark.BAD, said, "is a server running, and does the relay answer?"))
    return lines or [
        Line(Mark.GOOD, f"mail: {counts.get(LetterState.WAITING, 0)} letters wait, none is dead")
    ]


async def about_relay(rules: MailRules) -> list[Line]:
    """The relay answers, encrypts and lets us in; without one, letters reach nobody."""
    if rules.host is None:
        return [Line(Mark.MIND, f"mail: no MAIL_HOST, letters go to {rules.folder} and reach nobody")]
    from auth_portal.mail.smtp import SmtpSender  # noqa: PLC0415 -- only with a relay

    outcome = await SmtpSender(rules).check()
    if isinstance(outcome, Sent):
        return [Line(Mark.GOOD, f"mail: {rules.host}:{rules.port} answers and lets us in")]
    fix = "see MAIL_HOST, MAIL_PORT, MAIL_USER, MAIL_PASSWORD; then auth-portal mail test you@example.com"
    return [Line(Mark.BAD, f"mail: {rules.host}:{rules.port}: {outcome.reason}", fix)]


async def about_limits(url: str | None, log: Log) -> list[Line]:
    """The shared windows answer."""
    if url is None:
        return [Line(Mark.GOOD, "limits: counted in each process (REDIS_URL shares them between several)")]
    from auth_portal.limits.in_process import InProcessWindows  # noqa: PLC0415 -- only with a shared store
    from auth_portal.storage.valkey.windows import ValkeyWindows  # noqa: PLC0415

    windows = ValkeyWindows(url, InProcessWindows(lambda: datetime.now(UTC).timestamp()), log)
    try:
        if await windows.ping():
            return [Line(Mark.GOOD, "limits: shared, REDIS_URL answers")]
    finally:
        await windows.close()
    return [
        Line(Mark.BAD, "limits: REDIS_URL does not answer, each process counts for itself", "see REDIS_URL")
    ]
