//! [`Landing`]: the end of a login at this backend.

use std::time::Duration;

use crate::cookies::SetCookie;
use crate::joined::Outcome;

/// The outcome of a login, for a browser that comes twice because the user was impatient or the first answer was lost.
#[derive(Clone)]
pub(crate) struct Landing {
    pub(crate) location: String,
    pub(crate) cookies: Vec<SetCookie>,
}

impl Outcome for Landing {
    fn lasts(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn may_be_repeated_after(&self, _: u32) -> Option<Duration> {
        None
    }
}
