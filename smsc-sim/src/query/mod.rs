//! Which messages are meant: what HTTP, the command line and tests ask for.

mod ask;
mod near;
mod parse;
mod term;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smpp::value::{DataCoding, EsmClass, MessageState};

pub use near::{Mismatch, NearMiss, NearMisses};
use term::View;
pub(crate) use term::{hex, receipt_word, state_word};

use crate::receipt::ReceiptState;
use crate::setting::SettingError;
use crate::store::Message;
use term::{Part, Term, Test};

/// Which messages are meant. A message is if all is true of it that the query says; an empty query means every message.
///
/// In Rust it begins with [`submit`]. As text, for HTTP and the command line, it is a list of terms with blanks between:
///
/// ```text
/// query = [ term { blank term } ]
/// term  = [ "-" ] field operator value             "-": what must not be so
/// operator = ":" like the value | "=" letter for letter | "~" has the value in it
/// value = letters without blanks | '"' any letters, \" for " and \\ for \ '"'
/// ```
///
/// Like a value is what is it letter for letter, where `*` is for any letters or none (`to:4477*`), or what a
/// regular expression between slashes matches (`text:/^code \d+/`).
///
/// | field | value | operators |
/// |---|---|---|
/// | `from`, `to` | source_addr, destination_addr | `:` `=` `~` |
/// | `text` | the text, decoded | `:` `=` `~` |
/// | `system_id` | who submitted it | `:` `=` `~` |
/// | `id` | message_id | `:` `=` `~` |
/// | `service_type` | the field of that name | `:` `=` `~` |
/// | `state` | DELIVRD, EXPIRED, DELETED, UNDELIV, ACCEPTD, UNKNOWN, REJECTD, ENROUTE, SCHEDLD; several with commas between | `:` |
/// | `receipt` | `none`, `held`, `sent`, `delivered`, `refused`, `lost`; several with commas between | `:` |
/// | `registered` | `yes`, `no`: whether an SMSC delivery receipt is asked for (section 5.2.17) | `:` |
/// | `data_coding`, `esm_class` | a number, in hexadecimal after `0x` | `:` |
/// | `tlv` | name or number of a TLV that is there, and `=` and its octets in hexadecimal if they matter: `tlv:0x1403=34ff` | `:` |
/// | `part` | a part of a longer message: `2/3`, `2` of any number, `*/3`, `*` for any part | `:` |
/// | `since` | a [cursor](crate::SmscSim::cursor): messages that came after it | `:` |
///
/// What is shown with [`Display`](fmt::Display) can be read again, but for conditions in [Rust](Self::when).
///
/// ```
/// use smsc_sim::{Query, submit};
///
/// let query: Query = r#"to:4477* text~"your code" -state:REJECTD,UNDELIV"#.parse()?;
/// assert_eq!(query, submit().to("4477*").text_contains("your code").not("state:REJECTD,UNDELIV"));
/// assert_eq!(query.to_string().parse(), Ok(query));
/// let error = "to:4477* txt~code".parse::<Query>().unwrap_err();
/// assert_eq!(error.to_string(), "column 10: unknown field `txt`, did you mean `text`?");
/// # Ok::<(), smsc_sim::SettingError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
#[must_use]
pub struct Query {
    terms: Vec<Term>,
    /// What is wrong with what it was made of, if anything: then it means no message.
    fault: Option<SettingError>,
}

/// A query that means every message that was submitted, to be made narrower.
///
/// ```
/// use smsc_sim::submit;
///
/// let query = submit().to("447700900123").text_contains("code").registered();
/// assert_eq!(query.to_string(), "to:447700900123 text~code registered:yes");
/// ```
pub fn submit() -> Query {
    Query::default()
}

impl Query {
    /// To this destination_addr: letter for letter, with `*`, or `/regular expression/`.
    pub fn to(self, pattern: impl AsRef<str>) -> Self {
        self.like(pattern.as_ref(), Test::To)
    }

    /// From this source_addr: letter for letter, with `*`, or `/regular expression/`.
    pub fn from(self, pattern: impl AsRef<str>) -> Self {
        self.like(pattern.as_ref(), Test::From)
    }

    /// With this text, decoded: the whole of it. Of a part of a longer message it is the text of that part.
    pub fn text(self, text: impl Into<String>) -> Self {
        self.and(Test::Text(term::Words::Equal(text.into())))
    }

