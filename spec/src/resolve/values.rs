//! Enumerations and bit fields.

use std::ops::RangeInclusive;

use super::{Item, Resolver, Section, limit, meta, names, octets, size, taken, vendor_range};
use crate::check::parse_ranges;
use crate::diagnostic::{Report, did_you_mean};
use crate::locate::{Entry, Node, Place};
use crate::model::{BitField, Direction, Enum, Origin, Part, Value};
use crate::names::type_name;

/// A value that was resolved, and where it stands.
struct Seen<'a> {
    value: Value,
    item: Item<'a>,
}

impl<'a> Resolver<'a> {
    pub(super) fn enums(&mut self) {
        for item in self.items(Section::Enums) {
            let size = self.enum_size(item);
            let mut seen = Vec::new();
            self.values_of(item, size, &mut seen);
            self.extensions(item, size, &mut seen);
            let Some(size) = size else { continue };
            let values = seen.into_iter().map(|seen| seen.value).collect();
            self.spec.enums.push(Enum { meta: self.meta(item), size, values });
        }
        self.check_extended();
    }

    pub(super) fn bit_fields(&mut self) {
        for item in self.items(Section::BitFields) {
            let size = size(item.node.get("size"));
            let parts = self.parts(item, size);
            let Some(size) = size else { continue };
            self.spec.bit_fields.push(BitField { meta: self.meta(item), size, parts });
        }
    }

    /// Octets of the integers, 0 for strings; `None` when that is not known.
    fn enum_size(&mut self, item: Item<'a>) -> Option<u8> {
        let strings = item.node.get("strings").and_then(Node::flag) == Some(true);
        if strings {
            if let Some(size) = item.node.get("size") {
                self.report(Report::new(
                    size.place,
                    format!("`{}` is an enumeration of strings, which has no size", item.name),
                ));
            }
            return Some(0);
        }
        if !item.node.has("size") && !item.node.is_bad("strings") {
            let message = format!("`{}` lacks the key `size`", item.name);
            self.report(Report::new(item.place, message).help("it is needed: 1, 2, 4 or 8 octets; or `strings: true`"));
        }
        size(item.node.get("size"))
    }

    fn values_of(&mut self, item: Item<'a>, size: Option<u8>, seen: &mut Vec<Seen<'a>>) {
        let entries = item.node.get("values").map_or(&[] as &[Entry], Node::entries);
        self.values(entries, item.origin, &item.meta_section(), size, seen);
    }

    /// Adds what the vendor file adds to an enumeration.
    fn extensions(&mut self, item: Item<'a>, size: Option<u8>, seen: &mut Vec<Seen<'a>>) {
        let documents = self.documents;
        for document in documents {
            let Some(group) = document.root.get("extend_enums").and_then(|groups| groups.get(item.name)) else {
                continue;
            };
            let before = seen.len();
            self.values(group.entries(), document.origin, "", size, seen);
            if item.name != "command_status" {
                continue;
            }
            // The enumeration is still being put together, so its range is not in the model yet.
            let range = vendor_range(seen.iter().map(|seen| &seen.value), "vendor");
            for added in &seen[before..] {
                if let Some(number) = added.item.node.get("value").or_else(|| added.item.node.get("range")) {
                    self.check_vendor_range(added.item, number, range.clone(), 8);
                }
            }
        }
    }

    /// Reports extensions of enumerations that do not exist.
    fn check_extended(&mut self) {
        let documents = self.documents;
        for document in documents {
            let groups = document.root.get("extend_enums").map_or(&[] as &[Entry], Node::entries);
            for group in groups {
                if self.find(Section::Enums, &group.key).is_some() {
                    continue;
                }
                let mut known: Vec<_> =
                    self.names.keys().filter(|key| key.0 == Section::Enums).map(|key| key.1).collect();
                known.sort_unstable();
                let help = did_you_mean(&group.key, known)
                    .unwrap_or_else(|| "a new enumeration goes under `enums`".to_owned());
                self.report(Report::new(group.place, format!("unknown enumeration `{}`", group.key)).help(help));
            }
        }
    }

