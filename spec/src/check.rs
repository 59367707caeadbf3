//! Checks the shape of a file against the table of its format: keys, kinds of values, names.

use std::ops::RangeInclusive;

use crate::diagnostic::{Report, did_you_mean, nearest};
use crate::locate::{Data, Entry, Node, Place};
use crate::names::bad_name;
use crate::table::{Naming, Shape, Table};

/// Checks a whole file; marks what is wrong as `bad` and drops what cannot be used.
pub(crate) fn check(root: &mut Node, table: &'static Table) -> Vec<Report> {
    let mut checker = Checker { reports: Vec::new() };
    let place = root.place;
    checker.record(root, table, place, None);
    checker.reports
}

/// The integers that a `range` covers: `0x07`, `0x07-0xFF` or a list of such.
pub(crate) fn parse_ranges(node: &Node) -> Result<Vec<RangeInclusive<u64>>, (Place, String)> {
    match &node.data {
        Data::List(elements) if elements.is_empty() => Err((node.place, "the range is empty".into())),
        Data::List(elements) => elements.iter().map(parse_range).collect(),
        _ => parse_range(node).map(|range| vec![range]),
    }
}

fn parse_range(node: &Node) -> Result<RangeInclusive<u64>, (Place, String)> {
    match &node.data {
        Data::Integer(value) => Ok(*value..=*value),
        Data::Text(text) => {
            let bounds = text.split_once('-').and_then(|(low, high)| Some((parse_integer(low)?, parse_integer(high)?)));
            match bounds {
                Some((low, high)) if low <= high => Ok(low..=high),
                Some(_) => Err((node.place, format!("the range `{text}` ends before it starts"))),
                None => Err((node.place, format!("`{text}` is no range"))),
            }
        }
        _ => Err((node.place, format!("expected a range, found {}", found(node)))),
    }
}

fn parse_integer(text: &str) -> Option<u64> {
    let text = text.trim();
    if text.starts_with('+') {
        return None;
    }
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) if !digits.starts_with('+') => u64::from_str_radix(digits, 16).ok(),
        Some(_) => None,
        None => text.parse().ok(),
    }
}

struct Checker {
    reports: Vec<Report>,
}

impl Checker {
    fn report(&mut self, report: Report) {
        self.reports.push(report);
    }

    /// Reports a wrong value and marks it.
    fn wrong(&mut self, node: &mut Node, report: Report) {
        node.bad = true;
        self.reports.push(report);
    }

    /// `owner` is the name of what the mapping defines, to point at when something is missing from it.
    fn record(&mut self, node: &mut Node, table: &'static Table, owner: Place, name: Option<&str>) {
        if !matches!(node.data, Data::Map(_)) {
            let message = match name {
                Some(name) => {
                    format!("`{name}` must be a mapping that describes {}, found {}", table.what, found(node))
                }
                None => format!("expected {}, found {}", table.what, found(node)),
            };
            // An empty value stands nowhere, so the name has to do.
            let place = if matches!(node.data, Data::Null) { owner } else { node.place };
            return self.wrong(node, Report::new(place, message));
        }
        let Data::Map(entries) = &mut node.data else { return };
        self.drop_duplicates(entries, "key");
        let known: Vec<String> = entries.iter().map(|entry| entry.key.clone()).collect();
        for entry in entries {
            match table.key(&entry.key) {
                Some(key) => self.value(&mut entry.value, &key.shape, entry.place, key.name),
                None => self.unknown_key(entry, &known, table),
            }
        }
        for (key, required) in table.keys() {
            if required && !node.has(key.name) {
                let subject = name.map_or_else(|| table.what.to_owned(), |name| format!("`{name}`"));
                let report = Report::new(owner, format!("{subject} lacks the key `{}`", key.name));
                self.report(report.help(format!("it is needed: {}", without_capital(key.doc))));
            }
        }
    }

    fn unknown_key(&mut self, entry: &mut Entry, known: &[String], table: &'static Table) {
        entry.value.bad = true;
        let report = Report::new(entry.place, format!("unknown key `{}` in {}", entry.key, table.what));
        let missing = table.keys().map(|(key, _)| key.name).filter(|name| !known.iter().any(|key| key == name));
        if let Some(meant) = nearest(&entry.key, missing) {
            // It takes the place of the key that it was meant to be, so that that one is not missed as well.
            meant.clone_into(&mut entry.key);
            return self.report(report.help(format!("did you mean `{meant}`?")));
        }
        if matches!(entry.value.data, Data::Null) {
            // `{doc: first, second}` is a mapping with a key `second`.
            return self.report(report.help("if it belongs to the text before the comma, put that text in quotes"));
        }
        let keys: Vec<_> = table.keys().map(|(key, _)| format!("`{}`", key.name)).collect();
        self.report(report.help(format!("{} has the keys {}", table.what, keys.join(", "))));
    }

