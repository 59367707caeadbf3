//! Vendor specification files at run time: the tables that [`smpp::include_spec!`] makes at compile time.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::sync::{LazyLock, Mutex, PoisonError};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smpp::codec::{
    BodyOnError, CommandId, CommandKind, CommandSpec, Decoder, FieldKind, FieldSpec, PartSpec, Protocol, State, States,
    TlvKind, TlvSpec, ValueSpec, ValuesSpec,
};
use smpp::value::CommandStatus;
use smpp_spec::{
    Accept, BitField, Command, Diagnostic, Direction, Enum, Field, FieldType, Kind, Loaded, Meta, Origin, Spec,
    Structure, Tlv, TlvType, Value, Values,
};

use crate::setting::SettingError;

/// What a vendor adds to SMPP 3.4, read from a specification in YAML while the program runs: TLVs, values and commands
/// then have their names in whatever the simulator shows, and commands are answered by their own responses.
///
/// Written as text it is the path of the file. The form of the file is that of [`smpp::include_spec!`], and so are the
/// tables that come of it. They are made once for each content, and kept until the process ends.
///
/// ```
/// use smsc_sim::VendorSpec;
///
/// let acme = VendorSpec::parse("acme.yaml", "
/// extends: smpp34
/// tlvs:
///   acme_campaign: {tag: 0x1406, type: c_octet_string, max: 65, allowed_in: [submit_sm], doc: A campaign.}
/// ")?;
/// assert_eq!(acme.protocol().tlv(0x1406).unwrap().name, "acme_campaign");
/// # Ok::<(), smsc_sim::SpecError>(())
/// ```
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VendorSpec {
    path: String,
    protocol: &'static Protocol,
}

impl VendorSpec {
    /// Reads a file.
    ///
    /// # Errors
    /// [`SpecError`]: all that is wrong with it.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, SpecError> {
        let path = path.as_ref();
        let shown = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&shown, &text),
            Err(error) => {
                let message = format!("cannot read the specification: {error}");
                Err(SpecError(vec![Diagnostic { message, path: shown, ..Diagnostic::default() }]))
            }
        }
    }

    /// Reads the text of a file; the path is for messages, and for the name if the text gives none.
    ///
    /// # Errors
    /// [`SpecError`]: all that is wrong with it.
    pub fn parse(path: &str, text: &str) -> Result<Self, SpecError> {
        static MADE: LazyLock<Mutex<HashMap<(String, String), &'static Protocol>>> = LazyLock::new(Mutex::default);
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (path.to_owned(), text.to_owned());
        let protocol = match made.get(&key) {
            Some(protocol) => protocol,
            None => {
                let Loaded { spec, diagnostics, .. } = smpp_spec::load_str(path, text);
                if !diagnostics.is_empty() {
                    return Err(SpecError(diagnostics));
                }
                let protocol = Tables::of(&spec);
                made.insert(key, protocol);
                protocol
            }
        };
        Ok(Self { path: path.to_owned(), protocol })
    }

    /// The tables, as a [`Decoder`](smpp::codec::Decoder), a client or a server takes them.
    pub fn protocol(&self) -> &'static Protocol {
        self.protocol
    }

    /// Whether several can hold at the same time: none says of a TLV or command what another says otherwise.
    ///
    /// # Errors
    /// [`SettingError`] that names both files, and what they do not agree on.
    pub fn check(specs: &[Self]) -> Result<(), SettingError> {
        for (place, one) in specs.iter().enumerate() {
            for other in specs[..place].iter().filter(|other| *other != one) {
                other.agrees_with(one)?;
            }
        }
        Ok(())
    }

    fn agrees_with(&self, other: &Self) -> Result<(), SettingError> {
        let disagree = |number: String, mine: &str, others: &str| {
            Err(SettingError::new(format!(
                "two specifications do not agree: {number} is {mine} in {}, and not the same as {others} in {}",
                self.path, other.path
            )))
        };
        for mine in self.protocol.tlvs {
            let others = other.protocol.tlvs.iter().find(|tlv| tlv.tag == mine.tag || tlv.name == mine.name);
            if let Some(others) = others.filter(|others| format!("{others:?}") != format!("{mine:?}")) {
                return disagree(format!("TLV {:#06x}", mine.tag), mine.name, others.name);
            }
        }
        for mine in self.protocol.commands {
            let others = other.protocol.commands.iter().find(|other| other.id == mine.id || other.name == mine.name);
            if let Some(others) = others.filter(|others| format!("{others:?}") != format!("{mine:?}")) {
                return disagree(format!("command {:#010x}", mine.id.0), mine.name, others.name);
            }
        }
        Ok(())
    }

    /// The tables of several, in a form that a [`Decoder`](smpp::codec::Decoder), a client or a server takes. Where two
    /// say something of the same number, which [`check`](Self::check) finds, the first holds.
    pub fn protocols(specs: &[Self]) -> &'static [&'static Protocol] {
        // As with the tables themselves: made once, and kept.
        static MADE: Mutex<Vec<&'static [&'static Protocol]>> = Mutex::new(Vec::new());
        let is_same = |made: &&&[&Protocol]| {
            made.len() == specs.len() && made.iter().zip(specs).all(|(one, other)| std::ptr::eq(*one, other.protocol))
        };
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(protocols) = made.iter().find(is_same) {
            return protocols;
        }
        let protocols = leak(specs.iter().map(Self::protocol).collect());
        made.push(protocols);
        protocols
    }
}

