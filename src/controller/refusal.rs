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
        match &*self.0 {
            Error::Api(status) => {
                let said = shown(&status.message, &[]);
                write!(f, "the API server answered {}: {said}", status.code)
            }
            error => write!(f, "{}", shown(&error.to_string(), &[])),
        }
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
}
