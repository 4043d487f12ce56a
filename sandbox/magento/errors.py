"""What Magento says when it won't: `{"message", "parameters"}` with placeholders left in the message."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

from sandbox.jsontext import dump

JSON = "application/json; charset=utf-8"


class Refusal(Exception):
    """An answer that is an error. `parameters` fill the %placeholders of the message; the client does that."""

    def __init__(self, status: int, message: str, parameters: dict[str, Any] | list[Any] | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.parameters = status, message, parameters

    @property
    def body(self) -> dict[str, Any]:
        return {"message": self.message, **({} if self.parameters is None else {"parameters": self.parameters})}

    @property
    def text(self) -> str:
        """The message with its parameters filled in, as logs and bulk results show it."""
        said = self.message
        if isinstance(self.parameters, dict):
            for name, value in self.parameters.items():
                said = said.replace(f"%{name}", str(value))
        return said

    def response(self) -> Response:
        return as_json(self.body, self.status)


def as_json(data: Any, status: int = 200) -> Response:
    return Response(dump(data), status=status, content_type=JSON)


def unauthorised(resource: str) -> Refusal:
    """No caller, or one without the right: Magento answers 401 to both."""
    return Refusal(401, "The consumer isn't authorized to access %resources.", {"resources": resource})


def no_entity(field: str, value: Any) -> Refusal:
    return Refusal(404, "No such entity with %fieldName = %fieldValue", {"fieldName": field, "fieldValue": value})


def no_order() -> Refusal:
    return Refusal(404, "The entity that was requested doesn't exist. Verify the entity and try again.")


def no_product() -> Refusal:
    return Refusal(404, "The product that was requested doesn't exist. Verify the product and try again.")


def no_route() -> Refusal:
    return Refusal(404, "Request does not match any route.")


def required(field: str) -> Refusal:
    return Refusal(400, '"%fieldName" is required. Enter and try again.', {"fieldName": field})


def invalid(message: str, **parameters: Any) -> Refusal:
    return Refusal(400, message, parameters or None)


def internal(report: str) -> Refusal:
    return Refusal(500, f"Internal Error. Details are available in Magento log file. Report ID: webapi-{report}")
