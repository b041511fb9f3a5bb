//! The hook that says who is signed in, and the guard of views for signed-in users.

use wicketgate::Auth;
use yew::prelude::*;

/// Who is signed in: the value that `App` provides.
#[hook]
pub fn use_auth() -> Auth {
    use_context().unwrap_or_else(Auth::pending)
}

#[derive(PartialEq, Properties)]
pub struct GuardedProps {
    pub children: Html,
}

/// Shows `children` to signed-in users. Sends other users to the login, which leads back to this page.
#[component]
pub fn Guarded(props: &GuardedProps) -> Html {
    let auth = use_auth();
    html! {
        if auth.require_login() {
            { props.children.clone() }
        } else { <button onclick={move |_| auth.begin_login()}>{ "Log in" }</button> }
    }
}
