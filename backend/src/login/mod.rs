//! Logins that have begun and not ended yet.

mod landing;
mod pending;
mod redeem;

pub(crate) use landing::Landing;
pub(crate) use pending::{Pending, PendingLogins, Way};
pub(crate) use redeem::redeem;
