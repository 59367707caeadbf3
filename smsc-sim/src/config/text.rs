//! Values that are written as text, wherever they stand.

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::setting::SettingError;

/// A value in its textual form, which is the same on the command line, in the environment and in YAML.
///
/// In YAML, `KEY=VALUE,KEY=VALUE` may be a mapping, and `A+B` in it a list.
#[derive(Clone, PartialEq)]
pub(crate) struct Text<T>(pub(crate) T);

impl<T: FromStr<Err: fmt::Display>> Text<T> {
    pub(crate) fn read(text: &str) -> Result<Self, SettingError> {
        text.parse().map(Text).map_err(|error: T::Err| SettingError::new(error.to_string()))
    }
}

impl<T: fmt::Debug> fmt::Debug for Text<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de, T: FromStr<Err: fmt::Display>> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = deserializer.deserialize_any(AsText)?;
        Self::read(&text).map_err(de::Error::custom)
    }
}

impl<T> JsonSchema for Text<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Text".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["string", "number", "boolean", "object"]})
    }
}

/// Whatever is written, as it would be written on the command line.
struct AsText;

impl<'de> Visitor<'de> for AsText {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text, a number, or a mapping of such")
    }

    fn visit_str<E>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_bool<E>(self, value: bool) -> Result<String, E> {
        Ok(value.to_string())
    }

    fn visit_u64<E>(self, number: u64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_i64<E>(self, number: i64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_f64<E>(self, number: f64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<String, A::Error> {
        let mut pairs = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            pairs.push(format!("{key}={}", map.next_value::<Part>()?.0));
        }
        Ok(pairs.join(","))
    }
}

/// What may stand in a mapping: as above, or a list.
struct Part(String);

impl<'de> Deserialize<'de> for Part {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AsPart).map(Self)
    }
}

struct AsPart;

impl<'de> Visitor<'de> for AsPart {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text, a number, or a list of such")
    }

    fn visit_str<E>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_u64<E>(self, number: u64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_i64<E>(self, number: i64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<String, A::Error> {
        let mut parts = Vec::new();
        while let Some(part) = seq.next_element::<Self::Value>()? {
            parts.push(part);
        }
        Ok(parts.join("+"))
    }
}

/// `on`, `off`, `true` or `false`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Switch(pub(crate) bool);

impl FromStr for Switch {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        match text {
            "on" | "true" => Ok(Self(true)),
            "off" | "false" => Ok(Self(false)),
            _ => Err(SettingError::unknown("word", text, &["on", "off"])),
        }
    }
}

/// A time, as [`duration`](crate::duration) reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Time(pub(crate) std::time::Duration);

impl FromStr for Time {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        crate::duration(text).map(Self)
    }
}
