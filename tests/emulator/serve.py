"""Starts an emulator on 127.0.0.1 at a port of the system's choosing, and says which.

    python serve.py moto [TIME]
    python serve.py ministack

With a time (RFC 3339), moto's clock starts there. The program ends when its standard input closes: it
must not outlive the test that started it, however that test ends.
"""

import os
import socket
import sys
import threading


def end_with_parent():
    def wait():
        while sys.stdin.buffer.read(1):
            pass
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def main():
    which, times = sys.argv[1], sys.argv[2:]
    end_with_parent()
    port = free_port()
    print(port, flush=True)
    if which == "moto":
        # Thousands of images and snapshots that nobody of the estate made.
        os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
        from moto.server import main as moto_server

        if times:
            from freezegun import freeze_time

            freeze_time(times[0], tick=True).start()
        moto_server(["-H", "127.0.0.1", "-p", str(port)])
    elif which == "ministack":
        os.environ.update(BIND_HOST="127.0.0.1", GATEWAY_PORT=str(port), MINISTACK_HOST="127.0.0.1", LOG_LEVEL="ERROR")
        from ministack.app import main as ministack

        sys.argv = ["ministack"]
        ministack()
    else:
        sys.exit(f"no emulator named {which}")


if __name__ == "__main__":
    main()
