"""`python -m sandbox --port 8001`: the twins on a loopback port until Ctrl-C or SIGTERM."""

from __future__ import annotations

import argparse
import signal
import threading
from datetime import date
from pathlib import Path
from types import FrameType

from sandbox.app import create_app
from sandbox.server import Server

DEFAULT_SCALE = 1000.0
"""A thousand times the real rates: limits are met and obeyed, and a demo doesn't take an hour."""


def main() -> None:
    options = _options()
    app = create_app(options.data, seed=options.seed, anchor=options.anchor, scale=options.scale)
    server = Server(app, options.port)

    def stop(signum: int, frame: FrameType | None) -> None:
        # shutdown() waits for the loop that this handler interrupts, hence the thread.
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(f"The twins are at {server.url}/ ({', '.join(app.twins)})", flush=True)
    server.serve_forever(poll_interval=0.1)
    server.server_close()
    app.close()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=8001, help="loopback port (0: any free one)")
    parser.add_argument("--data", type=Path, default=Path(".data/sandbox"), help="directory of the store")
    parser.add_argument("--scale", type=float, default=DEFAULT_SCALE, help="real rates times this; 0 for no limits")
    parser.add_argument("--seed", type=int, default=1, help="of a new store: which shop is generated")
    parser.add_argument("--anchor", type=date.fromisoformat, help="of a new store: the day its history leads up to")
    return parser.parse_args()


if __name__ == "__main__":
    main()
