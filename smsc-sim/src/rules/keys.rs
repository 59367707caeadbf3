//! Strict reading of what was written in YAML or JSON: every mistake is told, with where it is and what was meant.

use std::fmt;
use std::time::Duration;

use serde_json::{Map, Value};
use smpp::value::{CommandStatus, MessageState};

use crate::setting::{SettingError, command_status, duration};

/// A value of a rule, as YAML and JSON have it.
pub(crate) trait Written: Sized {
    /// # Errors
    /// All that is wrong with it.
    fn read(value: &Value) -> Result<Self, Mistakes>;
    fn write(&self) -> Value;
}

/// What is wrong with something, each mistake with the keys that lead to it, as in `then[0].status`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Mistakes(pub(crate) Vec<(String, String)>);

impl Mistakes {
    pub(crate) fn one(message: impl Into<String>) -> Self {
        Self(vec![(String::new(), message.into())])
    }

    /// The same, seen from outside.
    fn under(mut self, key: &str) -> Self {
        for (path, _) in &mut self.0 {
            let dot = if path.is_empty() || path.starts_with('[') { "" } else { "." };
            *path = format!("{key}{dot}{path}");
        }
        self
    }
}

impl From<SettingError> for Mistakes {
    fn from(error: SettingError) -> Self {
        Self::one(error.to_string())
    }
}

impl From<Mistakes> for SettingError {
    fn from(mistakes: Mistakes) -> Self {
        Self::new(mistakes.to_string())
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (path, message)) in self.0.iter().enumerate() {
            let semicolon = if place > 0 { "; " } else { "" };
            let colon = if path.is_empty() { "" } else { ": " };
            write!(f, "{semicolon}{path}{colon}{message}")?;
        }
        Ok(())
    }
}

/// The keys of a mapping, taken out one after the other: what was never asked for is a mistake.
pub(crate) struct Keys<'a> {
    map: &'a Map<String, Value>,
    known: Vec<&'static str>,
    mistakes: Mistakes,
}

impl<'a> Keys<'a> {
    pub(crate) fn of(value: &'a Value, what: &str) -> Result<Self, Mistakes> {
        let Value::Object(map) = value else {
            return Err(Mistakes::one(format!("expected {what} with keys, not {}", shown(value))));
        };
        Ok(Self { map, known: Vec::new(), mistakes: Mistakes::default() })
    }

    /// The value of a key; `None` if it is not there, is null, or is wrong, which is noted.
    pub(crate) fn take<T: Written>(&mut self, key: &'static str) -> Option<T> {
        self.known.push(key);
        let value = self.map.get(key).filter(|value| !value.is_null())?;
        T::read(value).map_err(|mistakes| self.mistakes.0.extend(mistakes.under(key).0)).ok()
    }

    /// The same of one that must be there.
    pub(crate) fn need<T: Written>(&mut self, key: &'static str) -> Option<T> {
        if self.map.get(key).is_none_or(Value::is_null) {
            self.note(key, "is missing");
        }
        self.take(key)
    }

    /// Notes a mistake that lies in how values go together.
    pub(crate) fn note(&mut self, key: &str, message: impl Into<String>) {
        self.mistakes.0.push((key.to_owned(), message.into()));
    }

    /// What was read, if all of it was right.
    pub(crate) fn done<T>(mut self, read: impl FnOnce() -> Option<T>) -> Result<T, Mistakes> {
        for key in self.map.keys().filter(|key| !self.known.contains(&key.as_str())) {
            self.mistakes.0.push((String::new(), SettingError::unknown("key", key, &self.known).to_string()));
        }
        match read() {
            Some(read) if self.mistakes.0.is_empty() => Ok(read),
            _ if self.mistakes.0.is_empty() => Err(Mistakes::one("something is missing")),
            _ => Err(self.mistakes),
        }
    }
}

/// A mapping of what there is, in order.
#[derive(Default)]
pub(crate) struct Writing(Map<String, Value>);

impl Writing {
    pub(crate) fn put(mut self, key: &str, value: &impl Written) -> Self {
        let value = value.write();
        let is_empty = value.is_null()
            || value.as_array().is_some_and(Vec::is_empty)
            || value.as_object().is_some_and(Map::is_empty);
        if !is_empty {
            self.0.insert(key.to_owned(), value);
        }
        self
    }

    /// The same of a value that is left out where it is the default.
    pub(crate) fn put_unless(self, is_default: bool, key: &str, value: &impl Written) -> Self {
        if is_default { self } else { self.put(key, value) }
    }

    pub(crate) fn done(self) -> Value {
        Value::Object(self.0)
    }
}

impl<T: Written> Written for Option<T> {
    fn read(value: &Value) -> Result<Self, Mistakes> {
        if value.is_null() { Ok(None) } else { T::read(value).map(Some) }
    }

    fn write(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::write)
    }
}