    fn drop_duplicates(&mut self, entries: &mut Vec<Entry>, what: &str) {
        let mut seen: Vec<(String, Place)> = Vec::new();
        entries.retain(|entry| {
            if let Some((_, first)) = seen.iter().find(|(key, _)| *key == entry.key) {
                let message = format!("the {what} `{}` occurs twice", entry.key);
                self.reports.push(Report::new(entry.place, message).help_at("the first one is", *first));
                return false;
            }
            seen.push((entry.key.clone(), entry.place));
            true
        });
    }

    fn map(&mut self, node: &mut Node, naming: Naming, table: &'static Table) {
        let Data::Map(entries) = &mut node.data else { return };
        self.drop_duplicates(entries, "name");
        for entry in entries {
            self.record(&mut entry.value, table, entry.place, Some(&entry.key));
            if let Some(report) = bad_name(&entry.key, entry.place, naming) {
                // No Rust can be made of it.
                self.wrong(&mut entry.value, report);
            }
        }
    }

    fn value(&mut self, node: &mut Node, shape: &Shape, key_place: Place, key: &str) {
        if matches!(node.data, Data::Null) {
            return self.wrong(node, Report::new(key_place, format!("the key `{key}` has no value")));
        }
        let place = node.place;
        let expected =
            |what: &str, node: &Node| Report::new(place, format!("`{key}` must be {what}, found {}", found(node)));
        match shape {
            Shape::Text | Shape::Name | Shape::NewName(_) => {
                let Data::Text(text) = &node.data else {
                    let mut report = expected("text", node);
                    if !matches!(node.data, Data::List(_) | Data::Map(_)) {
                        report = report.help("put it in quotes");
                    }
                    return self.wrong(node, report);
                };
                if let Shape::NewName(naming) = shape
                    && let Some(report) = bad_name(text, place, *naming)
                {
                    self.wrong(node, report);
                }
            }
            Shape::Integer(max) => match node.data {
                Data::Integer(value) if value <= *max => {}
                Data::Integer(value) => {
                    let message = format!("{value} ({value:#X}) is too big for `{key}`, which may be at most {max:#X}");
                    self.wrong(node, Report::new(place, message));
                }
                _ => {
                    let report = expected("an unsigned integer", node);
                    self.wrong(node, report);
                }
            },
            Shape::OneOf(allowed) => match node.data {
                Data::Integer(value) if allowed.contains(&value) => {}
                _ => {
                    let report = expected(&any_of(allowed.iter().map(u64::to_string)), node);
                    self.wrong(node, report);
                }
            },
            Shape::Integers => {
                let sound = matches!(&node.data, Data::List(elements) if !elements.is_empty()
                    && elements.iter().all(|element| matches!(element.data, Data::Integer(value) if value <= u64::from(u32::MAX))));
                if !sound {
                    let report = expected("a list of unsigned integers", node);
                    self.wrong(node, report);
                }
            }
            Shape::Flag => {
                if !matches!(node.data, Data::Bool(_)) {
                    let report = expected("true or false", node);
                    self.wrong(node, report);
                }
            }
            Shape::Ranges => {
                if let Err((place, message)) = parse_ranges(node) {
                    let help = "write a number, a range such as 0x07-0xFF, or a list of these";
                    self.wrong(node, Report::new(place, message).help(help));
                }
            }
            Shape::Range => {
                if let Err((place, message)) = parse_range(node) {
                    self.wrong(node, Report::new(place, message).help("write a range such as 1-255"));
                }
            }
            Shape::Word(words) => self.word(node, words, key),
            Shape::Words(words) => {
                let Data::List(elements) = &mut node.data else {
                    let report = listed(expected(&format!("a list of {}", any_of(*words)), node), key, node);
                    return self.wrong(node, report);
                };
                for element in elements {
                    self.word(element, words, key);
                }
            }
            Shape::Names => {
                let Data::List(elements) = &mut node.data else {
                    let report = listed(expected("a list", node), key, node);
                    return self.wrong(node, report);
                };
                self.names(elements, key);
            }
            Shape::WordOrNames(word) => match &mut node.data {
                Data::Text(text) if text == word => {}
                Data::List(elements) if elements.is_empty() => {
                    let report = expected(&format!("`{word}` or a list"), node);
                    self.wrong(node, report.help(format!("write `{key}: {word}`, or at least one name")));
                }
                Data::List(elements) => self.names(elements, key),
                _ => {
                    let report = listed(expected(&format!("`{word}` or a list"), node), key, node);
                    self.wrong(node, report);
                }
            },
            Shape::NamesOrRecords(table) => {
                let Data::List(elements) = &mut node.data else {
                    let report = listed(expected("a list", node), key, node);
                    return self.wrong(node, report);
                };
                for element in elements {
                    if let Data::Text(_) = element.data {
                        continue;
                    }
                    let place = element.place;
                    self.record(element, table, place, None);
                }
            }
            Shape::Map(naming, table) => match node.data {
                Data::Map(_) => self.map(node, *naming, table),
                _ => {
                    let report = expected("a mapping by name", node);
                    self.wrong(node, report);
                }
            },
            Shape::Groups(naming, table) => {
                let Data::Map(entries) = &mut node.data else {
                    let report = expected("a mapping by name", node);
                    return self.wrong(node, report);
                };
                self.drop_duplicates(entries, "name");
                for entry in entries {
                    self.value(&mut entry.value, &Shape::Map(*naming, table), entry.place, &entry.key);
                }
            }
        }
    }

