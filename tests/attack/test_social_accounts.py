"""Social sign-in, whose account it is: unverified addresses, squatters, changed mail, parallel arrivals."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.rig.providers.github import an_email
from tests.rig.providers.oidc import Claims, Lies
from tests.rig.scale import spared
from tests.rig.social import NATIVE_CLIENT, PROVIDERS, Social, an_address

OK, BAD_REQUEST, UNAUTHORIZED = httpx.codes.OK, httpx.codes.BAD_REQUEST, httpx.codes.UNAUTHORIZED
UNVERIFIED = {"error": "social_email_unverified"}
AT_ONCE = 30


@pytest.mark.row("SO7")
@pytest.mark.row("EN8")
@pytest.mark.parametrize("told", [False, None, "true", 1])
def test_an_unverified_address_links_and_takes_nothing(social: Social, told: object) -> None:
    confirmed, squatted = social.portal.a_person(confirmed=True), social.portal.a_person()
    google = social.stage.google

    def change(claims: Claims) -> Claims:
        claims = {**claims, "email_verified": told}
        return {name: value for name, value in claims.items() if value is not None}

    google.lies = Lies(claims=change, userinfo=change)
    addresses = (confirmed.email, squatted.email, an_address())
    answers = [social.browser().arrive("google", social.someone("google", one)) for one in addresses]
    assert answers == [UNVERIFIED] * 3, "the answer must not tell who has an account"
    assert confirmed.device.signed_in()
    assert squatted.device.signed_in()
    assert confirmed.device.get("/auth/identities").json()["identities"] == []


@pytest.mark.row("SO8")
def test_two_people_with_a_private_address_are_two_people(social: Social) -> None:
    github = social.stage.github
    one, other = an_address(), an_address()
    github.add("null-one", 9001, an_email(one))
    github.add(
        "null-two",
        9002,
        an_email("unproved@example.com", verified=False, primary=True),
        an_email(other, primary=False),
    )
    first, second = social.browser(), social.browser()
    first.sign_in("github", "null-one")
    second.sign_in("github", "null-two")
    told = [browser.device.me().json() for browser in (first, second)]
    assert [one["email"] for one in told] == [one, other]
    assert told[0]["id"] != told[1]["id"]


@pytest.mark.row("SO8")
@pytest.mark.parametrize(
    "emails",
    [
        [],
        [an_email("nobody@example.com", verified=False)],
        [an_email("9004+hidden@users.noreply.github.com")],
        [{"email": None, "verified": True, "primary": True}],
        [{"email": "nobody@example.com", "verified": "true", "primary": True}],
    ],
)
def test_without_a_verified_address_the_answer_is_clear(
    social: Social, emails: list[dict[str, object]]
) -> None:
    social.stage.github.add("hidden", 9004, *emails)
    assert social.browser().arrive("github", "hidden") == UNVERIFIED


@pytest.mark.row("SO9")
@pytest.mark.row("OL13")
def test_a_reset_throws_a_squatter_out_with_his_identity(social: Social) -> None:
    email = an_address()
    squatter = social.portal.a_person(email=email)
    nest = social.browser()
    nest.device.token = squatter.device.token
    his = social.someone("github")
    assert nest.link("github", his).status_code == OK
    account = squatter.id
    assert squatter.reset("the owner's own words 9").status_code == OK
    assert squatter.device.signed_out()
    owner = social.portal.device()
    owner.login(email, "the owner's own words 9")
    assert owner.get("/auth/identities").json()["identities"] == []
    thief = social.browser()
    thief.sign_in("github", his)
    assert thief.device.me().json()["id"] != account


@pytest.mark.row("SO9")
@pytest.mark.row("OL13")
def test_a_squatters_pending_change_of_address_dies_with_the_take_over(social: Social) -> None:
    email, lair = an_address(), an_address()
    squatter = social.portal.a_person(email=email)
    body = {"email": lair, "currentPassword": squatter.password}
    assert squatter.device.send("PUT", "/auth/me/email", body).is_success
    token = social.portal.letters.hash(lair, "Confirm new email")
    owner = social.browser()
    owner.sign_in("google", social.someone("google", email))
    assert social.portal.device().post("/auth/email/confirm", {"hash": token}).status_code == BAD_REQUEST
    assert owner.device.me().json()["email"] == email


@pytest.mark.row("SO9")
@pytest.mark.row("RF11")
def test_a_linking_that_was_begun_before_the_take_over_lands_nowhere(social: Social) -> None:
    email = an_address()
    squatter = social.portal.a_person(email=email)
    nest = social.browser()
    nest.device.token = squatter.device.token
    url = nest.device.post("/auth/github/link", {}).json()["url"]
    his = social.someone("github")
    to_github = nest.device.client.get(url).headers["location"]
    waiting = nest.come_back(nest.consent(to_github, his))
    owner = social.browser()
    owner.sign_in("google", social.someone("google", email))
    assert nest.device.post("/auth/social/link", {"code": waiting["link"]}).status_code == UNAUTHORIZED
    assert owner.device.post("/auth/social/link", {"code": waiting["link"]}).status_code == BAD_REQUEST
    assert list(owner.identities()) == ["google"]


@pytest.mark.row("SO11")
@pytest.mark.parametrize("provider", ["google", "acme"])
def test_who_changes_the_address_at_the_provider_stays_who_they_are(social: Social, provider: str) -> None:
    who = social.someone(provider)
    first = social.browser()
    first.sign_in(provider, who)
    before = first.device.me().json()
    somebody = social.portal.a_person(confirmed=True)
    there = social.stage.google if provider == "google" else social.stage.acme
    for email, verified in ((somebody.email, True), (an_address(), False)):
        there.add(who, email=email, email_verified=verified)
        again = social.browser()
        again.sign_in(provider, who)
        assert again.device.me().json()["id"] == before["id"]
        assert again.device.me().json()["email"] == before["email"]


@pytest.mark.row("SO16")
@pytest.mark.parametrize("provider", PROVIDERS)
def test_first_sign_ins_at_once_make_one_person(social: Social, provider: str) -> None:
    who = social.someone(provider)
    many = spared(social.portal.settings, AT_ONCE, 12) if provider == "google" else 8
    browsers = [social.browser() for _ in range(many)]
    backs = [browser.consent(browser.begin(provider), who) for browser in browsers]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        arrived = list(pool.map(lambda pair: pair[0].come_back(pair[1]), zip(browsers, backs, strict=True)))
        assert [one for one in arrived if "code" not in one] == []
        codes = [one["code"] for one in arrived]
        answers = list(pool.map(lambda pair: pair[0].exchange(pair[1]), zip(browsers, codes, strict=True)))
    assert {answer.status_code for answer in answers} == {OK}
    assert len({browser.device.me().json()["id"] for browser in browsers}) == 1


@pytest.mark.row("SO16")
@pytest.mark.row("SO9")
def test_a_take_over_by_several_browsers_at_once_ends_in_one_account(social: Social) -> None:
    squatter = social.portal.a_person()
    account = squatter.id
    who = social.someone("google", squatter.email)
    browsers = [social.browser() for _ in range(8)]
    backs = [browser.consent(browser.begin("google"), who) for browser in browsers]
    with ThreadPoolExecutor(8) as pool:
        arrived = list(pool.map(lambda pair: pair[0].come_back(pair[1]), zip(browsers, backs, strict=True)))
    for browser, one in zip(browsers, arrived, strict=True):
        assert "code" in one, one
        assert browser.exchange(one["code"]).status_code == OK
    assert {browser.device.me().json()["id"] for browser in browsers} == {account}
    assert list(browsers[0].identities()) == ["google"]
    assert squatter.device.signed_out()


@pytest.mark.row("SO16")
def test_one_code_in_thirty_hands_opens_one_session(social: Social) -> None:
    browser = social.browser()
    arrived = browser.arrive("google", social.someone("google"), challenge=True)
    others = [social.browser() for _ in range(AT_ONCE)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda other: other.exchange(arrived["code"], browser.verifier), others))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [OK] + [BAD_REQUEST] * (AT_ONCE - 1)


@pytest.mark.row("TK9")
def test_tokens_of_the_handshake_and_of_providers_open_no_door(social: Social) -> None:
    browser = social.browser()
    google = social.stage.google
    who = social.someone("google")
    back = browser.consent(browser.begin("google"), who)
    state = back.split("state=")[1].split("&")[0]
    code = browser.come_back(back)["code"]
    id_token = google.id_token(who, NATIVE_CLIENT, "n")
    for token in (state, code, id_token):
        device = social.portal.device()
        device.token = token
        assert device.me().status_code == UNAUTHORIZED
        assert device.refresh(token).status_code == UNAUTHORIZED
        assert device.post("/auth/email/confirm", {"hash": token}).status_code == BAD_REQUEST
        assert device.client.post("/auth/social/link", json={"code": token}).status_code == UNAUTHORIZED


@pytest.mark.row("SE4")
def test_a_planted_cookie_gives_its_owner_nothing(social: Social) -> None:
    """The attacker plants his cookie; he still needs the victim's code, and the cookie at once."""
    victim, attacker = social.browser(), social.browser()
    attacker.begin("google")
    planted = {cookie.name: cookie.value for cookie in attacker.device.client.cookies.jar}
    victim.begin("google")
    assert {cookie.value for cookie in victim.device.client.cookies.jar}.isdisjoint(planted.values())
    victim.device.client.cookies.set("state", "x'; drop", domain="127.0.0.1")
    assert "code" in victim.arrive("google", social.someone("google"))


@pytest.mark.row("RF11")
@pytest.mark.row("SO9")
def test_a_squatter_who_links_while_the_owner_takes_over_never_stays(social: Social) -> None:
    for _ in range(6):
        squatter = social.portal.a_person()
        nest, owner = social.browser(), social.browser()
        nest.device.token = squatter.device.token
        url = nest.device.post("/auth/github/link", {}).json()["url"]
        there = nest.device.client.get(url).headers["location"]
        code = nest.come_back(nest.consent(there, social.someone("github")))["link"]
        back = owner.consent(owner.begin("google"), social.someone("google", squatter.email))
        with ThreadPoolExecutor(2) as pool:
            linked = pool.submit(nest.device.post, "/auth/social/link", {"code": code})
            arrived = pool.submit(owner.come_back, back)
            assert linked.result().status_code in {OK, BAD_REQUEST, UNAUTHORIZED}
            assert owner.exchange(arrived.result()["code"]).status_code == OK
        assert list(owner.identities()) == ["google"]
        assert squatter.device.signed_out()
