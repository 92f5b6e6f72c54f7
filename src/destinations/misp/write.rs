//! One delivery as MISP takes it: an event is added, or what changed of it is edited.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::Method;
use uuid::Uuid;

use super::MispEvents;
use super::dropped::Dropped;
use super::edit;
use super::event::{self, Event, Wanted};
use super::refusal::{self, Refusal};
use super::stored::{self, Stored};
use crate::http::Answer;
use crate::http::fault::FaultKind;
use crate::sync::destination::{Delivery, DeliveryError, Receipt, Step};
use crate::sync::report::ReportId;

/// How often an edit is made anew because somebody changed the event meanwhile.
const EDITS: u32 = 3;

/// How far apart an event is looked at that MISP may be writing still.
const LOOK_AGAIN_IN: Duration = Duration::from_secs(1);

/// What an attempt to write came to.
enum Outcome {
    Written(Box<Stored>),
    Refused(Refusal),
}

impl MispEvents {
    /// Makes of the report's event what it is to be.
    pub(super) async fn take_step(&self, delivery: Delivery<'_>) -> Result<Step, DeliveryError> {
        if let Some(receipt) = delivery.accepted {
            return Ok(Step::Done(receipt.clone()));
        }
        let wanted = event::map(
            delivery.report,
            delivery.indicators,
            delivery.own,
            &self.tags,
        );
        let _turn = self.writing(wanted.uuid).lock().await;
        // Of what is held an edit suffices; if it was deleted since, adding it tells whether that stands.
        let held = if delivery.earlier.held {
            self.view(wanted.uuid).await?
        } else {
            None
        };
        let stored = if let Some(stored) = held {
            stored
        } else {
            let event = wanted.added(now(), self.distribution, self.publish);
            if let Outcome::Written(stored) = self.add(&event).await? {
                self.tell(&event, &stored, &wanted, &delivery.report.id);
                return Ok(done(wanted));
            }
            let stored = self.view(wanted.uuid).await?;
            stored.ok_or_else(|| not_ours(wanted.uuid))?
        };
        let in_doubt = !delivery.earlier.held || self.account.doubts(wanted.uuid);
        if in_doubt
            && !edit::is_whole(&stored, &wanted)
            && let Some(step) = self.still_writing(&stored).await?
        {
            return Ok(step);
        }
        self.edit_until_newer(delivery, wanted, stored).await
    }

    /// Edits what is stored; anew where somebody changed it meanwhile.
    async fn edit_until_newer(
        &self,
        delivery: Delivery<'_>,
        wanted: Wanted,
        mut stored: Stored,
    ) -> Result<Step, DeliveryError> {
        let report = &delivery.report.id;
        for _ in 0..EDITS {
            let earlier = &delivery.earlier;
            let withdraws = !delivery.partial;
            let edit = edit::between(
                &stored,
                &wanted,
                report,
                earlier,
                self.publish,
                withdraws,
                now(),
            );
            let Some(event) = edit else {
                self.account.settled(wanted.uuid);
                return Ok(held(wanted));
            };
            match self.edit(&event).await? {
                Outcome::Written(answer) => {
                    self.tell(&event, &answer, &wanted, report);
                    return Ok(done(wanted));
                }
                Outcome::Refused(Refusal::NotNewer) => {}
                Outcome::Refused(_) => return Err(not_ours(wanted.uuid)),
            }
            let seen = self.view(wanted.uuid).await?;
            stored = seen.ok_or_else(|| not_ours(wanted.uuid))?;
        }
        let message = format!(
            "the event {} changed {EDITS} times while it was edited",
            wanted.uuid
        );
        Err(DeliveryError::Rejected(message))
    }

    async fn add(&self, event: &Event) -> Result<Outcome, DeliveryError> {
        let answer = self.write("add_event", "events/add", event).await?;
        self.outcome(&answer, event.uuid)
    }

    async fn edit(&self, event: &Event) -> Result<Outcome, DeliveryError> {
        let path = format!("events/edit/{}", event.uuid);
        let answer = self.write("edit_event", &path, event).await?;
        self.outcome(&answer, event.uuid)
    }

    /// A write. One that was not answered in full, or with a 5xx, may go on at the server, or have ended in the middle.
    async fn write(
        &self,
        operation: &'static str,
        path: &str,
        event: &Event,
    ) -> Result<Answer, DeliveryError> {
        let answer = self.call(operation, Method::POST, path, Some(event)).await;
        if let Err(DeliveryError::Fault(fault)) = &answer
            && matches!(
                fault.kind,
                FaultKind::Unavailable | FaultKind::UnexpectedResponse
            )
        {
            self.account.doubt(event.uuid, &event.info);
        }
        answer
    }

