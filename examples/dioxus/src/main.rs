//! A single-page app with dioxus that logs in with wicketgate.

// As docs/rust.md has it: dioxus' bare template and ten lines. Here it only has to compile.
#[expect(dead_code)]
mod bare;
mod guard;
mod pages;
#[path = "../../rust/settings.rs"]
mod settings;

use dioxus::prelude::*;
use wasm_bindgen_futures::spawn_local;
use wicketgate::{app::Login, client::Configuration};

use guard::{Guarded, use_login};
use pages::{Account, Home, Order};

#[derive(Clone, PartialEq, Routable)]
#[rustfmt::skip]
enum Route {
    #[layout(Frame)]
        #[route("/")]
        Home,
        #[route("/callback")]
        Callback,
        #[layout(Guarded)]
            #[route("/account")]
            Account,
            #[route("/orders/:number")]
            Order { number: String },
        #[end_layout]
        #[route("/:..path")]
        NotFound { path: Vec<String> },
}

fn main() {
    let configuration = Configuration::new("my-app")
        .with("issuer", "https://login.example")
        .with("redirectUri", "https://app.example/callback")
        .with("scope", "openid profile");
    spawn_local(async move {
        let configuration = settings::at_this_host(configuration).await;
        dioxus::LaunchBuilder::new().with_context(configuration).launch(App);
    });
}

#[component]
fn App() -> Element {
    let configuration: Configuration = use_context();
    let mut login = use_signal(Login::opening);
    use_hook(|| Login::open(configuration, move |change| login.set(change)));
    use_context_provider(|| login);
    rsx! { Router::<Route> {} }
}

/// What every page has around it.
#[component]
fn Frame() -> Element {
    rsx! {
        header {
            Link { to: Route::Home, "The gatehouse" }
            nav {
                Link { to: Route::Account, active_class: "active", "Account" }
                Link { to: Route::Order { number: "1815".into() }, active_class: "active", "Order 1815" }
            }
            Who {}
        }
        main {
            Problem {}
            Outlet::<Route> {}
        }
    }
}

/// Who is signed in, and the way in or out.
#[component]
fn Who() -> Element {
    let login = use_login();
    rsx! {
        p { class: "who",
            if login.read().session().is_some() {
                span { {login.read().claim("name").map(String::from)} }
                button { onclick: move |_| login.read().log_out(), "Log out" }
            } else {
                button {
                    class: "primary",
                    disabled: login.read().is_opening(),
                    onclick: move |_| login.read().begin(),
                    "Log in"
                }
            }
        }
    }
}

/// What went wrong, in the words of the library.
#[component]
fn Problem() -> Element {
    let login = use_login();
    rsx! {
        if let Some(error) = login.read().error() {
            section { class: "problem", role: "alert",
                p { code { {error.code()} } }
                p { {error.message()} }
                p { {error.hint()} }
            }
        }
    }
}

#[component]
fn Callback() -> Element {
    rsx! { p { class: "late", "One moment." } }
}

#[component]
fn NotFound(path: Vec<String>) -> Element {
    rsx! { h1 { "There is no such page." } }
}
