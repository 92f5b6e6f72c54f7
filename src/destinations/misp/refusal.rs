//! What MISP means by an answer that is no success. A 403 means at least six things, told apart by its text.

use serde_json::Value;

use crate::http::Answer;

/// What an answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The key is refused: wrong, expired, of a disabled user, or from this address.
    Key,
    /// The key or its role may not do this at all.
    Right,
    /// An analyst deleted the event, and its UUID is blocked since.
    Blocked,
    /// The stored event is as new or newer.
    NotNewer,
    /// The event is another's.
    NotOurs,
    /// An event with this UUID exists, seen or not.
    Exists,
    /// There is no such event, or it is not seen.
    Unseen,
    /// Anything else: the content is refused, or something in between answers.
    Other,
}

/// What an answer means; nothing but [`Refusal::Other`] for a success.
pub(super) fn of(answer: &Answer) -> Refusal {
    meant(answer.status, &answer.json())
}

fn meant(status: u16, json: &Value) -> Refusal {
    let message = json["message"].as_str().unwrap_or_default();
    let errors = json["errors"].as_str().unwrap_or_default();
    let says = |text: &str| message.contains(text) || errors.contains(text);
    match status {
        401 => Refusal::Key,
        403 if says("Authentication failed") || says("use this Auth key") => Refusal::Key,
        403 if says("You do not have permission to use this functionality.") => Refusal::Right,
        403 if says("blocked by event blocklist") => Refusal::Blocked,
        // Versions before 2.4.125 said no more than this of a blocked UUID.
        403 if json["errors"].as_array().is_some_and(Vec::is_empty) => Refusal::Blocked,
        403 if says("not newer than") => Refusal::NotNewer,
        403 if says("not authorised") => Refusal::NotOurs,
        404 if says("already exists") => Refusal::Exists,
        404 if says("Invalid event") => Refusal::Unseen,
        _ => Refusal::Other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_meanings_of_403_and_404_are_told_apart() {
        let exception = |text: &str| json!({"name": text, "message": text, "url": "/events/add"});
        let failed = |errors: Value| json!({"saved": false, "message": "Could not add Event", "errors": errors});
        for (status, body, refusal) in [
            (
                403,
                exception("Authentication failed. Please make sure you pass the API key"),
                Refusal::Key,
            ),
            (
                403,
                exception("It is not possible to use this Auth key from your IP address"),
                Refusal::Key,
            ),
            (
                403,
                exception("You do not have permission to use this functionality."),
                Refusal::Right,
            ),
            (
                403,
                exception("Event blocked by event blocklist."),
                Refusal::Blocked,
            ),
            (403, failed(json!([])), Refusal::Blocked),
            (
                403,
                failed(json!(
                    "Event could not be saved: Event in the request not newer than the local copy."
                )),
                Refusal::NotNewer,
            ),
            (
                403,
                exception("You are not authorised to do that."),
                Refusal::NotOurs,
            ),
            (
                403,
                failed(json!({"Event": {"info": ["valueNotEmpty"]}})),
                Refusal::Other,
            ),
            (403, Value::Null, Refusal::Other),
            (
                404,
                exception(
                    "Event already exists, if you would like to edit it, use the url in the location header.",
                ),
                Refusal::Exists,
            ),
            (404, exception("Invalid event"), Refusal::Unseen),
            (404, exception("Not Found"), Refusal::Other),
        ] {
            assert_eq!(meant(status, &body), refusal, "{body}");
        }
    }
}
