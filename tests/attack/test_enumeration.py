"""Nobody learns who has an account (EN rows): answers, work and writes are the same for every cause."""

import sys
import time
from collections.abc import Callable, Iterator
from itertools import product
from statistics import median
from uuid import uuid4

import httpx
import pytest

from tests.conftest import StartPortal
from tests.rig.answers import Seen, seen
from tests.rig.letters import text_of
from tests.rig.meter import hashes
from tests.rig.person import PASSWORD
from tests.rig.rows import contents, settled, written
from tests.rig.scale import scaled, storming
from tests.rig.server import REAL_HASHES, Portal
from tests.rig.smtp import Relay

ROUNDS = scaled(2, 1_000)
WRONG = "a wrong password of some length"
FRESH = "another quiet harbour 43"
Kinds = dict[str, str]


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A portal whose resets are three days apart, and where nothing else happens."""
    settings = {"PASSWORD_CHANGE_INTERVAL": "3d", **REAL_HASHES}
    portal = Portal(tmp_path_factory.mktemp("quiet"), settings).start()
    yield portal
    portal.stop()


@pytest.fixture(scope="module")
def kinds(quiet: Portal) -> Kinds:
    """An address of each kind of account that LOGIN and FORGOT must not tell apart."""
    without, disabled, changed = "without@example.com", quiet.a_person(confirmed=True), quiet.a_person()
    quiet.run("user", "create", without, "--no-password", "--confirmed", "--first-name", "Without")
    quiet.run("user", "disable", disabled.email)
    assert changed.reset(FRESH).status_code == 200
    quiet.letters.wait(changed.email, count=3)
    return {
        "unknown": "nobody@example.com",
        "confirmed": quiet.a_person(confirmed=True).email,
        "unconfirmed": quiet.a_person().email,
        "without password": without,
        "disabled": disabled.email,
        "just changed": changed.email,
    }


def login(portal: Portal, email: str, password: str = WRONG) -> httpx.Response:
    """LOGIN without any cookie."""
    body = {"email": email, "password": password}
    return httpx.post(f"{portal.api}/auth/login", json=body, timeout=60, verify=False)


def forgot(portal: Portal, email: str) -> httpx.Response:
    """FORGOT without any cookie."""
    return httpx.post(f"{portal.api}/auth/forgot/password", json={"email": email}, timeout=60, verify=False)


@pytest.mark.row("EN1")
def test_every_refused_sign_in_looks_the_same(quiet: Portal, kinds: Kinds) -> None:
    answers = {kind: seen(login(quiet, email)) for kind, email in kinds.items()}
    person = quiet.a_person()
    quiet.run("user", "disable", person.email)
    answers["disabled, right password"] = seen(login(quiet, person.email, person.password))
    answers["empty password of nobody"] = seen(login(quiet, kinds["without password"], " "))
    assert len(set(answers.values())) == 1, answers
    status, headers, body = answers["unknown"]
    assert status == 400
    assert b"invalid_credentials" in body
    assert not [name for name, _ in headers if name == "set-cookie"]


@pytest.mark.row("EN2")
def test_every_refused_sign_in_costs_the_same(quiet: Portal, kinds: Kinds) -> None:
    settled(quiet)
    costs = {}
    for kind, email in kinds.items():
        before, hashed = contents(quiet), hashes(quiet)
        login(quiet, email)
        costs[kind] = (hashes(quiet) - hashed, sorted(written(before, contents(quiet)).items()))
    assert len({str(cost) for cost in costs.values()}) == 1, costs
    assert costs["unknown"] == (1, [("accounts", (0, 1)), ("events", (1, 1))])


@pytest.mark.row("EN2")
@pytest.mark.timeout(7200)
def test_figures_of_the_time_that_a_refused_sign_in_takes(quiet: Portal, kinds: Kinds) -> None:
    """Published by `make storm`; in CI only the cause is asserted, in the test above."""
    times = clocked(kinds, lambda email: login(quiet, email))
    publish("LOGIN", times)
    assert all(len(taken) == ROUNDS for taken in times.values())


@pytest.mark.row("EN3")
def test_every_request_for_a_new_password_looks_the_same(quiet: Portal, kinds: Kinds) -> None:
    answers: dict[str, Seen] = {kind: seen(forgot(quiet, email)) for kind, email in kinds.items()}
    answers |= {f"{kind}, pending": seen(forgot(quiet, email)) for kind, email in kinds.items()}
    assert len(set(answers.values())) == 1, answers
    assert answers["unknown"][0] == 200
    assert answers["unknown"][2] == b""
    assert not quiet.letters.all(kinds["disabled"], "Reset password")
    assert not quiet.letters.all(kinds["unknown"])


@pytest.mark.row("EN4")
def test_every_request_for_a_new_password_costs_the_same(quiet: Portal, kinds: Kinds) -> None:
    costs = {}
    for kind, email in kinds.items():
        settled(quiet)
        before = contents(quiet)
        forgot(quiet, email)
        settled(quiet)
        changes = written(before, contents(quiet))
        costs[kind] = sum(more for more, _ in changes.values())
    assert len(set(costs.values())) == 1, costs


@pytest.mark.row("EN4")
@pytest.mark.timeout(7200)
def test_a_hanging_relay_holds_no_answer_up(start_portal: StartPortal) -> None:
    relay = Relay(mood="hang")
    with relay.open():
        mail = {"MAIL_HOST": "127.0.0.1", "MAIL_PORT": str(relay.port), "MAIL_DEFAULT_EMAIL": "p@example.com"}
        portal = start_portal(mail, **REAL_HASHES)
        known = portal.a_person().email
        kinds = {"known": known, "unknown": "nobody@example.com"}
        times = clocked(kinds, lambda email: forgot(portal, email))
        publish("FORGOT", times)
        assert seen(forgot(portal, known)) == seen(forgot(portal, "nobody@example.com"))
        assert not relay.taken, "the answers did not wait for the relay"


def clocked(kinds: Kinds, ask: Callable[[str], httpx.Response]) -> dict[str, list[float]]:
    """Milliseconds of each answer by kind, the kinds taken in turn."""
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    for _ in range(ROUNDS):
        for kind, email in kinds.items():
            began = time.perf_counter()
            assert ask(email).status_code in {200, 400}
            times[kind].append((time.perf_counter() - began) * 1000)
    return times


def publish(what: str, times: dict[str, list[float]]) -> None:
    """The chance that a longer answer is the one to a known address; 0.5 tells nothing."""
    if not storming():
        return
    unknown = sorted(times["unknown"])
    for kind, taken in times.items():
        wins = sum(
            1.0 if one > other else 0.5 if one == other else 0.0 for one, other in product(taken, unknown)
        )
        auc, gap = wins / len(taken) / len(unknown), median(taken) - median(unknown)
        sys.stdout.write(f"\n{what} {kind}: AUC {auc:.3f}, median gap {gap:+.2f} ms, {len(taken)} answers")


@pytest.mark.row("EN5")
def test_with_confirmation_first_a_taken_address_looks_like_a_new_one(start_portal: StartPortal) -> None:
    portal = start_portal(REQUIRE_CONFIRMED_EMAIL="true", **REAL_HASHES)
    owner, new = "owner@example.com", f"new-{uuid4().hex[:8]}@example.com"
    assert register(portal, owner).status_code == 202
    answer = portal.device().post("/auth/email/confirm", {"hash": portal.letters.hash(owner)})
    assert answer.status_code == 200
    costs, answers = {}, {}
    for kind, email in {"taken": owner, "new": new}.items():
        settled(portal)
        before, hashed = contents(portal), hashes(portal)
        answers[kind] = seen(register(portal, email, "somebody else's words 44"))
        settled(portal)
        changes = written(before, contents(portal))
        costs[kind] = (hashes(portal) - hashed, {name: more for name, (more, _) in changes.items()})
    assert answers["taken"] == answers["new"]
    assert answers["taken"][0] == 202
    assert "set-cookie" not in dict(answers["taken"][1])
    assert costs["taken"] == costs["new"]
    letter = portal.letters.wait(owner, count=2)
    assert "already" in text_of(letter).lower()
    assert "hash=" not in text_of(letter)
    assert login(portal, new, "somebody else's words 44").status_code == 400, "no account before the proof"
    assert login(portal, owner, "somebody else's words 44").status_code == 400
    assert login(portal, owner, PASSWORD).status_code == 200


def register(portal: Portal, email: str, password: str = PASSWORD) -> httpx.Response:
    """REG without any cookie."""
    body = {"firstName": "Ada", "lastName": "Lovelace", "email": email, "password": password}
    return httpx.post(f"{portal.api}/auth/register", json=body, timeout=60, verify=False)


@pytest.mark.row("EN7")
def test_a_link_that_does_not_work_does_not_say_why(start_portal: StartPortal) -> None:
    portal = start_portal(**REAL_HASHES)
    one, other = portal.a_person(), portal.a_person()
    used, of_the_other = one.ask_for_reset(), other.ask_for_reset()
    expired_confirm = portal.letters.hash(other.email, "Confirm email")
    assert one.reset(FRESH, used).status_code == 200
    portal.move_clock(25 * 60 * 60)
    unknown = "A" * len(used)
    texts = [unknown, used, of_the_other, expired_confirm, "x", used[:-1], " " + used, used.upper(), "aplk_"]
    for path in ("/auth/reset/password", "/auth/email/confirm", "/auth/not-me"):
        answers = {
            text: seen(
                httpx.post(f"{portal.api}{path}", json={"hash": text, "password": FRESH}, verify=False)
            )
            for text in texts
        }
        assert len(set(answers.values())) == 1, answers
        assert answers[unknown][0] == 400
        assert b"link_invalid" in answers[unknown][2]
