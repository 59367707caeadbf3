//! From checked trees to the model: follows references, fills in defaults, and checks what only shows in the whole.
//!
//! Whatever resolves is returned. An item with a mistake in it keeps its name, so that nothing that refers to it is
//! reported as well.

mod commands;
mod counts;
mod fields;
mod structures;
mod tlvs;
mod values;

use std::collections::{HashMap, HashSet};
use std::ops::RangeInclusive;

use crate::check::parse_ranges;
use crate::diagnostic::{Report, did_you_mean};
use crate::locate::{Document, Entry, Node, Place};
use crate::model::{Meta, Origin, Spec, Value};
use crate::names::{extension_trait, type_name};

/// Resolves all documents together; those of the standard come first.
pub(crate) fn resolve(documents: &[Document], name: &str) -> (Spec, Vec<Report>) {
    let mut resolver = Resolver {
        documents,
        names: HashMap::new(),
        dropped: HashSet::new(),
        reports: Vec::new(),
        spec: Spec { name: name.to_owned(), ..Spec::default() },
    };
    resolver.index();
    resolver.check_extension_traits();
    resolver.enums();
    resolver.bit_fields();
    resolver.parameters();
    resolver.structures();
    resolver.commands();
    resolver.tlvs();
    (resolver.spec, resolver.reports)
}

struct Resolver<'a> {
    documents: &'a [Document],
    /// What every name of every section is; the first definition when there are several.
    names: HashMap<(Section, &'a str), Item<'a>>,
    /// What is left out although it may be sound in itself.
    dropped: HashSet<(Section, &'a str)>,
    reports: Vec<Report>,
    spec: Spec,
}

/// A named item of some section.
#[derive(Clone, Copy)]
struct Item<'a> {
    name: &'a str,
    /// Where the name stands.
    place: Place,
    origin: Origin,
    node: &'a Node,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Section {
    Enums,
    BitFields,
    Parameters,
    Structures,
    Tlvs,
    Commands,
}

impl Section {
    const ALL: [Self; 6] =
        [Self::Enums, Self::BitFields, Self::Parameters, Self::Structures, Self::Tlvs, Self::Commands];

    fn key(self) -> &'static str {
        match self {
            Self::Enums => "enums",
            Self::BitFields => "bit_fields",
            Self::Parameters => "parameters",
            Self::Structures => "structures",
            Self::Tlvs => "tlvs",
            Self::Commands => "commands",
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Self::Enums => "enumeration",
            Self::BitFields => "bit field",
            Self::Parameters => "parameter",
            Self::Structures => "structure",
            Self::Tlvs => "TLV",
            Self::Commands => "command",
        }
    }

    /// What two names must not have in common, because of them the Rust types are called. TLVs have a module of their
    /// own; of all others, types and tables are kept apart as if they were in the same one.
    fn type_key(self, name: &str) -> Option<(bool, String)> {
        match self {
            Self::Parameters => None,
            Self::Tlvs => Some((true, type_name(name))),
            _ => Some((false, type_name(name).to_ascii_lowercase())),
        }
    }
}

