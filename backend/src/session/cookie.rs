//! [`SessionCookie`]: the browser's part of a session, in as many cookies as it needs.
//!
//! A browser drops a cookie of more than 4096 bytes, and sealed tokens can be larger, so the value is cut into pieces. The
//! first piece contains the number of pieces. If a piece is missing or belongs to another session, the seal does not open.

use std::sync::Arc;

use axum::http::HeaderMap;
use cookie::SameSite;

use crate::cookies::{Cookies, SetCookie};

/// The number of cookies for one session: about 11 kB of tokens and claims. With more, servers on the way would refuse the
/// request's headers.
const MAX_PIECES: usize = 4;

/// Less than 4096 bytes, including the name.
const PIECE: usize = 4000;

/// The longest value that can be kept.
pub(crate) const MAX_VALUE: usize = MAX_PIECES * PIECE;

pub(crate) struct SessionCookie {
    cookies: Arc<Cookies>,
}

impl SessionCookie {
    pub(crate) fn new(cookies: Arc<Cookies>) -> Self {
        Self { cookies }
    }

    /// The value in a request.
    pub(crate) fn value(&self, headers: &HeaderMap) -> Option<String> {
        let (count, first) = self.cookies.value(headers, "")?.split_once('.')?;
        let count: usize = count.parse().ok().filter(|count| (1..=MAX_PIECES).contains(count))?;
        let mut value = String::from(first);
        for index in 1..count {
            value.push_str(self.cookies.value(headers, &kind(index))?);
        }
        Some(value)
    }

    /// The header fields that store `value`, which is ASCII and at most [`MAX_VALUE`] long, and that remove the further pieces
    /// of a longer value in the request. `None` for a request to which the browser does not add them: removes all.
    pub(crate) fn set(&self, value: &str, request: Option<&HeaderMap>) -> Vec<SetCookie> {
        let pieces: Vec<&str> = value.as_bytes().chunks(PIECE).filter_map(|piece| core::str::from_utf8(piece).ok()).collect();
        let keep = |(index, piece): (usize, &&str)| {
            let value = if index == 0 { format!("{}.{piece}", pieces.len()) } else { (*piece).to_owned() };
            self.cookies.set(&kind(index), &value, SameSite::Strict, None)
        };
        let mut fields: Vec<SetCookie> = pieces.iter().enumerate().filter_map(keep).collect();
        let is_there = |index: &usize| request.is_none_or(|request| self.cookies.value(request, &kind(*index)).is_some());
        fields.extend((pieces.len()..MAX_PIECES).filter(is_there).filter_map(|index| self.cookies.remove(&kind(index))));
        fields
    }

    /// The header fields that remove the session: all possible pieces, whatever the request contains, so that a logout does not
    /// depend on how the request was read.
    pub(crate) fn remove(&self) -> Vec<SetCookie> {
        (0..MAX_PIECES).filter_map(|index| self.cookies.remove(&kind(index))).collect()
    }
}

fn kind(index: usize) -> String {
    if index == 0 { String::new() } else { (index + 1).to_string() }
}
