//! What the server can tell and do, each as a function of a package and a place.

pub(crate) mod complete;
pub(crate) mod hints;
pub(crate) mod hover;
pub(crate) mod layout;
pub(crate) mod names;
pub(crate) mod outline;
pub(crate) mod problems;
pub(crate) mod tokens;
