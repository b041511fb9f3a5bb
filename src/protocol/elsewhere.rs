//! The mark in the `state` of a login whose response comes to another window or frame than the page that waits for it.
//!
//! The page in that window knows by the mark that it must hand the response over, and redeem nothing. It needs nothing else: no
//! opener, no store and no cookie, which a browser may cut off or divide. The mark stands behind the 256 bits of the `state`,
//! and takes nothing from them. A `state` is opaque to servers (RFC 6749 §4.1.1).

use super::secret::Secret;

const MARK: &str = ".w";

/// `state` with the mark.
pub(crate) fn marked(state: &Secret) -> Secret {
    let mut marked = String::from(state.expose());
    marked.push_str(MARK);
    Secret::new(marked)
}

/// Whether another page waits for the response with this `state`.
pub fn is_marked(state: &str) -> bool {
    state.ends_with(MARK)
}

/// `state` without the mark, if it has one.
pub(crate) fn without_mark(state: &str) -> &str {
    state.strip_suffix(MARK).unwrap_or(state)
}
