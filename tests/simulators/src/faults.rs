//! Scripted faults: which calls are struck, and what happens to them.

use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::message::Request;

/// Which of the calls that fit a fault are struck, counting those from 1 since it was set.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Calls {
    /// All of them, until the fault is cleared.
    #[default]
    All,
    /// Only the nth.
    Nth(u64),
    /// The first n.
    First(u64),
    /// The nth and all that follow.
    From(u64),
    /// Every kth: k, 2k, …
    Every(u64),
    /// Each with this probability (0 to 1), the draws coming from a seed.
    Chance(f64, u64),
}

/// What is sent for a struck call.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// The simulator's own answer (with the fault's delay).
    #[default]
    AsIs,
    /// This answer instead of the simulator's.
    Instead(Canned),
    /// None: the connection is reset.
    Reset,
    /// None: the connection stays open and silent until the client leaves.
    Hang,
    /// The simulator's own answer, one byte at a time, with this many milliseconds between two.
    Trickle(u64),
    /// The simulator's own answer, its body cut to this many bytes, otherwise well-formed HTTP.
    Truncated(usize),
    /// The simulator's own answer, the connection being reset after this many bytes of the body.
    CutOff(usize),
    /// 200 and JSON that begins like the envelope and never ends.
    Endless,
    /// 200 and such a body as gzip: a thousand times smaller on the wire, of this many MiB decoded, then cut short.
    GzipBomb(usize),
}

/// A scripted answer.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Canned {
    /// The status; 0 stands for 200.
    pub status: u16,
    /// Headers set on the answer; an empty value takes the header away (as with `Date`).
    pub headers: Vec<(String, String)>,
    /// The body; as JSON, a string.
    #[serde(serialize_with = "as_text", deserialize_with = "from_text")]
    pub body: Bytes,
}

impl Reply {
    /// An answer with this status, a header for JSON and this body.
    #[must_use]
    pub fn json(status: u16, body: &str) -> Self {
        Self::typed(status, "application/json", body.to_owned())
    }

    /// An answer with this status and a short RFC 7807 body.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::json(
            status,
            &format!(
                r#"{{"type":"about:blank","title":"Error","detail":"scripted fault","status":{status}}}"#
            ),
        )
    }

    /// A status with `Retry-After`, in seconds or as an HTTP date.
    #[must_use]
    pub fn retry_after(status: u16, value: &str) -> Self {
        Self::status(status).header("retry-after", value)
    }

    /// TruSTAR's 429, which says in its body how many milliseconds to wait.
    #[must_use]
    pub fn wait_time(milliseconds: u64) -> Self {
        Self::json(
            429,
            &format!(
                r#"{{"message":"Request limit exceeded. Please wait {milliseconds} milliseconds and try again.","waitTime":{milliseconds}}}"#
            ),
        )
    }

    /// A redirect.
    #[must_use]
    pub fn redirect(location: &str) -> Self {
        Self::typed(301, "text/html", String::new()).header("location", location)
    }

    /// A 200 that is a web page: what a captive proxy or a login form gives.
    #[must_use]
    pub fn web_page() -> Self {
        let page = "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please sign in.</body></html>";
        Self::typed(200, "text/html; charset=utf-8", page.to_owned())
    }

    /// A 200 that says it is JSON and is not UTF-8.
    #[must_use]
    pub fn not_utf8() -> Self {
        Self::typed(
            200,
            "application/json",
            &b"{\"total\":1,\"data\":[{\"id\":\"\xff\xfe\xc3\x28\"}]}"[..],
        )
    }

    /// A 200 with this many bytes of JSON (one string).
    #[must_use]
    pub fn large(bytes: usize) -> Self {
        let mut body = vec![b'x'; bytes.max(2)];
        if let [first, .., last] = body.as_mut_slice() {
            (*first, *last) = (b'"', b'"');
        }
        Self::typed(200, "application/json", body)
    }

    /// The same answer with one more header; nothing for replies that are no scripted answer.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Self::Instead(canned) = &mut self {
            canned.headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    fn typed(status: u16, media_type: &str, body: impl Into<Bytes>) -> Self {
        Self::Instead(Canned {
            status,
            headers: vec![("content-type".to_owned(), media_type.to_owned())],
            body: body.into(),
        })
    }
}

/// One scripted fault. As JSON (for the admin API) every field may be left out.
///
/// ```
/// use simulators::faults::{Fault, Reply};
/// // The second page of a listing fails once.
/// let page = Fault::on("GET", "/api/v4/reports/").query("skip=500").nth(1).reply(Reply::status(503));
/// // One upsert in ten is stored, but its answer is lost.
/// let lost = Fault::on("POST", "/api/1.3/reports/upsert").chance(0.1, 7).after_effect().reply(Reply::Reset);
/// # let _ = (page, lost);
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fault {
    /// Only calls with this method; empty: any.
    pub method: String,
    /// Only calls whose path (without query, as on the wire) starts so.
    pub path_prefix: String,
    /// Only calls whose path ends so.
    pub path_suffix: String,
    /// Only calls whose query holds this, as on the wire.
    pub query_contains: String,
    /// Only calls whose body holds this text, as on the wire: those about one report, for example.
    pub body_contains: String,
    /// Which of the calls that fit.
    pub calls: Calls,
    /// Wait before the call is handled, in milliseconds.
    pub delay_ms: u64,
    /// Whether the call is handled, and has its effect, although its own answer is not sent.
    pub after_effect: bool,
    /// What is sent.
    pub reply: Reply,
}

