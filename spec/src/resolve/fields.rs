//! Parameters, and the fields that commands and structures make of them.

use super::{Item, Resolver, Section, integers, limit, octets, size};
use crate::diagnostic::{Report, did_you_mean};
use crate::locate::{Node, Place};
use crate::model::{Accept, Field, FieldType, Meta, Origin, Values};

/// A field in a list, resolved or not: its name is known in any case.
pub(super) struct Listed<'a> {
    pub(super) name: &'a str,
    pub(super) place: Place,
    pub(super) description: Description<'a>,
    pub(super) field: Option<Field>,
}

/// The keys of a field: its own, and below them those of the parameter that it is.
#[derive(Clone, Copy)]
pub(super) struct Description<'a> {
    pub(super) own: Option<&'a Node>,
    pub(super) parameter: Option<Item<'a>>,
    /// Where to point when a key is missing.
    pub(super) place: Place,
    /// Where to point instead of into the files of the standard, which are not at fault.
    pub(super) here: Place,
    pub(super) origin: Origin,
}

impl<'a> Description<'a> {
    fn get(&self, key: &str) -> Option<&'a Node> {
        match self.own {
            Some(own) if own.has(key) => own.get(key),
            Some(own) if replaced_by(key).iter().any(|other| own.has(other)) => None,
            _ => self.parameter?.node.get(key),
        }
    }

    /// Whether the key was given but is wrong, so that nothing more is to be said about it.
    fn is_bad(&self, key: &str) -> bool {
        self.own.is_some_and(|own| own.is_bad(key))
            || self.parameter.is_some_and(|parameter| parameter.node.is_bad(key))
    }

    fn integer(&self, key: &str) -> Option<u64> {
        self.get(key)?.integer()
    }

    fn length(&self, key: &str) -> Option<u32> {
        u32::try_from(self.integer(key)?).ok()
    }

    pub(super) fn place_of(&self, key: &str) -> Place {
        self.get(key).map_or(self.place, |node| node.place)
    }
}

impl<'a> Resolver<'a> {
    /// Checks every parameter, whether or not a field uses it.
    pub(super) fn parameters(&mut self) {
        for item in self.items(Section::Parameters) {
            let description = Description {
                own: None,
                parameter: Some(item),
                place: item.place,
                here: item.place,
                origin: item.origin,
            };
            self.field(item.name, description);
        }
    }

    /// Resolves a list of fields; `None` when any of them is not sound.
    pub(super) fn field_list(&mut self, node: &'a Node, origin: Origin) -> Option<Vec<Field>> {
        let mut listed: Vec<Listed<'a>> = Vec::new();
        let mut sound = true;
        for element in node.elements() {
            let Some(found) = self.listed(element, origin) else {
                sound = false;
                continue;
            };
            if let Some(first) = listed.iter().find(|other| other.name == found.name) {
                let report = Report::new(found.place, format!("the field `{}` occurs twice", found.name));
                self.report(match origin {
                    Origin::Vendor => report.help_at("the first one is", first.place),
                    Origin::Standard => report,
                });
                sound = false;
                continue;
            }
            listed.push(found);
        }
        sound &= self.check_counts(&listed);
        let fields: Option<Vec<_>> = listed.into_iter().map(|listed| listed.field).collect();
        fields.filter(|_| sound)
    }