    /// With this somewhere in its text.
    pub fn text_contains(self, part: impl Into<String>) -> Self {
        self.and(Test::Text(term::Words::Contain(part.into())))
    }

    /// With a text like this: with `*`, or `/regular expression/`.
    pub fn text_like(self, pattern: impl AsRef<str>) -> Self {
        self.like(pattern.as_ref(), Test::Text)
    }

    /// Submitted by this ESME: letter for letter, with `*`, or `/regular expression/`.
    pub fn system_id(self, pattern: impl AsRef<str>) -> Self {
        self.like(pattern.as_ref(), Test::SystemId)
    }

    /// With this message_id: letter for letter, with `*`, or `/regular expression/`.
    pub fn id(self, pattern: impl AsRef<str>) -> Self {
        self.like(pattern.as_ref(), Test::Id)
    }

    /// With this service_type: letter for letter, with `*`, or `/regular expression/`.
    pub fn service_type(self, pattern: impl AsRef<str>) -> Self {
        self.like(pattern.as_ref(), Test::ServiceType)
    }

    /// In this state.
    pub fn state(self, state: MessageState) -> Self {
        self.and(Test::State(vec![state]))
    }

    /// Whose receipt is in this state. A status of [`ReceiptState::Refused`] does not count.
    pub fn receipt(self, state: ReceiptState) -> Self {
        self.and(Test::Receipt(vec![state]))
    }

    /// Of which a receipt is asked for, whatever its state.
    pub fn registered(self) -> Self {
        self.and(Test::Registered(true))
    }

    /// With this data_coding.
    pub fn data_coding(self, data_coding: impl Into<DataCoding>) -> Self {
        self.and(Test::DataCoding(data_coding.into()))
    }

    /// With this esm_class, all of it.
    pub fn esm_class(self, esm_class: impl Into<EsmClass>) -> Self {
        self.and(Test::EsmClass(esm_class.into()))
    }

    /// With a TLV of this tag, whatever is in it.
    pub fn tlv(self, tag: u16) -> Self {
        self.and(Test::Tlv(tag, None))
    }

    /// With a TLV of this tag and these octets; of several with the tag the first counts.
    pub fn tlv_octets(self, tag: u16, octets: impl Into<Vec<u8>>) -> Self {
        self.and(Test::Tlv(tag, Some(octets.into())))
    }

    /// That is this part, counted from 1, of a longer message in so many parts.
    pub fn part(self, number: u8, total: u8) -> Self {
        self.and(Test::Part(Part { number: Some(number), total: Some(total) }))
    }

    /// That came after a [cursor](crate::SmscSim::cursor).
    pub fn since(self, cursor: u64) -> Self {
        self.and(Test::Since(cursor))
    }

    /// Of which nothing is so that this query says, which is given as text: `not("to:1 from:2")` is neither to 1 nor from 2.
    pub fn not(mut self, query: impl AsRef<str>) -> Self {
        match query.as_ref().parse::<Self>() {
            Ok(query) => {
                self.terms.extend(query.terms.into_iter().map(|term| Term { denied: !term.denied, ..term }));
                self
            }
            Err(fault) => self.broken(fault),
        }
    }

    /// Of which this is true. It is asked while no message can change, so it must not ask the simulator.
    ///
    /// ```
    /// use smsc_sim::submit;
    ///
    /// let query = submit().to("4477*").when("refused once", |message| message.receipt_refusals == 1);
    /// assert_eq!(query.to_string(), r#"to:4477* <refused once>"#);
    /// ```
    pub fn when(self, what: impl Into<String>, is_it: impl Fn(&Message) -> bool + Send + Sync + 'static) -> Self {
        self.and(Test::When(what.into(), term::Condition(Arc::new(is_it))))
    }

    /// Whether a message is meant.
    pub fn matches(&self, message: &Message) -> bool {
        let view = View::new(message);
        self.fault.is_none() && self.terms.iter().all(|term| term.holds(&view))
    }

    /// What is wrong with what it was made of, if anything, such as a regular expression that is none: then it means no message,
    /// and whoever is asked for it says so.
    pub fn fault(&self) -> Option<&SettingError> {
        self.fault.as_ref()
    }

