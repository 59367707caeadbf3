//! Queries as text.

use std::str::FromStr;

use super::term::{Part, RECEIPT_STATES, STATES, Term, Test, Words};
use crate::decode::parse_hex;
use crate::setting::SettingError;

/// The terms of a query. Errors say in which column, counted in letters from 1.
pub(super) fn terms(text: &str) -> Result<Vec<Term>, SettingError> {
    let mut scanner = Scanner { text, at: 0 };
    let mut terms = Vec::new();
    while scanner.skip_blanks() {
        terms.push(scanner.term()?);
    }
    Ok(terms)
}

struct Scanner<'a> {
    text: &'a str,
    /// In octets.
    at: usize,
}

impl<'a> Scanner<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Whether anything is left.
    fn skip_blanks(&mut self) -> bool {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
        self.at < self.text.len()
    }

    fn term(&mut self) -> Result<Term, SettingError> {
        let denied = self.rest().starts_with('-');
        self.at += usize::from(denied);
        let begin = self.at;
        let rest = self.rest();
        let word = &rest[..rest.find(char::is_whitespace).unwrap_or(rest.len())];
        let end = word.find([':', '=', '~']).filter(|&end| end > 0);
        let Some((field, operator)) = end.and_then(|end| Some((&word[..end], word[end..].chars().next()?))) else {
            let hint = if word.is_empty() || FIELDS.contains(&word) || word.contains(['"', ':', '=', '~']) {
                String::new()
            } else {
                format!("; what has `{word}` in its text is text~{word}")
            };
            return Err(self.wrong(begin, format!("expected FIELD:VALUE, not `{word}`{hint}")));
        };
        if !FIELDS.contains(&field) {
            return Err(self.wrong(begin, SettingError::unknown("field", field, &FIELDS)));
        }
        self.at += field.len();
        if operator != ':' && !FIELDS_OF_WORDS.contains(&field) {
            return Err(self.wrong(self.at, format!("`{operator}` is not for {field}, which takes `:`")));
        }
        self.at += 1;
        let place = self.at;
        let value = self.value()?;
        let words = || match operator {
            '=' => Ok(Words::Equal(value.clone())),
            '~' => Ok(Words::Contain(value.clone())),
            _ => value.parse(),
        };
        let test = match field {
            "from" => words().map(Test::From),
            "to" => words().map(Test::To),
            "text" => words().map(Test::Text),
            "system_id" => words().map(Test::SystemId),
            "id" => words().map(Test::Id),
            "service_type" => words().map(Test::ServiceType),
            "state" => several("state", &value, &STATES).map(Test::State),
            "receipt" => several("state of a receipt", &value, &RECEIPT_STATES).map(Test::Receipt),
            "registered" => match value.as_str() {
                "yes" => Ok(Test::Registered(true)),
                "no" => Ok(Test::Registered(false)),
                _ => Err(SettingError::new(format!("expected yes or no, not `{value}`"))),
            },
            "data_coding" => octet(&value).map(|octet| Test::DataCoding(octet.into())),
            "esm_class" => octet(&value).map(|octet| Test::EsmClass(octet.into())),
            "tlv" => return self.tlv(denied, place, &value),
            "part" => part(&value).map(Test::Part),
            _ => number(&value)
                .map(Test::Since)
                .ok_or_else(|| SettingError::new(format!("expected a cursor, which is a number, not `{value}`"))),
        };
        Ok(Term { denied, test: test.map_err(|error| self.wrong(place, error))? })
    }

    fn tlv(&self, denied: bool, place: usize, value: &str) -> Result<Term, SettingError> {
        let (name, octets) = value.split_once('=').map_or((value, None), |(name, octets)| (name, Some(octets)));
        let by_name = || smpp::tlv::ALL.iter().find(|spec| spec.name == name).map(|spec| spec.tag);
        let Some(tag) = number(name).or_else(by_name) else {
            let names: Vec<_> = smpp::tlv::ALL.iter().map(|spec| spec.name).collect();
            return Err(self.wrong(place, SettingError::unknown("TLV", name, &names)));
        };
        let octets = octets.map(|octets| match parse_hex(octets) {
            Ok(octets) if !octets.is_empty() => Ok(octets),
            _ => {
                let place = place + name.len() + 1;
                Err(self.wrong(place, format!("expected octets in hexadecimal, not `{octets}`")))
            }
        });
        Ok(Term { denied, test: Test::Tlv(tag, octets.transpose()?) })
    }

    /// A word, or what is in quotation marks.
    fn value(&mut self) -> Result<String, SettingError> {
        let (begin, rest) = (self.at, self.rest());
        if !rest.starts_with('"') {
            let word = &rest[..rest.find(char::is_whitespace).unwrap_or(rest.len())];
            self.at += word.len();
            return Ok(word.to_owned());
        }
        let mut value = String::new();
        let mut letters = rest.char_indices().skip(1);
        while let Some((at, letter)) = letters.next() {
            match letter {
                '"' => {
                    self.at += at + 1;
                    if !self.rest().is_empty() && !self.rest().starts_with(char::is_whitespace) {
                        return Err(self.wrong(self.at, "expected a blank after the quotation mark"));
                    }
                    return Ok(value);
                }
                '\\' => match letters.next() {
                    Some((_, escaped @ ('"' | '\\'))) => value.push(escaped),
                    Some((_, other)) => {
                        let wrong = format!("`\\{other}` is neither `\\\"` nor `\\\\`");
                        return Err(self.wrong(begin + at, wrong));
                    }
                    None => break,
                },
                letter => value.push(letter),
            }
        }
        Err(self.wrong(begin, "the quotation mark is not closed"))
    }

    fn wrong(&self, at: usize, what: impl ToString) -> SettingError {
        let column = self.text.get(..at).unwrap_or(self.text).chars().count() + 1;
        SettingError::new(format!("column {column}: {}", what.to_string()))
    }
}

