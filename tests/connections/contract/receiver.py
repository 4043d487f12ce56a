"""ReceiverContract: a delivery is theirs or it is not, and whatever it holds, reading it raises nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from connections import registry
from connections.contracts import Endpoints, Receiver

HOSTILE = (b"", b"{", b"7", b"[7]", b"null", b'"text"', b"<xml/>", b"\xff\xfe", b'{"events":7}', b"[[[[[[[[", b'[{"type":7}]')


class Sender:
    """What a provider's own test file fills in: how they sign, and one delivery about one object."""

    provider: str

    def body(self) -> bytes:
        raise NotImplementedError

    def signed(self, body: bytes) -> Mapping[str, str]:
        """The headers (lower-case names) with which the provider would send this body."""
        raise NotImplementedError

    # What the delivery is about: account, kind of notice, object.
    about: tuple[str, str, str]


class ReceiverContract:
    """Inherit it, and say what `sender` is."""

    harness: type[Sender]

    @pytest.fixture
    def sender(self) -> Sender:
        return self.harness()

    @pytest.fixture
    def place(self, twins: object, sender: Sender) -> Endpoints:
        return registry.endpoints(sender.provider, "twin")

    @pytest.fixture
    def receiver(self, sender: Sender) -> Receiver:
        found = registry.provider(sender.provider).receiver
        assert found is not None
        return found

    def test_only_what_is_signed_is_theirs(self, sender: Sender, receiver: Receiver, place: Endpoints) -> None:
        body = sender.body()
        headers = dict(sender.signed(body))
        assert receiver.verify(place, headers, body) is True
        assert receiver.verify(place, headers, body + b" ") is False
        assert receiver.verify(place, {}, body) is False
        for name, value in headers.items():
            altered = {**headers, name: value[:-2] + ("AA" if not value.endswith("AA") else "BB")}
            assert receiver.verify(place, altered, body) is False
            assert receiver.verify(place, {**headers, name: "é"}, body) is False

    def test_without_a_key_nothing_is_theirs(self, sender: Sender, receiver: Receiver, place: Endpoints) -> None:
        body = sender.body()
        assert receiver.verify(replace(place, extra={}), sender.signed(body), body) is False

    def test_a_delivery_tells_account_kind_and_object(self, sender: Sender, receiver: Receiver) -> None:
        (notice,) = receiver.notices(sender.body())
        assert (notice.external_account, notice.kind, notice.external_id) == sender.about
        assert notice.event_id
        assert receiver.notices(sender.body())[0].event_id == notice.event_id

    @pytest.mark.parametrize("body", HOSTILE)
    def test_what_is_not_understood_is_left_out(self, receiver: Receiver, body: bytes) -> None:
        assert receiver.notices(body) == []
