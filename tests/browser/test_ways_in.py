"""Signing up, signing in, forgetting the password: the pages before there is an account."""

from uuid import uuid4

from tests.browser.conftest import NewDevice
from tests.browser.device import PASSWORD, BrowserDevice, seen, state
from tests.conftest import StartPortal
from tests.rig.person import Person


def test_a_person_signs_up_and_is_signed_in(device: BrowserDevice) -> None:
    email = f"jörg-{uuid4().hex[:8]}@example.com"  # which the browser's own check would refuse
    page = device.open("/auth/register")
    page.fill("#firstName", "Grace")
    page.fill("#lastName", "Hopper")
    page.fill("#email", email)
    page.fill("#password", PASSWORD)
    page.click("button[type=submit]")
    seen(page)
    assert page.inner_text("#greeting") == "Grace Hopper"
    assert page.inner_text("#email-now") == email
    assert page.is_visible("#unconfirmed")
    page.click("#resend")
    page.wait_for_selector("#toast.shown")
    assert device.portal.letters.wait(email, "Confirm email", 2)


def test_the_policy_is_explained_while_one_types(device: BrowserDevice) -> None:
    page = device.open("/auth/register")
    page.fill("#firstName", "Wilhelmina")
    verdict = page.locator(".verdict")
    page.fill("#password", "short")
    assert verdict.inner_text() == "Too short"
    assert page.get_attribute("[data-rule=length]", "data-kept") == "no"
    page.fill("#password", "wilhelmina")
    assert verdict.inner_text() == "Weak"
    assert page.get_attribute("[data-rule=own]", "data-kept") == "no"
    page.fill("#password", "passw0rd1234")
    assert page.get_attribute("[data-rule=plain]", "data-kept") == "no"
    page.fill("#password", "violet otter drinks 9 lemonades")
    assert verdict.inner_text() == "Strong"
    assert page.locator("[data-kept=yes]").count() == 3


def test_faults_are_said_at_their_fields(device: BrowserDevice, person: Person) -> None:
    device.expect(400, "/auth/register")
    page = device.open("/auth/register")
    page.click("button[type=submit]")
    assert page.inner_text("#firstName-error") == "Please fill this in."
    assert page.evaluate("document.activeElement.id") == "firstName"
    assert page.get_attribute("#firstName", "aria-invalid") == "true"
    page.fill("#firstName", "Ada")
    page.fill("#lastName", "Lovelace")
    page.fill("#email", person.email)
    page.fill("#password", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_selector("#email-error:not([hidden])")
    assert "has an account already" in page.inner_text("#email-error")
    page.fill("#email", f"other-{uuid4().hex[:8]}@example.com")
    page.fill("#password", "password1234")
    page.click("button[type=submit]")
    page.wait_for_selector("#password-error:not([hidden])")
    assert "well known" in page.inner_text("#password-error")


def test_a_wrong_password_is_refused_and_the_right_one_opens(device: BrowserDevice, person: Person) -> None:
    device.expect(400, "/auth/login")
    page = device.open("/auth/login")
    page.fill("#email", person.email)
    page.fill("#password", "not the password")
    page.click("button[type=submit]")
    page.wait_for_selector("[data-form] [role=alert]:not([hidden])")
    assert page.inner_text("[data-form] [role=alert]") == "The address or the password is not right."
    page.click("[data-peek]")
    assert page.get_attribute("#password", "type") == "text"
    page.fill("#password", person.password)
    page.keyboard.press("Enter")
    seen(page)
    page.goto("/auth/login")  # whoever is signed in has no business there
    seen(page)


def test_a_forgotten_password_is_replaced_by_the_letters_link(device: BrowserDevice, person: Person) -> None:
    page = device.open("/auth/login")
    page.click("text=Forgot password?")
    page.fill("#email", person.email)
    page.click("button[type=submit]")
    state(page, "sent")
    assert person.email in page.inner_text("[data-state=sent]")
    token = device.portal.letters.hash(person.email, "Reset password")
    page.goto(f"/auth/password-change?hash={token}")
    page.fill("#password", "a brand new lantern 77")
    page.click("button[type=submit]")
    state(page, "done")
    assert token not in page.url
    assert not person.device.signed_in()
    device.sign_in(person, "a brand new lantern 77")


def test_where_proof_comes_first_the_pages_say_so(new_device: NewDevice, start_portal: StartPortal) -> None:
    strict = start_portal(REQUIRE_CONFIRMED_EMAIL="true")
    device = new_device(strict)
    email = f"new-{uuid4().hex[:8]}@example.com"
    page = device.open("/auth/register")
    for name, value in (
        ("firstName", "Ida"),
        ("lastName", "Rhodes"),
        ("email", email),
        ("password", PASSWORD),
    ):
        page.fill(f"#{name}", value)
    page.click("button[type=submit]")
    state(page, "sent")
    assert email in page.inner_text("[data-state=sent]")
    page.goto(f"/auth/confirm-email?hash={strict.letters.hash(email)}")
    page.click("button[type=submit]")
    state(page, "done")
    page.goto("/auth/login")
    page.fill("#email", email)
    page.fill("#password", PASSWORD)
    page.click("button[type=submit]")
    seen(page)


def test_the_keyboard_alone_suffices(device: BrowserDevice, person: Person) -> None:
    page = device.open("/auth/login")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    order = []
    for _ in range(12):
        page.keyboard.press("Tab")
        focused = page.evaluate("document.activeElement.id || document.activeElement.innerText.trim()")
        order.append(focused)
        if focused == "email":
            page.keyboard.type(person.email)
        if focused == "password":
            page.keyboard.type(person.password)
        if focused == "Sign in":
            break
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none", focused
    assert order[0] == "Northwind"
    assert order.index("password") == order.index("email") + 1, "nothing between the two"
    assert order.index("password") < order.index("Sign in")
    page.keyboard.press("Enter")
    seen(page)
