//! From a configuration to a simulator.

use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::form::{CarrierForm, LifecycleForm, ReceiptForms};
use super::{Config, ConfigError, LogForm};
use crate::setting::SettingError;
use crate::spec::Known;
use crate::{Builder, Carrier, Tls, VendorSpec};

impl Config {
    /// Says it all to a builder. What was said to it before stays where this says nothing.
    pub(crate) fn apply(self, mut builder: Builder) -> Builder {
        if let Some(system_id) = self.system_id {
            builder = builder.system_id(system_id.0.0);
        }
        if let Some(seed) = self.seed {
            builder = builder.seed(seed.0);
        }
        if let Some(clock) = self.clock {
            builder = builder.clock(clock.0.0);
        }
        if let Some(max_messages) = self.max_messages {
            builder = builder.max_messages(max_messages.0);
        }
        if let Some(timers) = self.timers {
            builder = builder.timers(timers.0.0);
        }
        if let Some(max_sessions) = self.max_sessions {
            builder = builder.max_sessions(max_sessions.0);
        }
        if let Some(loopback) = self.loopback {
            builder = builder.loopback(loopback.0);
        }
        for mo in self.mo {
            builder = builder.mo_every(mo.every.0.0, mo.from, mo.to, mo.text);
        }
        for (name, members) in self.distribution_lists {
            builder = builder.distribution_list(name, members);
        }
        if let Some(trace) = self.trace {
            builder = builder.trace(trace.0);
        }
        if let Some(magic) = self.magic {
            builder = builder.magic(magic.0.0);
        }
        if let Some(inband) = self.inband {
            builder = builder.inband(inband.0.0);
        }
        if let Some(profile) = self.profile {
            builder = builder.profile(profile.0);
        }
        if let Some(chaos) = self.chaos {
            builder = builder.chaos(chaos.0);
        }
        builder = self.specs.into_iter().fold(builder, |builder, spec| builder.spec(spec.0));
        builder = self.rules.into_iter().fold(builder, Builder::rule);
        let own = CarrierForm {
            message_id: self.message_id,
            latency: self.latency,
            lifecycle: self.lifecycle,
            receipt: self.receipt,
            sme_acks: self.sme_acks,
        };
        let known = Known::of(&builder.config.specs);
        // Starting tells of a mistake.
        let mut mistake = None;
        let mut over = |form: CarrierForm, carrier: Carrier| {
            form.over(carrier.clone(), known).unwrap_or_else(|error| {
                mistake = Some(error);
                carrier
            })
        };
        let carrier = over(own, builder.config.carrier.clone());
        let profiles: Vec<_> =
            self.profiles.into_iter().map(|(name, form)| (name, over(form, carrier.clone()))).collect();
        builder.mistake = builder.mistake.or(mistake);
        builder = profiles.into_iter().fold(builder, |builder, (name, carrier)| builder.carrier(name, carrier));
        builder = builder.default_carrier(carrier);
        self.accounts.into_iter().fold(builder, |builder, account| builder.account(account.0))
    }

    /// Whether everything that is named is there, and goes together.
    ///
    /// # Errors
    /// [`ConfigError`] with every mistake.
    pub fn check(&self) -> Result<(), ConfigError> {
        let mut mistakes = Vec::new();
        let specs: Vec<_> = self.specs.iter().map(|spec| spec.0.clone()).collect();
        mistakes.extend(VendorSpec::check(&specs).err().map(|error| error.to_string()));
        for (place, rule) in self.rules.iter().enumerate() {
            // What is wrong with it otherwise was told where it was read.
            if let Err(error) = rule.clone().checked(Known::of(&specs)) {
                mistakes.push(format!("rules[{place}]: {error}"));
            }
        }
        let profiles = self.profiles.iter().map(|(name, form)| (format!("profiles.{name}.receipt"), &form.receipt));
        for (path, receipt) in std::iter::once(("receipt".to_owned(), &self.receipt)).chain(profiles) {
            for tlv in receipt.tlvs.iter().flatten() {
                mistakes.extend(tlv.0.resolve(Known::of(&specs)).err().map(|error| format!("{path}.tlvs: {error}")));
            }
        }
        for (place, account) in self.accounts.iter().enumerate() {
            let system_id = &account.0.system_id;
            if self.accounts[..place].iter().any(|other| other.0.system_id == *system_id) {
                mistakes.push(format!("accounts: `{system_id}` is there twice"));
            }
            if let Some(profile) = account.0.profile.as_ref().filter(|profile| !self.profiles.contains_key(*profile)) {
                mistakes.push(format!("accounts: `{system_id}` has the profile `{profile}`, which is not there"));
            }
        }
        let files = &self.listeners.files;
        let tls = [("tls-cert", &files.cert), ("tls-key", &files.key), ("tls-client-ca", &files.client_ca)];
        for (name, file) in tls.into_iter().chain([("tls-ca-out", &files.ca_out)]) {
            if file.is_some() && self.listeners.tls.is_none() {
                mistakes.push(format!("--{name} is for TLS: say where to listen for it with --tls-listen"));
            }
        }
        match (&files.cert, &files.key) {
            (Some(_), None) => mistakes.push("a TLS certificate needs its key: --tls-key".to_owned()),
            (None, Some(_)) => mistakes.push("a TLS key needs its certificate: --tls-cert".to_owned()),
            _ => {}
        }
        if files.cert.is_some() && files.ca_out.is_some() {
            mistakes
                .push("--tls-ca-out is for the certificate made at start: there is none with --tls-cert".to_owned());
        }
        if mistakes.is_empty() { Ok(()) } else { Err(ConfigError(mistakes.join("\n"))) }
    }

