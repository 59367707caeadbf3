//! What addresses, names and texts are compared with.

use std::fmt;
use std::str::FromStr;

use regex::Regex;
use schemars::JsonSchema;
use serde_json::Value;

use super::keys::{Keys, Mistakes, Writing, Written, as_text, serde_as_written};
use crate::setting::SettingError;

/// What an address or a name is compared with. Written as text: letter for letter, with `*` for any letters or none
/// (`4477*`), or as a regular expression between slashes (`/^44(7|8)/`), which matches anywhere unless it says `^` and `$`.
///
/// ```
/// use smsc_sim::rules::Pattern;
///
/// let pattern: Pattern = "4477*".parse()?;
/// assert!(pattern.matches("447700900123") && !pattern.matches("4478"));
/// assert!("/44(/".parse::<Pattern>().is_err());
/// # Ok::<(), smsc_sim::SettingError>(())
/// ```
#[derive(Debug, Clone, JsonSchema)]
#[schemars(with = "String")]
pub struct Pattern {
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
    pub fn matches(&self, text: &str) -> bool {
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

/// What a text is compared with.
///
/// In YAML `{contains: BOOM}`, `{equals: BOOM}`, `{regex: "^B"}`, or a [`Pattern`] as text.
#[derive(Debug, Clone, PartialEq, JsonSchema)]
#[schemars(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TextMatch {
    /// The text is somewhere in it.
    Contains(String),
    /// It is the text.
    Equals(String),
    /// A regular expression matches somewhere in it.
    #[schemars(with = "String")]
    Regex(Pattern),
    /// It is like this.
    #[schemars(untagged)]
    Like(Pattern),
}

impl TextMatch {
    /// Whether the text is one that is meant.
    pub fn matches(&self, text: &str) -> bool {
        match self {
            Self::Contains(part) => text.contains(part),
            Self::Equals(whole) => text == whole,
            Self::Regex(pattern) | Self::Like(pattern) => pattern.matches(text),
        }
    }

    /// A regular expression.
    ///
    /// # Errors
    /// [`SettingError`] if it is none, or compiles to more than a megabyte.
    pub fn regex(text: &str) -> Result<Self, SettingError> {
        Ok(Self::Regex(Pattern { text: format!("/{text}/"), kind: Kind::Regex(regex(text)?) }))
    }
}

impl Written for TextMatch {
    fn read(value: &Value) -> Result<Self, Mistakes> {
        if !value.is_object() {
            return Ok(Self::Like(Pattern::read(value)?));
        }
        let mut keys = Keys::of(value, "a text")?;
        let contains = keys.take::<String>("contains").map(Self::Contains);
        let equals = keys.take::<String>("equals").map(Self::Equals);
        let regex = keys.take::<String>("regex");
        let regex =
            regex.and_then(|text| Self::regex(&text).map_err(|error| keys.note("regex", error.to_string())).ok());
        let mut all = [contains, equals, regex].into_iter().flatten();
        let (first, second) = (all.next(), all.next());
        if second.is_some() {
            keys.note("", "only one of contains, equals and regex can be there");
        }
        keys.done(|| first)
    }

    fn write(&self) -> Value {
        match self {
            Self::Contains(text) => Writing::default().put("contains", text).done(),
            Self::Equals(text) => Writing::default().put("equals", text).done(),
            Self::Regex(pattern) => {
                let text = pattern.text.get(1..pattern.text.len().saturating_sub(1)).unwrap_or_default();
                Writing::default().put("regex", &text.to_owned()).done()
            }
            Self::Like(pattern) => pattern.write(),
        }
    }
}

as_text!(Pattern);
serde_as_written!(Pattern, TextMatch);

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_exact_or_have_wildcards_or_are_regular_expressions() {
        for (pattern, yes, no) in [
            ("4477", &["4477"][..], &["44770", "", "477"][..]),
            ("4477*", &["4477", "44771"], &["4478", "04477"]),
            ("*77", &["77", "4477"], &["774"]),
            ("4*7*9", &["479", "44779", "4779", "4a7b9"], &["49", "47", "4797 "]),
            ("*", &["", "anything"], &[]),
            ("a**b", &["ab", "axb"], &["a", "b"]),
            ("ab*ab", &["abab", "abxab"], &["ab", "aba"]),
            ("/^44(7|8)/", &["447", "4481"], &["446", "0447"]),
            ("/", &["/"], &[""]),
            ("//", &["", "x"], &[]),
            ("", &[""], &["x"]),
        ] {
            let pattern: Pattern = pattern.parse().unwrap();
            assert!(yes.iter().all(|text| pattern.matches(text)), "{pattern}");
            assert!(!no.iter().any(|text| pattern.matches(text)), "{pattern}");
        }
    }

    #[test]
    fn texts_are_compared_as_said() {
        let text = |json: &str| serde_json::from_str::<TextMatch>(json);
        for (json, yes, no) in [
            (r#"{"contains":"OO"}"#, "BOOM", "boom"),
            (r#"{"equals":"BOOM"}"#, "BOOM", "BOOM!"),
            (r#"{"regex":"^B.*M$"}"#, "BOOM", "xBOOM"),
            (r#""B*M""#, "BOOM", "BOOMS"),
            ("42", "42", "4"),
        ] {
            let matches = text(json).unwrap();
            assert!(matches.matches(yes) && !matches.matches(no), "{json}");
            let written = serde_json::to_string(&matches).unwrap();
            assert_eq!(text(&written).unwrap(), matches);
        }
        for (json, wanted) in [
            (r#"{"contains":"a","equals":"b"}"#, "only one of contains, equals and regex"),
            (r#"{"regexp":"a"}"#, "unknown key `regexp`, did you mean `regex`?"),
            (r#"{"regex":"a("}"#, "regex: `a(` is no regular expression: unclosed group"),
            (r#""/a{99999999}/""#, "is no regular expression"),
            ("{}", "something is missing"),
            ("true", "expected a text, not `true`"),
        ] {
            let error = text(json).unwrap_err().to_string();
            assert!(error.contains(wanted), "{json}: {error}");
        }
    }
}
