"""The portal: every page a person sees, as shells without anything private that scripts bring to life."""

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from auth_portal.http.pages.assets import Assets, load_assets
from auth_portal.http.pages.languages import BY_CODE, COOKIE, LANGUAGES, Catalogues, Language, choose
from auth_portal.http.pages.templates import Templates
from auth_portal.http.rules import HttpRules

TEMPLATES = Path(__file__).parent / "templates"
PACKING = 6  # gzip's level: the account's shell in a third of a millisecond
REMEMBER = 365 * 24 * 3600  # seconds
CARRIED = {"hash", "code", "link", "error", "next"}  # what a letter or a social sign-in gives a page
LONGEST_QUERY = 2048  # characters: several times what we ever put into an address


@dataclass(frozen=True, slots=True)
class Provider:
    """One button "Continue with …"."""

    name: str
    label: str


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its path, the name of its template and its script."""

    path: str
    name: str
    kept: bool = (
        True  # the browser may keep the shell; False where private or where a proof is in the address
    )


PAGES = (
    Page("/", "account", kept=False),
    Page("/auth/login", "login"),
    Page("/auth/register", "register"),
    Page("/auth/forgot-password", "forgot"),
    Page("/auth/confirm-email", "confirm", kept=False),
    Page("/auth/password-change", "reset", kept=False),
    Page("/auth/social", "social", kept=False),
    Page("/auth/not-me", "not_me", kept=False),
)
MISSING = Page("", "missing")  # stands at no address of its own


@dataclass(frozen=True, slots=True)
class Portal:
    """Draws pages. Nothing here knows who is asking: the scripts ask the JSON API."""

    rules: HttpRules
    providers: tuple[Provider, ...]
    catalogues: Catalogues
    assets: Assets
    templates: Templates

    def draw(self, request: Request, page: Page, status: int = 200) -> Response:
        """One page in the visitor's language, with the headers that every page carries."""
        asked = language_asked(request)
        language = choose(asked, request.cookies.get(COOKIE, ""), request.headers.get("accept-language", ""))
        html = self.templates.render(f"{page.name}.html", **self._words(request, page, language))
        body, headers = html.encode(), self._headers(page)
        # Packed only without a query: what a link's proof stands in is never compressed (BREACH).
        if not request.url.query and "gzip" in request.headers.get("accept-encoding", ""):
            body = gzip.compress(body, PACKING, mtime=0)
            headers["Content-Encoding"] = "gzip"
        response = Response(body, status, headers, "text/html")
        if asked == language.code:
            response.set_cookie(
                COOKIE, asked, REMEMBER, path="/", secure=self.rules.secure, samesite="lax", httponly=True
            )
        return response

    def missing(self, request: Request) -> Response:
        """The page for an address that leads nowhere."""
        return self.draw(request, MISSING, 404)

    def certainly_nobody(self, request: Request) -> bool:
        """No session can be there: the browser would have sent its Strict cookie and did not."""
        name = "__Host-refreshToken" if self.rules.secure else "refreshToken"
        site = request.headers.get("sec-fetch-site", "")
        return name not in request.cookies and site in {"none", "same-origin", "same-site"}

    def _words(self, request: Request, page: Page, language: Language) -> dict[str, object]:
        known = self.catalogues.of(language)
        carried = carried_over(request)

        return {
            "_": lambda sentence: known.get(sentence, sentence),
            "asset": self.assets.address,
            "language": language,
            "languages": LANGUAGES,
            "address_in": lambda code: f"?{carried}lang={code}",
            "page": page,
            "scripts": [*self.assets.imported_by(f"{page.name}.js"), f"strings.{language.code}.js"],
            "rules": self.rules,
            "providers": self.providers,
            "nobody": self.certainly_nobody(request),
        }

    def _headers(self, page: Page) -> dict[str, str]:
        return {
            "Cache-Control": "private, no-cache" if page.kept else "no-store",
            "Content-Security-Policy": policy(self.rules.logo_url),
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
            "Vary": "Accept-Encoding, Accept-Language, Cookie, Sec-Fetch-Site",
        }


def language_asked(request: Request) -> str:
    """What the address says of the language; a query that is none of ours says nothing."""
    return request.query_params.get("lang", "") if _may_be_ours(request) else ""


def carried_over(request: Request) -> str:
    """The part of the query that the same page needs in another language, ready to be added to."""
    if not _may_be_ours(request):
        return ""
    known = [(name, value) for name, value in request.query_params.multi_items() if name in CARRIED]
    written = urlencode(known)
    return f"{written}&" if known and len(written) <= LONGEST_QUERY else ""


def _may_be_ours(request: Request) -> bool:
    """Short enough to be worth reading: to take a query of 28 KB apart is work of many milliseconds."""
    return len(request.scope["query_string"]) <= LONGEST_QUERY


def policy(logo_url: str | None) -> str:
    """The pages' Content-Security-Policy: own files only, nothing inline, no frame around us."""
    logo = urlsplit(logo_url or "")
    images = f"'self' data: {logo.scheme}://{logo.netloc}" if logo.netloc else "'self' data:"
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; "
        f"img-src {images}; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def open_portal(rules: HttpRules, providers: Sequence[Provider]) -> Portal:
    """Read templates, files and settings once."""
    catalogues = Catalogues()
    assets = load_assets(catalogues, rules.accent, rules.app_name)
    return Portal(rules, tuple(providers), catalogues, assets, Templates(TEMPLATES))


def portal_routes(portal: Portal) -> list[Route]:
    """The pages and their files; with `PORTAL=off` the caller leaves them out."""

    def shown(page: Page) -> Route:
        async def endpoint(request: Request) -> Response:
            if page.name == "account" and portal.certainly_nobody(request):
                asked = language_asked(request)
                place = f"/auth/login?lang={asked}" if asked in BY_CODE else "/auth/login"
                return RedirectResponse(place, 303, {"Cache-Control": "no-store"})
            return portal.draw(request, page)

        return Route(page.path, endpoint, methods=["GET"], name=f"page:{page.name}")

    return [
        *(shown(page) for page in PAGES),
        Route("/portal/{version}/{name}", portal.assets.send, methods=["GET"], name="portal:versioned"),
        Route("/portal/{name}", portal.assets.send, methods=["GET"], name="portal:file"),
    ]