    fn word(&mut self, node: &mut Node, words: &[&str], key: &str) {
        let report = match &node.data {
            Data::Text(text) if words.contains(&text.as_str()) => return,
            Data::Text(text) => {
                let help = did_you_mean(text, words.iter().copied());
                let noun = match key {
                    "esme_may_issue_in" | "smsc_may_issue_in" | "accepted_in" => "session state",
                    "extends" => "specification",
                    key => key,
                };
                Report::new(node.place, format!("unknown {noun} `{text}`"))
                    .help(help.unwrap_or_else(|| format!("there {}", are(words))))
            }
            _ => Report::new(node.place, format!("`{key}` must be {}, found {}", any_of(words), found(node))),
        };
        self.wrong(node, report);
    }

    fn names(&mut self, elements: &mut [Node], key: &str) {
        for element in elements {
            if !matches!(element.data, Data::Text(_)) {
                let report = Report::new(element.place, format!("`{key}` lists names, found {}", found(element)));
                self.wrong(element, report);
            }
        }
    }
}

/// What a value is, for the end of a sentence.
pub(crate) fn found(node: &Node) -> String {
    match &node.data {
        Data::Null => "nothing".into(),
        Data::Bool(flag) => format!("`{flag}`"),
        Data::Integer(value) => format!("the number {value}"),
        Data::Number(text) => format!("the number {text}"),
        Data::Text(text) => format!("`{text}`"),
        Data::List(elements) if elements.is_empty() => "an empty list".into(),
        Data::List(_) => "a list".into(),
        Data::Map(_) => "a mapping".into(),
    }
}

/// Adds how a single word is written as a list.
fn listed(report: Report, key: &str, node: &Node) -> Report {
    match &node.data {
        Data::Text(text) => report.help(format!("write `{key}: [{text}]`")),
        _ => report,
    }
}

fn any_of<T: std::fmt::Display>(words: impl IntoIterator<Item = T>) -> String {
    join(words, "or")
}

fn are(words: &[&str]) -> String {
    let quoted = words.iter().map(|word| format!("`{word}`"));
    match words {
        [_] => format!("is only {}", join(quoted, "and")),
        _ => format!("are {}", join(quoted, "and")),
    }
}

fn join<T: std::fmt::Display>(words: impl IntoIterator<Item = T>, conjunction: &str) -> String {
    let words: Vec<String> = words.into_iter().map(|word| word.to_string()).collect();
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} {conjunction} {last}", rest.join(", ")),
        _ => words.concat(),
    }
}

/// A sentence as the end of another one.
fn without_capital(doc: &str) -> String {
    let mut chars = doc.trim_end_matches('.').chars();
    chars.next().map_or_else(String::new, |first| format!("{}{}", first.to_lowercase(), chars.as_str()))
}
