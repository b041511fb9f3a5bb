//! What a login asks for on behalf of the APIs that have tokens of their own (RFC 8707).

use super::configuration::Settings;
use crate::protocol::authorization::{AuthorizationRequest, is_openid};
use crate::protocol::json::Json;
use crate::protocol::text::parts;

/// `scope`, and the scopes of the APIs that have tokens of their own, each word once.
pub(crate) fn whole_scope(configuration: &Settings, scope: Option<&str>) -> Option<String> {
    let mut whole = scope.map(String::from);
    for word in configuration.apis().iter().filter_map(|api| api.text("scope")).flat_map(|scope| parts(scope, ' ')) {
        let scope = whole.get_or_insert_default();
        if !parts(scope, ' ').any(|other| other == word) {
            if !scope.is_empty() {
                scope.push(' ');
            }
            scope.push_str(word);
        }
    }
    whole
}

/// The resource of the token for which the code is redeemed: the one that the login `asked` for. If it asked for none, the token of
/// an OpenID Connect login is for UserInfo, and that of any other login is for the first API, because a server issues a token for
/// one of them at a time.
pub(crate) fn of_code<'a>(configuration: &'a Settings, scope: Option<&str>, asked: Option<&'a Json>) -> Option<&'a Json> {
    let first = || configuration.apis().first()?.member("resource").filter(|_| !scope.is_some_and(is_openid));
    asked.or_else(first)
}

/// `request`, naming each API that has a token of its own, except for `named`.
pub(crate) fn naming_all(
    configuration: &Settings,
    mut request: AuthorizationRequest,
    named: Option<&Json>,
) -> AuthorizationRequest {
    let (apis, named) = (configuration.apis(), named.map_or(&[][..], Json::items));
    for (place, resource) in apis.iter().filter_map(|api| api.member("resource")).enumerate() {
        // Several origins may take the token of one resource.
        let is_first = !apis.iter().take(place).any(|api| api.member("resource") == Some(resource));
        if is_first && !named.contains(resource) {
            request = request.naming(resource.as_str().unwrap_or_default());
        }
    }
    request
}
