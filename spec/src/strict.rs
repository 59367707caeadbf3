//! YAML into any type that serde can read, strictly, and with every mistake at its place.
//!
//! serde stops at the first mistake. So what was mistaken is noted down and taken out of the tree, and the rest is read
//! again, until nothing is left to complain about: as many readings as mistakes, which is why they are limited.

use std::fmt;

use serde::de::{self, DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer, Visitor};

use crate::diagnostic::{Diagnostic, Report, did_you_mean, nearest, syntax_error};
use crate::locate::{Data, Document, Entry, Node, Place, parse};
use crate::model::Origin;

/// Reads YAML text into a type that serde derives, as strictly as that type is: with `deny_unknown_fields` an unknown key is
/// a mistake. Enumerations are written as in JSON: a word, or a mapping with one key. A key twice is always a mistake; an
/// empty text, or an empty value, is an empty mapping or list where one is wanted.
///
/// `path` is for messages only. The values of the keys `secrets`, wherever they are, are shown in no message.
///
/// ```
/// #[derive(serde::Deserialize)]
/// #[serde(deny_unknown_fields)]
/// struct Account {
///     system_id: String,
///     max_binds: u32,
/// }
/// let text = "- {system_id: alice, max_bind: 2}\n- {system_id: bob, max_binds: many}\n";
/// let mistakes = smpp_spec::from_yaml::<Vec<Account>>("accounts.yaml", text, &[]).err().unwrap();
/// let lines: Vec<_> = mistakes.iter().map(|mistake| (mistake.line, mistake.message.as_str())).collect();
/// assert_eq!(lines, [(1, "unknown key `max_bind`"), (2, "expected a whole number, not `many`")]);
/// assert_eq!(mistakes[0].help.as_deref(), Some("did you mean `max_binds`?"));
/// ```
///
/// # Errors
/// Every mistake, in the order of the text; no more than 50.
pub fn from_yaml<T: DeserializeOwned>(path: &str, text: &str, secrets: &[&str]) -> Result<T, Vec<Diagnostic>> {
    let hidden = |mut diagnostic: Diagnostic, values: &[String]| {
        hide(&mut diagnostic.source_line, secrets, values);
        diagnostic
    };
    let nothing = Node { place: Place { file: 0, number: 0 }, data: Data::Null, bad: false };
    let is_blank = text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'));
    let mut root = match parse(text, 0) {
        Ok(root) => root,
        Err(_) if is_blank => nothing,
        Err(error) => return Err(vec![hidden(syntax_error(path, text, &error), &[])]),
    };
    let document =
        Document { path: path.to_owned(), text: text.to_owned(), origin: Origin::Vendor, root: root.clone() };
    let mut values = Vec::new();
    secret_values(&root, secrets, false, &mut values);
    let mut reports = Vec::new();
    take_out_twins(&mut root, &mut reports);
    let mut damaged: Vec<(Place, String)> = Vec::new();
    while reports.len() < MOST {
        let fault = match T::deserialize(Reader { node: &root, secrets, is_secret: false }) {
            Ok(value) if reports.is_empty() => return Ok(value),
            Ok(_) => break,
            Err(fault) => fault,
        };
        let place = fault.place.unwrap_or(root.place);
        // What was taken out is not missing, nor is it a fault of what is around it.
        let was_hit = |key: Option<&str>| {
            damaged.iter().any(|(other, taken)| *other == place && key.is_none_or(|key| key == taken))
        };
        if !was_hit(fault.missing.as_deref()) {
            reports.push(Report::new(place, fault.message).maybe_help(fault.help));
        }
        let taken = take_out(&mut root, place, &mut damaged);
        if let (Some((_, key)), Some(meant)) = (damaged.last_mut(), fault.meant) {
            *key = meant;
        }
        if !taken {
            break;
        }
    }
    reports.sort_by_key(|report| report.place.number);
    let documents = [document];
    Err(reports.into_iter().map(|report| hidden(report.into_diagnostic(&documents), &values)).collect())
}

