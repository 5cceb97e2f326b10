"""The gate: guesses are stopped before they are evaluated, honest people get through."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from auth_portal.core.refusal import TOO_MANY_REQUESTS, Refusal
from auth_portal.core.secrets import RootSecret
from auth_portal.limits.gate import Gate
from auth_portal.limits.rules import LimitRules, Rate
from auth_portal.limits.store import Windows
from tests.limits.windows_rig import Hand, Told, in_process

ADA = "ada@example.com"
HOME = "192.0.2.1"
RULES = LimitRules()
PATIENT = replace(RULES, longest_wait=timedelta(seconds=60))
HASHING = RootSecret(b"r" * 32).keyring("limits")


def a_gate(windows: Windows | None = None, rules: LimitRules = RULES, told: Told | None = None) -> Gate:
    """A gate with windows of its own."""
    return Gate(windows or in_process(), rules, told or Told(), HASHING)


async def fail_sign_ins(gate: Gate, address: str, network: str, times: int) -> None:
    """That many wrong passwords."""
    for _ in range(times):
        hold = await gate.hold_sign_in(address, network)
        await hold.failed()


@pytest.mark.row("BF1")
@pytest.mark.row("BF2")
def test_the_sixth_guess_is_refused_there_and_the_owner_gets_in_elsewhere() -> None:
    async def story() -> None:
        told = Told()
        gate = a_gate(told=told)
        await fail_sign_ins(gate, ADA, HOME, 5)
        with pytest.raises(Refusal) as refused:
            await gate.hold_sign_in(ADA, HOME)
        assert refused.value.refused is TOO_MANY_REQUESTS
        assert refused.value.retry_after is not None
        assert timedelta(seconds=1) <= refused.value.retry_after <= timedelta(minutes=5)
        assert told.names["sign_in_account"] == 1
        elsewhere = await gate.hold_sign_in(ADA, "198.51.100.7")
        await elsewhere.succeeded()
        somebody_else = await gate.hold_sign_in("bob@example.com", HOME)
        await somebody_else.succeeded()

    asyncio.run(story())


@pytest.mark.row("BF3")
def test_of_two_hundred_guesses_at_once_no_more_are_evaluated_than_there_are_places() -> None:
    async def story() -> int:
        gate = a_gate(rules=replace(PATIENT, tries_network=Rate(1000, timedelta(minutes=1))))
        evaluated = 0

        async def guess() -> None:
            nonlocal evaluated
            try:
                hold = await gate.hold_sign_in(ADA, HOME)
            except Refusal:
                return
            evaluated += 1
            await asyncio.sleep(0.02)
            await hold.failed()

        await asyncio.gather(*(guess() for _ in range(200)))
        return evaluated

    assert asyncio.run(story()) == 5


@pytest.mark.row("BF4")
def test_twenty_right_sign_ins_at_once_all_get_through() -> None:
    async def story() -> int:
        gate = a_gate(rules=PATIENT)
        slots = asyncio.Semaphore(2)

        async def sign_in() -> int:
            hold = await gate.hold_sign_in(ADA, HOME)
            async with slots:
                await asyncio.sleep(0.02)
            await hold.succeeded()
            return 1

        return sum(await asyncio.gather(*(sign_in() for _ in range(20))))

    assert asyncio.run(story()) == 20


@pytest.mark.row("BF10")
def test_one_guess_at_each_of_many_accounts_is_stopped_by_the_network() -> None:
    async def story() -> None:
        told = Told()
        gate = a_gate(told=told)
        for number in range(20):
            await fail_sign_ins(gate, f"person{number}@example.com", HOME, 1)
        with pytest.raises(Refusal):
            await gate.hold_sign_in("person99@example.com", HOME)
        assert told.names["sign_in_network"] == 1

    asyncio.run(story())


def test_a_try_that_the_network_refuses_leaves_the_account_its_places() -> None:
    async def story() -> None:
        hand = Hand()
        gate = a_gate(in_process(hand))
        for number in range(20):
            await fail_sign_ins(gate, f"person{number}@example.com", HOME, 1)
        for _ in range(10):
            with pytest.raises(Refusal):
                await gate.hold_sign_in(ADA, HOME)
        hand.move(timedelta(minutes=1))
        await fail_sign_ins(gate, ADA, HOME, 5)

    asyncio.run(story())


def test_right_sign_ins_are_counted_only_among_all_tries() -> None:
    async def story() -> None:
        told = Told()
        gate = a_gate(told=told)
        for _ in range(120):
            hold = await gate.hold_sign_in(ADA, HOME)
            await hold.succeeded()
        with pytest.raises(Refusal):
            await gate.hold_sign_in(ADA, HOME)
        assert told.names == {"tries": 1}

    asyncio.run(story())


def test_who_waits_in_vain_is_told_to_come_again() -> None:
    async def story() -> None:
        gate = a_gate(rules=replace(RULES, longest_wait=timedelta(milliseconds=50)))
        for _ in range(5):
            await gate.hold_sign_in(ADA, HOME)
        with pytest.raises(Refusal) as refused:
            await gate.hold_sign_in(ADA, HOME)
        assert refused.value.retry_after == timedelta(seconds=1)

    asyncio.run(story())


def test_a_try_that_was_not_evaluated_costs_nothing() -> None:
    async def story() -> None:
        gate = a_gate()
        for _ in range(30):
            hold = await gate.hold_sign_in(ADA, HOME)
            await hold.withdrawn()
        await fail_sign_ins(gate, ADA, HOME, 5)

    asyncio.run(story())


@pytest.mark.row("BF12")
def test_an_address_gets_five_letters_an_hour_and_nobody_is_refused() -> None:
    async def story() -> None:
        hand = Hand()
        gate = a_gate(in_process(hand))
        allowed = [await gate.letter_allowed(ADA) for _ in range(50)]
        assert allowed == [True] * 5 + [False] * 45
        assert await gate.letter_allowed("bob@example.com")
        hand.move(timedelta(hours=1))
        assert await gate.letter_allowed(ADA)

    asyncio.run(story())


@pytest.mark.row("BF13")
def test_the_twenty_first_link_token_of_a_minute_is_refused() -> None:
    async def story() -> None:
        gate = a_gate()
        for _ in range(20):
            await gate.count("link", HOME, RULES.link_network)
        with pytest.raises(Refusal):
            await gate.count("link", HOME, RULES.link_network)
        await gate.count("link", "198.51.100.7", RULES.link_network)
        await gate.count("forgot", HOME, RULES.forgot_network)

    asyncio.run(story())


def test_switched_off_it_stops_nobody() -> None:
    async def story() -> None:
        gate = a_gate(rules=replace(RULES, enabled=False))
        await fail_sign_ins(gate, ADA, HOME, 200)
        for _ in range(200):
            await gate.count("link", HOME, RULES.link_network)
        assert all([await gate.letter_allowed(ADA) for _ in range(20)])

    asyncio.run(story())


def test_windows_never_learn_an_address() -> None:
    async def story() -> None:
        windows = in_process()
        gate = a_gate(windows)
        await fail_sign_ins(gate, ADA, HOME, 1)
        await gate.letter_allowed(ADA)
        assert windows.entries > 0
        assert not any("ada" in key or "example" in key for key in windows._keys)

    asyncio.run(story())
