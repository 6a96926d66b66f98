#!/usr/bin/env python3
"""run.py owns the tests of the command itself: its words, its exit codes, its files. Servers are this program's own, on loopback."""
import argparse
import os
import resource
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

DESCRY = None
PROBES = """Probe TCP NULL q||
totalwaitms 2000
match toy m|^TOY (.+)\\n| p/$1/
"""


class Toy:
    """Says one line to whoever connects."""

    def __init__(self, line, family=socket.AF_INET, address="127.0.0.1"):
        self.line = line
        self.socket = socket.create_server((address, 0), family=family)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.socket.accept()
                client.sendall(self.line)
                client.close()
            except OSError:
                pass


def descry(*words, limit=None, out=subprocess.PIPE, given=b""):
    def lower():
        if limit:
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))

    done = subprocess.run([DESCRY, *map(str, words)], stdout=out, stderr=subprocess.PIPE, input=given, preexec_fn=lower, timeout=60)
    return done.returncode, (done.stdout or b"").decode(errors="surrogateescape"), done.stderr.decode(errors="surrogateescape")


class Command(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.room = tempfile.TemporaryDirectory()
        cls.db = os.path.join(cls.room.name, "toy.probes")
        with open(cls.db, "w", encoding="ascii") as f:
            f.write(PROBES)
        cls.toy = Toy(b"TOY one\n")

    @classmethod
    def tearDownClass(cls):
        cls.room.cleanup()

    def scan(self, *words, port=None, **how):
        return descry("-n", "--probe-db", self.db, "-p", port or self.toy.port, *words, "127.0.0.1", **how)

    def refused(self, *words, says):
        code, out, err = descry(*words)
        self.assertEqual((code, out), (2, ""), words)
        self.assertEqual(err.count("\n"), 1, err)
        self.assertIn(says, err)

    def test_wrong_words_are_one_line_and_exit_2(self):
        self.refused("-p", says="-p needs a value")
        self.refused("-p", "", "127.0.0.1", says="-p")
        self.refused("-p70000", "127.0.0.1", says="65535")
        self.refused("-T9", "127.0.0.1", says="-T")
        self.refused("--top-ports=", "127.0.0.1", says="--top-ports")
        self.refused("--open=1", "127.0.0.1", says="takes no value")
        self.refused("", says="target")
        self.refused("-oX", "/nonexistent/x", "127.0.0.1", says="/nonexistent/x")

    def test_words_in_their_many_forms(self):
        for words in (["-p" + str(self.toy.port)], ["-T4"], ["-T", "4"], ["-T", "aggressive"], ["-vv"], ["-sTV"], ["--"]):
            code, out, err = descry("-n", "--probe-db", self.db, "-p", self.toy.port, *words, "127.0.0.1")
            self.assertEqual((code, err), (0, ""), words)
            self.assertIn("toy", out)

    def test_after_two_dashes_all_is_targets(self):
        self.refused("--", "-p", says='"-p"')

    def test_two_reports_do_not_share_a_place(self):
        name = os.path.join(self.room.name, "both")
        self.refused("-p1", "-oX", "-", "-oJ", "-", "127.0.0.1", says="two outputs")
        self.refused("-p1", "-oX", name, "-oJ", name, "127.0.0.1", says="two outputs")
        self.assertFalse(os.path.exists(name))

    @unittest.skipUnless(os.path.exists("/dev/full"), "no /dev/full")
    def test_a_report_that_could_not_be_written_is_told(self):
        code, _, err = self.scan("-oX", "/dev/full")
        self.assertEqual(code, 1)
        self.assertIn("/dev/full", err)
        with open("/dev/full", "wb") as full:
            self.assertEqual(self.scan(out=full)[0], 1)

    def test_few_descriptors_are_enough_or_told(self):
        code, out, err = self.scan(limit=20)
        self.assertEqual((code, err), (0, ""))
        self.assertIn("toy", out)
        code, _, err = self.scan(limit=9)
        self.assertEqual(code, 1)
        self.assertIn("file descriptors", err)

    def test_rpc(self):
        code, out, _ = descry("rpc", "--help")
        self.assertEqual(code, 0)
        self.assertIn("usage: descry rpc", out)
        self.assertEqual(descry("rpc")[0], 2)
        self.refused("rpc", "-p", "x", "127.0.0.1", says="x")
        self.refused("rpc", "--nonsense", "127.0.0.1", says="--nonsense")
        self.refused("rpc", "--rpc-db", "/nonexistent/rpc", "-p", "1", "127.0.0.1", says="/nonexistent/rpc")
        code, out, _ = descry("rpc", "-n", "-Pn", "-p", self.toy.port, "127.0.0.1")
        self.assertEqual(code, 0)
        self.assertIn("ONC RPC", out)

    def test_db_check(self):
        code, out, err = descry("db", "check", self.db)
        self.assertEqual((code, err), (0, ""))
        self.assertIn(": 1 probes, 1 rules, 0 examples: 0 errors, 0 warnings, 0 notes", out)
        code, out, _ = descry("db", "check", "-v", self.db)
        self.assertEqual(code, 1)
        self.assertIn(f"{self.db}:3:13: error: the rule has no example", out)
        code, _, err = descry("db", "check", "/nonexistent", self.db)
        self.assertEqual(code, 2)
        self.assertIn("/nonexistent", err)
        self.refused("db", "check", says="which file")
        self.refused("db", "check", "-x", self.db, says="-x")

    def test_db_show(self):
        code, out, err = descry("db", "show", "--probe-db", self.db)
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(out.split("\n")[1].split(), ["toy", "1", "1", "1"])
        code, out, _ = descry("db", "show", "ssh")
        self.assertEqual(code, 0)
        self.assertIn("p/OpenSSH/", out)
        self.refused("db", "show", "no-such-service", says="no-such-service")
        self.refused("db", "odd", says="odd")

    def test_db_export_is_a_probe_file(self):
        code, out, _ = descry("db", "export")
        self.assertEqual(code, 0)
        path = os.path.join(self.room.name, "export.probes")
        with open(path, "w", encoding="utf-8", errors="surrogateescape") as f:
            f.write(out)
        code, out, _ = descry("db", "check", path)
        self.assertEqual(code, 0, out)
        self.assertIn("toy", self.scan()[1])
        with open("/dev/full", "wb") as full:
            self.assertEqual(descry("db", "export", out=full)[0], 1)

    def test_all_ports_are_asked_with_our_own_collection(self):
        greeting = Toy(b"SSH-2.0-OpenSSH_9.2p1\r\n")
        code, out, _ = descry("-n", "-Pn", "--allports", "-p", greeting.port, "127.0.0.1")
        self.assertEqual(code, 0)
        self.assertIn("OpenSSH", out)

    def test_messages_do_not_steer_the_terminal(self):
        toy = Toy(b"TOY \x1b]0;owned\x07\n")
        _, out, err = self.scan("--version-trace", port=toy.port)
        self.assertIn("toy", err)
        self.assertNotIn("\x1b", out + err)
        _, out, err = self.scan("-iL", "-", given=b"\x1b]0;owned\x07/99\n")
        self.assertIn("\\x1b]0;owned", err)
        self.assertNotIn("\x1b", out + err)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--descry", required=True)
    args, rest = parser.parse_known_args()
    DESCRY = os.path.abspath(args.descry)
    unittest.main(argv=[sys.argv[0], *rest])
