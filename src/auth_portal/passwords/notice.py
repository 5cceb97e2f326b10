"""Tell the owner that the password has changed, wherever the change came from."""

from dataclasses import dataclass

from auth_portal.accounts.account import Account
from auth_portal.core.clock import Clock
from auth_portal.core.visitor import Visitor
from auth_portal.mail.letter import LetterKind
from auth_portal.mail.post import Post
from auth_portal.sessions.device_name import device_name


@dataclass(frozen=True)
class TellOfNewPassword:
    """A letter to the address of the account (ASVS 5.0 6.3.7), if it has one."""

    post: Post
    clock: Clock

    async def __call__(self, account: Account, visitor: Visitor) -> None:
        """Post it."""
        if account.email is None:
            return
        facts = {
            "name": account.first_name,
            "device": device_name(visitor.user_agent),
            "ip": visitor.ip,
            "when": self.clock().isoformat(),
        }
        await self.post(
            LetterKind.PASSWORD_CHANGED,
            account.email,
            account_id=account.id,
            locale=account.locale,
            facts=facts,
        )
