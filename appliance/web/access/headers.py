"""Headers that every answer carries, and cookies. Pure."""

from __future__ import annotations

Pairs = list[tuple[bytes, bytes]]

SESSION_COOKIE = "appliance"
CSRF_COOKIE = "appliance-csrf"
CSRF_HEADER = b"x-csrf-token"
HOST_PREFIX = "__Host-"
MAX_COOKIES_LENGTH = 4_096
CORS_SECONDS = "600"

CONTENT_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""Nothing inline, nothing from elsewhere; WebSockets of the own host are 'self'."""
PERMISSIONS = (
    "microphone=(self), autoplay=(self), camera=(), geolocation=(), usb=(), serial=(), bluetooth=(), "
    "payment=(), display-capture=()"
)
SECURITY: dict[str, str] = {
    "content-security-policy": CONTENT_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "permissions-policy": PERMISSIONS,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
"""A handler that sets one of these itself (such as a file's cache-control) is left alone."""
STRICT_TRANSPORT = "max-age=15552000"


def secured(headers: Pairs, extra: dict[str, str]) -> Pairs:
    """With everything that is missing; `extra` is added and wins over what every answer carries."""
    present = {name.lower() for name, _ in headers}
    wanted = SECURITY | extra
    more = [(name.encode(), value.encode("latin-1")) for name, value in wanted.items()]
    return [*headers, *(pair for pair in more if pair[0] not in present)]


def cors(origin: str) -> dict[str, str]:
    """For a page of an allowed origin; it shows a token, never a cookie."""
    return {
        "access-control-allow-origin": origin,
        "access-control-expose-headers": "retry-after, etag",
        "cross-origin-resource-policy": "cross-origin",
        "vary": "origin",
    }


def preflight(origin: str) -> dict[str, str]:
    """What such a page may send."""
    return cors(origin) | {
        "access-control-allow-methods": "GET, POST, PUT, PATCH, DELETE",
        "access-control-allow-headers": "authorization, content-type, accept",
        "access-control-max-age": CORS_SECONDS,
    }


def cookie_name(name: str, *, secure: bool) -> str:
    """`__Host-`: the browser takes it only from this very host, by TLS, for every path."""
    return f"{HOST_PREFIX}{name}" if secure else name


def set_cookie(name: str, value: str, *, secure: bool, hidden: bool, seconds: int) -> str:
    """The header's value; `hidden` from scripts. 0 seconds removes it."""
    parts = [f"{cookie_name(name, secure=secure)}={value}", "Path=/", f"Max-Age={seconds}", "SameSite=Strict"]
    parts += ["HttpOnly"] if hidden else []
    parts += ["Secure"] if secure else []
    return "; ".join(parts)


def cookie(header: str, name: str) -> str:
    """Its value; "" when it is not there, or there twice (somebody tossed in another)."""
    if len(header) > MAX_COOKIES_LENGTH:
        return ""
    pairs = (each.strip().partition("=") for each in header.split(";"))
    found = [value for key, _, value in pairs if key == name]
    return found[0] if len(found) == 1 else ""
