//! For those who know the Python library `smpp`: what one does there, and how it is done here.
//!
//! Nothing is in this module but this page. Each example named here is a small program in the folder `examples`, which
//! needs no SMSC: `cargo run -p smpp --example transmitter`.
//!
//! # In short
//!
//! | there | here |
//! |---|---|
//! | `esme = Client(host, port)`, `esme.connect()` | `let client = Client::builder().system_id("username").password("secret").connect((host, port))?;` |
//! | `esme.bind_transceiver(system_id=..., password=...)` | `client.bind_transceiver()?;` |
//! | `esme.submit_sm(destination_addr="417...", short_message=b"test sms")` | `let response = client.submit_sm(&SubmitSm::default().with_destination_addr("417...").with_short_message("test sms"))?;` |
//! | `esme.unbind()`, `esme.disconnect()` | `client.unbind()?;` |
//!
//! # PDUs
//!
//! | there | here | example |
//! |---|---|---|
//! | any command of SMPP 3.4: `PDU.new(constants.CMD_DATA_SM, ...)` | a type for each: [`DataSm::default()`](DataSm) and the others of [`pdu`]; [`command::ALL`] is the table of them | `pdus` |
//! | parameters as keywords when it is created | `with_...` for each field and TLV, one after the other: `DataSm::default().with_source_addr("sender")` | `pdus` |
//! | parameters as attributes later: `p.destination_addr = ...` | fields are public: `p.destination_addr = "147897987".into()`; TLVs go by [`Tlvs::set`] | `pdus` |
//! | reading them: `print(p.destination_addr)` | the same; a TLV is a method that returns an `Option`: `p.user_message_reference()` | `pdus` |
//! | `constants.ESME_...`, other constants | associated constants: [`CommandStatus::ESME_RTHROTTLED`](CommandStatus), [`Ton::ALPHANUMERIC`](Ton); all in [`value`] | `pdus` |
//! | `sequence_number=1` when it is created | [`Encode::to_octets`] takes it; a client gives it by itself | `pdus` |
//! | `p.header + p.body` | [`Encode::to_octets`] gives the whole PDU, of which the header is the first 16 octets; [`Frame::header`] and [`Frame::body`] tell them apart | `pdus` |
//! | `PDU.new_from_raw(octets)` | [`Decoder::decode`] of [`Frame::exact`]; for a buffer with several PDUs [`Frames`], for a connection [`FrameBuffer`] | `pdus` |
//! | `pdu.command` | the variant of [`Pdu`], or [`Header::command_id`] | `pdus`, `callbacks` |
//! | `pdu.ok` | [`Header::command_status`]; what a client waits for is `Ok` or [`Error::Refused`] | `callbacks`, `transmitter` |
//! | `CommandError` for octets that are no PDU | [`DecodeError`](crate::DecodeError), which names the field and the octet and [the status to answer](crate::DecodeError::command_status) | `pdus` |
//!
//! # Connecting, binding, sending
//!
//! | there | here | example |
//! |---|---|---|
//! | `Client(host, port)` and `connect()` | [`Client::builder`] and [`connect`](ClientBuilder::connect): by name or address, to the first of several that answers, within a deadline | `transmitter` |
//! | `bind_transmitter`, `bind_receiver`, `bind_transceiver` with their parameters | [`Client::bind_transmitter`], [`bind_receiver`](Client::bind_receiver), [`bind_transceiver`](Client::bind_transceiver); the parameters are set on the [builder](ClientBuilder::system_id), so that binding again needs none | `every_command` |
//! | every command of an ESME as a method: `submit_sm`, `data_sm`, `query_sm`, ... | [the same](Client#implementations), each waiting for its response: `submit_sm`, `submit_multi`, `data_sm`, `query_sm`, `cancel_sm`, `replace_sm`, `enquire_link`, `unbind`; [`Client::request`] for any other | `every_command` |
//! | a method that sends, and a callback for the response | [`Client::send`], and then [`Pending::wait`], [`Pending::then`] or [`Completed`] | `window` |
//! | `unbind()` | [`Client::unbind`], which waits for the answer; [`Client::drain`] lets what is in flight be answered first | `transmitter`, `long_lived` |
//! | `disconnect()`, and `finally: esme.disconnect()` | [`Client::disconnect`]; dropping the last handle unbinds and disconnects as well | `busy_loop` |
//! | | several binds as one sender: [`Pool`] | `pool` |
//! | maintaining the connection | enquire_link is sent and answered without being asked ([`Timers`]); with [`Rebind`] the client binds again when the link is lost | `without_a_listener`, `long_lived` |
//! | `SmppConnectionError` | [`Error::Io`], [`Error::Disconnected`], [`Error::Timeout`]; [`Error::is_unknown_outcome`] tells whether the SMSC may have the message all the same | `long_lived` |
//!
//! # Listening
//!
//! | there | here | example |
//! |---|---|---|
//! | `listen()` so that responses arrive | not needed: responses, enquire_link and unbind are dealt with by threads of the client | `without_a_listener` |
//! | `listen()` so that callbacks are called | not needed either: the client has a thread for them | `quickstart`, `callbacks` |
//! | `threading.Thread(target=esme.listen)` | [`ClientBuilder::caller_driven`], and [`Listener::listen`] on a thread of yours | `listen_on_a_thread` |
//! | `listen()` returns when UNBIND or its response arrives, or raises | [`Listener::listen`] returns `Ok` after an unbind of either side, and else [`ListenError::Disconnected`] | `listen_on_a_thread` |
//! | a loop of one's own: `while esme.read_one_pdu()` | [`Listener::read_one_pdu`]: `Ok(Some(header))` for a PDU, `Ok(None)` at the end | `busy_loop` |
//! | `except SmppConnectionError`, `except CommandError` | [`ListenError::Disconnected`], [`ListenError::Undecodable`] and what else can be odd; after all but the first, listening may go on | `busy_loop` |
//! | sending while another thread listens | a [`Client`] is a handle that any thread may use and clone | `listen_on_a_thread`, `without_a_listener` |
//! | | a channel in place of callbacks: [`ClientBuilder::events`] | `events` |
//!
//! # Callbacks
//!
//! | there | here | example |
//! |---|---|---|
//! | `set_callbacks(deliver_sm=...)`: a message or receipt arrives | [`ClientBuilder::on_deliver_sm`]; also [`on_data_sm`](ClientBuilder::on_data_sm), [`on_alert_notification`](ClientBuilder::on_alert_notification), [`on_outbind`](ClientBuilder::on_outbind), and [`on_pdu`](ClientBuilder::on_pdu) for the rest | `quickstart`, `callbacks` |
//! | `set_callbacks(submit_sm_resp=...)`: a response arrives | what [`Client::submit_sm`] returns, or [`Pending::then`], each for its own request; for all of them [`observe::<SubmitSmResp>(Direction::Received, ...)`](ClientBuilder::observe) | `callbacks`, `window` |
//! | a callback right before a PDU is sent | [`observe::<SubmitSm>(Direction::Sent, ...)`](ClientBuilder::observe) | `callbacks` |
//! | `set_callbacks(all_commands=...)` | [`ClientBuilder::observe_all`] | `callbacks` |
//! | the status that a callback returns goes into the response | the same: [`CommandStatus`]; or a [`Reply`] with the response itself | `callbacks` |
//! | no status returned: ESME_ROK | the status is always returned, so that none is sent by oversight | `callbacks` |
//! | | the answer given later, by another thread: [`Incoming::defer`] | `store_first` |
//!
//! # Sequence numbers
//!
//! | there | here | example |
//! |---|---|---|
//! | given to every PDU by itself | the same | `sequence_numbers` |
//! | a response gets that of its request | the same | `callbacks` |
//! | `esme.data_sm(sequence_number=...)` | [`Client::send_with`] and [`SendOptions::sequence_number`] | `sequence_numbers` |
//! | a subclass of `SequenceGenerator`, its class given to the client | [`SequenceGenerator`], a trait that closures have as well; its value is given to [`ClientBuilder::sequence_generator`] | `sequence_numbers` |
//! | one that persists, to be written by oneself | [`FileSequence`], which also survives crashes | `sequence_numbers` |
//!
//! # Parameters of a vendor
//!
//! | there | here | example |
//! |---|---|---|
//! | `define_optional_param(DataSm, OctetStringParam, 0x1401, "vendor_tag", size=2)` | a TLV in a YAML file, and [`include_spec!`](crate::include_spec): `vendor_tag: {tag: 0x1401, type: octet_string, min: 2, max: 2, allowed_in: [data_sm], doc: ...}` | `vendor_tlvs` |
//! | `esme.data_sm(vendor_tag=...)` | `DataSm::default().with_vendor_tag(...)` | `vendor_tlvs` |
//! | `pdu.vendor_tag` in what arrives | `pdu.vendor_tag()` | `vendor_tlvs` |
//! | what is not defined is ignored, sent or received | it is kept, and is sent as it was given: [`Tlvs::push_raw`], [`Tlvs::find`], [`Tlvs::iter`] | `vendor_tlvs`, `pdus` |
//! | defined once and for the whole program; a tag has one name | a module for each file, and any number of files; a tag that a file gives twice, or that is the standard's, does not compile | `vendor_tlvs` |
//! | | commands, enumerations and statuses of a vendor go the same way | |
//!
//! # Texts
//!
//! | there | here | example |
//! |---|---|---|
//! | `sm.split_short_message(text, DATA_CODING_DEFAULT)` | [`Splitter::split`]; and [`Splitter::submit_sm`], which gives PDUs that are ready to be sent | `long_message`, `texts` |
//! | `esm_class` and `data_coding` out of it, given to each `submit_sm` with the other fields | each part has those of the text, and all that the template says | `long_message` |
//! | `sm.encode_short_message(text, DATA_CODING_DEFAULT)` | [`Profile::encode`]: the octets, their alphabet and data_coding | `texts` |
//! | what GSM 03.38 does not have makes it UCS2 | the same; or what a [`Fallback`] says: refused, replaced, or made like it | `texts` |
//! | GSM 03.38, Latin-1, UCS2 | [`Alphabet`], which is ASCII too, and GSM 7-bit with the tables of 13 languages | `texts` |
//! | `DATA_CODING_DEFAULT` is GSM 03.38 | what the SMSC makes of it: [`Profile::with_default_alphabet`] | `texts` |
//! | `"...".encode("gsm0338")` | [`Alphabet::GSM7`] and [`Alphabet::encode`] | `texts` |
//! | `octets.decode("gsm0338")` | [`Alphabet::decode`]; of a message, [`Profile::decode`] | `texts` |
//! | `pack_7bit(octets)`, `unpack_7bit(octets)` | [`pack`], [`unpack`] | `texts` |
//! | packed octets given to `split_short_message` | [`Profile::with_packed`], which also packs behind headers; octets that are not to be touched are [`Content::Octets`] | `texts` |
//! | | what a text will take, before it is sent: [`Splitter::cost`] | `texts` |
//! | | long messages that arrive, made whole: [`Reassembler`] | `reassembly` |
//! | | receipts read, and joined with what was sent: [`Receipt`], [`Tracker`] | `long_message` |
//!
//! # What is different
//!
//! * **Sequence numbers begin at 1** and go to 0x7FFFFFFF, as section 3.2 has it, and not at 0. The bind takes the
//!   first.
//! * **A method waits for the response**, and returns it or says why there is none. Who does not want to wait takes
//!   [`Client::send`]: up to [`ClientBuilder::window`] requests are then in flight at a time.
//! * **A refusal is an error.** A response with a status other than ESME_ROK is [`Error::Refused`], which holds the status
//!   and the response.
//! * **Responses need no listener.** A client that only sends has nothing to do but send.
//! * **Callbacks are set before connecting**, so that nothing that arrives early is missed. They are called one after the
//!   other by a thread of their own: one that takes long delays the next, but neither responses nor enquire_link.
//! * **Callbacks for sent PDUs watch.** They see what is written to the connection, with its sequence number, and cannot
//!   change it; they are called about when it is written, and before whatever answers it. They see what the client sends by itself, too.
//! * **A message that nobody takes is refused**, with ESME_RX_T_APPN, so that the SMSC delivers it again: it is never
//!   answered ESME_ROK without a callback or a channel that has it.
//! * **One faulty PDU ends nothing.** It is answered with the status that fits, what can be read of it is read
//!   ([`Leniency`]), and the connection goes on; only a `command_length` that cannot be ends it.
//! * **Limits are checked when a PDU is encoded**: one that is outside of them is not sent
//!   ([`EncodeError`](crate::EncodeError)).
//! * **Letters are never cut**, neither the escape from what it escapes nor one half of an emoji from the other, and
//!   references are counted for each destination, so that two messages are not taken for one.
//! * **Vendor parameters are checked by the compiler**: accessors are there for the PDUs that the file allows them in, and
//!   for no other.
//! * **There is an SMSC, too**: [`server`], with an example of the same name; and `smsc-sim`, a simulator to test against.

#[cfg(doc)]
use crate::{
    Pdu,
    client::{Client, ClientBuilder, ListenError, Listener, Pool, Rebind},
    codec::{Decoder, Encode, Frame, Frames, Header, Leniency, Tlvs},
    command,
    driver::{Completed, Error, FileSequence, FrameBuffer, Incoming, Pending, Reply, SequenceGenerator},
    pdu::{self, DataSm},
    server,
    session::{SendOptions, Timers},
    sms::{Alphabet, Content, Fallback, Profile, Reassembler, Receipt, Splitter, Tracker, pack, unpack},
    value::{self, CommandStatus, Ton},
};
