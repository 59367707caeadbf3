"""What another package makes of texts: how it encodes, packs, splits and heads them, and what it reads in what we made.

    texts.py PEER <requests >answers

Reads a JSON list of requests, each {"does": ..., and what that takes}; writes a JSON list of what the peer makes of each.
Octets are hexadecimal. A request that the peer refuses or fails at is answered {"refused": ...}. `tests/tests/texts.rs`
asks, and says who is right.
"""

import importlib
import json
import sys


class Smpplib:
    """python-smpplib: texts for SMPP, one septet an octet."""

    def __init__(self):
        self.gsm = importlib.import_module("smpplib.gsm")
        # It draws references at random.
        self.gsm.random.randint = lambda low, high: REFERENCE

    def encode(self, text):
        return self.gsm.gsm_encode(text).hex()

    def split(self, text, data_coding, udhi):
        parts, data_coding, esm_class = self.gsm.make_parts(text, data_coding, udhi)
        return {"data_coding": data_coding, "esm_class": esm_class, "parts": [part.hex() for part in parts]}


class Messaging:
    """python-messaging: SMS-SUBMIT and SMS-DELIVER for modems, packed."""

    def __init__(self):
        self.sms = importlib.import_module("messaging.sms")

    def encode(self, text):
        return text.encode("gsm0338").hex()

    def split(self, text):
        message = self.sms.SmsSubmit(NUMBER, text)
        message.rand_id = REFERENCE
        return of_submits(bytes.fromhex(pdu.pdu) for pdu in message.to_pdu())

    def read(self, header, data_coding, units, user_data):
        message = self.sms.SmsDeliver(deliver(header, data_coding, units, user_data).hex())
        concat = message.udh and message.udh.concat
        return {"text": message.text, "part": concat and [concat.ref, concat.cnt, concat.seq]}


class Gsmmodem:
    """python-gsmmodem-new: the same, and packing by itself."""

    def __init__(self):
        self.pdu = importlib.import_module("gsmmodem.pdu")

    def encode(self, text):
        return self.pdu.encodeGsm7(text).hex()

    def pack(self, septets, fill):
        # It wants to be told how many bits of the first septet stand in the first octet.
        return self.pdu.packSeptets(bytearray.fromhex(septets), padBits=(7 - fill) % 7).hex()

    def unpack(self, packed, count):
        return self.pdu.unpackSeptets(bytearray.fromhex(packed), count).hex()

    def split(self, text):
        return of_submits(bytes(pdu.data) for pdu in self.pdu.encodeSmsSubmitPdu(NUMBER, text, reference=REFERENCE))

    def read(self, header, data_coding, units, user_data):
        message = self.pdu.decodeSmsPdu(bytearray(deliver(header, data_coding, units, user_data)))
        concats = [e for e in message.get("udh", []) if isinstance(e, self.pdu.Concatenation)]
        return {"text": message["text"], "part": next(([e.reference, e.parts, e.number] for e in concats), None)}


class Smspdudecoder:
    """smspdudecoder: packing with the filler of USSD, and SMS-DELIVER."""

    def __init__(self):
        self.codecs = importlib.import_module("smspdudecoder.codecs")
        self.easy = importlib.import_module("smspdudecoder.easy")

    def pack(self, text, filler):
        return self.codecs.GSM.encode(text, with_padding=filler).lower()

    def unpack(self, packed, filler):
        return self.codecs.GSM.decode(packed, strip_padding=filler)

    def read(self, header, data_coding, units, user_data):
        message = self.easy.read_incoming_sms(deliver(header, data_coding, units, user_data).hex().upper())
        part = message["partial"] or None
        if part:
            # It shows the total behind the reference.
            reference = int(part["reference"].split("-")[0])
            part = [reference, part["parts_count"], part["part_number"]]
        return {"text": message["content"], "part": part}


class Smsutil:
    """smsutil: choosing an alphabet, and splitting."""

    def __init__(self):
        self.smsutil = importlib.import_module("smsutil")

    def encode(self, text):
        return self.smsutil.encode(text).hex()

    def decode(self, octets):
        return self.smsutil.decode(bytes.fromhex(octets))

    def split(self, text):
        split = self.smsutil.split(text)
        data_coding = {"gsm0338": 0, "utf_16_be": 8}[split.encoding]
        return {"data_coding": data_coding, "texts": [part.content for part in split.parts]}


class Gsmcodecs:
    """gsmcodecs: the national tables."""

    def __init__(self):
        importlib.import_module("gsmcodecs")

    def encode(self, text, locking, single):
        return text.encode(f"gsm23.038-{locking}-{single}").hex()

    def decode(self, octets, locking, single):
        return bytes.fromhex(octets).decode(f"gsm23.038-{locking}-{single}")


PEERS = {
    "smpplib": Smpplib,
    "python-messaging": Messaging,
    "python-gsmmodem-new": Gsmmodem,
    "smspdudecoder": Smspdudecoder,
    "smsutil": Smsutil,
    "gsmcodecs": Gsmcodecs,
}

# Of every message that is split.
REFERENCE = 7

NUMBER = "12345678"
# NUMBER as 3GPP TS 23.040 writes it: its length, its type (unknown, ISDN), and the digits of each octet swapped.
ADDRESS = bytes.fromhex("08 81 21436587")


def of_submits(pdus):
    """The user data of SMS-SUBMITs without SMSC and validity (3GPP TS 23.040, 9.2.2.2)."""
    data_coding, parts = None, []
    for pdu in pdus:
        # The first octet says that no SMSC follows; then come flags, the reference, the address, the protocol.
        header = bool(pdu[1] & 0x40)
        at = 3 + len(ADDRESS) + 1
        data_coding, units, user_data = pdu[at], pdu[at + 1], pdu[at + 2 :]
        parts.append({"header": header, "units": units, "user_data": user_data.hex()})
    return {"data_coding": data_coding, "parts": parts}


def deliver(header, data_coding, units, user_data):
    """An SMS-DELIVER without SMSC, of 2026-11-23 12:00:00 (3GPP TS 23.040, 9.2.2.1)."""
    flags = 0x44 if header else 0x04
    time = bytes.fromhex("62113221000000")
    return bytes([0, flags, *ADDRESS, 0, data_coding, *time, units]) + bytes.fromhex(user_data)


def main():
    # One peer a process: some of them register codecs under the same name.
    peer = PEERS[sys.argv[1]]()
    answers = []
    for request in json.load(sys.stdin):
        does = getattr(peer, request.pop("does"))
        try:
            answers.append(does(**request))
        except Exception as error:  # whatever they raise: some raise what comes
            answers.append({"refused": f"{type(error).__name__}: {error}"[:200]})
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
