//! [`Moment`]: one moment on both of the host's clocks.

/// One moment on both of the host's clocks, in milliseconds.
#[derive(Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) wall: u64,
    pub(crate) monotonic: u64,
}
