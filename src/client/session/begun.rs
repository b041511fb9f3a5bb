//! [`Begun`]: the refreshes that have begun, each with the token that it renews.

use core::cell::RefCell;
use std::rc::Rc;

use super::target::Target;
use crate::client::shared_future::SharedFuture;
use crate::protocol::error::Error;

/// The outcome of a refresh, and the callers that wait for it.
pub(crate) type Refresh = SharedFuture<Result<(), Error>>;

/// The refreshes that have begun, one for each target.
#[cfg(feature = "resources")]
#[derive(Default)]
pub(crate) struct Begun(RefCell<Vec<(Target, Rc<Refresh>)>>);

#[cfg(feature = "resources")]
impl Begun {
    /// The refresh of the token of `target` that is running.
    pub(crate) fn running(&self, target: &Target) -> Option<Rc<Refresh>> {
        let is_meant = |(other, refresh): &&(Target, Rc<Refresh>)| other == target && !refresh.is_resolved();
        self.0.borrow().iter().find(is_meant).map(|(_, refresh)| refresh.clone())
    }

    #[cfg(feature = "idle")]
    pub(crate) fn is_any_running(&self) -> bool {
        self.0.borrow().iter().any(|(_, refresh)| !refresh.is_resolved())
    }

    pub(crate) fn set(&self, target: &Target, refresh: Rc<Refresh>) {
        let mut all = self.0.borrow_mut();
        all.retain(|(other, refresh)| other != target && !refresh.is_resolved());
        all.push((target.clone(), refresh));
    }

    pub(crate) fn has(&self, refresh: &Rc<Refresh>) -> bool {
        self.0.borrow().iter().any(|(_, other)| Rc::ptr_eq(other, refresh))
    }

    pub(crate) fn clear(&self) {
        self.0.take();
    }

    /// Those that began before `refresh`, in their order.
    pub(crate) fn before(&self, refresh: &Rc<Refresh>) -> Vec<Rc<Refresh>> {
        let all = self.0.borrow();
        all.iter().map(|(_, other)| other.clone()).take_while(|other| !Rc::ptr_eq(other, refresh)).collect()
    }
}

/// The refresh that has begun.
#[cfg(not(feature = "resources"))]
#[derive(Default)]
pub(crate) struct Begun(RefCell<Option<Rc<Refresh>>>);

#[cfg(not(feature = "resources"))]
impl Begun {
    /// The refresh that is running.
    pub(crate) fn running(&self, _: &Target) -> Option<Rc<Refresh>> {
        self.0.borrow().as_ref().filter(|refresh| !refresh.is_resolved()).cloned()
    }

    #[cfg(feature = "idle")]
    pub(crate) fn is_any_running(&self) -> bool {
        self.0.borrow().as_ref().is_some_and(|refresh| !refresh.is_resolved())
    }

    pub(crate) fn set(&self, _: &Target, refresh: Rc<Refresh>) {
        self.0.replace(Some(refresh));
    }

    pub(crate) fn has(&self, refresh: &Rc<Refresh>) -> bool {
        self.0.borrow().as_ref().is_some_and(|present| Rc::ptr_eq(present, refresh))
    }

    pub(crate) fn clear(&self) {
        self.0.take();
    }
}
