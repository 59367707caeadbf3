"""python-smpplib as the ESME against an SMSC at HOST PORT.

Binds, submits one message that asks for a delivery receipt, checks the submit_sm_resp and the receipt, unbinds. Prints
one JSON line a step. Exits 0 only when everything held; otherwise the last line is {"step": "failed", "reason": ...} and
the exit code is 1.
"""

import argparse
import json
import logging
import re
import socket
import ssl
import sys
import time

import smpplib.client
import smpplib.consts
import smpplib.gsm

SOURCE = "38640"
DESTINATION = "38641000001"
TEXT = "test sms"

# Section 5.2.12. smpplib's SMPP_MSGTYPE_DELIVERYACK is another thing: 0x08, the acknowledgement of an SME.
ESM_CLASS_RECEIPT = 0x04

# SMPP 3.4, appendix B: what most SMSCs send as the text of a delivery receipt.
RECEIPT = re.compile(
    r"id:(?P<id>\S+) sub:(?P<sub>\d{3}) dlvrd:(?P<dlvrd>\d{3}) submit date:(?P<submitted>\d{10})"
    r" done date:(?P<done>\d{10}) stat:(?P<stat>[A-Z]{7}) err:(?P<err>\d{3}) text:(?P<text>.{0,20})",
    re.IGNORECASE,
)


class Failed(Exception):
    """Something that the SMSC sent, or did not send, is not what the standard asks for."""


def expect(what, actual, wanted):
    if actual != wanted:
        raise Failed(f"{what} is {actual!r}, expected {wanted!r}")


def step(name, **facts):
    print(json.dumps({"step": name, **facts}), flush=True)


