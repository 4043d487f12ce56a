"""Two machines on one: network namespaces with a host name of their own where the system allows them, else only
process groups.

A host reaches the others by one address, where the broker and the twins listen; nothing else of this machine's
loopback is visible in it. Files (the database's socket, the folder queue) are shared, as by a network disk.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass


@dataclass(frozen=True)
class Host:
    """Where a process may be started: `prefix` goes before its command."""

    name: str
    prefix: Sequence[str] = ()


@dataclass(frozen=True)
class Network:
    """The hosts, the address at which they find what listens here, and whether they are apart."""

    address: str
    hosts: Sequence[Host]
    apart: bool


@contextmanager
def network(count: int = 2) -> Iterator[Network]:
    """So many hosts for as long as the block lasts."""
    names = [f"tieout-{os.getpid()}-{number}" for number in range(1, count + 1)]
    try:
        try:
            hosts = [_make(name, number) for number, name in enumerate(names, 1)]
        except (OSError, subprocess.CalledProcessError):
            yield Network("127.0.0.1", [Host(f"group{number}") for number in range(1, count + 1)], apart=False)
            return
        yield Network(_address(1), hosts, apart=True)
    finally:
        for name in names:
            with suppress(OSError, subprocess.CalledProcessError):
                _run("ip", "netns", "del", name)  # its end of the cable goes with it, and so does ours


def _make(name: str, number: int) -> Host:
    if os.geteuid() != 0 or not shutil.which("unshare"):
        raise PermissionError("namespaces need root")
    cable, ours, theirs = f"tie{os.getpid()}.{number}", _address(number), _address(number, 2)
    _run("ip", "netns", "add", name)
    _run("ip", "link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", name)
    _run("ip", "addr", "add", f"{ours}/30", "dev", cable)
    _run("ip", "link", "set", cable, "up")
    for words in (f"addr add {theirs}/30 dev eth0", "link set eth0 up", "link set lo up", f"route add default via {ours}"):
        _run("ip", "-n", name, *words.split())
    naming = f'hostname {name}; exec "$@"'
    return Host(name, ("ip", "netns", "exec", name, "unshare", "--uts", "sh", "-c", naming, "sh"))


def _address(number: int, end: int = 1) -> str:
    """Of a network of four addresses for each host, its place chosen by our process number."""
    return f"10.{200 + os.getpid() % 50}.{os.getpid() // 50 % 250}.{4 * number + end}"


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
