//! Which pages and sites may send which requests.

pub(crate) mod navigation;
pub(crate) mod same_origin;
