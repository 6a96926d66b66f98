"""Reads report's output back with independent readers: python's json and XML parsers, xmllint, ndiff. Usage: readers_test.py EMIT"""
import base64
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

EMIT = sys.argv.pop(1)
DTD = "/usr/share/nmap/nmap.dtd"


def emit(*args):
    return subprocess.run([EMIT, *args], check=True, stdout=subprocess.PIPE).stdout


SAMPLES = emit().decode().split()


class Readers(unittest.TestCase):
    def test_json_is_one_valid_object_a_line(self):
        for sample in SAMPLES:
            text = emit("json", sample).decode("utf-8", errors="strict")
            for line in text.split("\n")[:-1]:
                host = json.loads(line)
                self.assertLessEqual({"address", "names", "up", "complete", "ports", "elapsed_ms"}, set(host), sample)

    def test_json_says_what_the_records_say(self):
        host = json.loads(emit("json", "ordinary"))
        self.assertEqual(host["names"], ["localhost", "box.example.com"])
        ports = {(p["port"], p["proto"]): p for p in host["ports"]}
        self.assertEqual(len(ports), 10)
        https = ports[443, "tcp"]["service"]
        self.assertEqual((https["name"], https["tunnel"], https["conf"], https["method"]), ("http", "tls", 10, "probed"))
        tls = ports[443, "tcp"]["tls"]
        self.assertEqual((tls["protocol"], tls["certificate"]["key_bits"], tls["wants_client_certificate"]), ("TLSv1.3", 2048, False))
        ssh = ports[22, "tcp"]["service"]
        self.assertIsNone(ssh["tunnel"])
        self.assertEqual(ssh["cpe23"][0], "cpe:2.3:a:openbsd:openssh:8.9p1:*:*:*:*:*:*:*")
        self.assertNotIn("tunnel", ports[7001, "tcp"]["service"])
        odd = ports[7006, "tcp"]["service"]
        self.assertEqual(base64.b64decode(odd["replies"][0]["data"]), b"hi\x007 there\r\n")
        self.assertEqual(odd["replies"][1]["length"], 20000)
        self.assertNotIn("service", ports[54, "udp"])

    def test_json_counts_what_it_does_not_list(self):
        host = json.loads(emit("json", "many"))
        self.assertEqual(len(host["ports"]), 500)
        self.assertEqual(sum(group["count"] for group in host["not_shown"]), 4500)
        self.assertEqual(host["not_shown"][0], {"state": "closed", "proto": "tcp", "reason": "conn-refused", "count": 3500})

    def test_json_marks_partial_hosts(self):
        hosts = [json.loads(line) for line in emit("json", "interrupted").splitlines()]
        self.assertEqual([h["complete"] for h in hosts], [False, False])
        self.assertEqual([h.get("timed_out") for h in hosts], [True, None])
        self.assertEqual([h["not_scanned"] for h in hosts], [2, 1])

    def test_down_hosts_are_told_of_when_verbose(self):
        self.assertEqual(emit("json", "down"), b"")
        self.assertFalse(json.loads(emit("json", "down-verbose"))["up"])

    def test_hostile_json_keeps_valid_text(self):
        host = json.loads(emit("json", "hostile"))
        info = host["ports"][0]["service"]["info"]
        self.assertTrue(info.startswith("\x1b[31m\x07\x01\x08\r\n\t\"'<&>\\"))
        self.assertIn("caf\u00e9", info)
        self.assertIn("\ufffd", info)

    def test_terminal_formats_have_no_control_bytes(self):
        for sample in SAMPLES:
            for form in ("normal", "grepable"):
                text = emit(form, sample).decode("utf-8", errors="strict")
                self.assertIsNone(re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", text), (form, sample))
            self.assertIsNone(re.search(b"[\x00-\x09\x0b-\x1f\x7f]", emit("json", sample)), sample)

    def test_xml_is_well_formed(self):
        for sample in SAMPLES:
            root = ElementTree.fromstring(emit("xml", sample))
            self.assertEqual((root.tag, root[-1].tag), ("nmaprun", "runstats"), sample)

    def test_xml_attributes(self):
        root = ElementTree.fromstring(emit("xml", "ordinary"))
        https = root.find(".//port[@portid='443']")
        self.assertEqual([child.tag for child in https], ["state", "service", "script"])
        self.assertEqual(https[2].find("table[@key='certificate']/elem[@key='key_bits']").text, "2048")
        self.assertEqual([e.text for e in https[2].findall("table/table[@key='names']/elem")], ["www.example.com", "192.0.2.7"])
        self.assertEqual(https[1].attrib, {"name": "http", "product": "Apache httpd", "version": "2.4.41", "extrainfo": "(Ubuntu)",
            "hostname": "www.example.com", "tunnel": "ssl", "method": "probed", "conf": "10"})
        self.assertEqual([c.text for c in root.find(".//port[@portid='22']/service")],
            ["cpe:/a:openbsd:openssh:8.9p1", "cpe:/o:linux:linux_kernel"])
        odd = root.find(".//port[@portid='7006']/service")
        self.assertEqual((odd.get("name"), odd.get("conf")), ("unknown", "3"))
        self.assertTrue(odd.get("servicefp").endswith(";"))
        self.assertIsNone(root.find(".//port[@portid='7002']/service"))

    def test_rpc_programs_have_their_attributes(self):
        ports = ElementTree.fromstring(emit("xml", "rpc")).iter("port")
        told = {p.get("portid"): {k: v for k, v in p.find("service").items() if k in ("proto", "rpcnum", "lowver", "highver")} for p in ports}
        self.assertEqual(told, {"80": {}, "2049": {"proto": "rpc", "rpcnum": "100003", "lowver": "3", "highver": "4"},
                                "32803": {"proto": "rpc", "rpcnum": "391007"}})

    def test_hostile_xml_keeps_what_is_legal(self):
        service = ElementTree.fromstring(emit("xml", "hostile")).find(".//service")
        self.assertTrue(service.get("product").startswith("\\x1b[31m\\x07\\x01\\x08\r\n\t\"'<&>\\]]>-- \\xff\\xfe\\xc3("))
        self.assertIn("caf\u00e9", service.get("product"))

    def test_xml_is_valid_but_for_the_scanners_name(self):
        if not shutil.which("xmllint") or not os.path.exists(DTD):
            self.skipTest("xmllint or the field's DTD is not installed")
        for sample in SAMPLES:
            text = emit("xml", sample).replace(b'scanner="descry"', b'scanner="nmap"', 1)
            run = subprocess.run(["xmllint", "--noout", "--huge", "--dtdvalid", DTD, "-"], input=text, stderr=subprocess.PIPE)
            self.assertEqual((run.returncode, run.stderr[:2000]), (0, b""), sample)

    def test_ndiff_reads_it(self):
        if not shutil.which("ndiff"):
            self.skipTest("ndiff is not installed")
        with tempfile.TemporaryDirectory() as folder:
            for sample in SAMPLES:
                with open(os.path.join(folder, sample), "wb") as file:
                    file.write(emit("xml", sample))
            for sample in SAMPLES:
                run = self.ndiff(folder, sample, sample)
                self.assertEqual((run.returncode, run.stderr), (0, b""), sample)
            run = self.ndiff(folder, "ignored", "ordinary")
            self.assertEqual((run.returncode, run.stderr), (1, b""))
            self.assertIn(b"+22/tcp open ssh OpenSSH 8.9p1 Ubuntu 3ubuntu0.1 (Ubuntu Linux; protocol 2.0)", re.sub(b" +", b" ", run.stdout))

    @staticmethod
    def ndiff(folder, one, two):
        return subprocess.run(["ndiff", os.path.join(folder, one), os.path.join(folder, two)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)


if __name__ == "__main__":
    unittest.main()
