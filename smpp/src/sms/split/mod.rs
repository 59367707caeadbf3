//! Texts longer than one message: cut into parts, with what they cost.

mod cost;
mod cut;
mod error;
mod part;
mod pdu;
mod plan;
mod references;

use std::fmt;
use std::sync::Arc;

use super::{Alphabet, Class, Element, Profile, UserDataHeader};
use crate::value::DataCoding;

pub use cost::Cost;
pub use error::SplitError;
pub use part::{Part, Split};
pub use plan::capacity;
pub use references::{ReferenceCounter, References};

/// Makes messages of texts: chooses the alphabet, cuts what is longer than one message, writes the headers.
///
/// A text that fits one message stays one, without a header. Parts end where a reader would not mind: never inside a
/// pair of escape and septet or of surrogates, and not inside a grapheme cluster (a letter with its marks, an emoji of
/// several characters) that fits a part.
///
/// ```
/// use smpp::pdu::SubmitSm;
/// use smpp::sms::{Profile, Splitter};
///
/// let splitter = Splitter::new(Profile::default());
/// let template = SubmitSm::default()
///     .with_source_addr("4179")
///     .with_destination_addr("4178")
///     .with_validity_period("000001000000000R");
/// let parts = splitter.submit_sm(&template, "long ".repeat(50).as_str())?;
/// assert_eq!(parts.len(), 2);
/// assert_eq!(parts[0].short_message.len(), 6 + 153);
/// assert!(parts.iter().all(|part| part.validity_period == "000001000000000R"));
///
/// let cost = splitter.cost("5 €")?;
/// assert_eq!((cost.segments, cost.units, cost.remaining), (1, 4, 156));
/// # Ok::<(), smpp::sms::SplitError>(())
/// ```
#[derive(Clone)]
pub struct Splitter {
    profile: Profile,
    alphabet: Option<Alphabet>,
    class: Option<Class>,
    segmentation: Segmentation,
    header: UserDataHeader<'static>,
    references: Option<Arc<dyn References>>,
}

/// How what is longer than one message is sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Segmentation {
    /// In parts with element 0x00 of the user data header, a reference of 8 bits: all handsets know it.
    #[default]
    Udh8,
    /// In parts with element 0x08 of the user data header, a reference of 16 bits: two messages to the same destination
    /// meet later.
    Udh16,
    /// In parts with the TLVs sar_msg_ref_num, sar_total_segments and sar_segment_seqnum, of which the SMSC makes a
    /// header. The parts leave room for one of 16 bits.
    Sar,
    /// In one PDU with the TLV message_payload, which the SMSC splits.
    MessagePayload,
}

/// What is to be sent.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Content<'a> {
    /// A text.
    Text(&'a str),
    /// Octets that are encoded already, and are not touched. They are cut by the unit of their data_coding.
    Octets {
        /// What they are.
        data_coding: DataCoding,
        /// The octets, without a user data header.
        octets: &'a [u8],
    },
}

impl<'a> From<&'a str> for Content<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Content<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl Splitter {
    /// A splitter for links of this profile: parts with references of 8 bits, the alphabet that the profile chooses.
    pub fn new(profile: Profile) -> Self {
        Self {
            profile,
            alphabet: None,
            class: None,
            segmentation: Segmentation::default(),
            header: UserDataHeader::default(),
            references: None,
        }
    }

    /// The same splitter for texts in this alphabet; what it does not have goes by the fallback of the profile.
    ///
    /// On a link where data_coding 0 stands for another alphabet, GSM 7-bit has no data_coding of its own without a class:
    /// to ask for it is to ask for the default alphabet, see [`Profile::choose`].
    #[must_use]
    pub fn with_alphabet(mut self, alphabet: Alphabet) -> Self {
        self.alphabet = Some(alphabet);
        self
    }

    /// The same splitter for messages of this class; class 0 is shown at once. Octets that are encoded
    /// already keep the data_coding given with them, which says their class.
    #[must_use]
    pub fn with_class(mut self, class: Class) -> Self {
        self.class = Some(class);
        self
    }

    /// The same splitter with another way to send long messages.
    #[must_use]
    pub fn with_segmentation(mut self, segmentation: Segmentation) -> Self {
        self.segmentation = segmentation;
        self
    }

    /// The same splitter with one more element in the user data header of every part, such as ports. It takes room
    /// from the text.
    ///
    /// With [`Segmentation::Sar`] ports become the TLVs source_port and destination_port, and no other element is
    /// possible.
    #[must_use]
    pub fn with_element(mut self, element: &Element<'_>) -> Self {
        self.header.push(element);
        self
    }

    /// The same splitter with references of its own instead of [`ReferenceCounter::of_process`].
    #[must_use]
    pub fn with_references(mut self, references: Arc<dyn References>) -> Self {
        self.references = Some(references);
        self
    }

    /// The parts of a text, or of octets, with this reference; 8 bits of it count where there are no more.
    ///
    /// # Errors
    /// [`SplitError`] says what does not fit: letters, octets, elements.
    pub fn split<'c>(&self, content: impl Into<Content<'c>>, reference: u16) -> Result<Split, SplitError> {
        self.plan(content.into())?.split(|| reference)
    }

    /// What a text, or octets, would take, without splitting it. Nothing is allocated unless letters are to be
    /// replaced, octets are septets that were packed, or a packed text is in the tables of a language.
    ///
    /// # Errors
    /// Those of [`split`](Self::split).
    pub fn cost<'c>(&self, content: impl Into<Content<'c>>) -> Result<Cost, SplitError> {
        self.plan(content.into())?.cost()
    }

    fn references(&self) -> &dyn References {
        match &self.references {
            Some(references) => references.as_ref(),
            None => ReferenceCounter::of_process(),
        }
    }
}

/// References are shown as whether they are its own.
impl fmt::Debug for Splitter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Splitter")
            .field("profile", &self.profile)
            .field("alphabet", &self.alphabet)
            .field("class", &self.class)
            .field("segmentation", &self.segmentation)
            .field("header", &self.header)
            .field("own_references", &self.references.is_some())
            .finish()
    }
}
