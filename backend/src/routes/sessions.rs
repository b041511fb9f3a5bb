//! `GET /auth/sessions`: a user's own sessions, in all browsers. `DELETE /auth/sessions/ID`: ends one of them.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use serde::Serialize;

use crate::backend::Backend;
use crate::failure::{Failure, json_answer};
use crate::origin::same_origin;
use crate::session::{Current, Listed, Owner, SharedStore};

/// The most rows of a list.
const MAX_ROWS: usize = 200;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    id: &'a str,
    current: bool,
    created_at: u64,
    last_used_at: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<&'a str>,
}

impl<'a> Row<'a> {
    /// `own` is the name of the session that sends the request.
    fn of(listed: &'a Listed, own: &str) -> Self {
        let Listed { name, stored } = listed;
        Row {
            id: name,
            current: name == own,
            created_at: stored.session.signed_in_at,
            last_used_at: stored.used_at,
            user_agent: stored.session.user_agent(),
        }
    }
}

#[derive(Serialize)]
struct Rows<'a> {
    sessions: Vec<Row<'a>>,
}

pub(crate) async fn list(State(backend): State<Arc<Backend>>, headers: HeaderMap) -> Result<Response, Failure> {
    let answer = async {
        same_origin::check(&Method::GET, &headers, &backend.origins)?;
        let store = store(&backend)?;
        let current = backend.sessions.current(&headers).await?;
        let own = store.name_of(current.key());
        let listed = listed(&backend, store, &current).await?;
        let row = |listed| Row::of(listed, &own);
        let rows = Rows { sessions: listed.iter().map(row).collect() };
        let rows = serde_json::to_string(&rows).map_err(|_| Failure::internal())?;
        Ok((AppendHeaders(current.cookies), json_answer(StatusCode::OK, rows)).into_response())
    };
    answer.await.inspect_err(|failure: &Failure| failure.log("list of sessions"))
}

pub(crate) async fn end(
    State(backend): State<Arc<Backend>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let answer = async {
        same_origin::check_with_custom_header(&headers, &backend.origins)?;
        let store = store(&backend)?;
        let current = backend.sessions.current(&headers).await?;
        let wanted = find(&backend, store, &current, &id).await?.ok_or_else(|| {
            Failure::new(StatusCode::NOT_FOUND, "not_found", "The user has no such session.", "See GET /auth/sessions.")
        })?;
        let cookies = if wanted.name == store.name_of(current.key()) { backend.sessions.removals() } else { current.cookies };
        backend.sessions.end_listed(store, wanted, true).await?;
        Ok((StatusCode::NO_CONTENT, AppendHeaders(cookies)).into_response())
    };
    answer.await.inspect_err(|failure: &Failure| failure.log("end of a session"))
}

/// The newest sessions of the user. A session without a `sub` is the only one in its list.
async fn listed(backend: &Backend, store: &dyn SharedStore, current: &Current) -> Result<Vec<Listed>, Failure> {
    match current.session().claim("sub") {
        Some(subject) => backend.sessions.of(store, Owner::Subject, &subject, MAX_ROWS).await,
        None => Ok(backend.sessions.named(store, &store.name_of(current.key())).await?.into_iter().collect()),
    }
}

/// The session with the name `id`, if it is the user's.
async fn find(backend: &Backend, store: &dyn SharedStore, current: &Current, id: &str) -> Result<Option<Listed>, Failure> {
    let is_current = id == store.name_of(current.key());
    let subject = current.session().claim("sub");
    let is_own = |listed: &Listed| is_current || (subject.is_some() && listed.stored.session.claim("sub") == subject);
    Ok(backend.sessions.named(store, id).await?.filter(is_own))
}

/// # Errors
/// If each session lies only in its own browser.
pub(super) fn store(backend: &Backend) -> Result<&dyn SharedStore, Failure> {
    backend.sessions.shared().ok_or_else(|| {
        let description = "This backend does not know its sessions: each is in its own browser.";
        let hint = "Set WICKETGATE_SESSION_STORE (session_store).";
        Failure::new(StatusCode::NOT_IMPLEMENTED, "not_found", description, hint)
    })
}
