"""The guards of `conftest.py` hold in the test process and in the processes that it starts."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest


@pytest.mark.parametrize("address", [("192.0.2.1", 443), ("2001:db8::1", 443)])
def test_a_connection_beyond_this_machine_is_refused(address):
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family) as sock, pytest.raises(RuntimeError, match="must not leave this machine"):
        sock.connect(address)


def test_looking_up_a_name_is_refused():
    with pytest.raises(RuntimeError, match="must not leave this machine"):
        socket.getaddrinfo("example.org", 443)


def test_loopback_stays_open():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()


def test_a_process_that_a_test_starts_is_guarded_too():
    code = "import socket; socket.create_connection(('example.org', 443))"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "NetworkUsedError" in child.stderr


def test_no_key_reaches_a_test():
    assert not [name for name in os.environ if name.endswith("_API_KEY") or name.startswith(("OPENAI_", "A1_"))]


def test_each_test_has_a_folder_of_its_own(tmp_path):
    assert os.path.samefile(os.getcwd(), tmp_path)
    assert os.listdir() == []
