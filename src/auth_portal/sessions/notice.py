"""Tell the owner that a way into the account has changed, and from where it was done."""

from dataclasses import dataclass

from auth_portal.accounts.account import Account
from auth_portal.core.clock import Clock
from auth_portal.core.visitor import Visitor
from auth_portal.mail.letter import LetterKind
from auth_portal.mail.post import Post
from auth_portal.sessions.device_name import device_name


@dataclass(frozen=True)
class TellOwner:
    """A letter to the address of the account (ASVS 5.0 6.3.7), if it has one."""

    post: Post
    clock: Clock

    async def __call__(self, kind: LetterKind, account: Account, visitor: Visitor, **facts: str) -> None:
        """Post it; `facts` are those that this kind has besides name, device, address and time."""
        if account.email is None:
            return
        device, when = device_name(visitor.user_agent), self.clock().isoformat()
        await self.post(
            kind,
            account.email,
            account_id=account.id,
            locale=account.locale,
            facts={"name": account.first_name, "device": device, "ip": visitor.ip, "when": when, **facts},
        )
