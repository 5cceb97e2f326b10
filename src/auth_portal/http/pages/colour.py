"""The accent colour of the settings, made readable: shades that keep WCAG's contrast on light and dark."""

from dataclasses import dataclass

WHITE = (255, 255, 255)
INK = (16, 19, 26)
LIGHT_SURFACE = (255, 255, 255)
DARK_SURFACE = (23, 26, 33)
READABLE = 4.5  # WCAG 2.2, 1.4.3: text of ordinary size
SOFT_TINT = 0.1
FALLBACK = "#3b5bdb"

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Shades:
    """One theme's colours: `fill` under `on_fill`, `text` on the theme's surfaces."""

    fill: Colour
    on_fill: Colour
    text: Colour


def parse(text: str) -> Colour:
    """`#rgb` or `#rrggbb`; anything else is the house's own accent."""
    digits = text.strip().lstrip("#")
    if len(digits) == len("rgb"):
        digits = "".join(digit * 2 for digit in digits)
    try:
        value = bytes.fromhex(digits)
    except ValueError:
        return parse(FALLBACK)
    return (value[0], value[1], value[2]) if len(value) == len("rgb") else parse(FALLBACK)


def written(colour: Colour) -> str:
    """`#rrggbb`."""
    return "#" + bytes(colour).hex()


def luminance(colour: Colour) -> float:
    """Relative luminance as WCAG 2.2 defines it, 0 to 1."""
    red, green, blue = (_linear(part / 255) for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Colour, other: Colour) -> float:
    """WCAG's contrast ratio, 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """`share` (0 to 1) of `other` in `one`."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return (red, green, blue)


def shades(accent: Colour, *, dark: bool) -> Shades:
    """The accent, moved towards ink or white only as far as reading needs."""
    surface = DARK_SURFACE if dark else LIGHT_SURFACE
    text = _moved(accent, WHITE if dark else INK, surface, mixed(surface, accent, SOFT_TINT))
    on_fill = WHITE if contrast(accent, WHITE) >= contrast(accent, INK) - 4 else INK
    fill = _moved(accent, INK if on_fill == WHITE else WHITE, on_fill)
    return Shades(fill, on_fill, text)


def theme(accent: str) -> str:
    """The stylesheet `/portal/theme.css`: custom properties only, so that no page needs inline style."""
    colour = parse(accent)
    light, dark = shades(colour, dark=False), shades(colour, dark=True)
    return (
        f":root{{{_properties(light)}}}\n@media (prefers-color-scheme:dark){{:root{{{_properties(dark)}}}}}\n"
    )


def icon(accent: str, name: str) -> str:
    """The stand-in for a logo: the name's first letter on the accent, as SVG without any style."""
    light = shades(parse(accent), dark=False)
    letter = next((sign for sign in name if sign.isalnum()), "A").upper()
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">'
        f'<rect width="64" height="64" rx="18" fill="{written(light.fill)}"/>'
        '<text x="32" y="44" text-anchor="middle" font-family="system-ui,-apple-system,Segoe UI,sans-serif" '
        f'font-size="34" font-weight="700" fill="{written(light.on_fill)}">{letter}</text></svg>'
    )


def _properties(shade: Shades) -> str:
    pairs = {"accent": shade.fill, "on-accent": shade.on_fill, "accent-text": shade.text}
    return "".join(f"--{name}:{written(colour)};" for name, colour in pairs.items())


def _moved(colour: Colour, towards: Colour, *against: Colour) -> Colour:
    for step in range(21):
        candidate = mixed(colour, towards, step / 20)
        if all(contrast(candidate, ground) >= READABLE for ground in against):
            return candidate
    return towards


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 -- sRGB