    fn outcome(&self, answer: &Answer, uuid: Uuid) -> Result<Outcome, DeliveryError> {
        let (status, said) = (answer.status, || said(answer));
        if answer.succeeded() {
            let stored = stored::read(&answer.body).filter(|stored| stored.uuid == uuid);
            let stored = stored.ok_or_else(|| answer.unlike("the event"))?;
            self.account.settled(uuid);
            return Ok(Outcome::Written(Box::new(stored)));
        }
        match refusal::of(answer) {
            Refusal::Blocked => Err(DeliveryError::Impossible(format!(
                "MISP blocks the event {uuid}: it was deleted there, which stands; an administrator can take it off the event blocklist"
            ))),
            refusal
            @ (Refusal::Exists | Refusal::NotNewer | Refusal::NotOurs | Refusal::Unseen) => {
                Ok(Outcome::Refused(refusal))
            }
            _ if status == 404 => Err(unknown_path(answer)),
            _ if status == 413 => Err(DeliveryError::TooLarge(format!(
                "MISP, or what is before it, finds the event too large (413): {}",
                said()
            ))),
            _ => Err(DeliveryError::Rejected(format!(
                "MISP refused the event ({status}): {}",
                said()
            ))),
        }
    }

    /// The event as it is stored, with what is deleted in it; none if it is not there, or not seen.
    async fn view(&self, uuid: Uuid) -> Result<Option<Stored>, DeliveryError> {
        let path = format!("events/view/{uuid}/deleted:1");
        let answer = self
            .call("view_event", Method::GET, &path, None::<&()>)
            .await?;
        match answer.status {
            200..=299 => {
                let stored = stored::read(&answer.body).filter(|stored| stored.uuid == uuid);
                let mut stored = stored.ok_or_else(|| answer.unlike("the event"))?;
                stored.info_is_ours = self.account.sent_in_doubt(uuid, &stored.info);
                Ok(Some(stored))
            }
            _ if refusal::of(&answer) == Refusal::Unseen => Ok(None),
            404 => Err(unknown_path(&answer)),
            status => Err(DeliveryError::Rejected(format!(
                "MISP does not show the event ({status}): {}",
                said(&answer)
            ))),
        }
    }

    /// Whether MISP is still writing the event: an edit now would meet its own unfinished writes, and fail with a 500.
    async fn still_writing(&self, stored: &Stored) -> Result<Option<Step>, DeliveryError> {
        tokio::time::sleep(LOOK_AGAIN_IN).await;
        let again = self.view(stored.uuid).await?;
        let size = |event: &Stored| (event.attributes.len(), event.reports.len());
        if again.is_none_or(|again| size(&again) == size(stored)) {
            return Ok(None);
        }
        let why = format!("MISP is still writing the event {}", stored.uuid);
        Ok(Some(Step::Later {
            why,
            again_in: LOOK_AGAIN_IN,
        }))
    }

    /// Tells what MISP left out without a word. What follows from the key's rights is told once.
    fn tell(&self, sent: &Event, answer: &Stored, wanted: &Wanted, report: &ReportId) {
        let dropped = Dropped::between(sent, answer);
        let is_news = |what: &str| self.account.tells(what);
        let tags = dropped
            .tags
            .iter()
            .any(|tag| is_news(&format!("tag {tag}")));
        let unpublished = dropped.unpublished && is_news("an event was not published");
        if dropped.attributes > 0 || dropped.report || tags || unpublished {
            tracing::warn!(
                %report, event = %sent.uuid, server = self.server, sent = sent.attributes.len(), attributes = dropped.attributes,
                tags = ?dropped.tags, unpublished = dropped.unpublished,
                "MISP left out without a word: {dropped}. Tags must exist there, or the role have perm_tag_editor; publishing needs perm_publish"
            );
        }
        if wanted.left_out > 0 {
            tracing::warn!(%report, event = %sent.uuid, indicators = wanted.left_out, "MISP can't hold some indicators: they were not sent");
        }
    }
}

/// What a refusal explains: with its `errors`, which say more than its message.
fn said(answer: &Answer) -> String {
    match &answer.json()["errors"] {
        serde_json::Value::Null => answer.said(),
        serde_json::Value::String(errors) => answer.shown(errors),
        errors => answer.shown(&errors.to_string()),
    }
}

fn done(wanted: Wanted) -> Step {
    Step::Done(receipt(wanted))
}

fn held(wanted: Wanted) -> Step {
    Step::Held(receipt(wanted))
}

fn receipt(wanted: Wanted) -> Receipt {
    Receipt {
        handle: wanted.uuid.to_string(),
        keep_handle: false,
        labels: wanted.tags,
    }
}

fn not_ours(uuid: Uuid) -> DeliveryError {
    DeliveryError::Impossible(format!(
        "MISP holds an event {uuid} that this key may not see or edit: another organisation's or user's; nothing was changed"
    ))
}

/// A 404 in other words than MISP's: something else is at the address.
fn unknown_path(answer: &Answer) -> DeliveryError {
    answer.fault_of_status().into()
}

/// Seconds since 1970.
fn now() -> i64 {
    Timestamp::now().as_second()
}
