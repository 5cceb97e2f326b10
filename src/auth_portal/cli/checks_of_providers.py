"""What `doctor` asks of the providers of social sign-in."""

from typing import TYPE_CHECKING

from auth_portal.cli.checks_of_settings import Line, Mark
from auth_portal.core.clock import system_clock
from auth_portal.social.rules import SocialRules

if TYPE_CHECKING:
    from auth_portal.social.checkup import Finding


async def about_providers(social: SocialRules) -> list[Line]:
    """Redirect URIs, discovery and clocks of every provider that has credentials."""
    if not social.providers:
        return []
    from auth_portal.social.checkup import check_provider  # noqa: PLC0415 -- only with providers

    found = [await check_provider(provider, social, system_clock) for provider in social.providers]
    return [Line(_mark(finding), finding.said, finding.fix) for one in found for finding in one]


def _mark(finding: "Finding") -> Mark:
    """Bad, good, or good to know."""
    if not finding.good:
        return Mark.BAD
    return Mark.MIND if finding.fix else Mark.GOOD
