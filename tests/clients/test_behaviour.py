"""CONTRACT.md section 5: what clients rely on beyond single answers."""

import httpx

from tests.conftest import StartPortal
from tests.rig import ask
from tests.rig.person import PASSWORD, Device
from tests.rig.server import Portal


def cookie_login(portal: Portal, cookie: str, email: str, password: str) -> httpx.Response:
    """Sign in from a browser that still has a refresh cookie."""
    body = {"email": email, "password": password}
    return ask.post(f"{portal.api}/auth/login", json=body, cookies={"refreshToken": cookie})


def test_registering_signs_in_and_blocks_nothing_for_the_unconfirmed(portal: Portal) -> None:
    person = portal.a_person()
    assert person.device.signed_in()
    assert person.another_device().signed_in()


def test_login_makes_a_session_of_its_own_on_each_device(portal: Portal) -> None:
    person = portal.a_person()
    person.another_device("Phone")
    person.another_device("Tablet")
    assert len({one["id"] for one in person.device.sessions()}) == 3
    assert all(device.signed_in() for device in person.devices)


def test_a_foreign_cookie_at_login_harms_nobody(portal: Portal) -> None:
    one, other = portal.a_person(), portal.a_person()
    answer = cookie_login(portal, other.device.refresh_token, one.email, one.password)
    assert answer.status_code == 200
    assert other.device.signed_in()
    assert one.device.signed_in()


def test_a_stale_cookie_at_login_harms_nobody(portal: Portal) -> None:
    person = portal.a_person()
    gone = person.another_device()
    gone.logout()
    answer = cookie_login(portal, gone.refresh_token, person.email, person.password)
    assert answer.status_code == 200
    assert person.device.signed_in()


def test_a_live_cookie_of_the_same_person_is_replaced(portal: Portal) -> None:
    person = portal.a_person()
    browser = person.another_device()
    answer = cookie_login(portal, browser.refresh_token, person.email, person.password)
    assert answer.status_code == 200
    assert browser.signed_out()
    assert person.device.signed_in()
    assert len(person.device.sessions()) == 2


def test_logout_stops_refresh_info_and_access_at_once(portal: Portal) -> None:
    person = portal.a_person()
    assert person.device.logout().status_code == 200
    assert person.device.me().status_code == 401
    assert person.device.info().status_code == 401
    assert person.device.refresh(person.device.refresh_token).status_code == 401


def test_logout_is_200_each_time_for_any_token_of_ours(start_portal: StartPortal) -> None:
    portal = start_portal()
    person = portal.a_person()
    both = [
        {"Authorization": f"Bearer {person.device.token}"},
        {"Authorization": f"Bearer {person.device.refresh_token}"},
        {"refresh": person.device.refresh_token},
    ]
    for headers in both * 2:
        assert ask.post(f"{portal.api}/auth/logout", headers=headers).status_code == 200
    portal.move_clock(60 * 60)
    assert ask.post(f"{portal.api}/auth/logout", headers=both[0]).status_code == 200


def test_an_expired_access_token_still_signs_out(start_portal: StartPortal) -> None:
    portal = start_portal()
    person = portal.a_person()
    portal.move_clock(60 * 60)
    headers = {"Authorization": f"Bearer {person.device.token}"}
    assert ask.post(f"{portal.api}/auth/logout", headers=headers).status_code == 200
    assert person.device.signed_out()


def test_logout_without_or_with_a_forged_token_is_401_and_clears_the_cookie(portal: Portal) -> None:
    for headers in ({}, {"Authorization": "Bearer nonsense"}, {"refresh": "aprt_" + "A" * 70}):
        answer = ask.post(f"{portal.api}/auth/logout", headers=headers)
        assert answer.status_code == 401
        assert "max-age=0" in answer.headers["set-cookie"].lower()


def test_reset_ends_all_sessions_spends_the_link_and_does_not_sign_in(portal: Portal) -> None:
    person = portal.a_person()
    person.another_device()
    token = person.ask_for_reset()
    answer = person.reset("another quiet harbour 43", token)
    assert (answer.status_code, answer.content) == (200, b"")
    assert "refreshToken" not in answer.cookies
    assert all(device.signed_out() for device in person.devices)
    assert person.reset("a third quiet harbour 44", token).status_code == 400
    assert person.another_device().me().json()["emailVerified"] is True


def test_the_newest_link_works_and_older_ones_die_with_it(portal: Portal) -> None:
    person = portal.a_person()
    older, newer = person.ask_for_reset(1), person.ask_for_reset(2)
    assert person.reset("another quiet harbour 43", newer).status_code == 200
    assert person.reset("a third quiet harbour 44", older).status_code == 400


def test_confirm_first_answers_202_whether_or_not_the_address_is_taken(start_portal: StartPortal) -> None:
    portal = start_portal(REQUIRE_CONFIRMED_EMAIL="true")
    body = {"firstName": "Ada", "lastName": "L", "email": "ada@example.com", "password": PASSWORD}
    first = ask.post(f"{portal.api}/auth/register", json=body)
    assert first.status_code == 202
    assert "refreshToken" not in first.cookies
    stranger = Device.of(portal)
    assert stranger.login("ada@example.com", PASSWORD).status_code == 400, "there is no account yet"
    token = portal.letters.hash("ada@example.com")
    assert ask.post(f"{portal.api}/auth/email/confirm", json={"hash": token}).status_code == 200
    assert stranger.login("ada@example.com", PASSWORD).status_code == 200
    second = ask.post(f"{portal.api}/auth/register", json=body)
    assert (second.status_code, second.content) == (first.status_code, first.content)
    assert portal.letters.wait("ada@example.com", count=2)["Subject"] != "Confirm email"


def test_confirm_first_refuses_the_unconfirmed_with_the_right_password(start_portal: StartPortal) -> None:
    portal = start_portal()
    person = portal.a_person()
    portal.stop()
    portal.settings["REQUIRE_CONFIRMED_EMAIL"] = "true"
    portal.start()
    right = portal.device().login(person.email, person.password)
    assert (right.status_code, right.json()["code"]) == (403, "email_unconfirmed")
    assert portal.letters.wait(person.email, "Confirm email", 2)
    wrong = portal.device().login(person.email, "wrong password")
    assert (wrong.status_code, wrong.json()["code"]) == (400, "invalid_credentials")
