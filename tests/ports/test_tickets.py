"""Tickets: spent exactly once, by whoever names the right purpose in time."""

import pytest

from auth_portal.storage.stores import Stores
from auth_portal.tickets.ticket import Purpose
from tests.ports.builders import NOW, a_ticket, after, an_id

pytestmark = pytest.mark.anyio


async def test_a_ticket_is_spent_once(stores: Stores) -> None:
    ticket = a_ticket(payload=bytes(range(256)), holder="zoë@example.org")
    await stores.tickets.add(ticket)
    assert await stores.tickets.peek(ticket.digest, [Purpose.RESET], NOW) == ticket
    assert await stores.tickets.spend(ticket.digest, [Purpose.CONFIRM, Purpose.RESET], NOW) == ticket
    assert await stores.tickets.spend(ticket.digest, [Purpose.RESET], NOW) is None
    assert await stores.tickets.peek(ticket.digest, [Purpose.RESET], NOW) is None


async def test_a_ticket_for_something_else_is_left_alone(stores: Stores) -> None:
    ticket = a_ticket(purpose=Purpose.CONFIRM)
    await stores.tickets.add(ticket)
    assert await stores.tickets.spend(ticket.digest, [Purpose.RESET], NOW) is None
    assert await stores.tickets.spend(ticket.digest, [], NOW) is None
    assert await stores.tickets.peek(ticket.digest, [], NOW) is None
    assert await stores.tickets.spend(ticket.digest, list(Purpose), NOW) == ticket


async def test_an_expired_ticket_is_not_spent_and_the_sweep_takes_it(stores: Stores) -> None:
    ticket = a_ticket(expires_at=after(minutes=30))
    living = a_ticket(expires_at=after(minutes=31))
    await stores.tickets.add(ticket)
    await stores.tickets.add(living)
    assert await stores.tickets.spend(ticket.digest, [Purpose.RESET], after(minutes=30)) is None
    last = after(minutes=30, milliseconds=-1)
    assert await stores.tickets.peek(ticket.digest, [Purpose.RESET], last) == ticket
    assert await stores.tickets.sweep(after(minutes=30), 9) == 1
    assert await stores.tickets.sweep(after(minutes=30), 9) == 0
    assert await stores.tickets.spend(ticket.digest, [Purpose.RESET], NOW) is None
    assert await stores.tickets.spend(living.digest, [Purpose.RESET], NOW) == living


async def test_the_sweep_goes_in_steps(stores: Stores) -> None:
    for _ in range(5):
        await stores.tickets.add(a_ticket())
    assert await stores.tickets.sweep(after(days=1), 2) == 2
    assert await stores.tickets.sweep(after(days=1), 9) == 3


async def test_voiding_takes_the_holders_tickets_of_these_purposes(stores: Stores) -> None:
    holder = an_id()
    for purpose in (Purpose.RESET, Purpose.RESET, Purpose.CONFIRM, Purpose.NOT_ME):
        await stores.tickets.add(a_ticket(holder=holder, purpose=purpose))
    other = a_ticket()
    await stores.tickets.add(other)
    assert await stores.tickets.void(holder, []) == 0
    assert await stores.tickets.void(holder, [Purpose.RESET, Purpose.CHANGE_EMAIL]) == 2
    assert await stores.tickets.void_all(holder) == 2
    assert await stores.tickets.peek(other.digest, [Purpose.RESET], NOW) == other
