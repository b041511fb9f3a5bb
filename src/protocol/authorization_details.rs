//! Rich Authorization Requests (RFC 9396): the request lists objects, whereas a scope lists words.

use super::authorization::AuthorizationRequest;
use super::error::Error;
use super::json::Json;
use super::shape::{Kind, Shape};

/// The members that every type of details may have (§2.2). A type may have further members.
const DETAIL: Shape = Shape {
    prefix: "authorizationDetails",
    members: &[(Kind::Text, "type identifier"), (Kind::List, "locations actions datatypes privileges")],
    lacks: &[],
    is_open: true,
    has_nulls: false,
    error: Error::option,
};

/// Checks `details` by the rules of RFC 9396 §2 for all types: an array of objects, each of which names its type.
///
/// # Errors
/// `invalid_option`.
pub fn check(details: &Json) -> Result<(), Error> {
    let Json::Array(details) = details else { return Err(DETAIL.wrong("", "is not an array of objects")) };
    for detail in details {
        DETAIL.check(detail)?;
        if detail.text("type").is_none_or(str::is_empty) {
            return Err(DETAIL.wrong("type", "is missing"));
        }
    }
    if details.is_empty() { Err(DETAIL.wrong("", "is empty")) } else { Ok(()) }
}

impl AuthorizationRequest {
    /// Adds `details` to the request. The granted details are the member `authorization_details` of the token response (§7), in
    /// [`TokenSet::other`](super::token::TokenSet::other).
    ///
    /// # Errors
    /// `invalid_option`.
    pub fn with_details(self, details: &Json) -> Result<Self, Error> {
        check(details)?;
        Ok(self.asking_for(details))
    }
}