    /// The first message that may be meant.
    fn first(&self) -> u64 {
        let since = self.terms.iter().filter_map(|term| match term.test {
            Test::Since(cursor) if !term.denied => Some(cursor.saturating_add(1)),
            _ => None,
        });
        since.max().unwrap_or(0)
    }

    fn and(mut self, test: Test) -> Self {
        self.terms.push(Term { denied: false, test });
        self
    }

    fn like<T: FromStr<Err = SettingError>>(self, pattern: &str, test: impl FnOnce(T) -> Test) -> Self {
        match pattern.parse() {
            Ok(pattern) => self.and(test(pattern)),
            Err(fault) => self.broken(fault),
        }
    }

    fn broken(mut self, fault: SettingError) -> Self {
        self.fault.get_or_insert(fault);
        self
    }
}

impl FromStr for Query {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        Ok(Self { terms: parse::terms(text)?, fault: None })
    }
}

impl From<&Self> for Query {
    fn from(query: &Self) -> Self {
        query.clone()
    }
}

/// What is wrong with a faulty one is shown in its place.
impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, term) in self.terms.iter().enumerate() {
            let blank = if place > 0 { " " } else { "" };
            write!(f, "{blank}{term}")?;
        }
        match &self.fault {
            Some(fault) => write!(f, "{}<{fault}>", if self.terms.is_empty() { "" } else { " " }),
            None => Ok(()),
        }
    }
}

impl Serialize for Query {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Query {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Query {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Query".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "description": "Which messages are meant: `to:4477* text~code`." })
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use smpp::pdu::SubmitSm;
    use smpp::sms::{Profile, Splitter};

    use super::*;
    use crate::store::SCHEDULED;

    fn message(pdu: SubmitSm<'static>) -> Message {
        let now = SystemTime::UNIX_EPOCH;
        Message {
            serial: 7,
            id: "00ff".into(),
            system_id: "alice".into(),
            pdu,
            state: MessageState::DELIVERED,
            ..Message::example(now)
        }
    }

    fn sample() -> Message {
        let pdu = SubmitSm::default()
            .with_service_type("CMT")
            .with_source_addr("12345")
            .with_destination_addr("447700900123")
            .with_registered_delivery(1)
            .with_user_message_reference(0x0102)
            .with_short_message("your \"code\" is 17");
        message(pdu)
    }

