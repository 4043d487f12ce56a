"""Tracking categories and their options: two active ones at most, and what a line says of them."""

from __future__ import annotations

import uuid
from typing import Any, Final

from sandbox.xero.books import Body, Books, Stored
from sandbox.xero.errors import Invalid, NotFound
from sandbox.xero.wire import flag

_MOST: Final = 2
_NAME: Final = 100


def on_line(books: Books, sent: Any, most: int) -> list[Body]:
    """A line's tracking, by names or ids, as it is kept. Raises Invalid for what isn't there or not active."""
    found = [_choice(books, one) for one in sent or [] if isinstance(one, dict)]
    if len(found) > most:
        raise Invalid(f"A line can have a maximum of {most} tracking categories")
    return found


def _choice(books: Books, sent: Body) -> Body:
    category = find(books, sent)
    if category is None or category.status != "ACTIVE":
        raise Invalid(f"The tracking category '{sent.get('Name') or sent.get('TrackingCategoryID')}' is not valid")
    wanted = str(sent.get("Option") or "").casefold()
    for option in category.body["Options"]:
        if option["TrackingOptionID"] == sent.get("TrackingOptionID") or (wanted and option["Name"].casefold() == wanted):
            if option["Status"] != "ACTIVE":
                break
            return {
                "Name": category.body["Name"], "Option": option["Name"], "TrackingCategoryID": category.id,
                "TrackingOptionID": option["TrackingOptionID"],
            }  # fmt: skip
    raise Invalid(f"The tracking option '{sent.get('Option') or sent.get('TrackingOptionID')}' is not valid")


def find(books: Books, sent: Body) -> Stored | None:
    if sent.get("TrackingCategoryID"):
        return books.find("TrackingCategory", sent["TrackingCategoryID"])
    return books.labelled("TrackingCategory", str(sent["Name"])) if sent.get("Name") else None


def write(books: Books, sent: Body, old: Stored | None, options: Any) -> Stored:
    name = str(sent.get("Name") or (old.body["Name"] if old else ""))
    if not name or len(name) > _NAME:
        raise Invalid(f"A tracking category needs a name of {_NAME} characters at most")
    status = sent.get("Status") or (old.status if old else "ACTIVE")
    others = [one for one in books.all("TrackingCategory", "AND status = 'ACTIVE'") if not old or one.id != old.id]
    if status == "ACTIVE" and len(others) >= _MOST:
        raise Invalid("An organisation can have a maximum of 2 active tracking categories")
    if any(one.body["Name"].casefold() == name.casefold() for one in others):
        raise Invalid("A tracking category with that name already exists")
    kept = {"Name": name, "Options": old.body["Options"] if old else []}
    saved = books.save("TrackingCategory", kept, status=status, old=old, label=name, object_id=sent.get("_id"))
    for option in sent.get("Options") or [] if not old else []:
        saved, _ = add_option(books, saved, option)
    return saved


def add_option(books: Books, category: Stored, sent: Body) -> tuple[Stored, Body]:
    name = str(sent.get("Name") or "")
    if not name or len(name) > _NAME:
        raise Invalid(f"A tracking option needs a name of {_NAME} characters at most")
    if any(option["Name"].casefold() == name.casefold() for option in category.body["Options"]):
        raise Invalid("A tracking option with that name already exists")
    option = {"TrackingOptionID": str(uuid.uuid4()), "Name": name, "Status": "ACTIVE"}
    return _with_options(books, category, [*category.body["Options"], option]), option


def change_option(books: Books, category: Stored, option_id: str, sent: Body) -> tuple[Stored, Body]:
    """Rename, archive or bring back an option."""
    options = [{**option} for option in category.body["Options"]]
    chosen = next((option for option in options if option["TrackingOptionID"] == option_id.lower()), None)
    if chosen is None:
        raise NotFound("The resource you're looking for cannot be found")
    chosen |= {name: sent[name] for name in ("Name", "Status") if sent.get(name)}
    return _with_options(books, category, options), chosen


def _with_options(books: Books, category: Stored, options: list[Body]) -> Stored:
    body = {**category.body, "Options": options}
    return books.save("TrackingCategory", body, status=category.status, old=category, label=body["Name"])


def delete(books: Books, old: Stored) -> Stored:
    return books.save("TrackingCategory", old.body, status="DELETED", old=old, label=old.body["Name"])


def show(books: Books, stored: Stored, full: bool, options: Any) -> Body:
    everything = flag(getattr(options, "include_archived", False))
    shown = [option for option in stored.body["Options"] if everything or option["Status"] == "ACTIVE"]
    return {"Name": stored.body["Name"], "Status": stored.status, "TrackingCategoryID": stored.id, "Options": shown}