impl Fault {
    /// A fault for calls with this method (empty: any) and start of the path. It does nothing yet.
    #[must_use]
    pub fn on(method: &str, path_prefix: &str) -> Self {
        Self {
            method: method.to_owned(),
            path_prefix: path_prefix.to_owned(),
            ..Self::default()
        }
    }

    /// Only calls whose path ends so.
    #[must_use]
    pub fn suffix(mut self, path_suffix: &str) -> Self {
        path_suffix.clone_into(&mut self.path_suffix);
        self
    }

    /// Only calls whose query holds this.
    #[must_use]
    pub fn query(mut self, contains: &str) -> Self {
        contains.clone_into(&mut self.query_contains);
        self
    }

    /// Only calls whose body holds this text.
    #[must_use]
    pub fn body(mut self, contains: &str) -> Self {
        contains.clone_into(&mut self.body_contains);
        self
    }

    /// Which of the calls that fit.
    #[must_use]
    pub fn calls(mut self, calls: Calls) -> Self {
        self.calls = calls;
        self
    }

    /// Only the nth call, from 1.
    #[must_use]
    pub fn nth(self, n: u64) -> Self {
        self.calls(Calls::Nth(n))
    }

    /// Each call with this probability, drawn from a seed.
    #[must_use]
    pub fn chance(self, probability: f64, seed: u64) -> Self {
        self.calls(Calls::Chance(probability, seed))
    }

    /// Waits before the call is handled.
    #[must_use]
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        self
    }

    /// The call has its effect first.
    #[must_use]
    pub fn after_effect(mut self) -> Self {
        self.after_effect = true;
        self
    }

    /// What is sent.
    #[must_use]
    pub fn reply(mut self, reply: Reply) -> Self {
        self.reply = reply;
        self
    }

    fn fits(&self, request: &Request) -> bool {
        (self.method.is_empty() || request.method == self.method.as_str())
            && request.path().starts_with(&self.path_prefix)
            && request.path().ends_with(&self.path_suffix)
            && request.query().contains(&self.query_contains)
            && holds(&request.body, self.body_contains.as_bytes())
    }
}

fn holds(body: &[u8], text: &[u8]) -> bool {
    text.is_empty() || body.windows(text.len()).any(|window| window == text)
}

/// What the plan says of one call.
#[derive(Debug, Default)]
pub(crate) struct Strike {
    pub delay: Duration,
    pub after_effect: bool,
    pub reply: Reply,
}

#[derive(Debug)]
struct Armed {
    id: u64,
    fault: Fault,
    fitting: u64,
    struck: u64,
    draws: fastrand::Rng,
}

impl Armed {
    fn strikes(&mut self) -> bool {
        self.fitting += 1;
        let strikes = match self.fault.calls {
            Calls::All => true,
            Calls::Nth(n) => self.fitting == n,
            Calls::First(n) => self.fitting <= n,
            Calls::From(n) => self.fitting >= n,
            Calls::Every(k) => k > 0 && self.fitting.is_multiple_of(k),
            Calls::Chance(probability, _) => self.draws.f64() < probability,
        };
        self.struck += u64::from(strikes);
        strikes
    }
}

/// The faults in force at one server.
#[derive(Debug, Default)]
pub struct Plan {
    armed: Mutex<(u64, Vec<Armed>)>,
}

impl Plan {
    /// Puts a fault in force and returns its number. Several may strike one call: their delays add up, and the
    /// first to be set whose reply is not [`Reply::AsIs`] decides.
    pub fn set(&self, fault: Fault) -> u64 {
        let seed = match fault.calls {
            Calls::Chance(_, seed) => seed,
            _ => 0,
        };
        let mut armed = self.armed.lock();
        armed.0 += 1;
        let id = armed.0;
        armed.1.push(Armed {
            id,
            fault,
            fitting: 0,
            struck: 0,
            draws: fastrand::Rng::with_seed(seed),
        });
        id
    }

    /// Takes one fault out of force.
    pub fn clear(&self, id: u64) {
        self.armed.lock().1.retain(|armed| armed.id != id);
    }

    /// Takes all faults out of force.
    pub fn clear_all(&self) {
        self.armed.lock().1.clear();
    }

    /// How many calls a fault that is in force has struck.
    #[must_use]
    pub fn struck(&self, id: u64) -> u64 {
        let armed = self.armed.lock();
        let found = armed.1.iter().find(|armed| armed.id == id);
        found.map_or(0, |armed| armed.struck)
    }

    pub(crate) fn strike(&self, request: &Request) -> Strike {
        let mut strike = Strike::default();
        let mut armed = self.armed.lock();
        for armed in &mut armed.1 {
            if !armed.fault.fits(request) || !armed.strikes() {
                continue;
            }
            strike.delay += Duration::from_millis(armed.fault.delay_ms);
            if strike.reply == Reply::AsIs {
                strike.reply = armed.fault.reply.clone();
                strike.after_effect = armed.fault.after_effect;
            }
        }
        strike
    }
}

fn as_text<S: Serializer>(body: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&String::from_utf8_lossy(body))
}

fn from_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
    String::deserialize(deserializer).map(Bytes::from)
}
