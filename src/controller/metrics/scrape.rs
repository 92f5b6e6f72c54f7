//! A scrape: the exposition as its reader takes it, part by part. Neither the text of thousands of feeds is held whole, nor does
//! it hold up other work: between two parts others have their turn.

use std::fmt;
use std::time::Duration;

use futures::{Stream, stream};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::timeout;

use super::Metrics;
use crate::controller::exposition::{Exposition, Format};

/// How many bytes a part has, or a few more.
const PART: usize = 32 * 1024;

/// How long a scrape may take. Prometheus gives up after 10 s unless it is told otherwise; a reader that takes nothing any more must
/// not keep others from reading for ever.
const WITHIN: Duration = Duration::from_secs(30);

/// Why a scrape ended before it was whole. Its reader must see that: what is missing would look as if it were gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the scrape took longer than {} s", WITHIN.as_secs())]
pub struct Cut;

/// Nobody reads any more, or nothing could be written.
#[derive(Debug)]
pub struct Unread;

impl From<fmt::Error> for Unread {
    fn from(_: fmt::Error) -> Self {
        Self
    }
}

/// What is written goes to whoever reads, in parts.
pub struct Parts {
    pub text: Exposition,
    /// None once it is whole.
    reader: mpsc::Sender<Option<String>>,
}

impl Parts {
    /// Passes on what is written, once it is enough for a part.
    ///
    /// # Errors
    /// When nobody reads any more.
    pub async fn pass(&mut self) -> Result<(), Unread> {
        if self.text.len() < PART {
            return Ok(());
        }
        self.send().await
    }

    async fn send(&mut self) -> Result<(), Unread> {
        let text = self.text.take();
        self.reader.send(Some(text)).await.map_err(|_| Unread)
    }

    async fn end(&mut self) -> Result<(), Unread> {
        self.text.end()?;
        self.send().await?;
        self.reader.send(None).await.map_err(|_| Unread)
    }
}

/// Begins a scrape, which ends with its reader, or when its time is up. The slot is held until then.
pub fn scrape(
    metrics: Metrics,
    format: Format,
    slot: OwnedSemaphorePermit,
) -> impl Stream<Item = Result<String, Cut>> {
    let (reader, parts) = mpsc::channel(1);
    // A task: the body of an answer is asked for nothing while its reader stalls, and could not see that its time is up.
    tokio::spawn(async move {
        let _slot = slot;
        let mut parts = Parts {
            text: format.writer(),
            reader,
        };
        // The reader sees whether it is whole.
        let _ = timeout(WITHIN, async {
            metrics.write(&mut parts).await?;
            parts.end().await
        })
        .await;
    });
    stream::unfold(Some(parts), |parts| async {
        let mut parts = parts?;
        match parts.recv().await {
            Some(Some(text)) => Some((Ok(text), Some(parts))),
            Some(None) => None,
            None => Some((Err(Cut), None)),
        }
    })
}