/// What is known besides the standard, for whoever shows or names something.
#[derive(Clone, Copy, Default)]
pub(crate) struct Known(&'static [&'static Protocol]);

impl Known {
    pub(crate) fn of(specs: &[VendorSpec]) -> Self {
        Self(VendorSpec::protocols(specs))
    }

    pub(crate) fn protocols(self) -> &'static [&'static Protocol] {
        self.0
    }

    /// One that has the names.
    pub(crate) fn decoder(self) -> Decoder {
        Decoder::default().with_protocols(self.0)
    }

    /// The command of the standard or of a vendor.
    pub(crate) fn command(self, id: CommandId) -> Option<&'static CommandSpec> {
        smpp::command::find(id).or_else(|| self.vendor_command(id))
    }

    /// The command of a vendor.
    pub(crate) fn vendor_command(self, id: CommandId) -> Option<&'static CommandSpec> {
        self.0.iter().find_map(|protocol| protocol.command(id))
    }

    /// Whether a vendor has such a request; the error says which there are.
    pub(crate) fn has_command(self, is_meant: impl Fn(&str) -> bool, pattern: &str) -> Result<(), SettingError> {
        let names: Vec<_> = self.0.iter().flat_map(|protocol| protocol.commands).map(|command| command.name).collect();
        match names.iter().any(|name| is_meant(name)) {
            true => Ok(()),
            false => Err(SettingError::unknown("vendor command", pattern, &names)),
        }
    }

    /// Every TLV that has a name.
    pub(crate) fn tlvs(self) -> impl Iterator<Item = &'static TlvSpec> {
        smpp::tlv::ALL.iter().chain(self.0.iter().flat_map(|protocol| protocol.tlvs)).copied()
    }
}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|protocol| protocol.name)).finish()
    }
}

/// The tables of the same files are the same.
impl PartialEq for Known {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl Eq for Known {}

impl fmt::Debug for VendorSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VendorSpec").field("path", &self.path).field("name", &self.protocol.name).finish()
    }
}

impl fmt::Display for VendorSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)
    }
}

/// They are the same if they come from the same text, read from the same path.
impl PartialEq for VendorSpec {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.protocol, other.protocol)
    }
}

impl Eq for VendorSpec {}

impl FromStr for VendorSpec {
    type Err = SpecError;

    fn from_str(path: &str) -> Result<Self, SpecError> {
        Self::load(path)
    }
}

impl TryFrom<String> for VendorSpec {
    type Error = SpecError;