/// Takes the value at a place out of the tree, be it an element, a value or the key of one. Returns whether it was there.
fn take_out(node: &mut Node, place: Place, damaged: &mut Vec<(Place, String)>) -> bool {
    let own = node.place;
    match &mut node.data {
        Data::List(elements) => {
            if let Some(at) = elements.iter().position(|element| element.place == place) {
                elements.remove(at);
                damaged.push((own, String::new()));
                return true;
            }
            elements.iter_mut().any(|element| take_out(element, place, damaged))
        }
        Data::Map(entries) => {
            if let Some(at) = entries.iter().position(|entry| entry.place == place || entry.value.place == place) {
                damaged.push((own, entries.remove(at).key));
                return true;
            }
            entries.iter_mut().any(|entry| take_out(&mut entry.value, place, damaged))
        }
        _ => false,
    }
}

fn take_out_twins(node: &mut Node, reports: &mut Vec<Report>) {
    match &mut node.data {
        Data::List(elements) => elements.iter_mut().for_each(|element| take_out_twins(element, reports)),
        Data::Map(entries) => {
            let mut kept: Vec<Entry> = Vec::with_capacity(entries.len());
            let mut seen = std::collections::HashMap::new();
            for mut entry in entries.drain(..) {
                match seen.get(&entry.key) {
                    Some(&first) if reports.len() < MOST => reports.push(
                        Report::new(entry.place, format!("`{}` is there twice", entry.key))
                            .help_at("it is already", first),
                    ),
                    Some(_) => {}
                    None => {
                        seen.insert(entry.key.clone(), entry.place);
                        take_out_twins(&mut entry.value, reports);
                        kept.push(entry);
                    }
                }
            }
            *entries = kept;
        }
        _ => {}
    }
}

/// Every value under one of the keys, to be hidden wherever it shows.
fn secret_values(node: &Node, secrets: &[&str], is_secret: bool, values: &mut Vec<String>) {
    match &node.data {
        Data::List(elements) => elements.iter().for_each(|one| secret_values(one, secrets, is_secret, values)),
        Data::Map(entries) => {
            for entry in entries {
                if is_secret {
                    values.push(entry.key.clone());
                }
                let is_secret = is_secret || secrets.contains(&entry.key.as_str());
                secret_values(&entry.value, secrets, is_secret, values);
            }
        }
        Data::Text(text) | Data::Number(text) if is_secret => values.push(text.clone()),
        Data::Integer(number) if is_secret => values.push(number.to_string()),
        _ => {}
    }
}

/// Hides the values of secret keys in a line, in place, so that columns stay. A line that is no YAML has only its keys to go by.
fn hide(line: &mut String, secrets: &[&str], values: &[String]) {
    let mut begin = 0;
    while let Some((at, key)) =
        secrets.iter().filter_map(|key| line[begin..].find(key).map(|at| (begin + at, *key))).min()
    {
        begin = at + key.len();
        let rest = line[begin..].trim_start_matches(['"', '\'']).trim_start();
        let Some(value) = rest.strip_prefix(':').map(str::trim_start) else { continue };
        let from = line.len() - value.len();
        let length = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => value[1..].find(quote).map_or(value.len(), |end| end + 2),
            _ if line[..at].contains('{') => value.find([',', '}']).unwrap_or(value.len()),
            _ => value.len(),
        };
        let stars = "*".repeat(value[..length].chars().count());
        line.replace_range(from..from + length, &stars);
        begin = from + stars.len();
    }
    for value in values {
        // A word of a letter or two is no secret, but may be in every word of the line.
        if value.len() > 2 && line.contains(value.as_str()) {
            *line = line.replace(value.as_str(), &"*".repeat(value.chars().count()));
        }
    }
}

/// What serde complained of.
#[derive(Debug)]
struct Fault {
    message: String,
    help: Option<String>,
    /// The key that a mapping lacks, if that is what is wrong.
    missing: Option<String>,
    /// The key that an unknown one was probably meant to be.
    meant: Option<String>,
    place: Option<Place>,
}

impl Fault {
    /// The innermost place counts, and that is the first to be named.
    fn at(mut self, place: Place) -> Self {
        self.place.get_or_insert(place);
        self
    }