    fn listed(&mut self, element: &'a Node, origin: Origin) -> Option<Listed<'a>> {
        let (name_node, own) = match element.text() {
            Some(_) => (element, None),
            None => (element.get("name")?, Some(element)),
        };
        let name = name_node.text()?;
        let parameter = self.find(Section::Parameters, name);
        let place = parameter.map_or(name_node.place, |parameter| parameter.place);
        let description = Description { own, parameter, place, here: name_node.place, origin };
        let typed = own.is_some_and(|own| own.has("type"));
        let field = if parameter.is_none() && !typed {
            let mut known: Vec<_> =
                self.names.keys().filter(|key| key.0 == Section::Parameters).map(|key| key.1).collect();
            known.sort_unstable();
            let help = did_you_mean(name, known)
                .unwrap_or_else(|| "a field that is no parameter needs a type of its own".to_owned());
            self.report(Report::new(name_node.place, format!("unknown parameter `{name}`")).help(help));
            None
        } else {
            self.field(name, description)
        };
        Some(Listed { name, place: name_node.place, description, field })
    }

    /// Moves new reports out of the files of the standard to the field that brought them up.
    pub(super) fn keep_here(&mut self, since: usize, keys: Description<'a>) {
        for report in &mut self.reports[since..] {
            if report.place.file != keys.here.file {
                report.place = keys.here;
            }
        }
    }

    /// Resolves one field; `None` when something about it is wrong, which is then reported.
    pub(super) fn field(&mut self, name: &str, keys: Description<'a>) -> Option<Field> {
        let before = self.reports.len();
        let kind = keys.get("type")?.text()?;
        self.check_keys(kind, keys);
        let ty = match kind {
            "integer" => self.integer(name, keys),
            "count" => self.count(name, keys),
            "c_octet_string" => self.c_octet_string(name, keys),
            "octet_string" => self.octet_string(name, keys),
            _ => self.list(name, keys),
        };
        let invalid = keys.get("invalid").and_then(|node| self.status(node));
        if keys.get("doc").is_none() && !keys.is_bad("doc") {
            let message = format!("`{name}` lacks the key `doc`");
            self.report(Report::new(keys.place, message).help("it is needed: what it is, in one line"));
        }
        let text = |key| keys.get(key).and_then(Node::text).unwrap_or_default().trim().to_owned();
        self.keep_here(before, keys);
        let meta = Meta { name: name.to_owned(), doc: text("doc"), section: text("section"), origin: keys.origin };
        let wire_name = keys.get("wire_name").and_then(Node::text).unwrap_or(name).to_owned();
        let ty = ty.filter(|_| self.reports.len() == before)?;
        Some(Field { meta, wire_name, ty, invalid })
    }

    /// Reports keys that do not go with the type.
    fn check_keys(&mut self, kind: &str, keys: Description<'a>) {
        let fitting: &[&str] = match kind {
            "integer" => &["size", "enum", "bits", "default"],
            "count" => &["size", "of"],
            "c_octet_string" => &["min", "max", "lengths", "accept_lengths", "accept_max", "enum"],
            "octet_string" => &["counted_by", "min", "max"],
            _ => &["of", "counted_by", "min", "max"],
        };
        for key in TYPE_KEYS.iter().filter(|key| !fitting.contains(key)) {
            if let Some(node) = keys.get(key) {
                let message = format!("the key `{key}` does not go with the type `{kind}`");
                let help = format!("`{}` do", fitting.join("`, `"));
                self.report(Report::new(node.place, message).help(help));
            }
        }
    }

    fn integer(&mut self, name: &str, keys: Description<'a>) -> Option<FieldType> {
        let size = self.size(name, keys)?;
        let values = self.named_values(keys.get("enum"), keys.get("bits"), size);
        let default = keys.integer("default").unwrap_or(0);
        if default > limit(size) {
            let message = format!("the default {default:#X} does not fit into {}", octets(size.into()));
            self.report(Report::new(keys.place_of("default"), message));
        }
        Some(FieldType::Integer { size, values, default })
    }

    fn count(&mut self, name: &str, keys: Description<'a>) -> Option<FieldType> {
        let size = self.size(name, keys)?;
        if size > 4 {
            self.report(Report::new(keys.place_of("size"), "a count has 1, 2 or 4 octets"));
        }
        let of = self.needed(name, keys, "of", "the field that it counts")?.text()?.to_owned();
        Some(FieldType::Count { size, of })
    }

    fn c_octet_string(&mut self, name: &str, keys: Description<'a>) -> Option<FieldType> {
        let lengths = integers(keys.get("lengths"));
        if let Some(node) = keys.get("lengths").filter(|_| keys.get("min").or_else(|| keys.get("max")).is_some()) {
            self.report(Report::new(node.place, "`lengths` says all, `min` and `max` do not go with it"));
        }
        let (min, max) = match (lengths.iter().min(), lengths.iter().max()) {
            (Some(&min), Some(&max)) => (min, max),
            _ if keys.is_bad("lengths") => return None,
            _ => {
                let needed = self.needed(name, keys, "max", "the most octets, the NUL counted")?;
                (keys.length("min").unwrap_or(1), u32::try_from(needed.integer()?).ok()?)
            }
        };
        if min == 0 || max == 0 {
            let key = if !lengths.is_empty() {
                "lengths"
            } else if max == 0 {
                "max"
            } else {
                "min"
            };
            let message = "a c_octet_string has at least 1 octet, its NUL";
            self.report(Report::new(keys.place_of(key), message));
        } else {
            self.check_order(keys, min, max);
        }
        let mut accepted = integers(keys.get("accept_lengths"));
        let accept = match (keys.length("accept_max"), accepted.is_empty()) {
            (Some(_), false) => {
                self.report(Report::new(
                    keys.place_of("accept_max"),
                    "`accept_lengths` says all, `accept_max` does not go with it",
                ));
                None
            }
            (Some(accept), true) if accept <= max => {
                let message = format!("`accept_max` is not above the regular {}", octets(max.into()));
                self.report(Report::new(keys.place_of("accept_max"), message));
                None
            }
            (Some(accept), true) => Some(Accept::Max(accept)),
            (None, true) => None,
            (None, false) => {
                accepted.extend(&lengths);
                accepted.sort_unstable();
                accepted.dedup();
                Some(Accept::Lengths(accepted))
            }
        };
        let values = keys.get("enum").and_then(|node| self.string_enum(node));
        Some(FieldType::COctetString { min, max, lengths, accept, values })
    }

    fn octet_string(&mut self, name: &str, keys: Description<'a>) -> Option<FieldType> {
        let counted_by = self.needed(name, keys, "counted_by", "the count that comes before it");
        let max = self.needed(name, keys, "max", "the most octets")?.integer()?;
        let counted_by = counted_by?.text()?.to_owned();
        let (min, max) = (keys.length("min").unwrap_or(0), u32::try_from(max).ok()?);
        self.check_order(keys, min, max);
        Some(FieldType::OctetString { counted_by, min, max })
    }

    fn list(&mut self, name: &str, keys: Description<'a>) -> Option<FieldType> {
        let counted_by = self.needed(name, keys, "counted_by", "the count that comes before it");
        let max = self.needed(name, keys, "max", "the most elements");
        let of = self.needed(name, keys, "of", "the structure of its elements")?;
        let of = self.refer(Section::Structures, of)?.to_owned();
        let counted_by = counted_by?.text()?.to_owned();
        let (min, max) = (keys.length("min").unwrap_or(0), u32::try_from(max?.integer()?).ok()?);
        self.check_order(keys, min, max);
        Some(FieldType::List { counted_by, of, min, max })
    }

    fn check_order(&mut self, keys: Description<'a>, min: u32, max: u32) {
        if min > max {
            let place = if keys.get("min").is_some() { keys.place_of("min") } else { keys.place_of("max") };
            self.report(Report::new(place, format!("the minimum {min} is above the maximum {max}")));
        }
    }

    fn size(&mut self, name: &str, keys: Description<'a>) -> Option<u8> {
        size(Some(self.needed(name, keys, "size", "1, 2, 4 or 8 octets")?))
    }

    /// The value of a key that the type demands.
    fn needed(&mut self, name: &str, keys: Description<'a>, key: &str, what: &str) -> Option<&'a Node> {
        let node = keys.get(key);
        if node.is_none() && !keys.is_bad(key) {
            let message = format!("`{name}` lacks the key `{key}`");
            self.report(Report::new(keys.place, message).help(format!("its type needs it: {what}")));
        }
        node
    }

    /// What `enum` or `bits` of an integer name.
    pub(super) fn named_values(
        &mut self,
        by_enum: Option<&'a Node>,
        bits: Option<&'a Node>,
        size: u8,
    ) -> Option<Values> {
        if let (Some(_), Some(bits)) = (by_enum, bits) {
            self.report(Report::new(bits.place, "`enum` and `bits` exclude each other"));
            return None;
        }
        if let Some(node) = by_enum {
            let name = self.refer(Section::Enums, node)?;
            let found = self.spec.enums.iter().find(|found| found.meta.name == name).map(|found| found.size);
            self.check_size(node, "enumeration", name, found, size);
            return found.map(|_| Values::Enum(name.to_owned()));
        }
        let node = bits?;
        let name = self.refer(Section::BitFields, node)?;
        let found = self.spec.bit_fields.iter().find(|found| found.meta.name == name).map(|found| found.size);
        self.check_size(node, "bit field", name, found, size);
        found.map(|_| Values::BitField(name.to_owned()))
    }

    fn check_size(&mut self, node: &Node, noun: &str, name: &str, found: Option<u8>, size: u8) {
        match found {
            Some(0) => {
                self.report(Report::new(node.place, format!("`{name}` is an enumeration of strings, not of integers")));
            }
            Some(found) if found != size => {
                let (has, wants) = (octets(found.into()), octets(size.into()));
                self.report(Report::new(
                    node.place,
                    format!("the {noun} `{name}` has {has}, but {wants} are said here"),
                ));
            }
            _ => {}
        }
    }

    fn string_enum(&mut self, node: &'a Node) -> Option<String> {
        let name = self.refer(Section::Enums, node)?;
        let found = self.spec.enums.iter().find(|found| found.meta.name == name);
        if found?.size != 0 {
            self.report(Report::new(node.place, format!("`{name}` is an enumeration of integers, not of strings")));
            return None;
        }
        Some(name.to_owned())
    }

    /// A command_status by its name.
    fn status(&mut self, node: &'a Node) -> Option<String> {
        let name = node.text()?;
        let known: Vec<&str> = self
            .names
            .get(&(Section::Enums, "command_status"))
            .into_iter()
            .map(|item| item.node)
            .filter_map(|node| node.get("values"))
            .chain(
                self.documents.iter().filter_map(|document| document.root.get("extend_enums")?.get("command_status")),
            )
            .flat_map(Node::entries)
            .map(|entry| entry.key.as_str())
            .collect();
        if known.contains(&name) {
            let statuses = self.spec.enums.iter().find(|found| found.meta.name == "command_status")?;
            return statuses.values.iter().any(|value| value.meta.name == name).then(|| name.to_owned());
        }
        let help = did_you_mean(name, known);
        self.report(Report::new(node.place, format!("unknown command_status `{name}`")).maybe_help(help));
        None
    }
}

/// The keys of a field that, when it gives them itself, put this key of its parameter out of force.
fn replaced_by(key: &str) -> &'static [&'static str] {
    match key {
        "min" | "max" => &["lengths", "type"],
        "lengths" => &["min", "max", "type"],
        "enum" => &["bits", "type"],
        "bits" => &["enum", "type"],
        "accept_max" => &["accept_lengths", "type"],
        "accept_lengths" => &["accept_max", "type"],
        "size" | "default" | "of" | "counted_by" => &["type"],
        _ => &[],
    }
}

/// The keys that go with some types only.
const TYPE_KEYS: &[&str] =
    &["size", "enum", "bits", "default", "of", "counted_by", "min", "max", "lengths", "accept_lengths", "accept_max"];
