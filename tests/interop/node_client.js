// node-smpp as the ESME against an SMSC at HOST PORT.
//
// Binds, submits one message that asks for a delivery receipt, checks the submit_sm_resp and the receipt, unbinds.
// Prints one JSON line a step. Exits 0 only when everything held; otherwise the last line is
// {"step": "failed", "reason": ...} and the exit code is 1.
'use strict';

const fs = require('node:fs');
const { parseArgs } = require('node:util');
const { smpp, say } = require('./common');

const SOURCE = '38640';
const DESTINATION = '38641000001';
const TEXT = 'test sms';

// SMPP 3.4, appendix B: what most SMSCs send as the text of a delivery receipt.
const RECEIPT =
  /^id:(?<id>\S+) sub:\d{3} dlvrd:\d{3} submit date:\d{10} done date:\d{10} stat:(?<stat>[A-Z]{7}) err:(?<err>\d{3}) text:.{0,20}$/i;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'system-id': { type: 'string', default: 'smppclient1' },
    password: { type: 'string', default: 'password' },
    pair: { type: 'boolean', default: false }, // a transmitter and a receiver instead of one transceiver
    all: { type: 'boolean', default: false }, // every command, with an SMSC that sends back each text
    tls: { type: 'string' }, // over TLS, to an SMSC whose certificate the authorities in this file sign
    timeout: { type: 'string', default: '15' }, // seconds for the whole run
  },
});

function finish(code, line) {
  say(line);
  process.exit(code);
}

const fail = (reason) => finish(1, { step: 'failed', reason });

function expect(what, actual, wanted) {
  if (actual !== wanted) throw new Error(`${what} is ${JSON.stringify(actual)}, expected ${JSON.stringify(wanted)}`);
}

/** Sends a request and waits for its response, which has to have status ESME_ROK. */
async function request(session, command, body = {}) {
  const response = await new Promise((resolve) => session[command](body, resolve));
  expect('answer to ' + command, response.command, command + '_resp');
  expect(`status of ${response.command}`, response.command_status, smpp.ESME_ROK);
  return response;
}

async function bind(host, port, command) {
  const tls = options.tls ? { tls: true, ca: fs.readFileSync(options.tls) } : {};
  const session = smpp.connect({ host, port, ...tls });
  session.on('error', (error) => fail(error.message));
  session.on('close', () => session.unbound || fail('the SMSC closed the connection'));
  session.on('enquire_link', (pdu) => session.send(pdu.response()));
  await new Promise((resolve) => session.on(options.tls ? 'secureConnect' : 'connect', resolve));
  const response = await request(session, command, { system_id: options['system-id'], password: options.password });
  say({ step: command, system_id: response.system_id, sc_interface_version: response.sc_interface_version });
  return session;
}

function checkReceipt(pdu, messageId) {
  expect('esm_class of the receipt', pdu.esm_class, 0x04);
  expect('source_addr of the receipt', pdu.source_addr, DESTINATION);
  expect('destination_addr of the receipt', pdu.destination_addr, SOURCE);
  const text = pdu.short_message.message;
  const fields = RECEIPT.exec(text)?.groups;
  if (!fields) throw new Error(`the receipt text is not in the form of appendix B: ${JSON.stringify(text)}`);
  expect('id: of the receipt', fields.id, messageId);
  expect('stat: of the receipt', fields.stat, 'DELIVRD');
  expect('err: of the receipt', fields.err, '000');
  expect('receipted_message_id', pdu.receipted_message_id, messageId);
  expect('message_state', pdu.message_state, smpp.MESSAGE_STATE.DELIVERED);
  say({ step: 'deliver_sm', sequence_number: pdu.sequence_number, short_message: text, message_state: pdu.message_state });
}

const FROM = { source_addr_ton: smpp.TON.NETWORK_SPECIFIC, source_addr: SOURCE };
const TO = { dest_addr_ton: smpp.TON.INTERNATIONAL, dest_addr_npi: smpp.NPI.ISDN, destination_addr: DESTINATION };

