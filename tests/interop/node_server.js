// An SMSC built on node-smpp, for an ESME to be tested against.
//
// Listens on 127.0.0.1 on a port of the system's choice and prints `ready PORT`, then one JSON line per PDU it receives.
// Checks system_id and password, answers submit_sm with a message_id and, where asked, sends a delivery receipt to the
// receiver of the same system_id. Before its first submit_sm_resp it sends an enquire_link.
// With --tls-ca-out FILE it takes TLS: it makes an authority, and with it a certificate for 127.0.0.1 and localhost, and
// writes the authority's certificate to FILE before it says that it is ready.
// Exits 0 once every bound session has unbound, and it had answers with status 0 to everything that it sent. Otherwise,
// or when the deadline passes, the last line is {"failed": reason} and the exit code is 1.
'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { execFileSync } = require('node:child_process');
const { parseArgs } = require('node:util');
const { smpp, say } = require('./common');

const { values: options } = parseArgs({
  options: {
    'system-id': { type: 'string', default: 'smppclient1' },
    password: { type: 'string', default: 'password' },
    'tls-ca-out': { type: 'string' },
    deadline: { type: 'string', default: '30' }, // seconds for the whole run
  },
});

const bound = new Set();
let nextMessageId = 1000001;
let enquired = false;

function fail(reason) {
  say({ failed: reason });
  process.exit(1);
}

/** Sends a request that has to be answered with ESME_ROK before the session unbinds. */
function request(session, command, body = {}) {
  session.unanswered = (session.unanswered ?? 0) + 1;
  session[command](body, (response) => {
    session.unanswered -= 1;
    if (response.command !== command + '_resp') fail(`${command} was answered with ${response.command}`);
    if (response.command_status !== smpp.ESME_ROK) fail(`${command} was answered with status ${response.command_status}`);
  });
}

function bind(session, pdu) {
  let status = smpp.ESME_ROK;
  if (session.kind) status = smpp.ESME_RALYBND;
  else if (pdu.system_id !== options['system-id']) status = smpp.ESME_RINVSYSID;
  else if (pdu.password !== options.password) status = smpp.ESME_RINVPASWD;
  session.send(pdu.response({ command_status: status, system_id: 'node-smpp', sc_interface_version: 0x34 }));
  if (status !== smpp.ESME_ROK) return;
  session.kind = pdu.command;
  bound.add(session);
}

function submit(session, pdu) {
  if (!session.kind || session.kind === 'bind_receiver') {
    session.send(pdu.response({ command_status: smpp.ESME_RINVBNDSTS }));
    return;
  }
  if (!enquired) {
    enquired = true;
    request(session, 'enquire_link');
  }
  const messageId = String(nextMessageId++);
  session.send(pdu.response({ message_id: messageId }));
  if ((pdu.registered_delivery & 0x03) !== 1) return;
  const receiver = [...bound].find((other) => other.kind !== 'bind_transmitter');
  if (!receiver) fail('a delivery receipt was asked for and no receiver is bound');
  request(receiver, 'deliver_sm', receipt(pdu, messageId));
}

function receipt(pdu, messageId) {
  const now = new Date().toISOString().replace(/\D/g, '').slice(2, 12);
  const text = String(pdu.short_message.message).slice(0, 20).replace(/[^ -~]/g, '.');
  return {
    source_addr_ton: pdu.dest_addr_ton,
    source_addr_npi: pdu.dest_addr_npi,
    source_addr: pdu.destination_addr,
    dest_addr_ton: pdu.source_addr_ton,
    dest_addr_npi: pdu.source_addr_npi,
    destination_addr: pdu.source_addr,
    esm_class: smpp.ESM_CLASS.MC_DELIVERY_RECEIPT,
    short_message: `id:${messageId} sub:001 dlvrd:001 submit date:${now} done date:${now} stat:DELIVRD err:000 text:${text}`,
    receipted_message_id: messageId,
    message_state: smpp.MESSAGE_STATE.DELIVERED,
  };
}

function unbind(session, pdu) {
  if (session.unanswered) fail(`unbind with ${session.unanswered} requests of the SMSC still unanswered`);
  bound.delete(session);
  session.unbound = true;
  session.send(pdu.response(), () => {
    session.close(() => {
      if (!bound.size) process.exit(0);
    });
  });
}

const handlers = { bind_transceiver: bind, bind_transmitter: bind, bind_receiver: bind, submit_sm: submit, unbind };

/** A key and a certificate, signed by an authority that is forgotten but for its certificate. */
function credentials(caFile) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'smpp-node-server-'));
  const inside = (name) => path.join(directory, name);
  const openssl = (name, issuer, extensions) => {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', inside(`${name}.key`)];
    const subject = ['-subj', `/CN=node-smpp ${name}`, '-days', '1', '-out', inside(`${name}.pem`)];
    const added = extensions.flatMap((extension) => ['-addext', extension]);
    // Not the system's configuration, which has extensions of its own to add.
    fs.writeFileSync(inside('openssl.cnf'), '[req]\ndistinguished_name = name\n[name]\n');
    execFileSync('openssl', ['req', '-x509', '-config', inside('openssl.cnf'), ...key, ...subject, ...issuer, ...added], { stdio: 'pipe' });
    return { key: fs.readFileSync(inside(`${name}.key`)), cert: fs.readFileSync(inside(`${name}.pem`)) };
  };
  try {
    const authority = openssl('authority', [], ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign']);
    const server = openssl('server', ['-CA', inside('authority.pem'), '-CAkey', inside('authority.key')], [
      'basicConstraints=critical,CA:FALSE',
      'subjectAltName=IP:127.0.0.1,DNS:localhost',
    ]);
    fs.writeFileSync(caFile, authority.cert);
    return server;
  } finally {
    fs.rmSync(directory, { recursive: true });
  }
}

const tls = options['tls-ca-out'] ? credentials(options['tls-ca-out']) : {};

const server = smpp.createServer(tls, (session) => {
  session.on('pdu', (pdu) => {
    say(pdu);
    if (pdu.isResponse()) return; // its callback is called after this one
    if (pdu.command in handlers) handlers[pdu.command](session, pdu);
    else if (pdu.command === 'enquire_link') session.send(pdu.response());
    else session.send(pdu.response({ command_status: smpp.ESME_RINVCMDID }));
  });
  // Who has unbound may close as it likes: smpplib resets a connection over TLS.
  session.on('error', (error) => session.unbound || fail(error.message));
  session.on('close', () => {
    if (bound.has(session)) fail('the ESME closed the connection without unbind');
  });
});

server.listen(0, '127.0.0.1', () => console.log(`ready ${server.address().port}`));
setTimeout(() => fail('not done in time'), Number(options.deadline) * 1000);
