"""The files under /portal/: scripts, stylesheets, the theme and the scripts' sentences, by content."""

import gzip
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from auth_portal.http.pages.colour import icon, theme
from auth_portal.http.pages.languages import LANGUAGES, Catalogues, Language
from auth_portal.http.refusals import NOT_FOUND, HttpRefusal

STATIC = Path(__file__).parent / "static"
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
SENTENCE = re.compile(r"""\bt\(\s*"((?:[^"\\]|\\.)*)\"""")
IMPORT = re.compile(r"""(?:from|import) "\./([\w.]+\.js)\"""")
FOREVER = "public, max-age=31536000, immutable"
REVALIDATE = "public, no-cache"
STYLES = ("theme.css", "portal.css", "parts.css", "forms.css")  # one after another: pages.css
SMALLEST_PACKED = 512  # bytes; below, gzip gains nothing


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent: its type, its bytes, the same packed, and its entity tag."""

    media_type: str
    plain: bytes
    packed: bytes | None
    etag: str


@dataclass(frozen=True, slots=True)
class Assets:
    """The files by name, and their version: one hash of them all, which stands in each address.

    So the scripts' relative imports stay within one version, and any file may be kept for ever.
    The sentences of a language are added when they are first asked for.
    """

    files: dict[str, Asset]
    languages: dict[str, Language]  # by the name of the file that holds their sentences
    catalogues: Catalogues
    version: str

    def address(self, name: str) -> str:
        """The versioned address of a file; an unknown name is a mistake in a template."""
        if name not in self.files and name not in self.languages:
            raise KeyError(name)
        return f"/portal/{self.version}/{name}"

    def imported_by(self, name: str) -> list[str]:
        """A script and all that it imports, so that the browser may fetch them at once."""
        found = [name]
        for script in found:
            imports = IMPORT.findall(self.files[script].plain.decode())
            found.extend(other for other in dict.fromkeys(imports) if other not in found)
        return found

    async def send(self, request: Request) -> Response:
        """Send a file; without its version in the address it is revalidated each time.

        Raises NOT_FOUND for a file or a version that is not here.
        """
        asset = self._find(request.path_params["name"])
        version = request.path_params.get("version")
        if asset is None or version not in {None, self.version}:
            raise HttpRefusal(NOT_FOUND)
        headers = {
            "Cache-Control": REVALIDATE if version is None else FOREVER,
            "ETag": asset.etag,
            "Vary": "Accept-Encoding",
            "X-Content-Type-Options": "nosniff",
        }
        if asset.etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        body = asset.plain
        if asset.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            body = asset.packed
        return Response(body, media_type=asset.media_type, headers=headers)

    def _find(self, name: str) -> Asset | None:
        if name not in self.files and name in self.languages:
            known = self.catalogues.of(self.languages[name])
            scripts = (asset.plain.decode() for other, asset in self.files.items() if other.endswith(".js"))
            said = {sentence: known[sentence] for sentence in sentences(scripts) if sentence in known}
            self.files[name] = _asset(name, b"export default " + msgspec.json.encode(said) + b";\n")
        return self.files.get(name)


def load_assets(catalogues: Catalogues, accent: str, app_name: str) -> Assets:
    """Read the package's files and make the ones that depend on settings."""
    texts = {path.name: path.read_bytes() for path in sorted(STATIC.iterdir()) if path.suffix in TYPES}
    texts["theme.css"] = theme(accent).encode()
    texts["pages.css"] = b"".join(texts[name] for name in STYLES)
    texts["icon.svg"] = icon(accent, app_name).encode()
    digest = hashlib.sha256()
    for name in sorted(texts):
        digest.update(hashlib.sha256(name.encode() + b"\0" + texts[name]).digest())
    for language in LANGUAGES:
        digest.update(hashlib.sha256(catalogues.source(language)).digest())
    files = {name: _asset(name, content) for name, content in texts.items()}
    languages = {f"strings.{language.code}.js": language for language in LANGUAGES}
    return Assets(files, languages, catalogues, digest.hexdigest()[:12])


def sentences(scripts: Iterable[str]) -> list[str]:
    """Every sentence that the scripts say: the arguments of `t("…")`."""
    return sorted({found.replace('\\"', '"') for script in scripts for found in SENTENCE.findall(script)})


def _asset(name: str, content: bytes) -> Asset:
    packed = gzip.compress(content, mtime=0) if len(content) >= SMALLEST_PACKED else None
    kind = TYPES[Path(name).suffix]
    return Asset(kind, content, packed, f'"{hashlib.sha256(content).hexdigest()[:16]}"')
