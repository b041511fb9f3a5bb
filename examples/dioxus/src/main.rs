//! A single-page app with dioxus that logs in with wicketgate.

// As docs/guide/rust.md shows it: dioxus' bare template and ten lines. Here it only has to compile.
#[expect(dead_code)]
mod bare;
mod guard;
mod pages;
#[path = "../../rust/settings.rs"]
mod settings;

use dioxus::prelude::*;
use wasm_bindgen_futures::spawn_local;
use wicketgate::{Auth, Configuration};

use guard::{Guarded, use_auth};
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
        .issuer("https://login.example")
        .redirect_uri("https://app.example/callback")
        .scope("openid profile");
    spawn_local(async move {
        let configuration = settings::at_this_host(configuration).await;
        dioxus::LaunchBuilder::new().with_context(configuration).launch(App);
    });
}

#[component]
fn App() -> Element {
    let configuration: Configuration = use_context();
    let mut auth = use_signal(Auth::pending);
    use_hook(|| Auth::start(configuration, move |change| auth.set(change)));
    use_context_provider(|| auth);
    rsx! { Router::<Route> {} }
}

/// The frame of every page.
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

/// The user's name, and the button that logs in or out.
#[component]
fn Who() -> Element {
    let auth = use_auth();
    rsx! {
        p { class: "who",
            if auth.read().session().is_some() {
                span { {auth.read().claim("name").map(String::from)} }
                button { onclick: move |_| auth.read().logout(), "Log out" }
            } else {
                button {
                    class: "primary",
                    disabled: auth.read().is_pending(),
                    onclick: move |_| auth.read().begin_login(),
                    "Log in"
                }
            }
        }
    }
}

/// The last error, in the words of the library.
#[component]
fn Problem() -> Element {
    let auth = use_auth();
    rsx! {
        if let Some(error) = auth.read().error() {
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
