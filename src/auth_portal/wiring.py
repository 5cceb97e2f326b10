"""Wires the rooms, from the bottom to the top: each collaborator has one recipe."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from functools import cached_property

from auth_portal.core.clock import Clock
from auth_portal.core.log import Log
from auth_portal.core.secrets import system_randomness
from auth_portal.entry.admit import Admit
from auth_portal.entry.confirmation import SendConfirmation
from auth_portal.journal.record import Record
from auth_portal.limits.gate import Gate
from auth_portal.limits.in_process import InProcessWindows
from auth_portal.limits.store import Windows
from auth_portal.mail.courier import Courier
from auth_portal.mail.folder import FolderSender
from auth_portal.mail.post import Post
from auth_portal.mail.sender import Sender
from auth_portal.mail.templates import Templates
from auth_portal.metrics import Metrics
from auth_portal.passwords.hashing import Hasher
from auth_portal.passwords.policy import Policy
from auth_portal.passwords.prove import ProveCurrentPassword
from auth_portal.passwords.tries import Tries
from auth_portal.profile.delete import Erase, RemoveAccount
from auth_portal.sessions.access_token import AccessTokens
from auth_portal.sessions.devices import DeviceCookies, KnownDevices
from auth_portal.sessions.keys import KeyRoom
from auth_portal.sessions.notice import TellOwner
from auth_portal.sessions.open import OpenSession
from auth_portal.sessions.refresh_token import RefreshTokens
from auth_portal.settings.settings import Settings
from auth_portal.social.providers.registry import Providers
from auth_portal.social.settle import Settle
from auth_portal.storage.stores import Stores
from auth_portal.sweep import Sweep
from auth_portal.tickets.tickets import Tickets


class Wiring:
    """Each collaborator once, made when it is first asked for. No container: a property is its recipe."""

    def __init__(  # noqa: PLR0917 -- what every room is handed
        self, settings: Settings, stores: Stores, keys: KeyRoom, clock: Clock, log: Log, metrics: Metrics
    ) -> None:
        self.settings = settings
        self.stores = stores
        self.keys = keys
        self.clock = clock
        self.log = log
        self.metrics = metrics
        self.randomness = system_randomness
        self.root = settings.root
        self.rules = settings.sessions
        self.limits = settings.limits
        self.closers: list[Callable[[], Awaitable[None]]] = []
        metrics.watch("auth_portal_database", "What the database's driver did", stores.counts)

    # tickets | mail | limits | journal

    @cached_property
    def tickets(self) -> Tickets:
        """Proofs spent exactly once."""
        hashing, sealing = self.root.keyring("tickets"), self.root.keyring("ticket-facts")
        rules = self.settings.tickets
        return Tickets(self.stores.tickets, hashing, sealing, rules, self.clock, self.randomness)

    @cached_property
    def sender(self) -> Sender:
        """A relay when there is one, else the folder."""
        if self.settings.mail.host is None:
            return FolderSender(self.settings.mail)
        from auth_portal.mail.smtp import SmtpSender  # noqa: PLC0415 -- only when it is used

        return SmtpSender(self.settings.mail)

    @cached_property
    def courier(self) -> Courier:
        """Carries letters out."""
        return Courier(
            outbox=self.stores.outbox,
            sender=self.sender,
            sealing=self.root.keyring("letters"),
            rules=self.settings.mail,
            clock=self.clock,
            randomness=self.randomness,
            log=self.log,
            counted=self.metrics.letter,
        )

    @cached_property
    def post(self) -> Post:
        """Writes letters into the outbox."""
        return Post(
            outbox=self.stores.outbox,
            renderer=Templates(self.settings.mail),
            sealing=self.root.keyring("letters"),
            rules=self.settings.mail,
            clock=self.clock,
            randomness=self.randomness,
            wake=self.courier.wake,
        )

    @cached_property
    def windows(self) -> Windows:
        """In process, or shared in Valkey with the former to fall back on."""
        in_process = InProcessWindows(lambda: self.clock().timestamp())
        if self.settings.storage.redis_url is None:
            return in_process
        from auth_portal.storage.valkey.windows import ValkeyWindows  # noqa: PLC0415 -- only when it is used

        shared = ValkeyWindows(self.settings.storage.redis_url, in_process, self.log)
        self.closers.append(shared.close)
        return shared

    @cached_property
    def gate(self) -> Gate:
        """Every limit."""
        return Gate(self.windows, self.limits, self.metrics.limited, self.root.keyring("limits"))

    @cached_property
    def record(self) -> Record:
        """The journal, the log line and the count."""
        return Record(self.stores.journal, self.clock, self.randomness, self.log, self.metrics.event)

    # sessions

    @cached_property
    def refresh_tokens(self) -> RefreshTokens:
        """Written and read under keys that no database holds."""
        return RefreshTokens(self.root.keyring("refresh-tokens"))

    @cached_property
    def access_tokens(self) -> AccessTokens:
        """JWTs after RFC 9068."""
        settings = self.settings
        return AccessTokens(self.keys, settings.issuer, settings.audience, self.clock, self.rules)

    @cached_property
    def devices(self) -> KnownDevices:
        """Who signed in from where."""
        return KnownDevices(self.stores.devices, self.root.keyring("devices"), self.clock, self.rules)

    @cached_property
    def device_cookies(self) -> DeviceCookies:
        """Names for browsers."""
        return DeviceCookies(self.root.keyring("device-cookies"), self.randomness)

    # passwords | social | profile

    @cached_property
    def hasher(self) -> Hasher:
        """A few slots, a short queue."""
        hasher = Hasher(self.settings.passwords, self.log)
        self.metrics.watch("auth_portal_hashes", "Password hashes by kind", lambda: asdict(hasher.calls))
        return hasher

    @cached_property
    def policy(self) -> Policy:
        """What a password may be."""
        return Policy(self.settings.passwords)

    @cached_property
    def prove(self) -> ProveCurrentPassword:
        """The owner, right now."""
        return ProveCurrentPassword(self.hasher, self.gate, self.tries, self.record, self.clock, self.rules)

    @cached_property
    def tries(self) -> Tries:
        """The run of failures of each account."""
        return Tries(self.stores.accounts, self.devices, self.limits, self.record, self.clock, self.log)

    @cached_property
    def notice(self) -> TellOwner:
        """The letter about a new password or a linked account."""
        return TellOwner(self.post, self.clock)

    @cached_property
    def providers(self) -> Providers:
        """Those with credentials; nothing is asked of them yet."""
        return Providers.under(self.settings.social, self.clock)

    @cached_property
    def settle(self) -> Settle:
        """Decides and acts on what a provider said."""
        stores = self.stores
        return Settle(stores.accounts, self.tickets, stores.devices, self.record, self.clock, self.randomness)

    @cached_property
    def erase(self) -> Erase:
        """Removes what hangs on an account."""
        stores = self.stores
        return Erase(stores.sessions, stores.devices, stores.tickets, stores.outbox, stores.journal)

    @cached_property
    def remove(self) -> RemoveAccount:
        """Deletes an account, whoever asked for it."""
        return RemoveAccount(self.stores.accounts, self.erase, self.record, self.clock)

    # entry

    @cached_property
    def confirmation(self) -> SendConfirmation:
        """The letter that asks to confirm an address."""
        return SendConfirmation(self.tickets, self.post, self.gate)

    @cached_property
    def admit(self) -> Admit:
        """The one door."""
        return Admit(
            sessions=self.stores.sessions,
            open_session=OpenSession(
                self.stores.sessions,
                self.refresh_tokens,
                self.access_tokens,
                self.clock,
                self.randomness,
                self.rules,
            ),
            refresh_tokens=self.refresh_tokens,
            devices=self.devices,
            device_cookies=self.device_cookies,
            tickets=self.tickets,
            post=self.post,
            record=self.record,
            clock=self.clock,
            rules=self.rules,
            as_one=self.stores.as_one,
        )

    @cached_property
    def sweep(self) -> Sweep:
        """Retention."""
        return Sweep(
            stores=self.stores,
            erase=self.erase,
            clock=self.clock,
            rules=self.rules,
            journal_retention=self.settings.journal_retention,
            keep_ended=self.settings.keep_ended,
            keep_letters=self.settings.mail.keep_settled,
            log=self.log,
        )
