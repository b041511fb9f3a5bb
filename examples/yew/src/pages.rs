//! The pages of the app.

use yew::prelude::*;

use crate::guard::use_auth;

/// For everybody.
#[component]
pub fn Home() -> Html {
    html! {
        <>
            <h1>{ "Gates, made to measure." }</h1>
            <p class="lead">{ "Anybody may read this page. Your account and your orders are behind the small door." }</p>
        </>
    }
}

/// The claims of the ID token.
#[component]
pub fn Account() -> Html {
    let auth = use_auth();
    let claim = |name| auth.claim(name).map(String::from);
    let scope = auth.session().and_then(|session| session.scope.clone());
    html! {
        <>
            <h1>{ "Hello, " }{ claim("name") }{ "." }</h1>
            <dl>
                <div><dt>{ "Identifier" }</dt><dd>{ claim("sub") }</dd></div>
                <div><dt>{ "Server" }</dt><dd>{ claim("iss") }</dd></div>
                <div><dt>{ "Scope" }</dt><dd>{ scope }</dd></div>
            </dl>
        </>
    }
}

#[derive(PartialEq, Properties)]
pub struct OrderProps {
    pub number: String,
}

/// One of the orders, by the number in its URL.
#[component]
pub fn Order(props: &OrderProps) -> Html {
    let auth = use_auth();
    let name = auth.claim("name").map(String::from);
    html! {
        <>
            <h1>{ "Order " }{ &props.number }</h1>
            <p class="lead">{ "One oak gate with a wicket in it, for " }{ name }{ "." }</p>
        </>
    }
}