impl<'a> Resolver<'a> {
    /// Collects all names and reports those that are taken twice.
    fn index(&mut self) {
        let mut types: HashMap<(bool, String), (Section, Item<'a>)> = HashMap::new();
        for section in Section::ALL {
            for item in self.entries(section) {
                if let Some(&first) = self.names.get(&(section, item.name)) {
                    let message = format!("the {} `{}` is defined twice", section.noun(), item.name);
                    self.report(taken(Report::new(item.place, message), first));
                    continue;
                }
                self.names.insert((section, item.name), item);
                // A name that was refused is in nobody's way.
                let Some(key) = section.type_key(item.name).filter(|_| !item.node.bad) else { continue };
                match types.get(&key) {
                    // Only what the file itself can do something about.
                    Some(&(other, first)) if item.origin == Origin::Vendor => {
                        let message = format!(
                            "the {} `{}` would become the same Rust type as the {} `{}`",
                            section.noun(),
                            item.name,
                            other.noun(),
                            first.name
                        );
                        self.report(taken(Report::new(item.place, message), first));
                        self.dropped.insert((section, item.name));
                    }
                    Some(_) => {}
                    None => {
                        types.insert(key, (section, item));
                    }
                }
            }
        }
    }

    /// What a vendor adds to an enumeration of the standard is in a trait, beside the vendor's own types.
    fn check_extension_traits(&mut self) {
        let documents = self.documents;
        let groups = documents.iter().filter_map(|document| document.root.get("extend_enums")).flat_map(Node::entries);
        for group in groups {
            let Some(extended) = self.find(Section::Enums, &group.key) else { continue };
            let strings = extended.node.get("strings").and_then(Node::flag) == Some(true);
            if extended.origin == Origin::Vendor || strings {
                continue;
            }
            let name = extension_trait(&self.spec.name, &group.key);
            for section in [Section::Enums, Section::BitFields] {
                let items = self.items(section);
                let clash = items.iter().find(|item| item.origin == Origin::Vendor && type_name(item.name) == name);
                let Some(item) = clash else { continue };
                let message = format!(
                    "the {} `{}` would be called `{name}`, as is the trait of the values added to `{}`",
                    section.noun(),
                    item.name,
                    group.key
                );
                self.report(Report::new(item.place, message).help_at("they are added", group.place));
                self.dropped.insert((section, item.name));
            }
        }
    }

    /// All items of a section as they stand in the files.
    fn entries(&self, section: Section) -> Vec<Item<'a>> {
        let documents = self.documents;
        let of_document = |document: &'a Document| {
            let entries = document.root.get(section.key()).map_or(&[] as &[Entry], Node::entries);
            entries.iter().map(|entry| Item {
                name: &entry.key,
                place: entry.place,
                origin: document.origin,
                node: &entry.value,
            })
        };
        documents.iter().flat_map(of_document).collect()
    }

    /// The items of a section without second definitions and without what is no mapping at all.
    fn items(&self, section: Section) -> Vec<Item<'a>> {
        let mut items = self.entries(section);
        items.retain(|item| {
            let key = (section, item.name);
            !item.node.bad && self.names[&key].place == item.place && !self.dropped.contains(&key)
        });
        items
    }

    fn find(&self, section: Section, name: &str) -> Option<Item<'a>> {
        self.names.get(&(section, name)).copied()
    }

    /// The name that a node holds, if there is such an item; otherwise the mistake is reported.
    fn refer(&mut self, section: Section, node: &'a Node) -> Option<&'a str> {
        let name = node.text()?;
        if self.find(section, name).is_some() {
            return Some(name);
        }
        let mut names: Vec<_> = self.names.keys().filter(|key| key.0 == section).map(|key| key.1).collect();
        names.sort_unstable();
        let help = did_you_mean(name, names);
        self.report(Report::new(node.place, format!("unknown {} `{name}`", section.noun())).maybe_help(help));
        None
    }

    fn report(&mut self, report: Report) {
        self.reports.push(report);
    }

    fn meta(&self, item: Item<'_>) -> Meta {
        meta(item.name, item.node, item.origin)
    }

    /// The numbers that the standard leaves to vendors, by the enumeration that divides them up.
    fn vendor_range(&self, enumeration: &str, name: &str) -> Option<RangeInclusive<u64>> {
        let values = &self.spec.enums.iter().find(|found| found.meta.name == enumeration)?.values;
        vendor_range(values.iter(), name)
    }

    /// Reports a vendor's number outside the vendors' range, unless its item says that this is known.
    fn check_vendor_range(&mut self, item: Item<'_>, number: &Node, range: Option<RangeInclusive<u64>>, digits: usize) {
        let (Ok(numbers), Some(range)) = (parse_ranges(number), range) else { return };
        let inside = |numbers: &RangeInclusive<u64>| range.contains(numbers.start()) && range.contains(numbers.end());
        let known = item.node.get("outside_vendor_range").and_then(Node::flag) == Some(true);
        let Some(outside) = numbers.iter().find(|numbers| !inside(numbers)) else { return };
        if item.origin == Origin::Standard || known {
            return;
        }
        let message = format!(
            "0x{:0digits$X} is outside the range that the standard leaves to vendors, 0x{:0digits$X}-0x{:0digits$X}",
            if range.contains(outside.start()) { outside.end() } else { outside.start() },
            range.start(),
            range.end()
        );
        let help = "if the vendor really uses it, say `outside_vendor_range: true`";
        self.report(Report::new(number.place, message).help(help));
    }
}

/// The range of the standard's value of this name.
fn vendor_range<'v>(mut values: impl Iterator<Item = &'v Value>, name: &str) -> Option<RangeInclusive<u64>> {
    let value = values.find(|value| value.meta.name == name && value.meta.origin == Origin::Standard)?;
    value.ranges.first().cloned()
}

/// Says where the first owner of a name or number is.
fn taken(report: Report, first: Item<'_>) -> Report {
    match first.origin {
        Origin::Vendor => report.help_at(format!("`{}` is", first.name), first.place),
        Origin::Standard => {
            let section = first.node.get("section").and_then(Node::text).unwrap_or_default();
            let section = if section.is_empty() { String::new() } else { format!(" (section {section})") };
            report.help(format!("`{}` is in the standard{section}", first.name))
        }
    }
}

fn meta(name: &str, node: &Node, origin: Origin) -> Meta {
    let text = |key| node.get(key).and_then(Node::text).unwrap_or_default().trim().to_owned();
    Meta { name: name.to_owned(), doc: text("doc"), section: text("section"), origin }
}

/// The greatest number that fits so many octets.
fn limit(size: u8) -> u64 {
    if size >= 8 { u64::MAX } else { (1 << (8 * u32::from(size))) - 1 }
}

fn size(node: Option<&Node>) -> Option<u8> {
    u8::try_from(node?.integer()?).ok()
}

fn octets(number: u64) -> String {
    if number == 1 { "1 octet".into() } else { format!("{number} octets") }
}

fn integers(node: Option<&Node>) -> Vec<u32> {
    let elements = node.map_or(&[] as &[Node], Node::elements);
    elements.iter().filter_map(Node::integer).filter_map(|value| u32::try_from(value).ok()).collect()
}

fn names(node: Option<&Node>) -> Vec<String> {
    let elements = node.map_or(&[] as &[Node], Node::elements);
    elements.iter().filter_map(Node::text).map(str::to_owned).collect()
}
