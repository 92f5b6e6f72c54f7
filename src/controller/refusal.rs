//! What the API server did not do, in its own words.

use std::fmt;

use kube::Error;

use crate::http::shown;

/// A call to the API server that failed. It shows what the server said on one line, and cut.
#[derive(Debug, thiserror::Error)]
pub struct Refusal(#[source] Box<Error>);

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self(Box::new(error))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&said(&self.0))
    }
}

/// What the server said, or why there is no answer of its.
pub fn said(error: &Error) -> String {
    match error {
        // Where an object is missing, the answer names it.
        Error::Api(status) if status.code == 404 && status.details.is_none() => {
            "the API server does not know the kind: install the definitions, by the chart or by `kubectl apply -k crds`"
                .to_owned()
        }
        Error::Api(status) => {
            let said = shown(&status.message, &[]);
            format!("the API server answered {}: {said}", status.code)
        }
        error => shown(&error.to_string(), &[]),
    }
}

#[cfg(test)]
mod tests {
    use kube::core::Status;

    use super::*;

    #[test]
    fn it_says_what_the_server_said_and_no_more() {
        let status = Status::failure("secrets \"a\" is\nforbidden", "Forbidden").with_code(403);
        let refusal = Refusal::from(Error::Api(Box::new(status)));
        let said = "the API server answered 403: secrets \"a\" is forbidden";
        assert_eq!(refusal.to_string(), said);
    }

    #[test]
    fn a_kind_that_is_not_installed_is_told_with_the_cure() {
        let status = Status::failure("404 page not found", "NotFound").with_code(404);
        let said = said(&Error::Api(Box::new(status)));
        assert!(said.contains("kubectl apply -k crds"), "{said}");
    }
}