/// A list, or one that stands alone.
impl<T: Written> Written for Vec<T> {
    fn read(value: &Value) -> Result<Self, Mistakes> {
        let Value::Array(values) = value else { return Ok(vec![T::read(value)?]) };
        let (mut read, mut mistakes) = (Self::new(), Mistakes::default());
        for (place, value) in values.iter().enumerate() {
            match T::read(value) {
                Ok(one) => read.push(one),
                Err(wrong) => mistakes.0.extend(wrong.under(&format!("[{place}]")).0),
            }
        }
        if mistakes.0.is_empty() { Ok(read) } else { Err(mistakes) }
    }

    fn write(&self) -> Value {
        match &self[..] {
            [one] => one.write(),
            all => Value::Array(all.iter().map(T::write).collect()),
        }
    }
}

impl Written for bool {
    fn read(value: &Value) -> Result<Self, Mistakes> {
        value.as_bool().ok_or_else(|| Mistakes::one(format!("expected true or false, not {}", shown(value))))
    }

    fn write(&self) -> Value {
        Value::Bool(*self)
    }
}

impl Written for String {
    fn read(value: &Value) -> Result<Self, Mistakes> {
        match value {
            Value::String(text) => Ok(text.clone()),
            // YAML takes digits for a number.
            Value::Number(number) => Ok(number.to_string()),
            value => Err(Mistakes::one(format!("expected a text, not {}", shown(value)))),
        }
    }

    fn write(&self) -> Value {
        Value::String(self.clone())
    }
}

impl Written for f64 {
    fn read(value: &Value) -> Result<Self, Mistakes> {
        value.as_f64().ok_or_else(|| Mistakes::one(format!("expected a number, not {}", shown(value))))
    }

    fn write(&self) -> Value {
        (*self).into()
    }
}

macro_rules! whole_number {
    ($($type:ty),+) => {$(
        impl Written for $type {
            fn read(value: &Value) -> Result<Self, Mistakes> {
                let number = match value {
                    Value::Number(number) => number.as_i64().map(i128::from).or(number.as_u64().map(i128::from)),
                    // As JSON has to write what YAML writes as 0x1403.
                    Value::String(text) => whole(text),
                    _ => None,
                };
                number.and_then(|number| number.try_into().ok()).ok_or_else(|| {
                    Mistakes::one(format!(
                        "expected a whole number from {} to {}, not {}", <$type>::MIN, <$type>::MAX, shown(value)
                    ))
                })
            }

            fn write(&self) -> Value {
                (*self).into()
            }
        }
    )+};
}
whole_number!(u8, u16, u32, u64, i32);

/// What is written as text is read from text, and from a number as if that were text.
macro_rules! as_text {
    ($($type:ty),+ $(,)?) => {$(
        impl $crate::rules::keys::Written for $type {
            fn read(value: &serde_json::Value) -> Result<Self, $crate::rules::keys::Mistakes> {
                let text = <String as $crate::rules::keys::Written>::read(value)?;
                Ok(text.parse::<$type>()?)
            }

            fn write(&self) -> serde_json::Value {
                serde_json::Value::String(self.to_string())
            }
        }
    )+};
}
pub(crate) use as_text;
as_text!(crate::Delay, crate::ReceiptForm, crate::ReceiptIdForm, crate::line::Close, crate::line::Mangle);

impl Written for Duration {
    fn read(value: &Value) -> Result<Self, Mistakes> {
        Ok(duration(&String::read(value)?)?)
    }

    fn write(&self) -> Value {
        Value::String(crate::setting::written(*self))
    }
}

impl Written for CommandStatus {
    fn read(value: &Value) -> Result<Self, Mistakes> {
        Ok(command_status(&String::read(value)?)?)
    }

    fn write(&self) -> Value {
        Value::String(crate::setting::status_name(*self))
    }
}

impl Written for MessageState {
    fn read(value: &Value) -> Result<Self, Mistakes> {
        Ok(crate::outcome::state(&String::read(value)?)?)
    }

    fn write(&self) -> Value {
        Value::String(smpp::sms::stat(*self).to_owned())
    }
}

/// `serde` and, for editors, a schema, out of [`Written`].
macro_rules! serde_as_written {
    ($($type:ty),+ $(,)?) => {$(
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::rules::keys::Written::write(self).serialize(serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let value = serde_json::Value::deserialize(deserializer)?;
                $crate::rules::keys::Written::read(&value).map_err(serde::de::Error::custom)
            }
        }
    )+};
}
pub(crate) use serde_as_written;

/// A whole number as text, in hexadecimal after `0x`.
pub(crate) fn whole(text: &str) -> Option<i128> {
    match text.strip_prefix("0x") {
        Some(digits) if digits.bytes().all(|octet| octet.is_ascii_hexdigit()) => i128::from_str_radix(digits, 16).ok(),
        Some(_) => None,
        None => text.parse().ok().filter(|_| !text.starts_with('+')),
    }
}

/// A value as messages show it, cut short.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("`{}…`", &text[..end]),
        None => format!("`{text}`"),
    }
}
