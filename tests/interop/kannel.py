"""Kannel as the ESME against an SMSC at HOST PORT: bearerbox and smsbox, as setup.sh has put them under target/interop.

Writes a configuration into a directory of its own, starts both boxes, sends messages through smsbox's HTTP interface,
and waits until the delivery report of each has come to the dlr-url, which is served here. Then ends them and checks that
bearerbox has unbound. Prints one JSON line a step. Exits 0 only when everything held; otherwise the last line is
{"step": "failed", "reason": ...}, the logs of both boxes go to standard error, and the exit code is 1. With --mo it
shows what comes from mobiles instead.

What comes of the messages on the wire is for the SMSC to judge.
"""

import argparse
import http.server
import json
import pathlib
import queue
import random
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

BOXES = pathlib.Path(__file__).resolve().parents[2] / "target/interop/kannel/usr/sbin"

SOURCE = "38640"
DESTINATION = "38641000001"

# Text and coding: 0 is the default alphabet, which Kannel sends as octets of GSM 03.38, 2 is UCS-2.
MESSAGES = {
    "plain": ("test sms", 0),
    "gsm": ("Grüße @ 5 £, 7 €: {ñ}", 0),
    "ucs2": ("Привет, мир", 2),
    "long": ("0123456789" * 31, 0),
    "long-ucs2": ("Привет " * 20, 2),
}

# dlr-mask and the %d of a report: 1 delivered, 2 not delivered, 4 queued, 8 taken by the SMSC, 16 refused by the SMSC.
DELIVERED, QUEUED, TAKEN, ALL = 1, 4, 8, 31

# With two binds, an intermediate notification may be read before the submit_sm_resp, and Kannel then knows no message
# for it.
ALL_BUT_QUEUED = ALL & ~QUEUED

# Warnings of bearerbox: it was told to end; a message came before smsbox; a command that it does not know.
EXPECTED = ["Killing signal", "smsbox_list empty", "Unhandled alert_notification"]

CORE = """\
group = core
admin-port = {admin}
admin-interface = 127.0.0.1
admin-password = secret
smsbox-port = {smsbox}
smsbox-interface = 127.0.0.1
dlr-storage = internal
log-level = 0
"""

# Of the same smsc-id for each bind, so that what one sends may be receipted to the other.
SMSC = """
group = smsc
smsc = smpp
smsc-id = interop
host = {host}
smsc-username = {system_id}
smsc-password = {password}
system-type = ""
enquire-link-interval = 1
reconnect-delay = 1
"""

SMSBOX = """
group = smsbox
bearerbox-host = 127.0.0.1
bearerbox-port = {smsbox}
sendsms-port = {sendsms}
sendsms-interface = 127.0.0.1
log-level = 0

group = sendsms-user
username = interop
password = secret
concatenation = true
max-messages = 10

group = sms-service
keyword = default
catch-all = true
get-url = "http://127.0.0.1:{reports}/mo?source=%p&destination=%P&coding=%c&charset=%C&text=%b"
max-messages = 0
"""


class Failed(Exception):
    """Something that Kannel or the SMSC did, or did not do, is not what was asked for."""


def step(name, **facts):
    print(json.dumps({"step": name, **facts}), flush=True)


def free_ports(count):
    """Kannel cannot be told to choose. These are below those that a system gives to whoever lets it choose."""
    ports = []
    for port in random.sample(range(10000, 32768), 100):
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        ports.append(port)
        if len(ports) == count:
            return ports
    raise Failed("no free ports")


class Reports(http.server.ThreadingHTTPServer):
    """Takes what smsbox fetches: delivery reports, and messages from mobiles."""

    def __init__(self):
        self.requests = queue.Queue()
        super().__init__(("127.0.0.1", 0), Report)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def next(self, deadline):
        try:
            return self.requests.get(timeout=max(0, deadline - time.monotonic()))
        except queue.Empty:
            raise Failed("a delivery report or message is missing") from None


