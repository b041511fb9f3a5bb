//! [`SessionKey`]: the key to which the tokens of a session are bound (RFC 9449). `proofs.rs` finds it and uses it.

use core::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::protocol::public_key::PublicKey;

/// The key of one session, as far as this page knows it.
#[derive(Default)]
pub(crate) struct SessionKey {
    pub(crate) known: RefCell<Option<Rc<PublicKey>>>,
    /// Whether the page has tried to have the key, so that a login can begin.
    pub(crate) is_prepared: Cell<bool>,
}
