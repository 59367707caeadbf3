//! How an SMSC treats the messages of an ESME: a carrier profile.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::message_id::by_name;
use crate::setting::{LONGEST, SettingError};
use crate::tlv::ExtraTlv;
use crate::{Delay, MessageIdForm, OutcomeMix, ReceiptForm, ReceiptIdForm, ReceiptRetry};

/// How the SMSC treats the messages of an ESME, from the response to the receipt.
///
/// One is the [simulator's own](crate::Builder::default_carrier). Others have names, and an
/// [account](crate::Account::profile) is treated as the one it names: so one simulator stands for several operators.
///
/// ```
/// use smsc_sim::{Account, Carrier, MessageIdForm, ReceiptIdForm, SmscSim};
///
/// // Hexadecimal in responses, decimal in receipts.
/// let mut carrier = Carrier::default();
/// carrier.message_id = MessageIdForm::Hex;
/// carrier.receipt.id = ReceiptIdForm::Decimal;
/// let sim = SmscSim::builder()
///     .carrier("carrier-a", carrier)
///     .account(Account::new("alice", "secret").with_profile("carrier-a"))
///     .user("bob", "secret")
///     .start()?;
/// # Ok::<(), smpp::driver::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Carrier {
    /// How much later it answers requests about messages, by the [clock](crate::Clock): no time unless said. It is drawn for each
    /// by the [seed](crate::Builder::seed), and a message sets out when it is answered. Binds and enquire_link are not late.
    pub latency: Delay,
    /// How message_ids are written in responses.
    pub message_id: MessageIdForm,
    /// What becomes of messages, and when.
    pub lifecycle: Lifecycle,
    /// How it is told.
    pub receipt: Receipts,
    /// Whether the simulated mobiles send the acknowledgements that are asked for (registered_delivery, bits 3 and 2,
    /// section 5.2.17): a deliver_sm with esm_class 0x08 when a message is DELIVERED, and one with 0x10 in the name of its
    /// user. Off unless said: they are not the SMSC's to give, and mobiles of GSM do not.
    pub sme_acks: bool,
}

/// What becomes of messages, and when.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Lifecycle {
    /// The final states: all are DELIVERED unless said.
    pub mix: OutcomeMix,
    /// From the beginning of the delivery to the final state: no time unless said.
    pub delay: Delay,
    /// The validity of messages that ask for none, or for a longer one: 72 h unless said.
    pub max_validity: Duration,
}

/// How receipts and intermediate notifications are sent.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Receipts {
    /// Whether they and intermediate notifications are sent when they are due. On unless said; if not, a receipt is sent when
    /// [`SmscSim::set_state`](crate::SmscSim::set_state) or [`resend_receipt`](crate::SmscSim::resend_receipt) calls for it.
    pub automatic: bool,
    /// How they write the message_id.
    pub id: ReceiptIdForm,
    /// How they are written.
    pub format: ReceiptForm,
    /// Whether intermediate notifications that are asked for are sent (registered_delivery, bit 4): of ENROUTE, when the
    /// delivery begins. On unless said.
    pub intermediate: bool,
    /// The command that brings them.
    pub via: Via,
    /// Which are tried again, and when. It holds for mobile originated messages, too.
    pub retry: ReceiptRetry,
    /// TLVs that stand in them besides, such as a vendor's.
    pub tlvs: Vec<ExtraTlv>,
}

/// The command that brings a message to an ESME.
///
/// On the command line: `deliver_sm`, `data_sm`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Via {
    /// deliver_sm (section 4.6).
    #[default]
    DeliverSm,
    /// data_sm (section 4.7): the text is in message_payload.
    DataSm,
}

/// What mobiles do with messages that are DELIVERED to them.
///
/// On the command line: `off`, `echo`, `route`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Loopback {
    /// Nothing.
    #[default]
    Off,
    /// They send them back, as messages from mobiles, to the ESME that submitted them.
    Echo,
    /// Those to an address that the [address_range](smpp::server::BindRequest::address_range) of a bound ESME names
    /// are delivered to that ESME: so ESMEs write to each other. Whether it takes them does not change their state.
    Route,
}

by_name!(Loopback, "loopback", "off" => Off, "echo" => Echo, "route" => Route);
by_name!(Via, "command", "deliver_sm" => DeliverSm, "data_sm" => DataSm);

impl Default for Lifecycle {
    fn default() -> Self {
        let max_validity = Duration::from_secs(72 * 60 * 60);
        Self { mix: OutcomeMix::default(), delay: Delay::default(), max_validity }
    }
}

impl Lifecycle {
    /// No longer than anything may take.
    pub(crate) fn max_validity(&self) -> Duration {
        self.max_validity.min(LONGEST)
    }
}

impl Default for Receipts {
    fn default() -> Self {
        Self {
            automatic: true,
            id: ReceiptIdForm::default(),
            format: ReceiptForm::default(),
            intermediate: true,
            via: Via::default(),
            retry: ReceiptRetry::default(),
            tlvs: Vec::new(),
        }
    }
}
