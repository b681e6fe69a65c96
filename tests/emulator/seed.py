"""Seeds an emulator.

    python seed.py http://127.0.0.1:5000 [--lenient]
    python seed.py http://127.0.0.1:5000 --apply SERVICE

The first makes the demo's estate: Northwind, a small company in two regions, with good, bad and
unreadable parts, and with names and tags that try to break out of a page. Each service brings its
part, in `tests/estates/<service>/seed.py`. The second makes what that folder's `main.tf` writes.
"""

import argparse
import json

from clients import Clients, module, services


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("endpoint")
    arguments.add_argument("--lenient", action="store_true")
    arguments.add_argument("--apply", metavar="SERVICE")
    arguments.add_argument("--now", metavar="TIME", help="what the emulator's clock says (serve.py)")
    given = arguments.parse_args()
    clients = Clients(given.endpoint, given.lenient, given.now)
    if given.apply:
        clients.draw_ids(f"apply {given.apply}")
        module(given.apply, "seed").apply(clients)
    else:
        for service in services("seed.py"):
            clients.made(service)
    print(json.dumps({"account": clients.account, "left_out": clients.left_out}))


if __name__ == "__main__":
    main()
