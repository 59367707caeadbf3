//! YAML as a tree that keeps order and duplicates, and the way from a node of it back to line and column.
//!
//! The YAML library shows no positions, but an error raised while it visits a node gets that node's line and column.
//! So every node carries its number in the order of visiting, and to find where it stands the text is read once more up
//! to that number. That is slow, and happens only to report mistakes.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::model::Origin;

/// One YAML file as it was read.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    /// The path to show in messages.
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) origin: Origin,
    pub(crate) root: Node,
}

/// Where a node stands: the file's index among the documents, and the node's number in the order of visiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) file: usize,
    pub(crate) number: usize,
}

/// A value of YAML.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) data: Data,
    /// Set once a mistake in this very value was reported; whoever reads it treats it as unknown.
    pub(crate) bad: bool,
}

#[derive(Debug, Clone)]
pub(crate) enum Data {
    Null,
    Bool(bool),
    Integer(u64),
    /// A number that is no unsigned integer, as it is best shown.
    Number(String),
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A key and its value.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) place: Place,
    pub(crate) value: Node,
}

impl Node {
    /// The value of a key of a mapping, unless it is missing or known to be wrong.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.value).filter(|node| !node.bad)
    }

    /// Whether a mapping has the key, be its value right or wrong.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.entries().iter().any(|entry| entry.key == key)
    }

    /// Whether the key is there with a value that was already reported as wrong.
    pub(crate) fn is_bad(&self, key: &str) -> bool {
        self.entries().iter().any(|entry| entry.key == key && entry.value.bad)
    }

    /// The entries of a mapping; none when it is something else.
    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.data {
            Data::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The elements of a list; none when it is something else.
    pub(crate) fn elements(&self) -> &[Self] {
        match &self.data {
            Data::List(elements) => elements,
            _ => &[],
        }
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match &self.data {
            Data::Text(text) if !self.bad => Some(text),
            _ => None,
        }
    }

    pub(crate) fn integer(&self) -> Option<u64> {
        match self.data {
            Data::Integer(integer) if !self.bad => Some(integer),
            _ => None,
        }
    }

    pub(crate) fn flag(&self) -> Option<bool> {
        match self.data {
            Data::Bool(flag) if !self.bad => Some(flag),
            _ => None,
        }
    }
}

/// Reads a text into a tree; `None` for an empty one.
pub(crate) fn parse(text: &str, file: usize) -> Result<Node, serde_yaml::Error> {
    Walk { file, visited: &Cell::new(0), stop_at: None }.deserialize(serde_yaml::Deserializer::from_str(text))
}

/// Line and column (from 1, in characters) of the node with this number.
pub(crate) fn locate(text: &str, number: usize) -> Option<(usize, usize)> {
    let walk = Walk { file: 0, visited: &Cell::new(0), stop_at: Some(number) };
    let error = walk.deserialize(serde_yaml::Deserializer::from_str(text)).err()?;
    error.location().map(|location| (location.line(), location.column()))
}

/// Visits a node and all in it, counting.
#[derive(Clone, Copy)]
struct Walk<'a> {
    file: usize,
    visited: &'a Cell<usize>,
    stop_at: Option<usize>,
}

impl Walk<'_> {
    fn enter<E: serde::de::Error>(self) -> Result<Place, E> {
        let number = self.visited.get();
        self.visited.set(number + 1);
        if self.stop_at == Some(number) {
            return Err(E::custom("here"));
        }
        Ok(Place { file: self.file, number })
    }

    fn scalar<E: serde::de::Error>(self, data: Data) -> Result<Node, E> {
        Ok(Node { place: self.enter()?, data, bad: false })
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a plain value, a list or a mapping without a tag")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Node, E> {
        self.scalar(Data::Null)
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Node, E> {
        self.scalar(Data::Bool(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Node, E> {
        self.scalar(Data::Integer(value))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Node, E> {
        self.scalar(Data::Number(value.to_string()))
    }

    fn visit_u128<E: serde::de::Error>(self, value: u128) -> Result<Node, E> {
        self.scalar(Data::Number(value.to_string()))
    }

    fn visit_i128<E: serde::de::Error>(self, value: i128) -> Result<Node, E> {
        self.scalar(Data::Number(value.to_string()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Node, E> {
        self.scalar(Data::Number(value.to_string()))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Node, E> {
        self.scalar(Data::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
        let place = self.enter()?;
        let mut elements = Vec::new();
        while let Some(element) = seq.next_element_seed(self)? {
            elements.push(element);
        }
        Ok(Node { place, data: Data::List(elements), bad: false })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let place = self.enter()?;
        let mut entries = Vec::new();
        while let Some((key, place)) = map.next_key_seed(WalkKey(self))? {
            let value = map.next_value_seed(self)?;
            entries.push(Entry { key, place, value });
        }
        Ok(Node { place, data: Data::Map(entries), bad: false })
    }
}

/// Visits the key of a mapping, which is always text: `no:` and `5:` are what they look like.
struct WalkKey<'a>(Walk<'a>);

impl<'de> DeserializeSeed<'de> for WalkKey<'_> {
    type Value = (String, Place);

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for WalkKey<'_> {
    type Value = (String, Place);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key that is a name")
    }

    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<Self::Value, E> {
        Ok((key.to_owned(), self.0.enter()?))
    }
}