/** Whatever else an ESME can ask for. Each text that is delivered comes back as a message from its destination. */
async function converse(session) {
  const returned = [];
  let arrived = () => {};
  session.on('deliver_sm', (pdu) => {
    if (pdu.esm_class & 0x3c) return;
    returned.push(pdu);
    arrived();
  });
  const textOf = (pdu) => (pdu.message_payload ?? pdu.short_message).message;
  const comesBack = async (what, text) => {
    const isIt = (pdu) => pdu.source_addr === DESTINATION && textOf(pdu) === text;
    while (!returned.some(isIt)) await new Promise((resolve) => (arrived = resolve));
    say({ step: what, returned: text.length });
  };

  const half = 'half a long text '.repeat(8);
  for (const part of [1, 2]) {
    const short_message = { udh: Buffer.from([5, 0, 3, 77, 2, part]), message: half + part };
    await request(session, 'submit_sm', { ...FROM, ...TO, esm_class: 0x40, short_message });
  }
  say({ step: 'parts' });
  const payload = 'a payload '.repeat(60);
  const submitted = await request(session, 'submit_sm', { ...FROM, ...TO, message_payload: payload });
  await comesBack('message_payload', payload);

  const query = (message_id) => request(session, 'query_sm', { ...FROM, message_id });
  const state = await query(submitted.message_id);
  expect('message_state', state.message_state, smpp.MESSAGE_STATE.DELIVERED);
  say({ step: 'query_sm', message_state: state.message_state });

  const later = { schedule_delivery_time: '000001000000000R', short_message: 'later' };
  const { message_id } = await request(session, 'submit_sm', { ...FROM, ...TO, ...later });
  await request(session, 'replace_sm', { ...FROM, message_id, short_message: 'replaced' });
  await request(session, 'cancel_sm', { ...FROM, ...TO, message_id });
  expect('message_state', (await query(message_id)).message_state, smpp.MESSAGE_STATE.DELETED);
  say({ step: 'cancel_sm', message_id });

  const all = [DESTINATION, '38641000002'].map((destination_addr) => ({ ...TO, destination_addr }));
  const multi = await request(session, 'submit_multi', { ...FROM, dest_address: all, short_message: 'to all' });
  expect('unsuccess_sme', (multi.unsuccess_sme ?? []).length, 0);
  await comesBack('submit_multi', 'to all');

  await request(session, 'data_sm', { ...FROM, ...TO, message_payload: 'data' });
  say({ step: 'data_sm' });
  await request(session, 'enquire_link');
  say({ step: 'enquire_link' });
}

async function unbind(session) {
  session.unbound = true;
  await request(session, 'unbind');
  session.close();
  say({ step: 'unbind' });
}

async function main() {
  const [host, port] = positionals;
  if (!port) throw new Error('usage: node_client.js HOST PORT [--pair] [--system-id ID] [--password P] [--tls CAFILE] [--timeout SECONDS]');
  setTimeout(() => fail('not done in time'), Number(options.timeout) * 1000);

  const sender = await bind(host, Number(port), options.pair ? 'bind_transmitter' : 'bind_transceiver');
  const receiver = options.pair ? await bind(host, Number(port), 'bind_receiver') : sender;

  const delivered = new Promise((resolve) => {
    receiver.on('deliver_sm', (pdu) => {
      receiver.send(pdu.response());
      if (pdu.esm_class & 0x04) resolve(pdu);
    });
  });
  const response = await request(sender, 'submit_sm', {
    source_addr_ton: smpp.TON.NETWORK_SPECIFIC,
    source_addr: SOURCE,
    dest_addr_ton: smpp.TON.INTERNATIONAL,
    dest_addr_npi: smpp.NPI.ISDN,
    destination_addr: DESTINATION,
    short_message: TEXT,
    registered_delivery: 1,
  });
  if (!response.message_id) throw new Error('submit_sm_resp has an empty message_id');
  say({ step: 'submit_sm', sequence_number: response.sequence_number, message_id: response.message_id });

  checkReceipt(await delivered, response.message_id);

  if (options.all) await converse(sender);

  await unbind(sender);
  if (options.pair) await unbind(receiver);
  process.exit(0);
}

main().catch((error) => fail(error.message));
