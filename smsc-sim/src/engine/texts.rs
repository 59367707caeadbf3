//! Long messages as people read them: their parts made one again.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::time::{Duration, Instant, SystemTime};

use smpp::sms::{self, Concatenation, Joined, MemoryStore, Profile, Reassembler, Reassembly, ReassemblyLimits};

use super::{Engine, lock};
use crate::SmscSim;

impl SmscSim {
    /// What was written, in both directions: each message once, however many parts it was sent in, in whatever order and
    /// over whichever sessions they came. Those of ESMEs first, then those of mobiles, each by their first part.
    ///
    /// Parts belong together if their ESME, direction, addresses, reference, number of parts and the form of the
    /// reference are the same. A part that is there already begins another message: references are used again.
    ///
    /// ```
    /// use smpp::client::Client;
    /// use smpp::pdu::SubmitSm;
    /// use smpp::sms::{Profile, Splitter};
    /// use smsc_sim::SmscSim;
    ///
    /// let sim = SmscSim::builder().start()?;
    /// let client = Client::builder().connect(sim.addr())?;
    /// client.bind_transceiver()?;
    /// let text = "a long text ".repeat(30);
    /// let template = SubmitSm::default().with_destination_addr("4179123456");
    /// for part in Splitter::new(Profile::default()).submit_sm(&template, &text)?.iter().rev() {
    ///     client.submit_sm(part)?;
    /// }
    /// let texts = sim.texts();
    /// assert_eq!((texts.len(), texts[0].parts.len()), (1, 3));
    /// assert_eq!(texts[0].text.as_ref(), Some(&text));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn texts(&self) -> Vec<Text> {
        self.engine.texts()
    }
}

/// A message as it was written: all of its parts, or those that there are.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Text {
    /// Who wrote it.
    pub direction: TextDirection,
    /// The ESME that submitted it, or that it goes to; `None` while it waits for one.
    pub system_id: Option<String>,
    /// Where it comes from.
    pub source_addr: String,
    /// Where it goes to.
    pub destination_addr: String,
    /// The reference that its parts have; `None` if it was sent in one piece.
    pub reference: Option<u16>,
    /// How many parts it has.
    pub total: u8,
    /// Those that are there, by their numbers.
    pub parts: Vec<TextPart>,
    /// The numbers of those that are not.
    pub missing: Vec<u8>,
    /// Whether all are there.
    pub complete: bool,
    /// The text, data_coding 0 read as GSM 7-bit, with U+FFFD for each part that is missing; `None` if it is none, but
    /// 8-bit data.
    pub text: Option<String>,
    /// When the first part came.
    pub begun: SystemTime,
}

/// A part of a [`Text`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TextPart {
    /// Which it is, from 1.
    pub number: u8,
    /// The message_id of the part; of one from a mobile the [`id`](crate::MoReport::id) of the message.
    pub id: String,
    /// Its octets without header.
    pub octets: usize,
    /// When it came.
    pub at: SystemTime,
}

/// Who wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TextDirection {
    /// An ESME: mobile terminated.
    Mt,
    /// A mobile: mobile originated.
    Mo,
}

impl Engine {
    fn texts(&self) -> Vec<Text> {
        let mut shelf = Shelf::default();
        self.show(0, |message| {
            let view = sms::Message::from(&message.pdu);
            shelf.add(TextDirection::Mt, Some(&message.system_id), &message.id, &view, message.submitted);
            ControlFlow::Continue(())
        });
        for report in lock(&self.mos).all() {
            let id = report.id.to_string();
            for part in &report.parts {
                let view = sms::Message::from(&part.pdu);
                shelf.add(TextDirection::Mo, report.system_id.as_ref(), &id, &view, report.sent);
            }
        }
        shelf.texts.into_iter().map(Group::finish).collect()
    }
}

/// Messages that are put together.
#[derive(Default)]
struct Shelf {
    texts: Vec<Group>,
    /// Where those stand that parts may still be missing of.
    open: HashMap<Key, usize>,
}

/// What parts of a message have in common.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    direction: TextDirection,
    system_id: Option<String>,
    source: sms::Address<'static>,
    destination: sms::Address<'static>,
    reference: u16,
    total: u8,
    form: sms::ConcatenationForm,
}

/// A message, and the reassembler that has its parts, if there are several.
struct Group {
    text: Text,
    joining: Option<Reassembler<MemoryStore>>,
}

impl Shelf {
    fn add(
        &mut self,
        direction: TextDirection,
        system_id: Option<&String>,
        id: &str,
        view: &sms::Message<'_>,
        at: SystemTime,
    ) {
        let concatenation = view.concatenation().filter(|concatenation| concatenation.total > 1);
        let number = concatenation.map_or(1, |concatenation| concatenation.part);
        let part = TextPart { number, id: id.to_owned(), octets: view.user_data().text.len(), at };
        let begin = |total, reference| Text {
            direction,
            system_id: system_id.cloned(),
            source_addr: view.source.addr.to_str_lossy().into_owned(),
            destination_addr: view.destination.addr.to_str_lossy().into_owned(),
            reference,
            total,
            parts: Vec::new(),
            missing: Vec::new(),
            complete: false,
            text: None,
            begun: at,
        };
        let Some(Concatenation { reference, total, form, .. }) = concatenation else {
            let text = view.decode(&Profile::default()).text;
            let text = Text { parts: vec![part], complete: true, text, ..begin(1, None) };
            return self.texts.push(Group { text, joining: None });
        };
        let key = Key {
            direction,
            system_id: system_id.cloned(),
            source: view.source.clone().into_owned(),
            destination: view.destination.clone().into_owned(),
            reference,
            total,
            form,
        };
        let open = self.open.get(&key).and_then(|&place| self.texts.get_mut(place));
        match open.filter(|group| group.text.parts.iter().all(|other| other.number != number)) {
            Some(group) => group.add(part, view),
            None => {
                let store = MemoryStore::new(ReassemblyLimits::default());
                let joining = Some(Reassembler::with_store(Profile::default(), store));
                let mut group = Group { text: begin(total, Some(reference)), joining };
                group.add(part, view);
                self.open.insert(key, self.texts.len());
                self.texts.push(group);
            }
        }
    }
}

impl Group {
    fn add(&mut self, part: TextPart, view: &sms::Message<'_>) {
        let Some(joining) = &self.joining else { return };
        self.text.parts.push(part);
        let Ok(pushed) = joining.push(Instant::now(), view);
        if let Reassembly::Complete(whole) = pushed.outcome {
            self.text.complete = true;
            self.text.text = whole.text;
            self.joining = None;
        }
    }

    fn finish(mut self) -> Text {
        let text = &mut self.text;
        text.parts.sort_by_key(|part| part.number);
        if let Some(joining) = self.joining {
            // Nothing waits that long: so it is handed out as it is.
            let Ok(dropped) = joining.expire(Instant::now() + FAR);
            let joined: Option<Joined> = dropped.into_iter().next().map(|dropped| dropped.message);
            if let Some(joined) = joined {
                text.missing = joined.missing().collect();
                text.text = joined.text;
            }
        }
        self.text
    }
}

/// Longer than parts wait for others.
const FAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