    fn unknown(what: &str, word: &str, expected: &[&str]) -> Self {
        let meant = nearest(word, expected.iter().copied()).map(str::to_owned);
        let help = did_you_mean(word, expected.iter().copied())
            .or_else(|| (!expected.is_empty()).then(|| format!("expected {}", expected.join(", "))));
        Self { help, meant, ..<Self as de::Error>::custom(format_args!("unknown {what} `{word}`")) }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<M: fmt::Display>(message: M) -> Self {
        Self { message: message.to_string(), help: None, missing: None, meant: None, place: None }
    }

    fn invalid_type(unexpected: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        let fault = Self::custom(format_args!("expected {}, not {}", plain(expected), shown(unexpected)));
        let is_text =
            expected.to_string().contains("string") && !matches!(unexpected, de::Unexpected::Map | de::Unexpected::Seq);
        Self { help: is_text.then(|| "write it in quotes".to_owned()), ..fault }
    }

    fn invalid_value(unexpected: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::custom(format_args!("expected {}, not {}", plain(expected), shown(unexpected)))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::unknown("key", field, expected)
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::unknown("word", variant, expected)
    }

    fn missing_field(field: &'static str) -> Self {
        Self { missing: Some(field.to_owned()), ..Self::custom(format_args!("`{field}` is missing")) }
    }
}

/// serde speaks of Rust; whoever writes YAML need not.
fn plain(expected: &dyn de::Expected) -> String {
    let text = expected.to_string();
    match text.as_str() {
        "a string" | "a borrowed string" => "text".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "u8" | "u16" | "u32" | "u64" | "u128" | "usize" | "i8" | "i16" | "i32" | "i64" | "isize" => {
            "a whole number".to_owned()
        }
        "f32" | "f64" => "a number".to_owned(),
        "a map" => "a mapping".to_owned(),
        "a sequence" => "a list".to_owned(),
        other if other.starts_with("struct ") => "a mapping".to_owned(),
        other if other.starts_with("enum ") => "a word, or a mapping with one key".to_owned(),
        _ => text,
    }
}

fn shown(unexpected: de::Unexpected<'_>) -> String {
    match unexpected {
        de::Unexpected::Str(text) => format!("`{text}`"),
        de::Unexpected::Bool(value) => format!("`{value}`"),
        de::Unexpected::Unsigned(number) => format!("`{number}`"),
        de::Unexpected::Signed(number) => format!("`{number}`"),
        de::Unexpected::Float(number) => format!("`{number}`"),
        de::Unexpected::Unit => "nothing".to_owned(),
        de::Unexpected::Seq => "a list".to_owned(),
        de::Unexpected::Map => "a mapping".to_owned(),
        other => other.to_string(),
    }
}

/// A node as serde reads it.
#[derive(Clone, Copy)]
struct Reader<'a> {
    node: &'a Node,
    secrets: &'a [&'a str],
    is_secret: bool,
}

impl<'a> Reader<'a> {
    fn inner(self, node: &'a Node, key: Option<&str>) -> Self {
        Self { node, is_secret: self.is_secret || key.is_some_and(|key| self.secrets.contains(&key)), ..self }
    }

    /// Every fault has a place, and none shows a secret.
    fn place(self, fault: Fault) -> Fault {
        let fault = fault.at(self.node.place);
        if self.is_secret && matches!(self.node.data, Data::Integer(_) | Data::Number(_) | Data::Bool(_)) {
            return Fault { message: "expected text".to_owned(), help: Some("write it in quotes".to_owned()), ..fault };
        }
        fault
    }

    fn list<V: Visitor<'a>>(self, elements: &'a [Node], visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_seq(Elements { reader: self, rest: elements.iter() })
    }

    fn map<V: Visitor<'a>>(self, entries: &'a [Entry], visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_map(Entries { reader: self, rest: entries.iter(), value: None })
    }
}

