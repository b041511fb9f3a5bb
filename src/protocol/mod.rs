//! Messages and rules, all pure: the same bytes in give the same answer out. The code uses no clock, no randomness and no
//! global, and does not panic on any input.
//!
//! # The flow
//!
//! ```text
//! AuthorizationRequest ──► Transaction        the browser leaves; the transaction stays in this tab
//!                              │
//! AuthorizationResponse ───────┤               the browser comes back with state and code, or an error
//!                              ▼
//!                         CodeExchange         made only by AuthorizationResponse::complete, which
//!                          │        │          consumes both: a code that was not validated cannot be
//!                 request()│        │hand_off()            redeemed, and none can be redeemed twice
//!                          ▼        ▼
//!                      TokenSet   the backend's session
//!                          │
//!                Jws::parse│  id_token, where `openid` was asked for
//!                          ▼
//!                         Jws                  well-formed, and not believed yet
//!                          │ verified()        with a key of the server's set: jwk chooses, the host checks
//!                          ▼
//!                     VerifiedJws              made in no other way, and nothing else gives claims
//!                          │ id_token::validate
//!                          ▼
//!                        claims
//! ```
//!
//! # Which function enforces what
//!
//! | source | demand | here |
//! | --- | --- | --- |
//! | RFC 6749 §3.1 | no parameter twice | [`AuthorizationRequest::new`](authorization::AuthorizationRequest::new), [`AuthorizationResponse::from_callback_url`](callback::AuthorizationResponse::from_callback_url) |
//! | RFC 6749 §3.1.2, §3.2 | endpoints without fragment | [`ServerMetadata::new`](metadata::ServerMetadata::new), [`is_redirect_uri`](url::is_redirect_uri) |
//! | RFC 6749 §10.12, RFC 9700 §2.1 | one-time `state` of this tab | [`AuthorizationResponse::check_transaction`](callback::AuthorizationResponse::check_transaction) |
//! | RFC 9700 §2.1, §4.17 | a response in another window is handed to the page that knows its `state`, and to nobody else | `elsewhere` (feature `popup`) |
//! | RFC 7636 §4 | `S256`, a new verifier each time | [`AuthorizationRequest::new`](authorization::AuthorizationRequest::new), [`code_challenge`](pkce::code_challenge) |
//! | RFC 7523 §3 | an assertion names one client and one server, and is good for a minute | [`ClientAssertion::unsigned`](client_assertion::ClientAssertion::unsigned) |
//! | RFC 8414 §3.3 | metadata names the configured issuer | [`ServerMetadata::of_issuer`](metadata::ServerMetadata::of_issuer) |
//! | RFC 9126 §2, §4 | the request goes to the server itself, and the browser carries a reference | `AuthorizationRequest::push`, `AuthorizationRequest::pushed` (feature `par`) |
//! | RFC 9207 §2.4 | `iss` equals the issuer, and is there where it is advertised | [`AuthorizationResponse::complete`](callback::AuthorizationResponse::complete) |
//! | RFC 9700 §2.6, §4.4 | TLS; no mix-up of servers | [`ServerMetadata::new`](metadata::ServerMetadata::new), [`AuthorizationResponse::check_transaction`](callback::AuthorizationResponse::check_transaction) |
//! | RFC 9700 §4.2 | the code leaves the address bar | [`without_response`](callback::without_response) |
//! | RFC 9700 §4.11 | no open redirector | [`same_origin_path`](return_to::same_origin_path) |
//! | RFC 8707 §2.2 | an access token for each API | `resources::api_request` (feature `resources`) |
//! | RFC 9396 §2 | each object of `authorization_details` names its type | `AuthorizationRequest::with_details` (feature `rar`) |
//! | RFC 9449 §4.2 | a proof is about one request, one key, one token | `dpop::Proof::unsigned` (feature `dpop`) |
//! | RFC 9449 §8, §9 | the server's last nonce is in the next proof | `dpop::Nonces` (feature `dpop`) |
//! | RFC 9470 §3 | what a step-up challenge asks for | [`challenge::step_up`] |
//! | OpenID Connect Core §3.1.3.7 | the ID token, step by step | [`id_token::validate`] |
//! | OpenID Connect Core §5.3.2 | the UserInfo answer is about the same subject | [`userinfo::claims`] |
//! | OpenID Connect Core §12.2 | a refreshed ID token is about the same login | [`id_token::refreshed`] |
//! | RFC 8725 §3.1, §3.2 | no algorithm that was not agreed on, no `none`, no MAC | [`Jws::check_algorithm`](jws::Jws::check_algorithm) |
//! | RFC 10017 §6.1 | no secret in the browser, tokens at the backend if there is one | [`CodeExchange::hand_off`](token::CodeExchange::hand_off), [`backend_login`] |

pub mod authorization;
#[cfg(feature = "rar")]
pub mod authorization_details;
pub mod backend_login;
pub mod callback;
pub mod challenge;
pub mod client_assertion;
pub mod confidential;
#[cfg(feature = "dpop")]
pub mod dpop;
#[cfg(feature = "popup")]
pub mod elsewhere;
pub mod error;
pub mod http;
pub mod id_token;
pub mod json;
pub mod jwk;
pub mod jws;
pub mod logout;
pub mod logout_token;
pub mod metadata;
pub mod pkce;
pub mod public_key;
#[cfg(feature = "par")]
pub mod pushed;
#[cfg(feature = "resources")]
pub mod resources;
pub mod return_to;
pub mod revocation;
pub mod secret;
pub(crate) mod shape;
pub(crate) mod text;
pub mod token;
pub mod url;
pub mod userinfo;
