"""Social sign-in, linking: nobody's identity ends up with anybody else, nobody loses the last way in."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.rig.social import Browser, Social

OK, BAD_REQUEST, UNAUTHORIZED = httpx.codes.OK, httpx.codes.BAD_REQUEST, httpx.codes.UNAUTHORIZED


def signed_in(social: Social, provider: str = "google") -> Browser:
    """A browser of somebody new."""
    browser = social.browser()
    browser.sign_in(provider, social.someone(provider))
    return browser


def link_url(browser: Browser, provider: str = "github") -> str:
    """Where linking begins."""
    answer = browser.device.post(f"/auth/{provider}/link", {})
    assert answer.status_code == OK, answer.text
    return str(answer.json()["url"])


def linking_code(browser: Browser, url: str, who: str) -> str:
    """The code that a browser ends up with when it follows the URL."""
    answer = browser.device.client.get(url)
    assert answer.status_code == httpx.codes.FOUND
    return browser.come_back(browser.consent(answer.headers["location"], who))["link"]


def test_the_callback_links_nothing_by_itself(social: Social) -> None:
    browser = signed_in(social)
    linking_code(browser, link_url(browser), social.someone("github"))
    assert list(browser.identities()) == ["google"]


def test_a_victim_who_is_led_through_my_linking_gives_me_nothing(social: Social) -> None:
    attacker, victim = signed_in(social), signed_in(social)
    code = linking_code(victim, link_url(attacker), social.someone("github"))
    refused = victim.device.post("/auth/social/link", {"code": code})
    assert (refused.status_code, refused.json()["code"]) == (BAD_REQUEST, "link_invalid")
    assert list(victim.identities()) == list(attacker.identities()) == ["google"]


def test_a_leaked_code_is_worth_nothing_in_another_session_of_the_same_person(social: Social) -> None:
    who = social.someone("google")
    one, other = social.browser(), social.browser()
    one.sign_in("google", who)
    other.sign_in("google", who)
    code = linking_code(one, link_url(one), social.someone("github"))
    assert other.device.post("/auth/social/link", {"code": code}).status_code == BAD_REQUEST
    assert one.device.post("/auth/social/link", {"code": code}).status_code == OK
    assert one.device.post("/auth/social/link", {"code": code}).status_code == BAD_REQUEST


def test_an_identity_of_somebody_else_stays_theirs(social: Social) -> None:
    theirs = social.someone("github")
    owner = social.browser()
    owner.sign_in("github", theirs)
    refused = signed_in(social).link("github", theirs)
    assert (refused.status_code, refused.json()["code"]) == (BAD_REQUEST, "identity_taken")
    assert list(owner.identities()) == ["github"]


def test_linking_what_is_linked_already_changes_nothing(social: Social) -> None:
    browser, who = signed_in(social), social.someone("github")
    assert browser.link("github", who).status_code == OK
    before = browser.identities()
    assert browser.link("github", who).status_code == OK
    assert browser.identities() == before


def test_linking_asks_for_a_recent_sign_in(own: Social) -> None:
    browser = signed_in(own)
    own.portal.move_clock(11 * 60)
    assert browser.device.refresh().status_code == OK
    refused = browser.device.post("/auth/github/link", {})
    assert (refused.status_code, refused.json()["code"]) == (httpx.codes.FORBIDDEN, "recent_sign_in_required")


def test_linking_needs_an_access_token_and_its_url_works_once(social: Social) -> None:
    assert social.portal.device().post("/auth/github/link", {}).status_code == UNAUTHORIZED
    browser = signed_in(social)
    url = link_url(browser)
    assert browser.device.client.get(url).status_code == httpx.codes.FOUND
    again = browser.device.client.get(url)
    assert again.headers["location"].endswith("error=link_invalid")


def test_the_url_of_one_provider_is_none_of_another(social: Social) -> None:
    browser = signed_in(social)
    crossed = link_url(browser).replace("/auth/github?", "/auth/acme?")
    assert browser.device.client.get(crossed).headers["location"].endswith("error=social_state_invalid")


def test_two_unlinkings_at_once_leave_one_way_in(social: Social) -> None:
    browser = signed_in(social)
    assert browser.link("github", social.someone("github")).status_code == OK
    mine = list(browser.identities().values())
    with ThreadPoolExecutor(2) as pool:
        answers = list(
            pool.map(
                lambda one: browser.portal.device().send(
                    "DELETE",
                    f"/auth/identities/{one}",
                    headers={"Authorization": f"Bearer {browser.device.token}"},
                ),
                mine,
            )
        )
    assert sorted(answer.status_code for answer in answers) == [httpx.codes.NO_CONTENT, BAD_REQUEST]
    assert len(browser.identities()) == 1


def test_nobody_unlinks_for_somebody_else(social: Social) -> None:
    owner, other = signed_in(social), signed_in(social)
    target = owner.identities()["google"]
    assert other.device.send("DELETE", f"/auth/identities/{target}").status_code == httpx.codes.NOT_FOUND
    assert list(owner.identities()) == ["google"]


@pytest.mark.row("OP15")
def test_linking_and_unlinking_stand_in_the_journal(social: Social) -> None:
    browser = signed_in(social)
    assert browser.link("github", social.someone("github")).status_code == OK
    browser.device.send("DELETE", f"/auth/identities/{browser.identities()['github']}")
    kinds = [one["kind"] for one in browser.device.get("/auth/events").json()["events"]]
    assert {"registered", "signed_in", "identity_linked", "identity_unlinked"} <= set(kinds)


@pytest.mark.row("SE10")
def test_the_list_tells_no_subject(social: Social) -> None:
    browser = signed_in(social)
    shown = browser.device.get("/auth/identities").json()
    assert shown["hasPassword"] is False
    assert set(shown["identities"][0]) <= {"id", "provider", "label", "email", "linkedAt"}
