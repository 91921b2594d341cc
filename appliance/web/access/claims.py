"""In which room somebody says they are: a token made for one room cannot speak for another. Pure."""

from __future__ import annotations

from http import HTTPStatus

from appliance.web.access.visitor import Visitor
from appliance.web.problems import Refused


def claimed(visitor: Visitor, area: str) -> str:
    """The room that counts: what is claimed, or the token's own when nothing is. Raises Refused."""
    if not visitor.areas:
        return area
    if not area.strip():
        return visitor.areas[0]
    if area.strip().casefold() not in {each.casefold() for each in visitor.areas}:
        raise Refused(
            HTTPStatus.FORBIDDEN,
            f"this token is not for the room {area.strip()[:40]!r}",
            f"it is for: {', '.join(visitor.areas)}",
        )
    return area
