//! The login as a hook, and what only people who are signed in may see.

use wicketgate::app::Login;
use yew::prelude::*;

/// Who is signed in, as `App` provides it.
#[hook]
pub fn use_login() -> Login {
    use_context().unwrap_or_else(Login::opening)
}

#[derive(PartialEq, Properties)]
pub struct GuardedProps {
    pub children: Html,
}

/// Shows `children` to people who are signed in. Sends others to log in, and back to here.
#[component]
pub fn Guarded(props: &GuardedProps) -> Html {
    let login = use_login();
    html! {
        if login.require() {
            { props.children.clone() }
        } else { <button onclick={move |_| login.begin()}>{ "Log in" }</button> }
    }
}
