//! What is answered where there is no route, or none for the method.

use axum::http::{Method, Uri};

use super::parameters::shown;
use crate::app::ROUTES;
use crate::error::{Problem, ProblemKind};
use crate::nearest::did_you_mean;

/// No route has this path.
pub(crate) async fn route(uri: Uri) -> Problem {
    let path = uri.path();
    let help = did_you_mean(path.trim_end_matches('/'), ROUTES);
    Problem::new(ProblemKind::UnknownRoute, format!("there is nothing at `{}`", shown(path))).with_help(help)
}

/// The route does not take this method.
pub(crate) async fn method(method: Method, uri: Uri) -> Problem {
    let detail = format!("`{}` does not take `{}`", shown(uri.path()), shown(method.as_str()));
    let help = "the header `Allow` names the methods that it takes".to_owned();
    Problem::new(ProblemKind::WrongMethod, detail).with_help(help)
}
