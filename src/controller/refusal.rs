//! What the API server did not do, in its own words.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use kube::Error;

use crate::http::{shown, without_user_info};

/// A call to the API server that failed. It shows what the server said on one line, and cut.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It answered with an error, or could not be reached.
    Failed {
        #[source]
        error: Box<Error>,
        server: Arc<str>,
    },
    /// It gave no answer within this time.
    Silent(Duration),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed { error, server } => f.write_str(&said(error, server)),
            Self::Silent(limit) => {
                write!(
                    f,
                    "the API server gave no answer within {} s",
                    limit.as_secs()
                )
            }
        }
    }
}

impl Refusal {
    /// A call to the API server at this address that failed.
    pub fn new(error: Error, server: &Arc<str>) -> Self {
        Self::Failed {
            error: Box::new(error),
            server: Arc::clone(server),
        }
    }

    /// The HTTP status that it answered with, if it answered.
    #[must_use]
    pub fn code(&self) -> Option<u16> {
        match self {
            Self::Failed { error, .. } => code(error),
            Self::Silent(_) => None,
        }
    }

    /// Whether it was no answer at all: of what was asked for, that says nothing.
    #[must_use]
    pub fn is_silence(&self) -> bool {
        match self {
            Self::Failed { error, .. } => {
                matches!(**error, Error::HyperError(_) | Error::Service(_))
            }
            Self::Silent(_) => true,
        }
    }

    /// Whether it has too much to do, or does not serve yet.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        matches!(self.code(), Some(429 | 503))
    }

    /// Whether it will not take what it was given, however often: a 4xx that is no matter of time, credentials or versions.
    #[must_use]
    pub fn is_final(&self) -> bool {
        self.code().is_some_and(|code| {
            (400..500).contains(&code) && ![401, 404, 408, 409, 429].contains(&code)
        })
    }
}

/// The HTTP status that the server answered with, if it answered.
pub fn code(error: &Error) -> Option<u16> {
    match error {
        Error::Api(status) => Some(status.code),
        _ => None,
    }
}

/// An object that may be absent. A kind that is not served is an error: its answer names no object.
///
/// # Errors
/// When the API server answers anything else.
pub fn if_present<T>(answer: Result<T, Error>) -> Result<Option<T>, Error> {
    match answer {
        Ok(object) => Ok(Some(object)),
        Err(Error::Api(status)) if status.code == 404 && status.details.is_some() => Ok(None),
        Err(error) => Err(error),
    }
}

/// What the server said, or why there is no answer of its: its address, and the innermost cause (refused, no route, an
/// authority that is not known).
pub fn said(error: &Error, server: &str) -> String {
    match error {
        // Where an object is missing, the answer names it.
        Error::Api(status) if status.code == 404 && status.details.is_none() => {
            "the API server does not know the kind: install the CRDs, by the chart or by `kubectl apply -k crds`"
                .to_owned()
        }
        Error::Api(status) => {
            let said = shown(&status.message, &[]);
            format!("the API server answered {}: {said}", status.code)
        }
        Error::HyperError(_) | Error::Service(_) => {
            let mut cause: &dyn std::error::Error = error;
            while let Some(inner) = cause.source() {
                cause = inner;
            }
            let cause = without_user_info(&cause.to_string());
            shown(
                &format!("the API server at {server} gave no answer: {cause}"),
                &[],
            )
        }
        error => shown(&without_user_info(&error.to_string()), &[]),
    }
}

#[cfg(test)]
mod tests {
    use kube::core::Status;

    use super::*;

    fn answered(code: u16) -> Error {
        Error::Api(Box::new(
            Status::failure("secrets \"a\" is\nforbidden", "Forbidden").with_code(code),
        ))
    }

    fn refused(error: Error) -> Refusal {
        Refusal::new(error, &Arc::from("https://cluster"))
    }

    #[test]
    fn it_says_what_the_server_said_and_no_more() {
        let refusal = refused(answered(403));
        let said = "the API server answered 403: secrets \"a\" is forbidden";
        assert_eq!(refusal.to_string(), said);
    }

    #[test]
    fn silence_is_told_with_its_length() {
        let silent = Refusal::Silent(Duration::from_secs(30));
        assert_eq!(
            silent.to_string(),
            "the API server gave no answer within 30 s"
        );
        assert!(silent.is_silence() && !silent.is_final() && !refused(answered(500)).is_silence());
    }

    #[test]
    fn a_kind_that_is_not_installed_is_told_with_the_cure_and_is_no_absent_object() {
        let status = Status::failure("404 page not found", "NotFound").with_code(404);
        let error = || Error::Api(Box::new(status.clone()));
        let said = said(&error(), "https://cluster");
        assert!(said.contains("kubectl apply -k crds"), "{said}");
        assert!(if_present::<()>(Err(error())).is_err());
    }

    #[test]
    fn what_time_or_another_version_can_mend_is_not_final() {
        let last = |code| refused(answered(code)).is_final();
        assert!([400, 403, 413, 422].into_iter().all(last));
        assert!(![401, 404, 408, 409, 429, 500, 504].into_iter().any(last));
    }
}