class Report(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True, encoding="latin-1"))
        query["text"] = query["text"].encode("latin-1").decode(query.pop("charset", "ascii"), "replace")
        self.server.requests.put((url.path, query))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Kannel:
    """bearerbox and smsbox, ended when the `with` block is left."""

    def __init__(self, args, directory, reports, deadline):
        self.directory, self.deadline = directory, deadline
        self.admin, self.smsbox, self.sendsms = free_ports(3)
        self.reports = reports.server_port
        self.configuration = directory / "kannel.conf"
        self.configuration.write_text(self.configure(args))
        self.running = []

    def configure(self, args):
        ports = {"admin": self.admin, "smsbox": self.smsbox, "sendsms": self.sendsms, "reports": self.reports}
        facts = {**vars(args), **ports}
        core, smsc, smsbox = (part.format(**facts) for part in [CORE, SMSC, SMSBOX])
        if args.tls:
            core += f'ssl-trusted-ca-file = "{args.tls}"\n'
            smsc += "use-ssl = true\n"
        if args.pair:
            binds = [f"port = {args.port}\n", f"receive-port = {args.port}\n"]
        else:
            binds = [f"port = {args.port}\ntransceiver-mode = true\n"]
        return core + "".join(smsc + bind for bind in binds) + smsbox

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for box in self.running:
            if box.poll() is None:
                box.kill()
            box.wait()

    def start(self, name):
        with open(self.directory / f"{name}.log", "wb") as log:
            box = subprocess.Popen(
                [BOXES / name, self.configuration],
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.running.append(box)

    def log(self, name):
        try:
            return (self.directory / f"{name}.log").read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def fetch(self, port, path, **query):
        """What the page says, with its status; None while nobody listens."""
        url = f"http://127.0.0.1:{port}{path}?{urllib.parse.urlencode(query)}"
        try:
            with urllib.request.urlopen(url, timeout=5) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return None

    def wait(self, what, condition):
        """Waits for something that Kannel tells nobody who does not ask."""
        while not condition():
            for box in self.running:
                if box.poll() is not None:
                    raise Failed(f"{box.args[0].name} ended by itself, exit code {box.returncode}")
            if time.monotonic() > self.deadline:
                raise Failed(f"not in time: {what}")
            time.sleep(0.05)

    def status(self):
        page = self.fetch(self.admin, "/status.txt", password="secret")
        return page[1] if page else ""

    def send(self, case, text, coding, mask):
        report = f"http://127.0.0.1:{self.reports}/report?case={case}&kind=%d&id=%F&text=%A"
        message = {"from": SOURCE, "to": DESTINATION, "text": text, "charset": "UTF-8", "coding": coding}
        asks = {"username": "interop", "password": "secret", "dlr-mask": mask, "dlr-url": report}
        answer = self.fetch(self.sendsms, "/cgi-bin/sendsms", **message, **asks)
        if answer is None or answer[0] != 202:
            raise Failed(f"sendsms did not take {case}: {answer}")

    def stop(self):
        """As the init script does it: SIGTERM, and bearerbox unbinds before it ends."""
        for box in reversed(self.running):
            box.terminate()
            try:
                box.wait(max(0.1, self.deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                raise Failed(f"{box.args[0].name} does not end") from None


def collect_reports(reports, deadline):
    """Until each message was taken by the SMSC, and delivered. Of a message in parts, Kannel asks about the first."""
    taken, delivered = set(), set()
    while not taken == delivered == MESSAGES.keys():
        path, report = reports.next(deadline)
        if path != "/report":
            raise Failed(f"smsbox fetched {path}")
        case, kind = report["case"], int(report["kind"])
        step("submit_sm" if kind == TAKEN else "deliver_sm", **report)
        if kind == TAKEN:
            taken.add(case)
        elif kind == DELIVERED:
            if "stat:DELIVRD" not in report["text"] or f"id:{report['id']} " not in report["text"]:
                raise Failed(f"the receipt for {case} came as {report}")
            delivered.add(case)
        elif kind != QUEUED:
            raise Failed(f"the report for {case} is {report}")


def collect_messages(reports, count, deadline):
    """Shows what came from mobiles; the SMSC knows what that was to be."""
    for _ in range(count):
        path, message = reports.next(deadline)
        if path != "/mo":
            raise Failed(f"smsbox fetched {path}")
        step("mo", **message)


def check_log(log, binds):
    """Kannel logs each PDU, and a warning for whatever it dislikes about one."""
    for name in ["unbind", "unbind_resp"]:
        count = len(re.findall(rf"type_name: {name}$", log, re.MULTILINE))
        if count != binds:
            raise Failed(f"bearerbox had {binds} binds and logs {count} {name}")
    complaints = re.findall(r"(?:WARNING|ERROR|PANIC): .*", log)
    complaints = [line for line in complaints if not any(expected in line for expected in EXPECTED)]
    if complaints:
        raise Failed(f"bearerbox complains: {complaints}")


def run(args, kannel, reports):
    kannel.start("bearerbox")
    kannel.wait("the admin page of bearerbox", kannel.status)
    kannel.start("smsbox")
    binds = 2 if args.pair else 1
    kannel.wait("the link to the SMSC", lambda: kannel.status().count("(online") == binds)
    kannel.wait("smsbox", lambda: kannel.fetch(kannel.sendsms, "/cgi-bin/sendsms") is not None)
    step("online")
    if args.mo:
        collect_messages(reports, args.mo, kannel.deadline)
    else:
        for case, (text, coding) in MESSAGES.items():
            kannel.send(case, text, coding, ALL_BUT_QUEUED if args.pair else ALL)
        collect_reports(reports, kannel.deadline)
    kannel.wait("enquire_link_resp", lambda: "enquire_link_resp" in kannel.log("bearerbox"))
    kannel.stop()
    check_log(kannel.log("bearerbox"), binds)
    step("unbind")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--system-id", default="smppclient1")
    parser.add_argument("--password", default="password")
    parser.add_argument("--pair", action="store_true", help="a transmitter and a receiver instead of one transceiver")
    parser.add_argument("--tls", metavar="CAFILE", help="over TLS, to an SMSC whose certificate these sign")
    parser.add_argument("--mo", metavar="COUNT", type=int, help="send nothing, and wait for so many messages from mobiles")
    parser.add_argument("--timeout", type=float, default=25, help="seconds for the whole run (default: %(default)s)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="smpp-kannel-") as directory, Reports() as reports:
        with Kannel(args, pathlib.Path(directory), reports, time.monotonic() + args.timeout) as kannel:
            try:
                run(args, kannel, reports)
            except Failed as failed:
                for name in ["bearerbox", "smsbox"]:
                    print(f"--- {name}\n{kannel.log(name)}", file=sys.stderr)
                step("failed", reason=str(failed))
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
