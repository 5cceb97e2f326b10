"""Stopped while a relay that took a letter is slow to say farewell: the letter leaves once (OP1)."""

import asyncio
import threading
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from auth_portal.mail import smtp
from auth_portal.mail.letter import LetterState
from auth_portal.mail.sender import Sent, Stopped
from auth_portal.mail.smtp import SmtpSender
from tests.mail.desk import CONTENT, RULES, a_letter
from tests.mail.post_office import PATIENCE, a_post_office, working
from tests.mail.relay import Temper, a_relay

pytestmark = pytest.mark.row("OP1")


@dataclass
class Lingering(Temper):
    """It takes a letter at once and does not answer QUIT."""

    parting: threading.Event = field(default_factory=threading.Event)

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """The client wants to go."""
        del server, session, envelope
        self.parting.set()
        await asyncio.sleep(PATIENCE)
        return "221 Bye"

    async def reached(self) -> None:
        """Wait until it is asked."""
        assert await asyncio.to_thread(self.parting.wait, PATIENCE)


@pytest.fixture(autouse=True)
def _no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cancelling comes before the farewell is given up, on a slow machine too."""
    monkeypatch.setattr(smtp, "LONGEST_FAREWELL", PATIENCE)


def test_what_the_relay_took_counts_as_sent_although_the_courier_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auth_portal.mail.courier.FAREWELL", timedelta(seconds=1))

    async def story(temper: Lingering, port: int) -> None:
        rules = replace(RULES, host="127.0.0.1", port=port)
        async with a_post_office(tmp_path) as office:
            letter = a_letter()
            await office.stores.outbox.post(letter)
            async with asyncio.timeout(PATIENCE / 2), working(office.courier(SmtpSender(rules), rules)):
                await temper.reached()
            kept = await office.stores.outbox.find(letter.id)
            assert kept is not None
            assert kept.state is LetterState.SENT
            assert office.counted == {"sent": 1}

    temper = Lingering()
    with a_relay(temper) as port:
        asyncio.run(story(temper, port))
    assert len(temper.taken) == 1


def test_a_farewell_that_is_cancelled_ends_at_once_and_says_what_became_of_the_letter() -> None:
    async def story(temper: Lingering, port: int) -> None:
        sender = SmtpSender(replace(RULES, host="127.0.0.1", port=port))
        sending = asyncio.ensure_future(sender(a_letter(), CONTENT))
        await temper.reached()
        sending.cancel()
        async with asyncio.timeout(PATIENCE / 2):
            with pytest.raises(Stopped) as stopped:
                await sending
        assert stopped.value.outcome == Sent()
        assert sending.cancelled()

    temper = Lingering()
    with a_relay(temper) as port:
        asyncio.run(story(temper, port))