def tls(ca_file):
    """smpplib does not say to whom it connects, so the certificate is verified and the name in it is not."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(ca_file)
    return context


def bind(args, command):
    client = smpplib.client.Client(
        args.host,
        args.port,
        timeout=args.timeout,
        allow_unknown_opt_params=True,
        ssl_context=tls(args.tls) if args.tls else None,
    )
    client.connect()
    response = getattr(client, command)(system_id=args.system_id, password=args.password)
    expect("command", response.command, command + "_resp")
    version = getattr(response, "sc_interface_version", None)
    step(command, system_id=response.system_id.decode(), sc_interface_version=version)
    return client


def read_until(client, arrived, deadline, what):
    """Lets smpplib read and answer PDUs until `arrived` holds something."""
    while not arrived:
        left = deadline - time.monotonic()
        if left <= 0:
            raise Failed(f"no {what} in time")
        client._socket.settimeout(left)
        try:
            client.read_once(auto_send_enquire_link=False)
        except socket.timeout:
            raise Failed(f"no {what} in time") from None
    return arrived[0]


def check_receipt(pdu, message_id):
    expect("esm_class of the receipt", pdu.esm_class, ESM_CLASS_RECEIPT)
    expect("source_addr of the receipt", pdu.source_addr.decode(), DESTINATION)
    expect("destination_addr of the receipt", pdu.destination_addr.decode(), SOURCE)
    text = pdu.short_message.decode("ascii")
    fields = RECEIPT.fullmatch(text)
    if not fields:
        raise Failed(f"the receipt text is not in the form of appendix B: {text!r}")
    expect("id: of the receipt", fields["id"], message_id)
    expect("stat: of the receipt", fields["stat"], "DELIVRD")
    expect("err: of the receipt", fields["err"], "000")
    expect("receipted_message_id", (pdu.receipted_message_id or b"").decode(), message_id)
    expect("message_state", pdu.message_state, smpplib.consts.SMPP_MESSAGE_STATE_DELIVERED)
    step("deliver_sm", sequence_number=pdu.sequence, short_message=text, message_state=pdu.message_state)


def converse(client, delivered, deadline):
    """What else the library can do, with an SMSC that sends back each text."""
    sent, queried = [], []
    client.set_message_sent_handler(lambda pdu: sent.append(pdu))
    client.set_query_resp_handler(lambda pdu, **_: queried.append(pdu))
    addresses = {
        "source_addr_ton": smpplib.consts.SMPP_TON_NWSPEC,
        "source_addr": SOURCE,
        "dest_addr_ton": smpplib.consts.SMPP_TON_INTL,
        "dest_addr_npi": smpplib.consts.SMPP_NPI_ISDN,
        "destination_addr": DESTINATION,
    }
    parts, encoding, msg_type = smpplib.gsm.make_parts("half a long text " * 15)
    del delivered[:]
    for part in parts:
        client.send_message(short_message=part, data_coding=encoding, esm_class=msg_type, **addresses)
    while len(sent) < len(parts) or len(delivered) < len(parts):
        read_one(client, deadline)
    expect("statuses", [pdu.status for pdu in sent], [0] * len(parts))
    expect("texts from the mobile", sorted(pdu.short_message for pdu in delivered), sorted(parts))
    expect("source of the text", delivered[0].source_addr.decode(), DESTINATION)
    step("parts", count=len(parts))

    client.query_message(
        message_id=sent[0].message_id.decode(),
        source_addr_ton=smpplib.consts.SMPP_TON_NWSPEC,
        source_addr_npi=0,
        source_addr=SOURCE,
    )
    response = read_until(client, queried, deadline, "query_sm_resp")
    expect("message_state", response.message_state, smpplib.consts.SMPP_MESSAGE_STATE_DELIVERED)
    step("query_sm", message_state=response.message_state)


def read_one(client, deadline):
    client._socket.settimeout(max(0.001, deadline - time.monotonic()))
    try:
        client.read_once(auto_send_enquire_link=False)
    except socket.timeout:
        raise Failed("not all parts in time") from None


def unbind(client):
    # smpplib's unbind() hands back the next PDU that arrives, whatever it is.
    response = client.unbind()
    expect("answer to unbind", response.command, "unbind_resp")
    expect("status of unbind_resp", response.status, smpplib.consts.SMPP_ESME_ROK)
    client.disconnect()
    step("unbind")


def run(args):
    deadline = time.monotonic() + args.timeout
    if args.pair:
        sender, receiver = bind(args, "bind_transmitter"), bind(args, "bind_receiver")
    else:
        sender = receiver = bind(args, "bind_transceiver")

    accepted, delivered = [], []
    sender.set_message_sent_handler(lambda pdu: accepted.append(pdu))
    # What the handler returns is the status of the deliver_sm_resp; None means ESME_ROK.
    texts = []
    is_receipt = lambda pdu: pdu.esm_class & ESM_CLASS_RECEIPT
    receiver.set_message_received_handler(lambda pdu: (delivered if is_receipt(pdu) else texts).append(pdu))

    submitted = sender.send_message(
        source_addr_ton=smpplib.consts.SMPP_TON_NWSPEC,
        source_addr=SOURCE,
        dest_addr_ton=smpplib.consts.SMPP_TON_INTL,
        dest_addr_npi=smpplib.consts.SMPP_NPI_ISDN,
        destination_addr=DESTINATION,
        short_message=TEXT.encode(),
        registered_delivery=True,
    )
    response = read_until(sender, accepted, deadline, "submit_sm_resp")
    expect("sequence_number of submit_sm_resp", response.sequence, submitted.sequence)
    expect("status of submit_sm_resp", response.status, smpplib.consts.SMPP_ESME_ROK)
    message_id = response.message_id.decode()
    if not message_id:
        raise Failed("submit_sm_resp has an empty message_id")
    step("submit_sm", sequence_number=submitted.sequence, message_id=message_id)

    check_receipt(read_until(receiver, delivered, deadline, "delivery receipt"), message_id)

    if args.all:
        # The text of the first message comes back, too.
        read_until(receiver, texts, deadline, "text from the mobile")
        converse(sender, texts, deadline)

    unbind(sender)
    if args.pair:
        unbind(receiver)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--system-id", default="smppclient1")
    parser.add_argument("--password", default="password")
    parser.add_argument("--pair", action="store_true", help="a transmitter and a receiver instead of one transceiver")
    parser.add_argument("--all", action="store_true", help="all that the library can, with an SMSC that sends back texts")
    parser.add_argument("--tls", metavar="CAFILE", help="over TLS, to an SMSC whose certificate these sign")
    parser.add_argument("--timeout", type=float, default=15, help="seconds for the whole run (default: %(default)s)")
    args = parser.parse_args()
    logging.getLogger("smpp").setLevel(logging.ERROR)  # smpplib warns of every connection that a failed run leaves open
    try:
        run(args)
    except Exception as error:  # smpplib lets struct.error and more out on a PDU that it cannot read
        step("failed", reason=f"{type(error).__name__}: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