    fn try_from(path: String) -> Result<Self, SpecError> {
        Self::load(path)
    }
}

impl From<VendorSpec> for String {
    fn from(spec: VendorSpec) -> Self {
        spec.path
    }
}

impl JsonSchema for VendorSpec {
    fn schema_name() -> Cow<'static, str> {
        "VendorSpec".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "Path of a vendor's specification in YAML",
        })
    }
}

/// All that is wrong with a vendor's specification, each mistake with its line, column, and what could be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecError(Vec<Diagnostic>);

impl SpecError {
    /// The mistakes, in the order of the file; there is at least one.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.0
    }
}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, diagnostic) in self.0.iter().enumerate() {
            write!(f, "{}{diagnostic}", if place == 0 { "" } else { "\n\n" })?;
        }
        Ok(())
    }
}

impl std::error::Error for SpecError {}

/// From the model to tables, as `smpp-derive` does it at compile time.
struct Tables<'s> {
    spec: &'s Spec,
    /// The enumerations and bit fields of the vendor, without what is added to those of the standard: nothing refers to that.
    own: HashMap<&'s str, &'static ValuesSpec>,
    /// The fields of the vendor's structures.
    structures: HashMap<&'s str, &'static [FieldSpec]>,
}

impl<'s> Tables<'s> {
    fn of(spec: &'s Spec) -> &'static Protocol {
        let mut tables = Self { spec, own: HashMap::new(), structures: HashMap::new() };
        let mut values = Vec::new();
        for e in spec.enums.iter().filter(|e| is_mine(&e.meta)) {
            let table = enumeration(e, &e.values);
            tables.own.insert(&e.meta.name, table);
            values.push(table);
        }
        for e in spec.enums.iter().filter(|e| !is_mine(&e.meta)) {
            let added: Vec<_> = e.values.iter().filter(|value| is_mine(&value.meta)).cloned().collect();
            if !added.is_empty() {
                values.push(enumeration(e, &added));
            }
        }
        for b in spec.bit_fields.iter().filter(|b| is_mine(&b.meta)) {
            let table = bit_field(b);
            tables.own.insert(&b.meta.name, table);
            values.push(table);
        }
        for s in spec.structures.iter().filter(|s| is_mine(&s.meta)) {
            tables.structure(s);
        }
        let commands = spec.commands.iter().filter(|command| is_mine(&command.meta));
        let commands = commands.map(|command| tables.command(command)).collect();
        let tlvs = spec.tlvs.iter().filter(|tlv| is_mine(&tlv.meta)).map(|tlv| tables.tlv(tlv)).collect();
        let (commands, tlvs, values) = (leak(commands), leak(tlvs), leak(values));
        one(Protocol { name: text(&spec.name), commands, tlvs, values })
    }

    fn command(&self, command: &Command) -> &'static CommandSpec {
        let name = &command.meta.name;
        let lists = |tlv: &&Tlv| tlv.allowed_in.as_ref().is_some_and(|commands| commands.contains(name));
        let mut tags: Vec<_> = self.spec.tlvs.iter().filter(lists).map(|tlv| tlv.tag).collect();
        tags.sort_unstable();
        let counterpart = command.response.as_ref().or(command.response_of.as_ref());
        one(CommandSpec {
            name: text(name),
            id: CommandId(command.id),
            kind: match command.kind {
                Kind::Request => CommandKind::Request,
                Kind::Response => CommandKind::Response,
                Kind::OneWay => CommandKind::OneWay,
                Kind::Nack => CommandKind::Nack,
            },
            counterpart: counterpart.map(|other| self.command_id(other)),
            esme_may_issue_in: states(&command.esme_may_issue_in),
            smsc_may_issue_in: states(&command.smsc_may_issue_in),
            accepted_in: states(&command.accepted_in),
            body_on_error: match command.body_on_error {
                smpp_spec::BodyOnError::NotApplicable => BodyOnError::NotApplicable,
                smpp_spec::BodyOnError::HeaderOnly => BodyOnError::HeaderOnly,
                smpp_spec::BodyOnError::Omitted => BodyOnError::Omitted,
                smpp_spec::BodyOnError::Unspecified => BodyOnError::Unspecified,
            },
            since: text(&command.since),
            section: text(&command.meta.section),
            doc: text(&command.meta.doc),
            fields: leak(command.fields.iter().map(|field| self.field(field)).collect()),
            tlvs: leak(tags),
        })
    }

