//! The common form of a configuration and of the options of a call: a JSON object with typed setters, which is checked against
//! a table of members when it is used.

use core::fmt;
use core::time::Duration;

use crate::protocol::authorization::scope_problem;
use crate::protocol::error::Error;
use crate::protocol::json::Json;
use crate::protocol::logout::LogoutRequest;
use crate::protocol::shape::Shape;
use crate::protocol::text::{has, parts};
use crate::protocol::url::is_plain;

/// Declares a type that is a JSON object on the inside. An `impl` below it has a typed setter for each member.
macro_rules! members {
    ($(#[$attribute:meta])* $name:ident) => {
        $(#[$attribute])*
        #[derive(Clone)]
        #[must_use = "setters give back the changed value"]
        pub struct $name(pub(crate) Json);

        impl $name {
            /// Sets the member `name`, which the JavaScript API has under the same name.
            fn set(mut self, name: &str, value: impl Into<Json>) -> Self {
                self.0.set(name, value.into());
                self
            }

            /// Appends `item` to the list that is the member `name`.
            #[allow(dead_code, reason = "some of these types have no list")]
            fn append(self, name: &str, item: impl Into<Json>) -> Self {
                let mut items = self.0.member(name).map_or_else(Vec::new, |list| list.items().to_vec());
                items.push(item.into());
                self.set(name, Json::Array(items))
            }

            /// Sets `key` in the map that is the member `name`.
            #[allow(dead_code, reason = "some of these types have no map")]
            fn insert(self, name: &str, key: &str, value: impl Into<Json>) -> Self {
                let mut map = self.0.member(name).cloned().unwrap_or(Json::empty());
                map.set(key, value.into());
                self.set(name, map)
            }
        }

        /// Independent of the order in which the members were set.
        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                $crate::client::members::is_same(&self.0, &other.0)
            }
        }

        impl core::fmt::Debug for $name {
            fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                $crate::client::members::show(stringify!($name), &self.0, formatter)
            }
        }
    };
}

/// The same, for a type that begins without members.
macro_rules! options {
    ($(#[$attribute:meta])* $name:ident) => {
        members!($(#[$attribute])* $name);

        impl $name {
            /// Options of which none is set.
            pub fn new() -> Self {
                Self(Json::empty())
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }
    };
}

/// Declares the allowed words of a member.
macro_rules! words {
    ($(#[$attribute:meta])* $name:ident { $($(#[$of_word:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum $name { $($(#[$of_word])* $variant,)+ }

        impl From<$name> for Json {
            fn from(word: $name) -> Self {
                Self::from(match word { $($name::$variant => $word,)+ })
            }
        }
    };
}

pub(super) use {members, options, words};

/// A duration in the form of the tables: in seconds, with a fraction for the milliseconds. The rest is cut off.
pub(crate) fn seconds(duration: Duration) -> Json {
    let (seconds, millis) = (duration.as_secs(), duration.subsec_millis());
    let fraction = format!(".{millis:03}");
    Json::Number(format!("{seconds}{}", fraction.trim_end_matches('0').trim_end_matches('.')))
}

/// Whether two objects have the same members.
pub(crate) fn is_same(one: &Json, other: &Json) -> bool {
    let (members, others) = (one.members(), other.members());
    members.len() == others.len() && members.iter().all(|(name, value)| other.member(name) == Some(value))
}

/// Scope (RFC 6749 §3.3): printable ASCII without `"` and `\`. Resources (RFC 8707 §2): absolute URIs without
/// fragment.
pub(crate) fn check_scope_and_resource(object: &Json, shape: &Shape) -> Result<(), Error> {
    if let Some((scope, problem)) = object.text("scope").and_then(|scope| Some((scope, scope_problem(scope)?))) {
        return Err(shape.wrong("scope", problem).with_values(scope, "openid profile"));
    }
    let is_resource = |uri: &str| has(uri, ':') && !has(uri, '#') && is_plain(uri);
    let resources = object.member("resource").map_or(&[][..], Json::items);
    if !resources.iter().filter_map(Json::as_str).all(is_resource) {
        return Err(shape.wrong("resource", "is not an absolute URI without fragment"));
    }
    Ok(())
}

/// Further parameters of a logout: none that the client sets itself.
pub(crate) fn check_logout_parameters(object: &Json, member: &str, shape: &Shape) -> Result<(), Error> {
    let parameters = object.member(member).map_or(&[][..], Json::members);
    if parameters.iter().any(|(name, _)| LogoutRequest::has(name)) {
        return Err(shape.wrong(member, "has a parameter that the client sets itself"));
    }
    Ok(())
}

/// Members whose values may be secret or personal. Debug output shows only their names.
const CONFIDENTIAL: &str = "headers sessionBinding returnTo appState loginHint logoutHint extraParams logoutParams state";

/// Writes the members of `object` for a developer.
pub(crate) fn show(name: &str, object: &Json, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut shown = formatter.debug_struct(name);
    for (name, value) in object.members() {
        shown.field(name, &Shown(value, is_confidential(name)));
    }
    shown.finish()
}

fn is_confidential(name: &str) -> bool {
    parts(CONFIDENTIAL, ' ').any(|confidential| confidential == name)
}

/// A value for debug output. If the flag is set, it shows names but no values.
struct Shown<'a>(&'a Json, bool);

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(value, is_hidden) = *self;
        match value {
            Json::Object(members) => {
                let shown = |(name, value)| (name, Shown(value, is_hidden || is_confidential(name)));
                formatter.debug_map().entries(members.iter().map(|(name, value)| shown((name, value)))).finish()
            }
            _ if is_hidden => formatter.write_str("…"),
            Json::Array(items) => formatter.debug_list().entries(items.iter().map(|item| Shown(item, false))).finish(),
            Json::String(text) => write!(formatter, "{text:?}"),
            Json::Number(number) => formatter.write_str(number),
            Json::Bool(flag) => write!(formatter, "{flag}"),
            Json::Null => formatter.write_str("null"),
        }
    }
}
