//! Bodies as they go out on the wire: whole, or as a scripted fault spoils them.

use std::io::{self, Write};
use std::time::Duration;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures::stream::{self, Stream, StreamExt, TryStreamExt};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;
use hyper::header::{CONTENT_ENCODING, CONTENT_LENGTH, DATE, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};

use crate::faults::{Canned, Reply};
use crate::message::Answer;
use crate::server::Reset;

pub(crate) type Body = UnsyncBoxBody<Bytes, io::Error>;

const CHUNK: usize = 64 * 1024;
const ENVELOPE: &str = r#"{"total":1,"limit":500,"count":1,"skip":0,"data":[{"id":""#;

impl Reply {
    /// Whether what is sent comes from the simulator's own answer, which then must be made.
    pub(crate) fn shows_own_answer(&self) -> bool {
        matches!(
            self,
            Self::AsIs | Self::Trickle(_) | Self::Truncated(_) | Self::CutOff(_)
        )
    }
}

/// An answer, as it is.
pub(crate) fn whole(answer: Answer) -> Response<Body> {
    let body = Full::new(answer.body).map_err(|never| match never {});
    with_body(answer.status, answer.headers, body.boxed_unsync())
}

/// What a scripted reply makes of the simulator's own answer (`own`, where the reply needs one).
pub(crate) fn scripted(
    reply: Reply,
    own: Option<Answer>,
    reset: Reset,
    date: &str,
) -> Response<Body> {
    let mut own = own
        .unwrap_or_else(|| Answer::new(StatusCode::OK, "application/json", ""))
        .with_header(DATE, date);
    match reply {
        Reply::Instead(canned) => whole(instead(canned, date)),
        Reply::Truncated(bytes) => {
            own.body.truncate(bytes);
            whole(own)
        }
        Reply::CutOff(bytes) => {
            let length = own.body.len();
            let kept = own.body.split_to(bytes.min(length));
            let body = stream::iter([Ok(kept)]).chain(broken(reset));
            streamed(own, Some(length), body)
        }
        Reply::Trickle(milliseconds) => {
            let length = own.body.len();
            let body = trickle(own.body.split_off(0), Duration::from_millis(milliseconds));
            streamed(own, Some(length), body)
        }
        Reply::Endless => {
            let start = stream::iter([Ok(Bytes::from_static(ENVELOPE.as_bytes()))]);
            streamed(own, None, start.chain(stream::repeat_with(|| Ok(filler()))))
        }
        Reply::GzipBomb(mebibytes) => {
            own = own.with_header(CONTENT_ENCODING, "gzip");
            streamed(own, None, stream::iter(bomb(mebibytes)))
        }
        Reply::AsIs | Reply::Reset | Reply::Hang => whole(own),
    }
}

fn instead(canned: Canned, date: &str) -> Answer {
    let status = StatusCode::from_u16(canned.status).unwrap_or(StatusCode::OK);
    let mut answer = Answer::empty(status).with_header(DATE, date);
    answer.body = canned.body;
    for (name, value) in canned.headers {
        let Ok(name) = HeaderName::try_from(name) else {
            continue;
        };
        answer = answer.with_header(name.clone(), &value);
        answer
            .headers
            .retain(|(other, _)| !(value.is_empty() && *other == name));
    }
    answer
}

fn streamed(
    mut answer: Answer,
    length: Option<usize>,
    body: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
) -> Response<Body> {
    if let Some(length) = length {
        answer
            .headers
            .push((CONTENT_LENGTH, HeaderValue::from(length)));
    }
    let body = StreamBody::new(body.map_ok(Frame::data));
    with_body(answer.status, answer.headers, body.boxed_unsync())
}

fn with_body(
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Body,
) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().extend(headers);
    response
}

fn broken(reset: Reset) -> impl Stream<Item = io::Result<Bytes>> {
    stream::once(async move {
        // Without a pause the reset would overtake what was just written.
        tokio::time::sleep(Duration::from_millis(50)).await;
        reset.demand();
        Err(io::ErrorKind::ConnectionReset.into())
    })
}

fn trickle(body: Bytes, interval: Duration) -> impl Stream<Item = io::Result<Bytes>> {
    stream::unfold(body, move |mut rest| async move {
        if rest.is_empty() {
            return None;
        }
        tokio::time::sleep(interval).await;
        let byte = rest.split_to(1);
        Some((Ok(byte), rest))
    })
}

fn filler() -> Bytes {
    static FILLER: [u8; CHUNK] = [b'x'; CHUNK];
    Bytes::from_static(&FILLER)
}

/// A gzip stream that decodes to the envelope's start and then letters, and lacks its end. Each repeated piece is the same bytes: a
/// flushed deflate block that refers back only to letters like its own, so a bomb of any size costs nothing to make.
fn bomb(mebibytes: usize) -> impl Iterator<Item = io::Result<Bytes>> {
    let letters = vec![b'x'; 1024 * 1024];
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let mut piece = |bytes: &[u8]| {
        // Writing into a Vec can't fail.
        let _ = encoder.write_all(bytes);
        let _ = encoder.flush();
        Bytes::from(std::mem::take(encoder.get_mut()))
    };
    let start = [piece(ENVELOPE.as_bytes()), piece(&letters)];
    let again = piece(&letters);
    start
        .into_iter()
        .chain(std::iter::repeat_n(again, mebibytes.saturating_sub(1)))
        .map(Ok)
}