    fn tlv(&self, tlv: &Tlv) -> &'static TlvSpec {
        // The checks let no length through that a TLV cannot have.
        let length = |length: u32| u16::try_from(length).unwrap_or(u16::MAX);
        let allowed_in = tlv.allowed_in.as_ref();
        one(TlvSpec {
            name: text(&tlv.meta.name),
            tag: tlv.tag,
            kind: match tlv.ty {
                TlvType::Integer { .. } => TlvKind::Integer,
                TlvType::COctetString => TlvKind::COctetString,
                TlvType::OctetString => TlvKind::OctetString,
                TlvType::Empty => TlvKind::Empty,
            },
            min: length(tlv.min),
            max: length(tlv.max),
            accept_lengths: leak(tlv.accept_lengths.iter().map(|&accepted| length(accepted)).collect()),
            allowed_in: allowed_in.map(|names| leak(names.iter().map(|name| self.command_id(name)).collect())),
            repeatable: tlv.repeatable,
            values: match &tlv.ty {
                TlvType::Integer { values: Some(values), .. } => self.values(name_of(values)),
                _ => None,
            },
            range: tlv.range.as_ref().map(|range| (*range.start(), *range.end())),
            first_octet: tlv.first_octet.as_ref().and_then(|name| self.values(name)),
            section: text(&tlv.meta.section),
            doc: text(&tlv.meta.doc),
        })
    }

    fn field(&self, field: &Field) -> FieldSpec {
        let name = text(&field.meta.name);
        let mut spec = match &field.ty {
            FieldType::Integer { size, .. } => FieldSpec::integer(name, *size),
            FieldType::Count { size, .. } => FieldSpec::count(name, *size),
            FieldType::COctetString { min, max, .. } => FieldSpec::c_octet_string(name, *min, *max),
            FieldType::OctetString { min, max, .. } => FieldSpec::octet_string(name, *min, *max),
            FieldType::List { min, max, of, .. } => FieldSpec::list(name, *min, *max, self.elements(of)),
        };
        match &field.ty {
            FieldType::Integer { values: Some(values), .. } => spec.values = self.values(name_of(values)),
            FieldType::COctetString { lengths, accept, values, .. } => {
                if !lengths.is_empty() {
                    spec = spec.lengths(leak(lengths.clone()));
                }
                spec = match accept {
                    Some(Accept::Max(max)) => spec.accept_max(*max),
                    Some(Accept::Lengths(lengths)) => spec.accept_lengths(leak(lengths.clone())),
                    None => spec,
                };
                spec.values = values.as_ref().and_then(|name| self.values(name));
            }
            _ => {}
        }
        spec.invalid = field.invalid.as_ref().map(|name| self.status(name));
        if field.wire_name != field.meta.name {
            spec.wire_name = text(&field.wire_name);
        }
        spec.doc(text(&field.meta.section), text(&field.meta.doc))
    }

    fn structure(&mut self, s: &'s Structure) {
        let fields = s.discriminant.iter().chain(s.variants.iter().flat_map(|variant| &variant.fields));
        let fields = leak(fields.map(|field| self.field(field)).collect());
        self.structures.insert(&s.meta.name, fields);
    }

    /// The fields of a list's elements.
    fn elements(&self, structure: &str) -> &'static [FieldSpec] {
        if let Some(fields) = self.structures.get(structure) {
            return fields;
        }
        // One of the standard's: the table is that of a command which has such a list.
        let is_of = |field: &&Field| matches!(&field.ty, FieldType::List { of, .. } if of == structure);
        let standard = smpp_spec::standard().commands.iter();
        let found = standard.flat_map(|command| command.fields.iter().filter(is_of).map(move |field| (command, field)));
        let table = found.filter_map(|(command, field)| {
            let command = smpp::command::find(CommandId(command.id))?;
            match command.field(&field.meta.name)?.kind {
                FieldKind::List { elements } => Some(elements),
                _ => None,
            }
        });
        table.into_iter().next().unwrap_or_default()
    }

    /// The table of an enumeration or bit field: the vendor's, or the standard's.
    fn values(&self, name: &str) -> Option<&'static ValuesSpec> {
        self.own.get(name).copied().or_else(|| smpp::PROTOCOL.values(name))
    }

    fn status(&self, name: &str) -> CommandStatus {
        let statuses = self.spec.enums.iter().filter(|e| e.meta.name == "command_status").flat_map(|e| &e.values);
        let found = statuses.into_iter().find(|value| value.meta.name == name);
        let number = found.and_then(|value| value.ranges.first()).map_or(0, |range| *range.start());
        CommandStatus(u32::try_from(number).unwrap_or_default())
    }

    fn command_id(&self, name: &str) -> CommandId {
        let found = self.spec.commands.iter().find(|command| command.meta.name == name);
        CommandId(found.map_or(0, |command| command.id))
    }
}

