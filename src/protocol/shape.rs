//! [`Shape`]: the members that an object from outside may have, and their kinds. One table for each object, and one reader of
//! all tables.

use super::error::{Error, ErrorKind, UNKNOWN_MEMBER};
use super::json::Json;
use super::text::{cut, has, parts};
#[cfg(feature = "environment")]
use super::url::is_redirect_uri_of_app;
use super::url::{Url, is_plain, is_redirect_uri};

/// The kind of a member's value.
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
    /// An object with a table of its own.
    Object,
    /// An object of strings.
    Map,
    /// An array whose items have a form of their own.
    #[cfg(feature = "resources")]
    Items,
    /// Any JSON.
    Any,
    /// The redirect URI: an absolute URL without fragment (RFC 6749 §3.1.2).
    RedirectUri,
    /// An endpoint: an absolute URL that is confidential in transit, without fragment and credentials.
    Endpoint,
    /// One of the words of the first list. The words of the second list belong to the contract, but this version does not
    /// support them.
    Word(&'static str, &'static str),
}

/// In the table of members that a build lacks: a list with objects.
const OBJECTS: &str = "{…}";

/// A table of members.
pub(crate) struct Shape {
    /// The text before the members' names in an error.
    pub(crate) prefix: &'static str,
    /// The names of each kind, separated by spaces: the code reads the tables seldom, and every page loads them.
    pub(crate) members: &'static [(Kind, &'static str)],
    /// Members that this build does not support, each with the entry of the npm package that does. `name=word` is only that
    /// word of a member, `name={…}` only a list with objects.
    pub(crate) lacks: &'static [(&'static str, &'static str)],
    /// Whether members that are not in the table are kept. If not, they are an error.
    pub(crate) is_open: bool,
    /// Whether a `null` member counts as absent: true for a document that a server writes. A caller who writes `null` makes a
    /// mistake.
    pub(crate) has_nulls: bool,
    pub(crate) error: fn(&str, &'static str) -> Error,
}

impl Shape {
    /// Checks `object`.
    ///
    /// # Errors
    /// The shape's own, naming the first invalid member and the member that was probably meant; `unsupported_environment`.
    pub(crate) fn check(&self, object: &Json) -> Result<(), Error> {
        if !object.is_object() {
            return Err(self.wrong("", "is not a plain object"));
        }
        for (name, value) in object.members() {
            let word = value.as_str().unwrap_or_default();
            let has_objects = || value.items().iter().any(Json::is_object);
            for (lacking, entry) in self.lacks {
                for lacking in parts(lacking, ' ') {
                    let (member, only) = cut(lacking, '=');
                    if member == name && only.is_none_or(|only| only == word || only == OBJECTS && has_objects()) {
                        let only = only.map(|only| [" ", only].concat()).unwrap_or_default();
                        return Err(Error::elsewhere(&(self.full_name(name) + &only), entry));
                    }
                }
            }
            let kind = self.members.iter().find(|(_, names)| has_word(names, name)).map(|(kind, _)| kind);
            if self.has_nulls && matches!(value, Json::Null) {
                continue;
            }
            let problem = match kind {
                Some(Kind::Word(_, later)) if has_word(later, word) => return Err(self.not_yet(name).with_values(word, "")),
                Some(kind) => kind.problem(value),
                None if self.is_open => None,
                None => Some(UNKNOWN_MEMBER),
            };
            let Some(problem) = problem else { continue };
            let error = self.wrong(name, problem);
            return Err(match kind {
                Some(Kind::Word(words, _)) => error.with_values(word, &joined(words)),
                None => error.with_values(name, self.meant(name)),
                Some(_) => error,
            });
        }
        Ok(())
    }

    /// The member that was probably meant by `name`: one with nearly the same spelling, or our word for another package's
    /// option.
    fn meant(&self, name: &str) -> &'static str {
        let mut elsewhere = None;
        for pair in parts(ELSEWHERE, ' ') {
            let (theirs, ours) = cut(pair, '=');
            if is_near(theirs, name) {
                elsewhere = ours;
            }
        }
        let mut meant = "";
        for (_, names) in self.members {
            for ours in parts(names, ' ') {
                if is_near(ours, name) {
                    return ours;
                }
                if elsewhere == Some(ours) {
                    meant = ours;
                }
            }
        }
        meant
    }

    /// Parses and checks the text of a caller.
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