    /// Where to listen without TLS, if it says.
    pub fn listen(&self) -> Option<&str> {
        self.listeners.plain.as_deref()
    }

    /// Listens there instead.
    pub fn set_listen(&mut self, addr: impl Into<String>) {
        self.listeners.plain = Some(addr.into());
    }

    /// Where to listen for TLS, if it says.
    pub fn tls_listen(&self) -> Option<&str> {
        self.listeners.tls.as_deref()
    }

    /// What to show to clients that speak TLS.
    ///
    /// # Errors
    /// If a file cannot be read, or is not what it should be.
    pub fn tls(&self) -> io::Result<Tls> {
        let files = &self.listeners.files;
        let tls = match files.cert.as_ref().zip(files.key.as_ref()) {
            Some((certificate, key)) => Tls::from_files(certificate, key),
            None => Tls::self_signed(self.tls_listen().and_then(host))?,
        };
        let tls = match &files.client_ca {
            Some(path) => tls.client_ca_file(path),
            None => tls,
        };
        tls.check()?;
        Ok(tls)
    }

    /// The file to write the CA to that has signed the certificate made at start.
    pub fn tls_ca_out(&self) -> Option<&PathBuf> {
        self.listeners.files.ca_out.as_ref()
    }

    /// Where to listen for HTTP, if it says; `off` is nowhere.
    pub fn http_listen(&self) -> Option<&str> {
        self.http.listen.as_deref()
    }

    /// Listens for HTTP there instead.
    pub fn set_http_listen(&mut self, addr: impl Into<String>) {
        self.http.listen = Some(addr.into());
    }

    /// What requests over HTTP must show.
    pub fn http_token(&self) -> Option<&str> {
        self.http.token.as_deref()
    }

    /// Whether nothing can be changed over HTTP.
    pub fn http_readonly(&self) -> bool {
        self.http.readonly.as_ref().is_some_and(|readonly| readonly.0.0)
    }

    /// The file to write the bound addresses to.
    pub fn ports_file(&self) -> Option<&PathBuf> {
        self.ports_file.as_ref()
    }

    /// The file to write the report to, at the end.
    pub fn report(&self) -> Option<&PathBuf> {
        self.report.as_ref()
    }

    /// How to tell of what happens.
    pub fn log_form(&self) -> LogForm {
        self.log.form.as_ref().map_or(LogForm::Off, |form| form.0)
    }

    /// Whether to tell of PDUs, too.
    pub fn is_verbose(&self) -> bool {
        self.log.verbose.as_ref().is_some_and(|verbose| verbose.0.0)
    }

    /// Whether to tell of all that is in PDUs.
    pub fn shows_text(&self) -> bool {
        self.log.show_text.as_ref().is_some_and(|show_text| show_text.0.0)
    }

    /// The file to write all that happens to.
    pub fn journal(&self) -> Option<&PathBuf> {
        self.journal.as_ref()
    }

    /// What vendors add.
    pub fn specs(&self) -> impl Iterator<Item = &VendorSpec> {
        self.specs.iter().map(|spec| &spec.0)
    }

    /// Whether to fail if an ESME did not come out well of the profile `hostile`.
    pub fn fails_on_hostile(&self) -> bool {
        self.fail_on.as_ref().is_some_and(|fail_on| fail_on.0.hostile)
    }

    /// Whether to fail if a receipt was not taken by its ESME.
    pub fn fails_on_unacked(&self) -> bool {
        self.fail_on.as_ref().is_some_and(|fail_on| fail_on.0.unacked)
    }

    /// How long to serve, if that has an end.
    pub fn exit_after(&self) -> Option<Duration> {
        self.exit_after.as_ref().map(|time| time.0.0)
    }
}

impl CarrierForm {
    /// What it says, and for the rest what was there.
    fn over(self, mut carrier: Carrier, known: Known) -> Result<Carrier, SettingError> {
        fn set<T>(place: &mut T, value: Option<T>) {
            if let Some(value) = value {
                *place = value;
            }
        }
        let Self { message_id, latency, lifecycle, receipt, sme_acks } = self;
        let LifecycleForm { mix, delay, max_validity } = lifecycle;
        let ReceiptForms { send, id, format, intermediate, via, retry, tlvs } = receipt;
        set(&mut carrier.message_id, message_id.map(|text| text.0));
        set(&mut carrier.latency, latency.map(|text| text.0));
        set(&mut carrier.sme_acks, sme_acks.map(|text| text.0.0));
        set(&mut carrier.lifecycle.mix, mix.map(|text| text.0));
        set(&mut carrier.lifecycle.delay, delay.map(|text| text.0));
        set(&mut carrier.lifecycle.max_validity, max_validity.map(|text| text.0.0));
        set(&mut carrier.receipt.automatic, send.map(|text| text.0.0));
        set(&mut carrier.receipt.id, id.map(|text| text.0));
        set(&mut carrier.receipt.format, format.map(|text| text.0));
        set(&mut carrier.receipt.intermediate, intermediate.map(|text| text.0.0));
        set(&mut carrier.receipt.via, via.map(|text| text.0));
        set(&mut carrier.receipt.retry, retry.map(|text| text.0));
        if let Some(tlvs) = tlvs {
            carrier.receipt.tlvs = tlvs.iter().map(|tlv| tlv.0.resolve(known)).collect::<Result<_, _>>()?;
        }
        Ok(carrier)
    }
}

/// The host of an address to listen on, if it is one to connect to.
fn host(addr: &str) -> Option<String> {
    let (host, _) = addr.rsplit_once(':')?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let is_any = host.is_empty() || host.parse().is_ok_and(|ip: IpAddr| ip.is_unspecified());
    (!is_any).then(|| host.to_owned())
}
