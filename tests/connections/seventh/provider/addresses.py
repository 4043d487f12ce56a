"""Where Paperbooks is reached: at its twin, if anywhere."""

from __future__ import annotations

from connections.contracts import OWN_CREDENTIALS, Surroundings


def surroundings(twins_url: str) -> dict[str, Surroundings]:
    twin = Surroundings({"api": f"{twins_url}/paperbooks/v1"}, OWN_CREDENTIALS if twins_url else "")
    return {"twin": twin}