    #[test]
    fn every_field_is_compared() {
        let message = sample();
        for (yes, no) in [
            ("to:447700900123", "to:44770090012"),
            ("to:4477*", "to:4478*"),
            ("to=447700900123", "to=4477*"),
            ("to~7009", "to~7008"),
            ("from:/^1[0-9]+5$/", "from:/^2/"),
            ("text~code", "text~Code"),
            (r#"text="your \"code\" is 17""#, "text=your"),
            (r#"text:"your * 17""#, r#"text:"your * 18""#),
            (r#"text:/"code"/"#, "text:/^code/"),
            ("system_id:alice", "system_id:bob"),
            ("id:00ff", "id:ff"),
            ("service_type:CMT", "service_type:WAP"),
            ("state:DELIVRD", "state:UNDELIV"),
            ("state:UNDELIV,DELIVRD", "state:UNDELIV,EXPIRED"),
            ("receipt:none", "receipt:held,sent"),
            ("registered:yes", "registered:no"),
            ("data_coding:0", "data_coding:8"),
            ("esm_class:0x00", "esm_class:0x40"),
            ("tlv:user_message_reference", "tlv:sar_msg_ref_num"),
            ("tlv:0x0204=0102", "tlv:0x0204=0103"),
            ("since:6", "since:7"),
            ("-part:*", "part:*"),
            ("", "-to:*"),
            ("to:4477* text~17", "to:4477* text~18"),
        ] {
            let (yes, no): (Query, Query) = (yes.parse().expect(yes), no.parse().expect(no));
            assert!(yes.matches(&message), "{yes}");
            assert!(!no.matches(&message), "{no}");
            for query in [yes, no] {
                assert_eq!(query.to_string().parse::<Query>(), Ok(query.clone()), "{query}");
                let json = serde_json::to_string(&query).unwrap();
                assert_eq!(serde_json::from_str::<Query>(&json).unwrap(), query);
            }
        }
    }

    #[test]
    fn parts_are_told_by_header_and_by_tlvs() {
        let text = "part after part ".repeat(20);
        let template = SubmitSm::default();
        let parts = Splitter::new(Profile::default()).submit_sm(&template, &text).unwrap();
        let second = message(parts[1].clone().into_owned());
        for (query, is_meant) in
            [("part:2/3", true), ("part:2", true), ("part:*/3", true), ("part:*", true), ("part:1/3", false)]
        {
            assert_eq!(query.parse::<Query>().unwrap().matches(&second), is_meant, "{query}");
        }
        assert!(submit().part(2, 3).text_contains("part after").matches(&second));
        let sar = SubmitSm::default().with_sar_msg_ref_num(1).with_sar_total_segments(2).with_sar_segment_seqnum(1);
        assert!(submit().part(1, 2).matches(&message(sar)));
    }

    #[test]
    fn the_builder_says_the_same_as_the_text() {
        let built = submit()
            .to("4477*")
            .from("12345")
            .text("a b")
            .text_contains("\\")
            .text_like("/x y/")
            .system_id("alice")
            .id("1")
            .service_type("")
            .state(SCHEDULED)
            .receipt(ReceiptState::Held)
            .registered()
            .data_coding(8)
            .esm_class(0x40)
            .tlv(0x1403)
            .tlv_octets(0x0204, [1, 2])
            .part(1, 2)
            .since(3)
            .not("to:1 -from:2");
        let text = "to:4477* from:12345 text=\"a b\" text~\"\\\\\" text:\"/x y/\" system_id:alice id:1 service_type:\"\" \
                    state:SCHEDLD receipt:held registered:yes data_coding:0x08 esm_class:0x40 tlv:0x1403 \
                    tlv:user_message_reference=0102 part:1/2 since:3 -to:1 from:2";
        assert_eq!(built.to_string(), text);
        assert_eq!(text.parse(), Ok(built));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        for (text, wanted) in [
            ("code", "column 1: expected FIELD:VALUE, not `code`; what has `code` in its text is text~code"),
            ("to:1  txt:2", "column 7: unknown field `txt`, did you mean `text`?"),
            ("to:1 colour:red", "column 6: unknown field `colour`, expected from, to"),
            ("to:\"1", "column 4: the quotation mark is not closed"),
            ("to:\"1\"2", "column 7: expected a blank after the quotation mark"),
            ("to:\"\\n\"", "column 5: `\\n` is neither"),
            ("text:/(/", "column 6: `(` is no regular expression"),
            ("state:DELIVERD", "column 7: unknown state `DELIVERD`, did you mean `DELIVRD`?"),
            ("-state:", "column 8: unknown state ``"),
            ("state~DEL", "column 6: `~` is not for state, which takes `:`"),
            ("receipt:hold", "column 9: unknown state of a receipt `hold`, did you mean `held`?"),
            ("registered:maybe", "column 12: expected yes or no, not `maybe`"),
            ("data_coding:256", "column 13: expected a number from 0 to 255, not `256`"),
            ("esm_class:0xx", "column 11: expected a number from 0 to 255, not `0xx`"),
            (
                "tlv:user_mesage_reference",
                "column 5: unknown TLV `user_mesage_reference`, did you mean `user_message_ref",
            ),
            ("tlv:0x1403=3", "column 12: expected octets in hexadecimal"),
            ("tlv:0x1403=", "column 12: expected octets in hexadecimal"),
            ("part:0/3", "column 6: expected a part such as 2/3"),
            ("part:4/3", "column 6: expected a part such as 2/3"),
            ("since:x", "column 7: expected a cursor, which is a number, not `x`"),
            ("to", "column 1: expected FIELD:VALUE, not `to`"),
            ("-", "column 2: expected FIELD:VALUE"),
        ] {
            let error = text.parse::<Query>().unwrap_err().to_string();
            assert!(error.starts_with(wanted), "{text}: {error}");
        }
    }

    #[test]
    fn a_faulty_pattern_means_nothing_and_says_so() {
        let query = submit().to("/(/").from("12345");
        assert!(query.fault().is_some() && !query.matches(&sample()));
        assert!(query.to_string().starts_with("from:12345 <`(` is no regular expression"), "{query}");
        assert!(submit().not("colour:red").fault().is_some());
    }
}
