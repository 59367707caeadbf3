//! Whether a number means anything in an enumeration or bit field.

use crate::codec::{CommandSpec, PartSpec, Protocol, ValueSpec, ValuesSpec};
use crate::protocol;

/// The way a message goes: some values have a meaning in one direction only (section 5.2.12).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// To the SMSC.
    Submit,
    /// From the SMSC.
    Deliver,
    /// The command goes both ways.
    Either,
}

impl Direction {
    pub(crate) fn of(spec: &CommandSpec) -> Self {
        match (spec.esme_may_issue_in.is_empty(), spec.smsc_may_issue_in.is_empty()) {
            (false, true) => Self::Submit,
            (true, false) => Self::Deliver,
            _ => Self::Either,
        }
    }
}

/// The enumerations and bit fields of the standard and of what vendors add to them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tables<'p> {
    pub(super) vendors: &'p [&'static Protocol],
}

impl Tables<'_> {
    /// Whether any table has a name for the value, and none that reserves it only.
    pub(super) fn defines(&self, values: &'static ValuesSpec, value: u64, direction: Direction) -> bool {
        if direction == Direction::Either {
            return self.defines(values, value, Direction::Submit) || self.defines(values, value, Direction::Deliver);
        }
        if values.parts.is_empty() {
            return match values.name {
                "command_status" => self.defines_status(value),
                // Table 5.2.4 ends at 0x34. That 0x50 became 5.0 is known, but not from 3.4.
                "interface_version" => value <= 0x34,
                _ => self.all(values).any(|table| is_defined(table.values, value, direction)),
            };
        }
        let blocks: Vec<_> = self.all(values).flat_map(|table| table.parts).filter(|part| part.mask == 0).collect();
        if !blocks.is_empty() {
            return blocks.iter().any(|part| is_defined(part.values, value, direction));
        }
        let parts = || self.all(values).flat_map(|table| table.parts);
        let names = |mask| parts().any(|part| part.mask == mask && is_part_defined(part, value, direction));
        let masks = parts().fold(0, |masks, part| masks | part.mask);
        value & !masks == 0 && parts().all(|part| names(part.mask))
    }

    /// Whether a `command_status` has a name of its own; the block that is set aside for vendors has none.
    pub(super) fn defines_status(&self, value: u64) -> bool {
        let core = protocol::PROTOCOL.values("command_status");
        let added = self.vendors.iter().filter_map(|vendor| vendor.values("command_status"));
        let is_this = |entry: &ValueSpec| entry.low == value && entry.high == value && !entry.reserved;
        core.into_iter().chain(added).any(|table| table.values.iter().any(is_this))
    }

    fn all(&self, values: &'static ValuesSpec) -> impl Iterator<Item = &'static ValuesSpec> {
        let added = self.vendors.iter().filter_map(move |vendor| vendor.values(values.name));
        std::iter::once(values).chain(added)
    }
}

fn is_part_defined(part: &PartSpec, value: u64, direction: Direction) -> bool {
    let value = value & part.mask;
    let is_named = part.values.iter().any(|entry| covers(entry, value, direction));
    // A part without names means what its number is; where 0 has no name, it says that there is nothing.
    if is_named { is_defined(part.values, value, direction) } else { part.values.is_empty() || value == 0 }
}

fn is_defined(values: &[ValueSpec], value: u64, direction: Direction) -> bool {
    find(values, value, direction).is_some_and(|entry| !entry.reserved)
}

/// The entry that covers the value in that direction: a single value before a block of values.
pub(crate) fn find(values: &[ValueSpec], value: u64, direction: Direction) -> Option<&ValueSpec> {
    let covering = values.iter().filter(|entry| covers(entry, value, direction));
    covering.min_by_key(|entry| entry.high - entry.low)
}

fn covers(entry: &ValueSpec, value: u64, direction: Direction) -> bool {
    let holds = match direction {
        Direction::Submit => entry.submit,
        Direction::Deliver => entry.deliver,
        Direction::Either => true,
    };
    holds && entry.text.is_none() && (entry.low..=entry.high).contains(&value)
}
