//! A single-page app with yew that logs in with wicketgate.

// As docs/guide/rust.md shows it: yew's bare template and ten lines. Here it only has to compile.
#[expect(dead_code)]
mod bare;
mod guard;
mod pages;
#[path = "../../rust/settings.rs"]
mod settings;

use wasm_bindgen_futures::spawn_local;
use wicketgate::{Auth, Configuration};
use yew::prelude::*;
use yew_router::prelude::*;

use guard::{Guarded, use_auth};
use pages::{Account, Home, Order};

#[derive(Clone, PartialEq, Routable)]
enum Route {
    #[at("/")]
    Home,
    #[at("/callback")]
    Callback,
    #[at("/account")]
    Account,
    #[at("/orders/:number")]
    Order { number: String },
    #[not_found]
    #[at("/404")]
    NotFound,
}

fn main() {
    let configuration = Configuration::new("my-app")
        .issuer("https://login.example")
        .redirect_uri("https://app.example/callback")
        .scope("openid profile");
    spawn_local(async move {
        let configuration = settings::at_this_host(configuration).await;
        yew::Renderer::<App>::with_props(AppProps { configuration }).render();
    });
}

#[derive(PartialEq, Properties)]
struct AppProps {
    configuration: Configuration,
}

#[component]
fn App(props: &AppProps) -> Html {
    let configuration = props.configuration.clone();
    let auth = use_state(Auth::pending);
    let set = auth.setter();
    use_effect_with((), move |()| Auth::start(configuration, move |change| set.set(change)));
    html! {
        <ContextProvider<Auth> context={(*auth).clone()}>
            <BrowserRouter>
                <Header />
                <main>
                    <Problem />
                    <Switch<Route> render={page} />
                </main>
            </BrowserRouter>
        </ContextProvider<Auth>>
    }
}

fn page(route: Route) -> Html {
    match route {
        Route::Home => html! { <Home /> },
        Route::Callback => html! { <p class="late">{ "One moment." }</p> },
        Route::Account => html! { <Guarded><Account /></Guarded> },
        Route::Order { number } => html! { <Guarded><Order {number} /></Guarded> },
        Route::NotFound => html! { <h1>{ "There is no such page." }</h1> },
    }
}

#[component]
fn Header() -> Html {
    let route = use_route::<Route>();
    let active = |link: &Route| (route.as_ref() == Some(link)).then_some("active");
    let order = Route::Order { number: "1815".into() };
    html! {
        <header>
            <Link<Route> to={Route::Home}>{ "The gatehouse" }</Link<Route>>
            <nav>
                <Link<Route> classes={classes!(active(&Route::Account))} to={Route::Account}>{ "Account" }</Link<Route>>
                <Link<Route> classes={classes!(active(&order))} to={order}>{ "Order 1815" }</Link<Route>>
            </nav>
            <Who />
        </header>
    }
}

/// The user's name, and the button that logs in or out.
#[component]
fn Who() -> Html {
    let auth = use_auth();
    let name = auth.claim("name").map(String::from);
    html! {
        <p class="who">
            if auth.session().is_some() {
                <span>{ name }</span>
                <button onclick={move |_| auth.logout()}>{ "Log out" }</button>
            } else {
                <button class="primary" disabled={auth.is_pending()} onclick={move |_| auth.begin_login()}>{ "Log in" }</button>
            }
        </p>
    }
}

/// The last error, in the words of the library.
#[component]
fn Problem() -> Html {
    let auth = use_auth();
    html! {
        if let Some(error) = auth.error() {
            <section class="problem" role="alert">
                <p><code>{ error.code() }</code></p>
                <p>{ error.message() }</p>
                <p>{ error.hint() }</p>
            </section>
        }
    }
}
