//! What is to be known before starting.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::ToSocketAddrs;
use std::sync::Arc;
use std::time::Duration;

use smpp::driver::Error;
use smpp::session::Timers;

use crate::engine::mo::PeriodicMo;
use crate::engine::{Config, Engine};
use crate::listeners::Listeners;
use crate::rules::{Chaos, Profile, Rule};
use crate::{
    Account, Carrier, Clock, Delay, ExtraTlv, Loopback, MessageIdForm, OutcomeMix, Owned, ReceiptForm, ReceiptIdForm,
    ReceiptRetry, SettingError, SmscSim, Tls, VendorSpec, Via,
};

/// What is to be known before starting; from [`SmscSim::builder`].
#[derive(Debug, Clone)]
#[must_use]
pub struct Builder {
    system_id: String,
    tls: Option<Tls>,
    #[cfg(feature = "http")]
    http: crate::http::Options,
    /// What is wrong with what was said, if anything.
    pub(crate) mistake: Option<SettingError>,
    pub(crate) config: Config,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            system_id: "smsc-sim".to_owned(),
            tls: None,
            #[cfg(feature = "http")]
            http: crate::http::Options::default(),
            mistake: None,
            config: Config {
                accounts: Vec::new(),
                clock: Clock::real(),
                // Short enough to be typed again.
                seed: RandomState::new().hash_one("seed") & 0xFFFF_FFFF,
                carrier: Carrier::default(),
                carriers: HashMap::new(),
                loopback: Loopback::default(),
                periodic_mos: Vec::new(),
                distribution_lists: HashMap::new(),
                max_messages: 5000,
                max_sessions: 10_000,
                timers: Timers::default(),
                specs: Vec::new(),
                magic: true,
                inband: false,
                profile: Profile::default(),
                chaos: Chaos::default(),
                rules: Vec::new(),
                trace: 50,
            },
        }
    }

    /// Lets this ESME bind, without limits. As soon as there is one, others may not.
    pub fn user(self, system_id: impl Into<String>, password: impl Into<String>) -> Self {
        self.account(Account::new(system_id, password))
    }

    /// Lets this ESME bind, within its limits. As soon as there is one, others may not.
    pub fn account(mut self, account: Account) -> Self {
        self.config.accounts.push(account);
        self
    }

    /// Whatever a file of configuration says, but for where to listen, which is for [`start`](Self::start) and
    /// [`listen`](Self::listen), and for HTTP.
    pub fn config(self, config: crate::Config) -> Self {
        config.apply(self)
    }

    /// What the simulator calls itself in bind responses, up to 15 characters; `smsc-sim` unless said.
    pub fn system_id(mut self, system_id: impl Into<String>) -> Self {
        self.system_id = system_id.into();
        self
    }

    /// The time that deliveries, receipts, validity and rates go by: [`Clock::real`] unless said.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.config.clock = clock;
        self
    }

    /// What chance begins with; another one each time unless said, see [`SmscSim::seed`].
    ///
    /// What is left to chance about a message depends on the seed, the system_id, which bind of that the session is, and
    /// which of the requests of the session it came with, and on nothing else: a run can be repeated, whatever other sessions
    /// do. Requests that do not concern messages, such as enquire_link, are not counted. Two things are counted over all sessions:
    /// message_ids that are numbers, and messages from mobiles, whose number is the reference of their parts. Where sessions
    /// submit in another order each time, [UUIDs](MessageIdForm::Uuid) are the same (but for ESMEs of a version before 3.4,
    /// which have no room for them), and so are the PDUs of every session, octet by octet, unless mobiles send what is split.
    pub fn seed(mut self, seed: u64) -> Self {
        self.config.seed = seed;
        self
    }

    /// How much later requests about messages are answered, each for itself: no time unless said. Nothing else waits
    /// for it, neither enquire_link nor other sessions. See [`Carrier::latency`].
    pub fn latency(mut self, latency: impl Into<Delay>) -> Self {
        self.config.carrier.latency = latency.into();
        self
    }

    /// Whether receipts and intermediate notifications are sent when they are due: on unless said. See
    /// [`Receipts::automatic`](crate::Receipts::automatic).
    pub fn dlr(mut self, automatic: bool) -> Self {
        self.config.carrier.receipt.automatic = automatic;
        self
    }

    /// How long a message is on its way, from when its delivery begins to its final state and receipt; no time unless
    /// said. A [`Duration`] is always so long.
    pub fn dlr_delay(mut self, delay: impl Into<Delay>) -> Self {
        self.config.carrier.lifecycle.delay = delay.into();
        self
    }

    /// What becomes of messages: all are delivered unless said. A
    /// [`MessageState`](smpp::value::MessageState) is what becomes of all of them.
    pub fn dlr_mix(mut self, mix: impl Into<OutcomeMix>) -> Self {
        self.config.carrier.lifecycle.mix = mix.into();
        self
    }

    /// The validity of messages that ask for none (section 5.2.16), or for a longer one, counted from when the delivery
    /// begins: 72 h unless said, and 10 years at most. A message that is not in its final state by then is EXPIRED.
    pub fn max_validity(mut self, validity: Duration) -> Self {
        self.config.carrier.lifecycle.max_validity = validity;
        self
    }

    /// Which receipts that were refused are tried again, and when.
    pub fn receipt_retry(mut self, retry: ReceiptRetry) -> Self {
        self.config.carrier.receipt.retry = retry;
        self
    }

    /// How receipts are written: [`ReceiptForm::Standard`] unless said.
    pub fn receipt(mut self, form: ReceiptForm) -> Self {
        self.config.carrier.receipt.format = form;
        self
    }

    /// How message_ids are written: [`MessageIdForm::Decimal`] unless said.
    pub fn message_id(mut self, form: MessageIdForm) -> Self {
        self.config.carrier.message_id = form;
        self
    }

    /// How message_ids are written in receipts: [`ReceiptIdForm::Same`] unless said.
    pub fn receipt_id(mut self, form: ReceiptIdForm) -> Self {
        self.config.carrier.receipt.id = form;
        self
    }

    /// How ESMEs are treated whose account names no other carrier. It replaces whatever was said before of messages, their
    /// ids and receipts.
    pub fn default_carrier(mut self, carrier: Carrier) -> Self {
        self.config.carrier = carrier;
        self
    }

    /// Another way to treat ESMEs, for [accounts](Account::profile) that name it.
    pub fn carrier(mut self, name: impl Into<String>, carrier: Carrier) -> Self {
        self.config.carriers.insert(name.into(), carrier);
        self
    }

    /// TLVs that stand in every receipt and notification besides those of the standard: one more.
    pub fn receipt_tlv(mut self, tlv: ExtraTlv) -> Self {
        self.config.carrier.receipt.tlvs.push(tlv);
        self
    }

    /// The command that brings receipts and notifications: [`Via::DeliverSm`] unless said.
    pub fn receipt_via(mut self, via: Via) -> Self {
        self.config.carrier.receipt.via = via;
        self
    }

    /// Whether the simulated mobiles send the acknowledgements that are asked for: see [`Carrier::sme_acks`].
    pub fn sme_acks(mut self, sme_acks: bool) -> Self {
        self.config.carrier.sme_acks = sme_acks;
        self
    }

    /// What mobiles do with messages that are DELIVERED to them: [`Loopback::Off`] unless said.
    pub fn loopback(mut self, loopback: Loopback) -> Self {
        self.config.loopback = loopback;
        self
    }

    /// A message that a mobile sends again and again, for the first time after `every`, a millisecond at least, by the
    /// [`Clock`]. `{{seq}}` in its text is how often it was sent, this time included. When nobody can receive it, it is
    /// left out.
    pub fn mo_every(
        mut self,
        every: Duration,
        from: impl Into<String>,
        to: impl Into<String>,
        text: impl Into<String>,
    ) -> Self {
        let (from, to, text) = (from.into(), to.into(), text.into());
        self.config.periodic_mos.push(PeriodicMo { every, from, to, text });
        self
    }

    /// A distribution list that a submit_multi may name (section 5.2.27), and its members: international numbers with `+` in
    /// front. One that is not known is answered ESME_RINVDLNAME.
    pub fn distribution_list(
        mut self,
        name: impl Into<String>,
        members: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.config.distribution_lists.insert(name.into(), members.into_iter().map(Into::into).collect());
        self
    }

    /// How many messages are kept, 5000 unless said. When there are more, those go that have been in their final state the
    /// longest, though their receipts still come. If there are none, the oldest of those on their way go, and nothing
    /// comes of them any more. As many messages from mobiles are kept besides.
    pub fn max_messages(mut self, max_messages: usize) -> Self {
        self.config.max_messages = max_messages;
        self
    }

    /// The timers of each session (section 7.2), by the machine's time whatever the [clock](Self::clock): those of
    /// [`Timers::default`] unless said.
    pub fn timers(mut self, timers: Timers) -> Self {
        self.config.timers = timers;
        self
    }

    /// Connections at a time on each port, bound or not: 10,000 unless said. Another one takes the place of the oldest that
    /// is not bound; if all are bound it is closed at once. Each takes two threads and two file descriptors, of which the
    /// system may allow less (`ulimit -n`).
    pub fn max_sessions(mut self, max_sessions: usize) -> Self {
        self.config.max_sessions = max_sessions;
        self
    }

    /// Knows what a vendor adds to SMPP 3.4 as well: its TLVs, values and commands have names wherever PDUs are shown and
    /// matched, and its requests are answered by their responses, with ESME_ROK and their fields empty or 0. Starting fails
    /// if several do [not agree](VendorSpec::check).
    pub fn spec(mut self, spec: VendorSpec) -> Self {
        self.config.specs.push(spec);
        self
    }

    /// Whether destinations of +999 [say what happens](crate::rules::magic): they do unless said.
    pub fn magic(mut self, magic: bool) -> Self {
        self.config.magic = magic;
        self
    }

    /// Whether texts such as `#sim{status=88,delay=2s,dlr=UNDELIV/021}` say what happens: they do not unless said.
    pub fn inband(mut self, inband: bool) -> Self {
        self.config.inband = inband;
        self
    }

    /// How the simulator behaves as a whole: [`Profile::Healthy`] unless said.
    pub fn profile(mut self, profile: Profile) -> Self {
        self.config.profile = profile;
        self
    }

    /// What goes wrong now and then: nothing unless said.
    pub fn chaos(mut self, chaos: Chaos) -> Self {
        self.config.chaos = chaos;
        self
    }

    /// A rule that is there from the beginning. Starting fails if it makes no sense.
    pub fn rule(mut self, rule: impl Into<Rule>) -> Self {
        self.config.rules.push(rule.into());
        self
    }

    /// How many PDUs of each connection are kept, 50 unless said: see [`SmscSim::pdus`]. Of their octets no more than
    /// 256 KiB a connection.
    pub fn trace(mut self, pdus: usize) -> Self {
        self.config.trace = pdus;
        self
    }

    /// Listens for TLS too, on a free port of 127.0.0.1; [`SmscSim::listen_tls`] takes another address.
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Listens for HTTP too, on this `HOST:PORT`: whatever this API can do, programs in any language can ask for there.
    /// [`SmscSim::http_addr`] says where, for instance of `127.0.0.1:0`, a free port. It does not unless asked to.
    ///
    /// ```
    /// use smsc_sim::SmscSim;
    ///
    /// let sim = SmscSim::builder().http("127.0.0.1:0").start()?;
    /// let url = format!("http://{}/api/v1", sim.http_addr().unwrap());
    /// let missed = ureq::get(format!("{url}/messages/wait?query=to:4477*&timeout=10ms")).call().unwrap_err();
    /// assert_eq!(missed.to_string(), "http status: 408");
    /// ureq::post(format!("{url}/clock/advance")).send(r#"{"by": "72h"}"#)?;
    /// ureq::post(format!("{url}/mo")).send(r#"{"from": "4477", "to": "12345", "text": "STOP", "timeout": "0s"}"#)?;
    /// ureq::delete(format!("{url}/messages")).call()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # What to ask for
    ///
    #[cfg_attr(feature = "http", doc = include_str!("http/curl.md"))]
    ///
    /// # Who may
    ///
    /// Whoever reaches the address can change everything, unless there is a [token](Self::http_token): other addresses than
    /// those of the loopback are for containers and networks of their own.
    #[cfg(feature = "http")]
    pub fn http(mut self, address: impl Into<String>) -> Self {
        self.http.listen = Some(address.into());
        self
    }

    /// Whether nothing can be changed over HTTP; it can unless said.
    #[cfg(feature = "http")]
    pub fn http_readonly(mut self, readonly: bool) -> Self {
        self.http.readonly = readonly;
        self
    }

    /// What requests over HTTP must show: `Authorization: Bearer TOKEN`. Only /livez and /readyz need none.
    #[cfg(feature = "http")]
    pub fn http_token(mut self, token: impl Into<String>) -> Self {
        self.http.token = Some(token.into());
        self
    }

    /// Starts on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// [`Error::Io`] if the port cannot be bound or a thread cannot be started.
    pub fn start(self) -> Result<SmscSim, Error> {
        self.listen(("127.0.0.1", 0))
    }

    /// Starts on an address.
    ///
    /// # Errors
    /// [`Error::Io`] if the address cannot be bound, a thread cannot be started, what TLS needs cannot be read, or an
    /// account names a carrier that there is not, or two vendors' specifications do not agree.
    pub fn listen(self, addresses: impl ToSocketAddrs) -> Result<SmscSim, Error> {
        let Self { system_id, tls, config, mistake, .. } = self;
        let invalid = |error| Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, error).into());
        if let Some(error) = mistake.or_else(|| VendorSpec::check(&config.specs).err()) {
            return invalid(error);
        }
        let missing = config.accounts.iter().filter_map(|account| account.profile.as_ref());
        if let Some(name) = missing.into_iter().find(|name| !config.carriers.contains_key(*name)) {
            let names: Vec<_> = config.carriers.keys().map(String::as_str).collect();
            let error = SettingError::unknown("carrier profile", name, &names);
            return invalid(error);
        }
        let engine = Engine::new(config)?;
        let listeners = Arc::new(Listeners::open(&engine, system_id, addresses)?);
        #[cfg_attr(not(feature = "http"), expect(unused_mut, reason = "nothing else is started"))]
        let mut sim = SmscSim { listeners, engine, owned: Some(Owned::default()) };
        if let Some(tls) = tls {
            sim.listen_tls(tls, ("127.0.0.1", 0))?;
        }
        #[cfg(feature = "http")]
        if self.http.listen.is_some() {
            sim.owned = Some(Owned { http: Some(crate::http::Server::start(sim.view(), self.http)?) });
        }
        Ok(sim)
    }
}
