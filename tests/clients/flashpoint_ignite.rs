//! The Flashpoint client in its Ignite mode, and what a host that has no v4 is told about it.

use std::time::Duration;

use flashpoint_operator::flashpoint::{Api, ApiKey, PLATFORM_VERSION};
use flashpoint_operator::http::fault::{Fault, FaultKind};
use flashpoint_operator::sync::report::Report;
use flashpoint_operator::sync::source::{PageError, PageRequest, Since, Source};
use jiff::SignedDuration;
use secrecy::SecretString;
use serde_json::value::RawValue;
use simulators::faults::{Fault as Scripted, Reply};
use simulators::reports::Style;

use super::flashpoint_setup::Setup;

const RETIRED: &str = "; v4 was retired; with an Ignite key set flashpoint.api=ignite (on the command line --flashpoint-api ignite)";
const SINCE: &str = "2018-11-29T20:18:32Z";

// What the operator is built with; another version leaves it undefined.
k8s_openapi::k8s_if_1_37! {
    const BUILT_FOR: &str = "1.37";
}

impl Setup {
    /// The fault that the listing gives.
    async fn fault(&self) -> Fault {
        match self.source().page(first()).await {
            Err(PageError::Fault(fault)) => fault,
            other => panic!("{other:?}"),
        }
    }

    /// The same where the server answers so.
    async fn fault_of(&self, reply: Reply) -> Fault {
        let faults = &self.server.controls().faults;
        faults.clear_all();
        faults.set(Scripted::on("GET", "/").reply(reply));
        let fault = self.fault().await;
        faults.clear_all();
        fault
    }
}

fn first() -> PageRequest {
    PageRequest {
        since: Since::At(SINCE.parse().unwrap()),
        limit: 50,
        skip: 0,
    }
}

#[tokio::test]
async fn the_request_is_ignites_to_the_letter() {
    let setup = Setup::new(Api::Ignite).await;
    setup.server.generate(120, SignedDuration::from_hours(20));
    let source = setup.source();
    assert_eq!(source.terms().page, 50);
    let page = source.page(first()).await.unwrap();
    assert_eq!((page.total, page.len()), (120, 50));
    // No caller makes a page larger than it may be.
    let next = PageRequest {
        limit: 500,
        skip: 49,
        ..first()
    };
    assert_eq!(source.page(next).await.unwrap().len(), 50);
    assert_eq!(
        setup.targets(),
        [
            "/finished-intelligence/v1/reports?since=2018-11-29T20:18:32Z&sort=updated_at:asc&limit=50",
            "/finished-intelligence/v1/reports?since=2018-11-29T20:18:32Z&sort=updated_at:asc&limit=50&skip=49"
        ]
    );
    let updated = |report: &str| {
        let report: serde_json::Value = serde_json::from_str(report).unwrap();
        report["updated_at"].as_str().unwrap().to_owned()
    };
    assert!(page.reports().map(updated).is_sorted());
}

#[tokio::test]
async fn callers_of_ignite_say_who_they_are_and_those_of_v4_do_not() {
    for api in [Api::Ignite, Api::V4] {
        let setup = Setup::new(api).await;
        setup.source().page(first()).await.unwrap();
        let headers = setup.server.controls().record.all()[0].headers.clone();
        let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap());
        let said = [
            "x-fp-integrationplatform",
            "x-fp-integrationplatformversion",
            "x-fp-integrationversion",
        ]
        .map(header);
        let expected = match api {
            Api::V4 => [None; 3],
            Api::Ignite => [
                Some("Kubernetes"),
                Some(PLATFORM_VERSION),
                Some(env!("CARGO_PKG_VERSION")),
            ],
        };
        assert_eq!(said, expected, "{api:?}");
        let bearer = format!("Bearer {}", setup.server.api_key());
        assert_eq!(header("authorization"), Some(bearer.as_str()));
    }
}

