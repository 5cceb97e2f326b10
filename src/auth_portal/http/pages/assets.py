"""The files under /portal/: scripts, stylesheets, the theme and the scripts' sentences, by content."""

import gzip
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from auth_portal.http.pages.colour import icon, theme
from auth_portal.http.pages.languages import LANGUAGES, Catalogues

STATIC = Path(__file__).parent / "static"
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
SENTENCE = re.compile(r"""\bt\(\s*"((?:[^"\\]|\\.)*)\"""")
IMPORT = re.compile(r"""(?:from|import) "\./([\w.]+\.js)\"""")
FOREVER = "public, max-age=31536000, immutable"
REVALIDATE = "public, no-cache"
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
    """All files, read once. The version in the address is the hash of them all, so that the scripts'
    relative imports stay within one version and any of them may be kept for ever."""

    files: dict[str, Asset]
    version: str

    def address(self, name: str) -> str:
        """The versioned address of a file; an unknown name is a mistake in a template."""
        if name not in self.files:
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
        """Send a file; without its version it is revalidated each time."""
        asset = self.files.get(request.path_params["name"])
        version = request.path_params.get("version")
        if asset is None or version not in {None, self.version}:
            return Response(status_code=404, headers={"Cache-Control": "no-store"})
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


def load_assets(catalogues: Catalogues, accent: str, app_name: str) -> Assets:
    """Read the package's files and make the ones that depend on settings and languages."""
    texts = {
        path.name: path.read_bytes() for path in sorted(STATIC.iterdir()) if path.suffix in TYPES
    }
    wanted = sentences(texts)
    for language in LANGUAGES:
        known = catalogues.of(language)
        said = {sentence: known[sentence] for sentence in wanted if sentence in known}
        texts[f"strings.{language.code}.js"] = b"export default " + msgspec.json.encode(said) + b";\n"
    texts["theme.css"] = theme(accent).encode()
    texts["icon.svg"] = icon(accent, app_name).encode()
    files = {name: _asset(name, content) for name, content in texts.items()}
    digest = hashlib.sha256(b"\0".join(name.encode() + b"\0" + texts[name] for name in sorted(texts)))
    return Assets(files, digest.hexdigest()[:12])


def sentences(texts: dict[str, bytes]) -> list[str]:
    """Every sentence that the scripts say: the arguments of `t("…")`."""
    found = {
        match.replace('\\"', '"')
        for name, content in texts.items()
        if name.endswith(".js")
        for match in SENTENCE.findall(content.decode())
    }
    return sorted(found)


def _asset(name: str, content: bytes) -> Asset:
    packed = gzip.compress(content, mtime=0) if len(content) >= SMALLEST_PACKED else None
    kind = TYPES[Path(name).suffix]
    return Asset(kind, content, packed, f'"{hashlib.sha256(content).hexdigest()[:16]}"')
