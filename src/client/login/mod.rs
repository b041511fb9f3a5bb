//! Logging in: the navigation to the server, and the return.
//!
//! | file | what it owns or decides |
//! | --- | --- |
//! | [`begin`] | the authorization request |
//! | `push` | the request that goes to the server first |
//! | [`transactions`] | the logins that have begun, in the tab's store |
//! | [`earlier`] | what this client began in this tab before |
//! | [`response`] | which URL is the end of a login |
//! | [`callback`] | the authorization response: which login it belongs to, and whether it may complete that |
//! | [`redeem`] | the code, redeemed here |
//! | [`hand_off`] | the code, handed to the page's own backend |
//! | `popup`, `awaited` | a login in another window or frame, and the page that waits for it (feature `popup`) |
//! | `hand_over` | the response in such a window, handed to that page (feature `popup`) |
//! | [`restart`] | a response that belongs to no login of this tab |
//! | [`remembered`] | the callbacks that were handled, so that each is handled once |

#[cfg(feature = "popup")]
pub(super) mod awaited;
pub(super) mod begin;
pub(super) mod callback;
mod earlier;
#[cfg(feature = "backend")]
pub(super) mod hand_off;
#[cfg(feature = "popup")]
pub(super) mod hand_over;
#[cfg(feature = "popup")]
pub(super) mod popup;
#[cfg(feature = "par")]
mod push;
#[cfg(feature = "tokens")]
pub(super) mod redeem;
pub(super) mod remembered;
pub(super) mod response;
#[cfg(feature = "restart")]
pub(super) mod restart;
pub(super) mod transactions;
