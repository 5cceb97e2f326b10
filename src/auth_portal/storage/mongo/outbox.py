"""The outbox in MongoDB: one document per letter, claimed one by one."""

from dataclasses import dataclass
from datetime import datetime

from auth_portal.mail.letter import UNSENT, Letter, LetterKind, LetterState
from auth_portal.storage.mongo.collection import Collection, Document
from auth_portal.storage.mongo.values import instant, instant_or_none, stored

WAITING = LetterState.WAITING.value


@dataclass(frozen=True)
class MongoOutbox:
    """The Outbox port."""

    outbox: Collection

    async def post(self, letter: Letter) -> None:
        """See the port."""
        await self.outbox.keep(document_of(letter))

    async def claim(self, now: datetime, until: datetime, at_most: int) -> list[Letter]:
        """See the port; one find-and-update each, so a crash in between only leaves claims to run out."""
        at = stored(now)
        free = [{"claimed_until": None}, {"claimed_until": {"$lte": at}}]
        due = {"state": WAITING, "next_try_at": {"$lte": at}, "$or": free}
        take = {"$set": {"claimed_until": stored(until)}, "$inc": {"tries": 1}}
        claimed: list[Letter] = []
        while len(claimed) < at_most:
            found = await self.outbox.change_and_read(due, take, order=[("next_try_at", 1)])
            if found is None:
                break
            claimed.append(letter_of(found))
        return claimed

    async def sent(self, letter_id: str, claimed_until: datetime, now: datetime) -> bool:
        """See the port."""
        fields = {"state": LetterState.SENT.value, **settled(now)}
        return await self.outbox.change(held(letter_id, claimed_until), {"$set": fields})

    async def try_later(
        self, letter_id: str, claimed_until: datetime, next_try_at: datetime, error: str
    ) -> bool:
        """See the port."""
        fields = {"claimed_until": None, "next_try_at": stored(next_try_at), "last_error": error}
        return await self.outbox.change(held(letter_id, claimed_until), {"$set": fields})

    async def dead(self, letter_id: str, claimed_until: datetime, now: datetime, error: str) -> bool:
        """See the port."""
        fields = {"state": LetterState.DEAD.value, "last_error": error, **settled(now)}
        return await self.outbox.change(held(letter_id, claimed_until), {"$set": fields})

    async def find(self, letter_id: str) -> Letter | None:
        """See the port."""
        found = await self.outbox.find({"_id": letter_id})
        return letter_of(found) if found else None

    async def page(self, state: LetterState | None, at_most: int) -> list[Letter]:
        """See the port."""
        where: Document = {} if state is None else {"state": state.value}
        found = await self.outbox.many(where, [("_id", -1)], at_most)
        return [letter_of(document) for document in found]

    async def counts(self) -> dict[LetterState, int]:
        """See the port."""
        unsent = {"$match": {"state": {"$in": [state.value for state in UNSENT]}}}
        found = await self.outbox.aggregate(unsent, {"$group": {"_id": "$state", "many": {"$sum": 1}}})
        counted = {document["_id"]: int(document["many"]) for document in found}
        return {state: counted.get(state.value, 0) for state in UNSENT}

    async def next_due(self) -> datetime | None:
        """See the port; of a claimed letter, when its claim runs out."""
        free = {"state": WAITING, "claimed_until": None}
        held_by_one = {"state": WAITING, "claimed_until": {"$gt": 0}}
        first = await self.outbox.many(free, [("next_try_at", 1)], 1)
        then = await self.outbox.many(held_by_one, [("claimed_until", 1)], 1)
        due = [one["next_try_at"] for one in first] + [one["claimed_until"] for one in then]
        return instant_or_none(min(due, default=None))

    async def forget(self, account_id: str) -> int:
        """See the port."""
        return await self.outbox.delete_all({"account_id": account_id})

    async def forget_address(self, recipient: str) -> int:
        """See the port."""
        return await self.outbox.delete_all({"recipient": recipient, "account_id": None})

    async def sweep(self, before: datetime, at_most: int) -> int:
        """See the port."""
        where = {"settled_at": {"$gt": 0, "$lt": stored(before)}}
        return len(await self.outbox.sweep(where, [("settled_at", 1)], at_most))


def held(letter_id: str, claimed_until: datetime) -> Document:
    """The letter, while it waits and this claim still holds it."""
    return {"_id": letter_id, "state": WAITING, "claimed_until": stored(claimed_until)}


def settled(now: datetime) -> Document:
    """What a settled letter has in common: nothing left to read, nobody's claim."""
    return {"sealed": b"", "claimed_until": None, "settled_at": stored(now)}


def document_of(letter: Letter) -> Document:
    """The letter's document."""
    return {
        "_id": letter.id,
        "kind": letter.kind.value,
        "recipient": letter.recipient,
        "account_id": letter.account_id,
        "message_id": letter.message_id,
        "sealed": letter.sealed,
        "created_at": stored(letter.created_at),
        "next_try_at": stored(letter.next_try_at),
        "best_before": stored(letter.best_before),
        "state": letter.state.value,
        "tries": letter.tries,
        "claimed_until": stored(letter.claimed_until),
        "settled_at": stored(letter.settled_at),
        "last_error": letter.last_error,
    }


def letter_of(document: Document) -> Letter:
    """The inverse of `document_of`."""
    return Letter(
        id=document["_id"],
        kind=LetterKind(document["kind"]),
        recipient=document["recipient"],
        account_id=document["account_id"],
        message_id=document["message_id"],
        sealed=bytes(document["sealed"]),
        created_at=instant(document["created_at"]),
        next_try_at=instant(document["next_try_at"]),
        best_before=instant(document["best_before"]),
        state=LetterState(document["state"]),
        tries=document["tries"],
        claimed_until=instant_or_none(document["claimed_until"]),
        settled_at=instant_or_none(document["settled_at"]),
        last_error=document["last_error"],
    )
