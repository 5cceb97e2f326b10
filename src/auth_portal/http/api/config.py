"""What a sign-in page needs to know before anybody has signed in."""

from auth_portal.http.answer import Answer, json_answer
from auth_portal.http.call import Call
from auth_portal.http.desk import Desk
from auth_portal.http.pages.languages import LANGUAGES
from auth_portal.http.present import ConfigShown, ProviderShown


async def config(desk: Desk, call: Call) -> Answer:  # noqa: ARG001 -- the same for everybody
    """Which ways in are on."""
    rules = desk.rules
    return json_answer(
        ConfigShown(
            app_name=rules.app_name,
            registration=True,
            confirm_first=rules.confirm_first,
            password_min_length=rules.password_shortest,
            password_max_length=rules.password_longest,
            providers=[ProviderShown(name, label) for name, label in desk.labels.items()],
            handoff=rules.social_handoff,
            locales=[language.code for language in LANGUAGES],
        )
    )
