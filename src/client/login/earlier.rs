//! The logins that this client began in this tab before: whether one of them is pending, and where it was to lead.

use crate::client::page::Connection;
use crate::host::Host;
use crate::protocol::authorization::Transaction;
use crate::protocol::callback::unverified_error;
use crate::protocol::error::Error;
use crate::protocol::url::Url;

/// Whether this client began `transaction`, under the present binding.
pub(crate) fn is_ours<P: Host>(connection: &Connection<P>, transaction: &Transaction) -> bool {
    let configuration = &connection.configuration;
    transaction.is_of(connection.server.metadata(), configuration.client_id())
        && transaction.is_bound_to(configuration.text("sessionBinding"))
}

/// The latest login of this client that has not expired, if it `is_wanted`.
pub(crate) fn latest<P: Host>(connection: &Connection<P>, is_wanted: fn(&Transaction) -> bool) -> Option<Transaction> {
    let host = connection.host();
    let oldest = host.wall_clock().saturating_sub(connection.configuration.transaction_lifetime());
    let is_one = |one: &Transaction| is_wanted(one) && one.created_at() >= oldest && is_ours(connection, one);
    connection.page.transactions.newest(host, is_one)
}

/// The error that `url` carries without a `state`, if a login of this client is pending. Nobody knows whether the error answers
/// that login: it uses nothing up, and says where that login was to lead.
pub(crate) fn stray_error<P: Host>(connection: &Connection<P>, url: &Url) -> Option<Error> {
    let error = unverified_error(url, connection.configuration.text("redirectUri"))?;
    let pending = latest(connection, |login| !login.is_used())?;
    Some(error.with_return_to(pending.return_to()))
}