fn joined(words: &str) -> String {
    let mut all = String::new();
    for word in parts(words, ' ') {
        all.push_str(if all.is_empty() { "" } else { ", " });
        all.push_str(word);
    }
    all
}

/// The names that other packages give to our members.
const ELSEWHERE: &str = "authority=issuer domain=issuer issuerUrl=issuer url=issuer appId=clientId client=clientId \
    callback=redirectUri callbackUrl=redirectUri scopes=scope audience=extraParams extraQueryParams=extraParams \
    authorizationParams=extraParams cacheLocation=tokenStore storage=tokenStore store=tokenStore userStore=tokenStore \
    clientSecret=backend authorizationEndpoint=metadata tokenEndpoint=metadata clockSkew=clockTolerance \
    timeout=requestTimeout redirectTo=returnTo target=returnTo state=appState";

/// Whether two names are equal except for case, `_` and `-`, and except for two characters in one place.
fn is_near(one: &str, other: &str) -> bool {
    let plain = |byte: &u8| !matches!(byte, b'_' | b'-');
    let (one, other) = (one.bytes().filter(plain), other.bytes().filter(plain));
    let is_alike = |(one, other): &(u8, u8)| one.eq_ignore_ascii_case(other);
    let longer = one.clone().count().max(other.clone().count());
    let alike =
        one.clone().zip(other.clone()).take_while(is_alike).count() + one.rev().zip(other.rev()).take_while(is_alike).count();
    // For a short name, every other name would be near.
    alike >= 4 && longer <= alike + 2
}

fn has_word(words: &str, word: &str) -> bool {
    !word.is_empty() && parts(words, ' ').any(|other| other == word)
}

impl Kind {
    /// The problem with `value`; `None` if it is valid.
    fn problem(&self, value: &Json) -> Option<&'static str> {
        let all_text = |items: &[Json]| items.iter().all(|item| item.as_str().is_some());
        let (is_right, problem) = match self {
            Self::Text => (value.as_str().is_some(), "is not a string"),
            Self::Texts => (
                matches!(value, Json::String(_) | Json::Array(_)) && all_text(value.items()),
                "is not a string or an array of strings",
            ),
            Self::List => (matches!(value, Json::Array(items) if all_text(items)), "is not an array of strings"),
            Self::Seconds => (value.as_exact_millis().is_some(), "is not a number of seconds"),
            Self::Flag => (matches!(value, Json::Bool(_)), "is not true or false"),
            Self::Object => (value.is_object(), "is not a plain object"),
            Self::Map => (
                value.is_object() && value.members().iter().all(|(_, value)| value.as_str().is_some()),
                "is not an object of strings",
            ),
            Self::Word(words, _) => {
                (value.as_str().is_some_and(|word| has_word(words, word)), "is not one of the words that it may be")
            }
            #[cfg(feature = "environment")]
            Self::RedirectUri if value.as_str().is_some_and(is_redirect_uri_of_app) => (true, ""),
            Self::RedirectUri => {
                (value.as_str().is_some_and(is_redirect_uri), "is not an absolute http or https URL without fragment")
            }
            Self::Endpoint => return endpoint_problem(value),
            #[cfg(feature = "resources")]
            Self::Items => (matches!(value, Json::Array(_)), "is not an array"),
            Self::Any => (true, ""),
        };
        (!is_right).then_some(problem)
    }
}

/// RFC 6749 §3.1 and §3.2.
fn endpoint_problem(value: &Json) -> Option<&'static str> {
    let Some((text, url)) = value.as_str().and_then(|text| Some((text, Url::parse(text)?))) else {
        return Some("is not an absolute URL");
    };
    // Without the slashes, the text would be a path on a page with the same scheme.
    if !cut(text, ':').1.is_some_and(|rest| rest.starts_with("//")) {
        return Some("is not an absolute URL");
    }
    if !is_plain(text) || has(text, '#') || url.has_credentials() {
        return Some("has a fragment, credentials or odd characters in it");
    }
    (!url.is_confidential()).then_some("is neither https nor http on a loopback host")
}
