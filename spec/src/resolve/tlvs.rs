//! Optional parameters.

use super::{Item, Resolver, Section, integers, limit, names, octets, size, taken};
use crate::check::parse_ranges;
use crate::diagnostic::Report;
use crate::locate::{Data, Node};
use crate::model::{Tlv, TlvType};

impl<'a> Resolver<'a> {
    pub(super) fn tlvs(&mut self) {
        let items = self.items(Section::Tlvs);
        for &item in &items {
            let allowed_in = self.allowed_in(item);
            let sound = self.check_tag(item, &items) & self.check_clash(item, allowed_in.as_deref());
            let tlv = self.tlv(item, allowed_in);
            self.spec.tlvs.extend(tlv.filter(|_| sound));
        }
        // Commands that did not resolve cannot be named by what did.
        let commands: Vec<String> = self.spec.commands.iter().map(|command| command.meta.name.clone()).collect();
        for allowed_in in self.spec.tlvs.iter_mut().filter_map(|tlv| tlv.allowed_in.as_mut()) {
            allowed_in.retain(|name| commands.contains(name));
        }
    }

    fn tlv(&mut self, item: Item<'a>, allowed_in: Option<Vec<String>>) -> Option<Tlv> {
        let node = item.node;
        let kind = node.get("type")?.text()?;
        self.check_tlv_keys(kind, node);
        let mut range = None;
        let (ty, min, max) = match kind {
            "integer" => {
                let size = size(self.needed_by_type(item, "size", "1, 2, 4 or 8 octets"))?;
                let values = self.named_values(node.get("enum"), node.get("bits"), size);
                range = self.range(node, size);
                (TlvType::Integer { size, values }, size.into(), size.into())
            }
            "empty" => (TlvType::Empty, 0, 0),
            "c_octet_string" => {
                let (min, max) = self.lengths(item, 1)?;
                (TlvType::COctetString, min, max)
            }
            _ => {
                let (min, max) = self.lengths(item, 0)?;
                (TlvType::OctetString, min, max)
            }
        };
        let first_octet = node.get("first_octet").and_then(|node| self.refer(Section::Enums, node));
        let first_octet = first_octet.filter(|&name| self.spec.enums.iter().any(|found| found.meta.name == name));
        let accept_lengths = integers(node.get("accept_lengths"));
        if accept_lengths.iter().any(|&length| length > MAX_LENGTH) {
            let place = node.get("accept_lengths").map_or(item.place, |node| node.place);
            self.report(Report::new(place, "the value of a TLV has at most 65535 octets"));
        }
        Some(Tlv {
            meta: self.meta(item),
            tag: u16::try_from(node.get("tag")?.integer()?).ok()?,
            ty,
            min,
            max,
            accept_lengths,
            allowed_in,
            technology: names(node.get("technology")),
            repeatable: node.get("repeatable").and_then(Node::flag).unwrap_or(false),
            aliases: names(node.get("aliases")),
            range,
            first_octet: first_octet.map(str::to_owned),
        })
    }