    fn values(
        &mut self,
        entries: &'a [Entry],
        origin: Origin,
        section: &str,
        size: Option<u8>,
        seen: &mut Vec<Seen<'a>>,
    ) {
        for entry in entries.iter().filter(|entry| !entry.value.bad) {
            let item = Item { name: &entry.key, place: entry.place, origin, node: &entry.value };
            let Some(value) = self.value(item, section, size) else { continue };
            let same_name = |other: &&Seen<'_>| other.item.name.eq_ignore_ascii_case(item.name);
            if let Some(first) = seen.iter().find(same_name) {
                let message = format!("the value `{}` is defined twice", item.name);
                self.report(taken(Report::new(item.place, message), first.item));
                continue;
            }
            if let Some(first) = seen.iter().find(|other| same_value(&other.value, &value)) {
                let place =
                    item.node.get("value").or_else(|| item.node.get("text")).map_or(item.place, |node| node.place);
                let message = format!("`{}` has the same value as `{}`", item.name, first.item.name);
                self.report(taken(Report::new(place, message), first.item));
                continue;
            }
            seen.push(Seen { value, item });
        }
    }

    fn value(&mut self, item: Item<'a>, section: &str, size: Option<u8>) -> Option<Value> {
        let node = item.node;
        let mut value = Value {
            meta: meta(item.name, node, item.origin),
            reserved: node.get("reserved").and_then(Node::flag).unwrap_or(false),
            direction: node.get("direction").and_then(Node::text).map(|word| match word {
                "submit" => Direction::Submit,
                _ => Direction::Deliver,
            }),
            ..Value::default()
        };
        if value.meta.section.is_empty() {
            section.clone_into(&mut value.meta.section);
        }
        let given: Vec<_> = ["value", "range", "text"].into_iter().filter(|key| node.has(key)).collect();
        let fitting: &[&str] = if size == Some(0) { &["text"] } else { &["value", "range"] };
        if size.is_some() && !given.iter().any(|key| fitting.contains(key)) {
            let message = format!("`{}` lacks the key `{}`", item.name, fitting[0]);
            let help =
                if size == Some(0) { "its enumeration is one of strings" } else { "or `range`, for several numbers" };
            self.report(Report::new(item.place, message).help(help));
            return None;
        }
        if let [first, second, ..] = given[..] {
            let message = format!("`{}` has both `{first}` and `{second}`", item.name);
            self.report(Report::new(item.place, message).help("keep one of them"));
            return None;
        }
        if size == Some(0) {
            value.text = Some(node.get("text")?.text()?.to_owned());
            return Some(value);
        }
        let number = node.get("value").or_else(|| node.get("range"))?;
        value.ranges = parse_ranges(number).ok()?;
        let highest = value.ranges.iter().map(|range| *range.end()).max()?;
        if let Some(size) = size.filter(|&size| highest > limit(size)) {
            let message = format!("{highest:#X} does not fit into {}", octets(size.into()));
            self.report(Report::new(number.place, message));
            return None;
        }
        Some(value)
    }

    fn parts(&mut self, item: Item<'a>, size: Option<u8>) -> Vec<Part> {
        let mut parts: Vec<(Part, Place)> = Vec::new();
        let entries = item.node.get("parts").map_or(&[] as &[Entry], Node::entries);
        for entry in entries.iter().filter(|entry| !entry.value.bad) {
            let mut part_meta = meta(&entry.key, &entry.value, item.origin);
            if part_meta.section.is_empty() {
                part_meta.section = item.meta_section();
            }
            let mut seen = Vec::new();
            let values = entry.value.get("values").map_or(&[] as &[Entry], Node::entries);
            self.values(values, item.origin, &part_meta.section, size, &mut seen);
            let (Some(mask_node), Some(size)) = (entry.value.get("mask"), size) else { continue };
            let Some(mask) = mask_node.integer() else { continue };
            if mask > limit(size) {
                let message = format!("the mask {mask:#X} does not fit into {}", octets(size.into()));
                self.report(Report::new(mask_node.place, message));
                continue;
            }
            seen.retain(|seen| self.is_inside(seen, mask));
            let part = Part {
                meta: part_meta,
                mask,
                values: seen.into_iter().map(|seen| seen.value).collect(),
                in_blocks: names(entry.value.get("in_blocks")),
            };
            self.check_blocks(&entry.value, entries);
            if !self.check_part_name(entry, entries) {
                continue;
            }
            if let Some((other, _)) = parts.iter().find(|(other, _)| overlap(other, &part)) {
                let message = format!("the mask {mask:#X} overlaps that of `{}`, {:#X}", other.meta.name, other.mask);
                let other_place = entries.iter().find(|entry| entry.key == other.meta.name).map(|entry| entry.place);
                let report = Report::new(mask_node.place, message);
                self.report(match other_place {
                    Some(place) if item.origin == Origin::Vendor => {
                        report.help_at(format!("`{}` is", other.meta.name), place)
                    }
                    _ => report,
                });
                continue;
            }
            parts.push((part, entry.place));
        }
        parts.into_iter().map(|(part, _)| part).collect()
    }