impl<'de> Deserializer<'de> for Reader<'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let read = match &self.node.data {
            Data::Null => visitor.visit_unit(),
            Data::Bool(value) => visitor.visit_bool(*value),
            Data::Integer(number) => visitor.visit_u64(*number),
            Data::Number(text) => match (text.parse(), text.parse()) {
                (Ok(number), _) => visitor.visit_i64(number),
                (_, Ok(number)) => visitor.visit_f64(number),
                _ => visitor.visit_str(text),
            },
            Data::Text(text) => visitor.visit_borrowed_str(text),
            Data::List(elements) => self.list(elements, visitor),
            Data::Map(entries) => self.map(entries, visitor),
        };
        read.map_err(|fault| self.place(fault))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.node.data {
            Data::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
        .map_err(|fault| self.place(fault))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self).map_err(|fault| self.place(fault))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.node.data {
            Data::Null => self.list(&[], visitor).map_err(|fault| self.place(fault)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.node.data {
            Data::Null => self.map(&[], visitor).map_err(|fault| self.place(fault)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        // serde would take the elements of a list for the fields in order.
        if let Data::List(_) = self.node.data {
            return Err(self.place(de::Error::custom("expected a mapping, not a list")));
        }
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let read = match &self.node.data {
            Data::Text(word) => visitor.visit_enum(word.as_str().into_deserializer()),
            Data::Map(entries) if entries.len() == 1 => {
                visitor.visit_enum(Variant { reader: self, entry: &entries[0] })
            }
            Data::Map(entries) => {
                let count = entries.len();
                Err(de::Error::custom(format_args!("expected a mapping with one key for {name}, not with {count}")))
            }
            _ => return self.deserialize_any(visitor),
        };
        read.map_err(|fault| self.place(fault))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct tuple
        tuple_struct identifier ignored_any
    }
}

struct Elements<'a> {
    reader: Reader<'a>,
    rest: std::slice::Iter<'a, Node>,
}

impl<'a> de::SeqAccess<'a> for Elements<'a> {
    type Error = Fault;

    fn next_element_seed<S: DeserializeSeed<'a>>(&mut self, seed: S) -> Result<Option<S::Value>, Fault> {
        let Some(node) = self.rest.next() else { return Ok(None) };
        let reader = self.reader.inner(node, None);
        seed.deserialize(reader).map(Some).map_err(|fault| reader.place(fault))
    }
}

struct Entries<'a> {
    reader: Reader<'a>,
    rest: std::slice::Iter<'a, Entry>,
    value: Option<&'a Entry>,
}

impl<'a> de::MapAccess<'a> for Entries<'a> {
    type Error = Fault;

    fn next_key_seed<S: DeserializeSeed<'a>>(&mut self, seed: S) -> Result<Option<S::Value>, Fault> {
        let Some(entry) = self.rest.next() else { return Ok(None) };
        self.value = Some(entry);
        let key: de::value::StrDeserializer<'_, Fault> = entry.key.as_str().into_deserializer();
        seed.deserialize(key).map(Some).map_err(|fault| fault.at(entry.place))
    }

    fn next_value_seed<S: DeserializeSeed<'a>>(&mut self, seed: S) -> Result<S::Value, Fault> {
        let Some(entry) = self.value.take() else { return Err(de::Error::custom("a value before its key")) };
        let reader = self.reader.inner(&entry.value, Some(&entry.key));
        seed.deserialize(reader).map_err(|fault| reader.place(fault))
    }
}

struct Variant<'a> {
    reader: Reader<'a>,
    entry: &'a Entry,
}

impl<'a> de::EnumAccess<'a> for Variant<'a> {
    type Error = Fault;
    type Variant = Reader<'a>;

    fn variant_seed<S: DeserializeSeed<'a>>(self, seed: S) -> Result<(S::Value, Reader<'a>), Fault> {
        let key: de::value::StrDeserializer<'_, Fault> = self.entry.key.as_str().into_deserializer();
        let variant = seed.deserialize(key).map_err(|fault| fault.at(self.entry.place))?;
        Ok((variant, self.reader.inner(&self.entry.value, Some(&self.entry.key))))
    }
}

impl<'a> de::VariantAccess<'a> for Reader<'a> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        match self.node.data {
            Data::Null => Ok(()),
            _ => Err(self.place(de::Error::custom("expected nothing here"))),
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'a>>(self, seed: S) -> Result<S::Value, Fault> {
        seed.deserialize(self).map_err(|fault| self.place(fault))
    }

    fn tuple_variant<V: Visitor<'a>>(self, _: usize, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'a>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_map(visitor)
    }
}

