//! One file per kind of page: its view model and the template it fills.

pub(crate) mod control;
pub(crate) mod controls;
pub(crate) mod cover;
pub(crate) mod criteria;
pub(crate) mod exceptions;
pub(crate) mod gaps;
pub(crate) mod integrity;
pub(crate) mod populations;
pub(crate) mod raw;
pub(crate) mod scope;
pub(crate) mod second;
