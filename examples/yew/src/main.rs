//! A single-page app with yew that logs in with wicketgate.

// As docs/rust.md has it: yew's bare template and ten lines. Here it only has to compile.
#[expect(dead_code)]
mod bare;
mod guard;
mod pages;
#[path = "../../rust/settings.rs"]
mod settings;

use wasm_bindgen_futures::spawn_local;
use wicketgate::{app::Login, client::Configuration};
use yew::prelude::*;
use yew_router::prelude::*;

use guard::{Guarded, use_login};
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
        .with("issuer", "https://login.example")
        .with("redirectUri", "https://app.example/callback")
        .with("scope", "openid profile");
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
    let login = use_state(Login::opening);
    let set = login.setter();
    use_effect_with((), move |()| Login::open(configuration, move |change| set.set(change)));
    html! {
        <ContextProvider<Login> context={(*login).clone()}>
            <BrowserRouter>
                <Header />
                <main>
                    <Problem />
                    <Switch<Route> render={page} />
                </main>
            </BrowserRouter>
        </ContextProvider<Login>>
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

/// Who is signed in, and the way in or out.
#[component]
fn Who() -> Html {
    let login = use_login();
    let name = login.claim("name").map(String::from);
    html! {
        <p class="who">
            if login.session().is_some() {
                <span>{ name }</span>
                <button onclick={move |_| login.log_out()}>{ "Log out" }</button>
            } else {
                <button class="primary" disabled={login.is_opening()} onclick={move |_| login.begin()}>{ "Log in" }</button>
            }
        </p>
    }
}

/// What went wrong, in the words of the library.
#[component]
fn Problem() -> Html {
    let login = use_login();
    html! {
        if let Some(error) = login.error() {
            <section class="problem" role="alert">
                <p><code>{ error.code() }</code></p>
                <p>{ error.message() }</p>
                <p>{ error.hint() }</p>
            </section>
        }
    }
}