    /// A part becomes a type, a method that reads it and one that sets it.
    fn check_part_name(&mut self, part: &Entry, parts: &[Entry]) -> bool {
        let set_by = part.key.strip_prefix("with_");
        let before = parts.iter().take_while(|other| other.place != part.place);
        if let Some(other) = before.into_iter().find(|other| type_name(&other.key) == type_name(&part.key)) {
            let message = format!("`{}` would become the same Rust type as `{}`", part.key, other.key);
            self.report(Report::new(part.place, message).help_at(format!("`{}` is", other.key), other.place));
            return false;
        }
        if let Some(other) = parts.iter().find(|other| Some(other.key.as_str()) == set_by) {
            let message = format!("the part `{}` is called like what sets the part `{}`", part.key, other.key);
            self.report(Report::new(part.place, message).help("choose another name"));
            return false;
        }
        true
    }

    fn is_inside(&mut self, seen: &Seen<'_>, mask: u64) -> bool {
        let inside = |range: &RangeInclusive<u64>| range.start() & !mask == 0 && range.end() & !mask == 0;
        if mask == 0 || seen.value.ranges.iter().all(inside) {
            return true;
        }
        let place =
            seen.item.node.get("value").or_else(|| seen.item.node.get("range")).map_or(seen.item.place, |n| n.place);
        let message = format!("`{}` has bits outside the mask {mask:#X} of its part", seen.item.name);
        self.report(Report::new(place, message).help("values of a part are not shifted"));
        false
    }

    /// Checks that `in_blocks` names values of the part that has no bits of its own.
    fn check_blocks(&mut self, part: &Node, parts: &[Entry]) {
        let blocks: Vec<&str> = parts
            .iter()
            .filter(|entry| entry.value.get("mask").and_then(Node::integer) == Some(0))
            .filter_map(|entry| entry.value.get("values"))
            .flat_map(Node::entries)
            .map(|entry| entry.key.as_str())
            .collect();
        for node in part.get("in_blocks").map_or(&[] as &[Node], Node::elements) {
            let Some(name) = node.text().filter(|name| !blocks.contains(name)) else { continue };
            let help = did_you_mean(name, blocks.iter().copied())
                .unwrap_or_else(|| "blocks are the values of the part with the mask 0".to_owned());
            self.report(Report::new(node.place, format!("unknown block `{name}`")).help(help));
        }
    }
}

impl Item<'_> {
    fn meta_section(&self) -> String {
        self.node.get("section").and_then(Node::text).unwrap_or_default().to_owned()
    }
}

/// Whether two plain values are one and the same. Ranges and reserved values may well contain others: that is how
/// a vendor gives a meaning to what the standard has reserved.
fn same_value(a: &Value, b: &Value) -> bool {
    let plain = |value: &Value| match value.ranges[..] {
        [ref range] if range.start() == range.end() && !value.reserved => Some(*range.start()),
        _ => None,
    };
    let directions = a.direction.is_none() || b.direction.is_none() || a.direction == b.direction;
    let numbers = plain(a).is_some() && plain(a) == plain(b);
    directions && (numbers || (a.text.is_some() && a.text == b.text))
}

/// Whether two parts claim the same bit of the same number.
fn overlap(a: &Part, b: &Part) -> bool {
    let apart = !a.in_blocks.is_empty()
        && !b.in_blocks.is_empty()
        && !a.in_blocks.iter().any(|block| b.in_blocks.contains(block));
    a.mask & b.mask != 0 && !apart
}