/// More mistakes than anyone mends at a time.
const MOST: usize = 50;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct File {
        version: u32,
        rate: Option<f64>,
        users: Vec<User>,
        then: Vec<Action>,
        names: BTreeMap<String, u8>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct User {
        id: String,
        #[serde(default)]
        password: String,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case", deny_unknown_fields)]
    enum Action {
        Drop,
        Delay(String),
        Close { how: String },
    }

    fn read(text: &str) -> Result<File, Vec<String>> {
        let line = |mistake: &Diagnostic| {
            let help = mistake.help.as_deref().map(|help| format!(" ({help})")).unwrap_or_default();
            format!("{}:{} {}{help}", mistake.line, mistake.column, mistake.message)
        };
        from_yaml("x.yaml", text, &["password"]).map_err(|mistakes| mistakes.iter().map(line).collect())
    }

    #[test]
    fn what_is_right_is_read() {
        let text =
            "version: 1\nrate: 3\nusers:\n- {id: a}\nthen: [drop, {delay: 2s}, {close: {how: rst}}]\nnames: {x: 1}";
        let file = read(text).unwrap();
        assert_eq!((file.version, file.rate, file.users.len()), (1, Some(3.0), 1));
        let close = Action::Close { how: "rst".into() };
        assert_eq!(file.then, [Action::Drop, Action::Delay("2s".into()), close]);
        for empty in ["", "# nothing\n", "---\n", "users:\nthen:\n"] {
            assert_eq!(read(empty), Ok(File::default()), "{empty:?}");
        }
    }

    #[test]
    fn every_mistake_comes_with_its_place() {
        let text = "\
verson: 1
rate: fast
users:
- {id: a, pasword: x}
- {password: x}
- {id: 5}
- 7
then: [drp, {delay: 2s, close: {how: rst}}, {close: {hw: rst}}, {delay: []}, {drop: 1}]
names: {x: 300, y: 1, x: 2}
users: []
";
        let expected = [
            "1:1 unknown key `verson` (did you mean `version`?)",
            "2:7 expected a number, not `fast`",
            "4:11 unknown key `pasword` (did you mean `password`?)",
            "5:3 `id` is missing",
            "6:8 expected text, not `5` (write it in quotes)",
            "7:3 expected a mapping, not `7`",
            "8:8 unknown word `drp` (did you mean `drop`?)",
            "8:13 expected a mapping with one key for Action, not with 2",
            "8:54 unknown key `hw` (did you mean `how`?)",
            "8:73 expected text, not a list",
            "8:85 expected nothing here",
            "9:12 expected a whole number, not `300`",
            "9:23 `x` is there twice (it is already at x.yaml:9)",
            "10:1 `users` is there twice (it is already at x.yaml:3)",
        ];
        assert_eq!(read(text).unwrap_err(), expected);
    }

    #[test]
    fn mistakes_have_an_end() {
        let text = "zzz: 1\n".to_owned() + &(0..1000).map(|n| format!("k{n}: 1\n")).collect::<String>();
        assert_eq!(read(&text).unwrap_err().len(), MOST);
        assert_eq!(read("[1, 2]").unwrap_err(), ["1:1 expected a mapping, not a list"]);
        assert!(read("a: [").unwrap_err()[0].contains("not valid YAML"));
    }

    #[test]
    fn secrets_are_not_shown() {
        for text in [
            "users: [{id: 1, password: hunter22, pass: 1}]",
            "users:\n- password: \"hunter22\"\n  id: {password: 'hunter22'}",
            "users:\n- id: a\n  password:\n    hunter22: 1\n",
            "users: [{id: a, password: 44220011}]",
            "users: [{id: a, password: hunter22, : : }",
            "users:\n- {id: 5, password:\n hunter22}",
            "users:\n- {id: 5, password: [hunter22]}",
        ] {
            let mistakes = from_yaml::<File>("x.yaml", text, &["password"]).unwrap_err();
            assert!(!mistakes.is_empty());
            for mistake in mistakes {
                let shown = mistake.to_string();
                assert!(!shown.contains("hunter22") && !shown.contains("44220011"), "{shown}");
            }
        }
    }
}
