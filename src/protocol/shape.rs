//! [`Shape`]: what an object that comes from outside may look like. One table for each kind of object, and
//! one reader of tables.

use super::authorization::is_redirect_uri;
use super::error::{Error, ErrorKind};
use super::json::Json;
use super::text::{cut, has, parts};
use super::url::{Url, is_plain};

/// What a member must be.
pub(crate) enum Kind {
    /// A string.
    Text,
    /// A string or an array of strings.
    Texts,
    /// An array of strings.
    List,
    /// A non-negative number of seconds.
    Seconds,
    /// `true` or `false`.
    Flag,
    /// An object, for a table of its own.
    Object,
    /// An object of strings.
    Map,
    /// Anything.
    Any,
    /// Where a server sends the browser back to: an absolute URL without fragment (RFC 6749 §3.1.2).
    RedirectUri,
    /// An endpoint: an absolute URL, confidential on the way, without fragment and credentials.
    Endpoint,
    /// One of the first words; the second ones are of the contract, but not of this version.
    Word(&'static str, &'static str),
    /// Of the contract, but not of this version: refused, never ignored.
    Later,
}

/// A table of members.
pub(crate) struct Shape {
    /// What stands before the members' names in an error.
    pub(crate) prefix: &'static str,
    /// The names of each kind, separated by spaces: the tables are read seldom, and shipped always.
    pub(crate) members: &'static [(Kind, &'static str)],
    /// Whether members that are not in the table are kept (or an error).
    pub(crate) is_open: bool,
    pub(crate) error: fn(&str, &'static str) -> Error,
}

impl Shape {
    /// Checks `object`.
    ///
    /// # Errors
    /// The shape's own, naming the first member that is wrong; `unsupported_environment`.
    pub(crate) fn check(&self, object: &Json) -> Result<(), Error> {
        if !object.is_object() {
            return Err(self.wrong("", "is not a plain object"));
        }
        for (name, value) in object.members() {
            let kind = self.members.iter().find(|(_, names)| has_word(names, name)).map(|(kind, _)| kind);
            let problem = match kind {
                Some(Kind::Word(_, later)) if value.as_str().is_some_and(|word| has_word(later, word)) => {
                    return Err(self.not_yet(name));
                }
                Some(Kind::Later) => return Err(self.not_yet(name)),
                Some(kind) => kind.problem(value),
                None if self.is_open => None,
                None => Some("is not a known member"),
            };
            if let Some(problem) = problem {
                return Err(self.wrong(name, problem));
            }
        }
        Ok(())
    }

    /// Reads what a caller wrote.
    pub(crate) fn parse(&self, text: &str) -> Result<Json, Error> {
        let object = Json::parse(text.as_bytes()).unwrap_or(Json::Null);
        self.check(&object)?;
        Ok(object)
    }

    fn full_name(&self, name: &str) -> String {
        let mut full = String::from(self.prefix);
        if !full.is_empty() && !name.is_empty() {
            full.push('.');
        }
        full.push_str(name);
        full
    }

    pub(crate) fn wrong(&self, name: &str, problem: &'static str) -> Error {
        (self.error)(&self.full_name(name), problem)
    }

    fn not_yet(&self, name: &str) -> Error {
        ErrorKind::UnsupportedEnvironment { missing: self.full_name(name) }.into()
    }
}

fn has_word(words: &str, word: &str) -> bool {
    !word.is_empty() && parts(words, ' ').any(|other| other == word)
}

impl Kind {
    /// What is wrong with `value`; `None` where nothing is.
    fn problem(&self, value: &Json) -> Option<&'static str> {
        let all_text = |items: &[Json]| items.iter().all(|item| item.as_str().is_some());
        let (is_right, problem) = match self {
            Self::Text => (value.as_str().is_some(), "is not a string"),
            Self::Texts => (
                matches!(value, Json::String(_) | Json::Array(_)) && all_text(value.items()),
                "is not a string or an array of strings",
            ),
            Self::List => (matches!(value, Json::Array(items) if all_text(items)), "is not an array of strings"),
            Self::Seconds => (matches!(value, Json::Number(_)) && value.as_millis().is_some(), "is not a number of seconds"),
            Self::Flag => (matches!(value, Json::Bool(_)), "is not true or false"),
            Self::Object => (value.is_object(), "is not a plain object"),
            Self::Map => (
                value.is_object() && value.members().iter().all(|(_, value)| value.as_str().is_some()),
                "is not an object of strings",
            ),
            Self::Word(words, _) => {
                (value.as_str().is_some_and(|word| has_word(words, word)), "is not one of the words it may be")
            }
            Self::RedirectUri => {
                (value.as_str().is_some_and(is_redirect_uri), "is not an absolute http or https URL without fragment")
            }
            Self::Endpoint => return endpoint_problem(value),
            Self::Any | Self::Later => (true, ""),
        };
        (!is_right).then_some(problem)
    }
}

/// RFC 6749 §3.1 and §3.2.
fn endpoint_problem(value: &Json) -> Option<&'static str> {
    let Some((text, url)) = value.as_str().and_then(|text| Some((text, Url::parse(text)?))) else {
        return Some("is not an absolute URL");
    };
    // Without the slashes it would be a path on a page of the same scheme.
    if !cut(text, ':').1.is_some_and(|rest| rest.starts_with("//")) {
        return Some("is not an absolute URL");
    }
    if !is_plain(text) || has(text, '#') || url.has_credentials() {
        return Some("has a fragment, credentials or odd characters in it");
    }
    (!url.is_confidential()).then_some("is neither https nor http on a loopback host")
}