#[test]
fn the_platforms_version_is_that_of_the_api_built_for() {
    assert_eq!(PLATFORM_VERSION, BUILT_FOR);
}

#[tokio::test]
async fn a_page_may_take_longer_than_the_default_of_a_feed() {
    // Scaled down: what is held here is that the feed's own time is kept to, and `api.rs` that the default is two minutes.
    let mut setup = Setup::new(Api::Ignite).await;
    setup.timeout = Duration::from_millis(200);
    let faults = &setup.server.controls().faults;
    faults.set(Scripted::on("GET", "/").reply(Reply::Hang));
    let Err(PageError::Late(fault)) = setup.source().page(first()).await else {
        panic!("in time");
    };
    assert!(fault.message.contains("within 0.2 s"), "{fault}");
}

#[tokio::test]
async fn a_key_without_the_entitlement_is_told_from_one_that_is_wrong() {
    let setup = Setup::new(Api::Ignite).await;
    for status in [403, 521] {
        setup
            .server
            .configure(|settings| settings.unentitled = Some(status));
        let fault = setup.fault().await;
        assert_eq!(fault.kind, FaultKind::Unauthorized);
        assert_eq!(
            fault.message,
            format!(
                "Flashpoint refused the API key ({status}): the token has no access to this dataset; the key has no right \
                 to finished intelligence (IGNITE_API, IGNITE_CTI_REPORTS): ask Flashpoint for it, then put a new key in \
                 flashpoint-api-key of the secret"
            )
        );
    }
    setup.server.configure(|settings| {
        settings.unentitled = None;
        "another".clone_into(&mut settings.api_key);
    });
    let key = ApiKey(SecretString::from("an old one"));
    let source = setup.client.source(&key, setup.timeout);
    let Err(PageError::Fault(fault)) = source.page(first()).await else {
        panic!("taken");
    };
    assert_eq!(fault.kind, FaultKind::Unauthorized);
    assert!(
        fault
            .message
            .starts_with("Flashpoint refused the API key (401): Bad token; invalid JSON; "),
        "{fault}"
    );
    assert!(
        fault.message.contains("https://app.flashpoint.io/tokens"),
        "{fault}"
    );
    // A gateway's own refusals say nothing of an entitlement.
    let page = "<html>Attention Required</html>";
    let fault = setup.fault_of(Reply::json(521, page)).await;
    assert_eq!(fault.kind, FaultKind::Unavailable, "{fault}");
    let fault = setup.fault_of(Reply::json(403, page)).await;
    assert!(!fault.message.contains("IGNITE_CTI_REPORTS"), "{fault}");
}