/// One of those, or several with commas between.
fn several<T: Copy>(what: &str, value: &str, known: &[(&str, T)]) -> Result<Vec<T>, SettingError> {
    let one = |word: &str| match known.iter().find(|(name, _)| *name == word) {
        Some(&(_, value)) => Ok(value),
        None => Err(SettingError::unknown(what, word, &known.iter().map(|(name, _)| *name).collect::<Vec<_>>())),
    };
    value.split(',').map(one).collect()
}

fn octet(value: &str) -> Result<u8, SettingError> {
    let wrong = || SettingError::new(format!("expected a number from 0 to 255, not `{value}`"));
    number(value).ok_or_else(wrong)
}

fn part(value: &str) -> Result<Part, SettingError> {
    let wrong = || SettingError::new(format!("expected a part such as 2/3, 2, */3 or *, not `{value}`"));
    let one = |word: &str| match word {
        "*" => Ok(None),
        word => number(word).filter(|&number: &u8| number > 0).map(Some).ok_or_else(wrong),
    };
    let part = match value.split_once('/') {
        Some((number, total)) => Part { number: one(number)?, total: one(total)? },
        None => Part { number: one(value)?, total: None },
    };
    if part.number.zip(part.total).is_some_and(|(number, total)| number > total) { Err(wrong()) } else { Ok(part) }
}

/// A number, in hexadecimal after `0x`.
fn number<N: TryFrom<u64> + FromStr>(word: &str) -> Option<N> {
    let number = match word.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+')),
        None => word.parse().ok().filter(|_| word.bytes().all(|octet| octet.is_ascii_digit())),
    };
    N::try_from(number?).ok()
}

const FIELDS: [&str; 14] = [
    "from",
    "to",
    "text",
    "system_id",
    "id",
    "service_type",
    "state",
    "receipt",
    "registered",
    "data_coding",
    "esm_class",
    "tlv",
    "part",
    "since",
];

/// Those that `=` and `~` are for.
const FIELDS_OF_WORDS: [&str; 6] = ["from", "to", "text", "system_id", "id", "service_type"];