    /// Whether the tag is the TLV's own.
    fn check_tag(&mut self, item: Item<'a>, items: &[Item<'a>]) -> bool {
        let Some((node, tag)) = item.node.get("tag").and_then(|node| Some((node, node.integer()?))) else {
            return false;
        };
        let first = items.iter().find(|other| other.node.get("tag").and_then(Node::integer) == Some(tag));
        if let Some(&first) = first.filter(|first| first.place != item.place) {
            let message = format!("the tag 0x{tag:04X} is that of `{}` already", first.name);
            self.report(taken(Report::new(node.place, message), first));
            return false;
        }
        let range = self.vendor_range("tlv_tag_range", "vendor");
        self.check_vendor_range(item, node, range, 4);
        true
    }

    /// The commands that it may stand in; `None` for any.
    fn allowed_in(&mut self, item: Item<'a>) -> Option<Vec<String>> {
        let Some(node) = item.node.get("allowed_in") else {
            // One that is wrong says nothing of any command.
            return item.node.has("allowed_in").then(Vec::new);
        };
        match &node.data {
            Data::Text(_) => None,
            _ => Some(
                node.elements()
                    .iter()
                    .filter_map(|element| self.refer(Section::Commands, element))
                    .map(str::to_owned)
                    .collect(),
            ),
        }
    }

    /// A TLV becomes two methods of its commands, and there are others.
    fn check_clash(&mut self, item: Item<'a>, allowed_in: Option<&[String]>) -> bool {
        let allowed = |name: &String| allowed_in.is_none_or(|allowed| allowed.contains(name));
        let set_by = item.name.strip_prefix("with_");
        let field = self.spec.commands.iter().filter(|command| allowed(&command.meta.name)).find_map(|command| {
            let clashes = |name: &str| name == item.name || Some(name) == set_by;
            let field = command.fields.iter().find(|field| clashes(&field.meta.name))?;
            Some((command.meta.name.clone(), field.meta.name.clone()))
        });
        let help = "choose another name, or leave that command out of `allowed_in`";
        let (message, help) = match (field, set_by) {
            (Some((command, field)), _) if field == item.name => {
                (format!("the TLV `{field}` is called like a field of `{command}`"), help)
            }
            (Some((command, field)), _) => {
                (format!("the TLV `{}` is called like what sets the field `{field}` of `{command}`", item.name), help)
            }
            (None, Some(other)) if self.find(Section::Tlvs, other).is_some() => {
                let message = format!("the TLV `{}` is called like what sets the TLV `{other}`", item.name);
                (message, "choose another name")
            }
            _ => return true,
        };
        self.report(Report::new(item.place, message).help(help));
        false
    }

    fn check_tlv_keys(&mut self, kind: &str, node: &'a Node) {
        let fitting: &[&str] = match kind {
            "integer" => &["size", "enum", "bits", "range", "accept_lengths"],
            "c_octet_string" => &["min", "max", "accept_lengths"],
            "octet_string" => &["min", "max", "accept_lengths", "first_octet"],
            _ => &["accept_lengths"],
        };
        for key in ["size", "enum", "bits", "range", "first_octet", "min", "max", "accept_lengths"] {
            if let Some(node) = node.get(key).filter(|_| !fitting.contains(&key)) {
                let message = format!("the key `{key}` does not go with the type `{kind}`");
                let verb = if fitting.len() == 1 { "does" } else { "do" };
                self.report(Report::new(node.place, message).help(format!("`{}` {verb}", fitting.join("`, `"))));
            }
        }
    }

    fn range(&mut self, node: &'a Node, size: u8) -> Option<std::ops::RangeInclusive<u64>> {
        let range_node = node.get("range")?;
        let range = parse_ranges(range_node).ok()?.pop()?;
        if let Some(names) = node.get("enum").or_else(|| node.get("bits")) {
            self.report(Report::new(names.place, "`range` is for integers whose values have no names"));
            return None;
        }
        if *range.end() > limit(size) {
            let message = format!("{} does not fit into {}", range.end(), octets(size.into()));
            self.report(Report::new(range_node.place, message));
            return None;
        }
        Some(range)
    }

    /// Least and most octets of a string.
    fn lengths(&mut self, item: Item<'a>, least: u32) -> Option<(u32, u32)> {
        let max_node = self.needed_by_type(item, "max", "the most octets")?;
        let length = |node: &Node| u32::try_from(node.integer()?).ok();
        let max = length(max_node)?;
        let min = item.node.get("min").and_then(length).unwrap_or(least);
        if max > MAX_LENGTH {
            self.report(Report::new(max_node.place, "the value of a TLV has at most 65535 octets"));
        } else if max < least {
            self.report(Report::new(max_node.place, "a c_octet_string has at least 1 octet, its NUL"));
        } else if min < least || min > max {
            let place = item.node.get("min").map_or(item.place, |node| node.place);
            let message = if min > max {
                format!("the minimum {min} is above the maximum {max}")
            } else {
                "a c_octet_string has at least 1 octet, its NUL".to_owned()
            };
            self.report(Report::new(place, message));
        } else {
            return Some((min, max));
        }
        None
    }

    fn needed_by_type(&mut self, item: Item<'a>, key: &str, what: &str) -> Option<&'a Node> {
        if !item.node.has(key) {
            let message = format!("`{}` lacks the key `{key}`", item.name);
            self.report(Report::new(item.place, message).help(format!("its type needs it: {what}")));
        }
        item.node.get(key)
    }
}

/// The length of a TLV has two octets.
const MAX_LENGTH: u32 = 65535;
