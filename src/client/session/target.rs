//! [`Target`]: whose access token is meant, the login's own or that of one API (RFC 8707). All of them come from one refresh token.

#[cfg(feature = "resources")]
use std::rc::Rc;

/// The API's resource indicator; `None` for the login's own access token.
#[cfg(feature = "resources")]
pub(crate) type Target = Option<Rc<str>>;

/// The login's own access token.
#[cfg(not(feature = "resources"))]
#[derive(Clone, Copy)]
pub(crate) struct Target;

/// The login's own access token.
#[cfg(feature = "resources")]
pub(crate) const OWN: Target = None;
#[cfg(not(feature = "resources"))]
pub(crate) const OWN: Target = Target;

/// Whether the login's own access token is meant.
#[cfg(feature = "resources")]
pub(crate) fn is_own(target: &Target) -> bool {
    target.is_none()
}

#[cfg(not(feature = "resources"))]
pub(crate) fn is_own(_: &Target) -> bool {
    true
}
