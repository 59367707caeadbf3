//! Mistakes in a specification, shown the way rustc shows them.

use std::fmt;

use crate::locate::{Data, Document, Node, Place, locate};
use crate::model::Origin;

/// One mistake in a YAML file, with the place where it is.
///
/// `Display` gives the whole message: what is wrong, where, the line with the fault marked, and what to do about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnostic {
    /// What is wrong, in one sentence without full stop.
    pub message: String,
    /// The file, as it was given to [`load_file`](crate::load_file).
    pub path: String,
    /// Line, from 1; 0 when the file could not be read at all.
    pub line: usize,
    /// Column in characters, from 1; 0 when the file could not be read at all.
    pub column: usize,
    /// The text of that line; empty when there is none.
    pub source_line: String,
    /// How many characters of the line are at fault, at least 1.
    pub width: usize,
    /// What to do about it, or where else to look.
    pub help: Option<String>,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message)?;
        if self.line == 0 {
            write!(f, "\n --> {}", self.path)?;
            if let Some(help) = &self.help {
                write!(f, "\n  = help: {help}")?;
            }
            return Ok(());
        }
        let number = self.line.to_string();
        let gutter = number.len();
        write!(f, "\n{:gutter$}--> {}:{}:{}", "", self.path, self.line, self.column)?;
        if !self.source_line.is_empty() {
            write!(f, "\n{:gutter$} |", "")?;
            write!(f, "\n{number} | {}", self.source_line)?;
            write!(f, "\n{:gutter$} | {}{}", "", " ".repeat(self.column.saturating_sub(1)), "^".repeat(self.width))?;
        }
        if let Some(help) = &self.help {
            write!(f, "\n{:gutter$} = help: {help}", "")?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostic {}

/// A mistake as the checks note it down: positions are looked up only once all are known.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    pub(crate) place: Place,
    pub(crate) message: String,
    pub(crate) help: Option<Help>,
}

#[derive(Debug, Clone)]
pub(crate) enum Help {
    Text(String),
    /// A text that ends with the position of another place in the files.
    At(String, Place),
}

impl Report {
    pub(crate) fn new(place: Place, message: impl Into<String>) -> Self {
        Self { place, message: message.into(), help: None }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(Help::Text(help.into()));
        self
    }

    pub(crate) fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help.map(Help::Text);
        self
    }

    pub(crate) fn help_at(mut self, text: impl Into<String>, place: Place) -> Self {
        self.help = Some(Help::At(text.into(), place));
        self
    }

    /// Looks up the positions.
    pub(crate) fn into_diagnostic(self, documents: &[Document]) -> Diagnostic {
        let document = &documents[self.place.file];
        let (line, column) = locate(&document.text, self.place.number).unwrap_or((1, 1));
        let help = self.help.map(|help| match help {
            Help::Text(text) => text,
            Help::At(text, place) => {
                let other = &documents[place.file];
                match (other.origin, locate(&other.text, place.number)) {
                    (Origin::Vendor, Some((line, _))) => format!("{text} at {}:{line}", other.path),
                    _ => format!("{text} in the standard"),
                }
            }
        });
        let source_line = source_line(&document.text, line);
        let width = width(&source_line, column, scalar_at(&document.root, self.place));
        Diagnostic { message: self.message, path: document.path.clone(), line, column, source_line, width, help }
    }
}

/// A syntax error of the YAML library.
pub(crate) fn syntax_error(path: &str, text: &str, error: &serde_yaml::Error) -> Diagnostic {
    let (line, column) = error.location().map_or((1, 1), |at| (at.line(), at.column()));
    // The library appends the position, which is shown already.
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    let source_line = source_line(text, line);
    // The end of the text is on no line.
    let column = column.min(source_line.chars().count() + 1);
    Diagnostic {
        message: format!("not valid YAML: {message}"),
        path: path.to_owned(),
        line,
        column,
        source_line,
        width: 1,
        help: None,
    }
}

fn source_line(text: &str, line: usize) -> String {
    // A tab is as wide as one caret only if it is shown as one character.
    text.lines().nth(line.saturating_sub(1)).unwrap_or_default().replace('\t', " ")
}

/// How much of the line from the column on belongs to what is at fault.
fn width(line: &str, column: usize, scalar: Option<&str>) -> usize {
    let rest: Vec<char> = line.chars().skip(column.saturating_sub(1)).collect();
    match rest.first() {
        Some(quote @ ('"' | '\'')) => {
            rest.iter().skip(1).position(|c| c == quote).map_or(rest.len(), |closing| closing + 2)
        }
        Some('[' | '{') | None => 1,
        Some(_) => {
            let text: Vec<char> = scalar.unwrap_or_default().chars().collect();
            if !text.is_empty() && rest.starts_with(&text) {
                return text.len();
            }
            rest.iter().position(|c| matches!(c, ' ' | ',' | ']' | '}' | ':')).unwrap_or(rest.len()).max(1)
        }
    }
}

/// The text of the key or value at a place.
fn scalar_at(node: &Node, place: Place) -> Option<&str> {
    if node.place == place {
        return match &node.data {
            Data::Text(text) | Data::Number(text) => Some(text),
            _ => None,
        };
    }
    match &node.data {
        Data::List(elements) => elements.iter().find_map(|element| scalar_at(element, place)),
        Data::Map(entries) => entries.iter().find_map(|entry| {
            if entry.place == place { Some(entry.key.as_str()) } else { scalar_at(&entry.value, place) }
        }),
        _ => None,
    }
}

/// Help that names the candidate that the word was probably meant to be.
pub(crate) fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(word, candidates).map(|candidate| format!("did you mean `{candidate}`?"))
}

/// The candidate that differs from the word by no more than a third of its letters.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = word.chars().count().max(3) / 3;
    candidates
        .into_iter()
        .map(|candidate| (distance(&word.to_lowercase(), &candidate.to_lowercase()), candidate))
        .filter(|&(distance, _)| distance <= limit)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// Levenshtein distance: how many letters to insert, delete or replace.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, &y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_edits() {
        assert_eq!(distance("c_octect_string", "c_octet_string"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn only_near_words_are_suggested() {
        let words = ["integer", "octet_string", "c_octet_string"];
        assert_eq!(did_you_mean("integr", words).as_deref(), Some("did you mean `integer`?"));
        assert_eq!(did_you_mean("float", words), None);
    }

    #[test]
    fn shown_as_rustc_would() {
        let diagnostic = Diagnostic {
            message: "unknown type `c_octect_string`".into(),
            path: "spec/acme.yaml".into(),
            line: 14,
            column: 11,
            source_line: "    type: c_octect_string".into(),
            width: 15,
            help: Some("did you mean `c_octet_string`?".into()),
        };
        assert_eq!(
            diagnostic.to_string(),
            "error: unknown type `c_octect_string`
  --> spec/acme.yaml:14:11
   |
14 |     type: c_octect_string
   |           ^^^^^^^^^^^^^^^
   = help: did you mean `c_octet_string`?"
        );
    }
}
