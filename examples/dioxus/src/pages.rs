//! The pages of the app.

use dioxus::prelude::*;

use crate::guard::use_auth;

/// For everybody.
#[component]
pub fn Home() -> Element {
    rsx! {
        h1 { "Gates, made to measure." }
        p { class: "lead", "Anybody may read this page. Your account and your orders are behind the small door." }
    }
}

/// The claims of the ID token.
#[component]
pub fn Account() -> Element {
    let auth = use_auth();
    let auth = auth.read();
    let scope = auth.session().and_then(|session| session.scope.clone());
    rsx! {
        h1 { "Hello, " {auth.claim("name")} "." }
        dl {
            div { dt { "Identifier" } dd { {auth.claim("sub")} } }
            div { dt { "Server" } dd { {auth.claim("iss")} } }
            div { dt { "Scope" } dd { {scope} } }
        }
    }
}

/// One of the orders, by the number in its URL.
#[component]
pub fn Order(number: String) -> Element {
    let auth = use_auth();
    rsx! {
        h1 { "Order {number}" }
        p { class: "lead", "One oak gate with a wicket in it, for " {auth.read().claim("name").map(String::from)} "." }
    }
}