fn is_mine(meta: &Meta) -> bool {
    meta.origin == Origin::Vendor
}

fn name_of(values: &Values) -> &str {
    match values {
        Values::Enum(name) | Values::BitField(name) => name,
    }
}

/// The table of an enumeration, with these of its values.
fn enumeration(e: &Enum, values: &[Value]) -> &'static ValuesSpec {
    one(ValuesSpec {
        name: text(&e.meta.name),
        size: e.size,
        values: entries(values),
        parts: &[],
        section: text(&e.meta.section),
        doc: text(&e.meta.doc),
    })
}

fn bit_field(b: &BitField) -> &'static ValuesSpec {
    let parts = b.parts.iter().map(|part| PartSpec {
        name: text(&part.meta.name),
        mask: part.mask,
        values: entries(&part.values),
    });
    one(ValuesSpec {
        name: text(&b.meta.name),
        size: b.size,
        values: &[],
        parts: leak(parts.collect()),
        section: text(&b.meta.section),
        doc: text(&b.meta.doc),
    })
}

/// An entry for each value and each block of values.
fn entries(values: &[Value]) -> &'static [ValueSpec] {
    let mut entries = Vec::new();
    for value in values {
        let (name, doc) = (text(&value.meta.name.to_ascii_uppercase()), text(&value.meta.doc));
        let marked = |entry: ValueSpec| if value.reserved { entry.reserved() } else { entry };
        if let Some(string) = &value.text {
            entries.push(marked(ValueSpec::string(name, text(string), doc)));
        }
        entries.extend(value.ranges.iter().map(|range| {
            let entry = marked(ValueSpec::new(name, *range.start(), *range.end(), doc));
            match value.direction {
                None => entry,
                Some(Direction::Submit) => entry.submit_only(),
                Some(Direction::Deliver) => entry.deliver_only(),
            }
        }));
    }
    leak(entries)
}

fn states(states: &[smpp_spec::State]) -> States {
    let states = states.iter().map(|state| match state {
        smpp_spec::State::Open => State::Open,
        smpp_spec::State::BoundTx => State::BoundTx,
        smpp_spec::State::BoundRx => State::BoundRx,
        smpp_spec::State::BoundTrx => State::BoundTrx,
    });
    States::of(&states.collect::<Vec<_>>())
}

fn text(text: &str) -> &'static str {
    Box::leak(text.into())
}

fn one<T>(table: T) -> &'static T {
    Box::leak(Box::new(table))
}

fn leak<T>(tables: Vec<T>) -> &'static [T] {
    Box::leak(tables.into_boxed_slice())
}