#[tokio::test]
async fn a_422_tells_what_is_wrong_with_the_request() {
    let setup = Setup::new(Api::Ignite).await;
    setup.server.configure(|settings| settings.max_limit = 20);
    let fault = setup.fault().await;
    assert_eq!(fault.kind, FaultKind::UnexpectedResponse);
    assert!(
        fault
            .message
            .contains("(422): limit: Input should be a number from 1 to 20; check flashpoint.url"),
        "{fault}"
    );
    for (body, says) in [
        (
            r#"{"errors":[{"msg":"a"},{"loc":"b","message":"c"},7]}"#,
            "(422): a; b: c;",
        ),
        (r#"{"errors":[]}"#, r#"(422): {"errors":[]};"#),
        (r#"{"detail":"d"}"#, "(422): d;"),
        ("<html></html>", "(422): an HTML page;"),
    ] {
        let fault = setup.fault_of(Reply::json(422, body)).await;
        assert!(fault.message.contains(says), "{fault}");
    }
    let long = format!(r#"{{"errors":[{{"msg":"{}"}}]}}"#, "long ".repeat(2_000));
    let fault = setup.fault_of(Reply::json(422, &long)).await;
    assert!(fault.message.len() < 1_024, "{} bytes", fault.message.len());
}

#[tokio::test]
async fn ignites_other_refusals_mean_what_they_say() {
    let setup = Setup::new(Api::Ignite).await;
    for (reply, kind, says) in [
        (
            Reply::status(400),
            FaultKind::UnexpectedResponse,
            "answered 400: scripted fault",
        ),
        (
            Reply::status(404),
            FaultKind::UnexpectedResponse,
            "answered 404: scripted fault",
        ),
        (
            Reply::web_page(),
            FaultKind::UnexpectedResponse,
            "an HTML page",
        ),
        (
            Reply::retry_after(429, "7"),
            FaultKind::RateLimited,
            "leave it alone for 7 s",
        ),
    ] {
        let fault = setup.fault_of(reply).await;
        assert_eq!(fault.kind, kind, "{fault}");
        assert!(fault.message.contains(says), "{fault}");
        assert!(!fault.message.contains("retired"), "{fault}");
    }
    let fault = setup.fault().await;
    assert_eq!(fault.kind, FaultKind::RateLimited, "the wish is heeded");
    assert!(fault.retry_after.is_some());
}

#[tokio::test]
async fn a_host_that_does_not_answer_as_v4_is_told_of_ignite() {
    let setup = Setup::new(Api::V4).await;
    for reply in [
        Reply::redirect("https://app.flashpoint.io/"),
        Reply::redirect("/login"),
        Reply::web_page(),
        Reply::json(200, "[]"),
        Reply::status(400),
        Reply::json(401, r#"{"message":"Bad token; invalid JSON"}"#),
        Reply::status(403),
        Reply::status(404),
        Reply::status(410),
    ] {
        let what = format!("{reply:?}");
        let fault = setup.fault_of(reply).await;
        assert!(fault.message.ends_with(RETIRED), "{what}: {fault}");
    }
    for passing in [
        Reply::status(500),
        Reply::status(429),
        Reply::status(407),
        Reply::Reset,
    ] {
        let what = format!("{passing:?}");
        let fault = setup.fault_of(passing).await;
        assert!(!fault.message.contains("retired"), "{what}: {fault}");
    }
    // By v4's words to Ignite, as was documented once.
    setup
        .server
        .configure(|settings| settings.api = simulators::flashpoint::Api::Ignite);
    let fault = setup.fault().await;
    assert!(fault.message.contains("until not in spec"), "{fault}");
    assert!(fault.message.ends_with(RETIRED), "{fault}");
}

#[tokio::test]
async fn megabytes_of_images_come_and_are_not_looked_through() {
    let setup = Setup::new(Api::Ignite).await;
    let style = Style {
        image_bytes: 1 << 20,
        ..Style::default()
    };
    setup.server.seed(3, style);
    setup.server.generate(12, SignedDuration::from_hours(2));
    let page = setup.source().page(first()).await.unwrap();
    assert_eq!(page.len(), 12);
    for json in page.reports() {
        assert!(json.len() > 1 << 20);
        let raw: &RawValue = serde_json::from_str(json).unwrap();
        let report = Report::parse(raw).unwrap();
        let parts = flashpoint_operator::flashpoint::fields::parts(&report.fields);
        let examined: usize = parts.iter().map(|(_, text)| text.len()).sum();
        assert!((100..20_000).contains(&examined), "{examined} bytes");
    }
}

#[tokio::test]
async fn links_to_fp_tools_are_mended_with_ignite_alone() {
    let json = r#"{"id":"a_b-c","platform_url":"https://fp.tools/home/intelligence/reports/report/a_b-c#detail"}"#;
    let report = Report::parse(serde_json::from_str(json).unwrap()).unwrap();
    for (api, link) in [
        (
            Api::V4,
            "https://fp.tools/home/intelligence/reports/report/a_b-c#detail",
        ),
        (
            Api::Ignite,
            "https://app.flashpoint.io/cti/intelligence/report/a_b-c",
        ),
    ] {
        let setup = Setup::new(api).await;
        assert_eq!(setup.source().deeplink(&report).as_deref(), Some(link));
    }
}
