//! What addresses, names and texts are compared with.

use std::fmt;
use std::str::FromStr;

use regex::Regex;

use crate::setting::SettingError;

/// What an address or a name is compared with. Written as text: letter for letter, with `*` for any letters or none
/// (`4477*`), or as a regular expression between slashes (`/^44(7|8)/`), which matches anywhere unless it says `^` and `$`.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    text: String,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    Exact,
    Wildcard,
    Regex(Regex),
}

impl Pattern {
    /// Whether the text is one that is meant. Takes time in proportion to both.
    pub(super) fn matches(&self, text: &str) -> bool {
        match &self.kind {
            Kind::Exact => self.text == text,
            Kind::Wildcard => wildcard(&self.text, text),
            Kind::Regex(regex) => regex.is_match(text),
        }
    }
}

impl FromStr for Pattern {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        let kind = match text.strip_prefix('/').and_then(|text| text.strip_suffix('/')) {
            Some(inner) => Kind::Regex(regex(inner)?),
            None if text.contains('*') => Kind::Wildcard,
            None => Kind::Exact,
        };
        Ok(Self { text: text.to_owned(), kind })
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// The `regex` crate matches in time linear in the text; what it compiles to is limited here.
fn regex(text: &str) -> Result<Regex, SettingError> {
    regex::RegexBuilder::new(text).size_limit(1 << 20).build().map_err(|error| {
        // Its messages draw the expression with a caret on lines of their own.
        let told = error.to_string();
        let reason = told.lines().last().unwrap_or_default();
        let reason = reason.strip_prefix("error: ").unwrap_or(reason);
        SettingError::new(format!("`{text}` is no regular expression: {reason}"))
    })
}

/// Whether a text is like a pattern in which `*` stands for anything. Each part is looked for once, from where the one
/// before ended: the leftmost place is never worse than another.
fn wildcard(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}
