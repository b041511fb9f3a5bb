//! The features that this build lacks, and the entry of the npm package that has each. The client refuses them by name, and
//! never ignores them.

/// Members of the configuration and of options, each with the entry that supports it. `name=word` is a member that may have
/// other words, `name={…}` one that may be a list without objects.
pub(crate) const MEMBERS: &[(&str, &str)] = &[
    #[cfg(not(feature = "backend"))]
    ("backend", "wicketgate/handoff"),
    #[cfg(not(feature = "tokens"))]
    ("tokenStore allowedOrigins idTokenSignature clockTolerance trustedAudiences", "wicketgate"),
    #[cfg(not(any(feature = "backend", feature = "par")))]
    ("par=always", "wicketgate/all"),
    #[cfg(all(feature = "tokens", not(feature = "resources")))]
    ("allowedOrigins={…}", "wicketgate/all"),
    #[cfg(not(feature = "dpop"))]
    ("dpop=always", "wicketgate/all"),
    #[cfg(not(any(feature = "backend", feature = "rar")))]
    ("authorizationDetails", "wicketgate/all"),
    #[cfg(not(feature = "end-session"))]
    ("postLogoutRedirectUri idTokenHint state logoutHint logoutParams", "wicketgate/all"),
    #[cfg(not(feature = "restart"))]
    ("onUnknownTransaction", "wicketgate/all"),
    #[cfg(not(feature = "idle"))]
    ("idleLimit endWarning", "wicketgate/all"),
    #[cfg(not(feature = "environment"))]
    ("environment", "wicketgate/all"),
];

/// The error of a call that needs tokens in the page.
#[cfg(not(feature = "tokens"))]
pub(crate) fn tokens(what: &str) -> crate::protocol::error::Error {
    crate::protocol::error::Error::elsewhere(what, "wicketgate")
}
