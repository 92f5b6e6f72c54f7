//! Flashpoint's own indicators of a report, as the client asks Ignite for them.

use std::time::Duration;

use flashpoint_operator::flashpoint::Api;
use flashpoint_operator::http::fault::{Fault, FaultKind};
use flashpoint_operator::sync::own::{Detail, OwnList, Score};
use flashpoint_operator::sync::report::Report;
use flashpoint_operator::sync::source::{OwnError, Source as _};
use indicators::IndicatorType;
use serde_json::json;
use serde_json::value::RawValue;
use simulators::faults::{Fault as Scripted, Reply};
use simulators::flashpoint::{Flashpoint as Simulator, Settings, own_indicator};

use super::flashpoint_setup::Setup;

const PATH: &str = "/technical-intelligence/v2/indicators";

impl Setup {
    async fn own(&self) -> Result<OwnList, OwnError> {
        self.source().own(&report("r1")).await
    }

    /// What comes of it where the server answers so.
    async fn own_of(&self, reply: Reply) -> Result<OwnList, OwnError> {
        let faults = &self.server.controls().faults;
        faults.clear_all();
        faults.set(Scripted::on("GET", PATH).reply(reply));
        let own = self.own().await;
        faults.clear_all();
        own
    }
}

fn report(id: &str) -> Report {
    let json = json!({"id": id, "posted_at": "2026-01-10T00:00:00+00:00"});
    Report::parse(&RawValue::from_string(json.to_string()).unwrap()).unwrap()
}

fn fault(own: Result<OwnList, OwnError>) -> Fault {
    match own {
        Err(OwnError::Fault(fault)) => fault,
        other => panic!("{other:?}"),
    }
}

fn rejected(own: Result<OwnList, OwnError>) -> Fault {
    match own {
        Err(OwnError::Rejected(fault)) => fault,
        other => panic!("{other:?}"),
    }
}

fn withheld(own: Result<OwnList, OwnError>) -> String {
    match own {
        Err(OwnError::Withheld(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn all_pages_are_read_by_the_documented_request() {
    let setup = Setup::new(Api::Ignite).await;
    setup.server.configure(|settings| settings.own_page_cap = 2);
    let domains = ["a.ru", "b.ru", "c.ru"].map(|one| own_indicator("domain", one, "malicious"));
    setup.server.list_own("r1", domains);
    setup.server.list_own(
        "r1",
        [
            own_indicator("file", &"a".repeat(32), "malicious"),
            own_indicator("extracted_config", "{}", "informational"),
        ],
    );
    setup
        .server
        .list_own("r2", [own_indicator("domain", "d.ru", "malicious")]);
    let own = setup.own().await.unwrap();
    let values: Vec<_> = own.listed.iter().map(|one| one.value.as_str()).collect();
    assert_eq!(
        (values.as_slice(), own.unmapped),
        (["a.ru", "b.ru", "c.ru"].as_slice(), 2)
    );
    assert_eq!(own.listed[0].kind, IndicatorType::Domain);
    let detail = Detail {
        score: Some(Score::Malicious),
        first_seen: Some("2025-12-18T10:00:09.192Z".parse().unwrap()),
        last_seen: Some("2025-12-19T10:00:09.192Z".parse().unwrap()),
    };
    assert_eq!(own.listed[0].detail, detail);
    let query = format!(
        "{PATH}?tags=report:r1&size=500&sort=modified_at:asc&last_seen_after=2021-01-06T00:00:00Z"
    );
    let next = |from: usize| format!("{query}&from={from}");
    assert_eq!(setup.targets(), [query.clone(), next(2), next(4)]);
    let headers = setup.server.controls().record.all()[0].headers.clone();
    assert_eq!(headers["x-fp-integrationplatform"], "Kubernetes");
}

#[tokio::test]
async fn a_report_without_any_has_an_empty_list() {
    let setup = Setup::new(Api::Ignite).await;
    assert_eq!(setup.own().await.unwrap(), OwnList::default());
    // A tag would not name it alone.
    let odd = setup.source().own(&report("a,report:b")).await;
    assert_eq!(odd.unwrap(), OwnList::default());
    assert_eq!(setup.targets().len(), 1);
}

#[tokio::test]
async fn the_key_goes_to_no_other_origin() {
    let setup = Setup::new(Api::Ignite).await;
    let other = simulators::start(Simulator::new(Settings::ignite()))
        .await
        .unwrap();
    let elsewhere = other.url();
    setup.server.configure(|settings| {
        settings.own_page_cap = 1;
        settings.own_goes_on_at = Some(elsewhere.clone());
    });
    let both = ["a.ru", "b.ru"].map(|one| own_indicator("domain", one, "malicious"));
    setup.server.list_own("r1", both);
    let fault = rejected(setup.own().await);
    assert!(fault.message.contains("is not the same origin"), "{fault}");
    assert!(other.controls().record.all().is_empty());
    let inside = elsewhere.replace("http://", "http://user:pass@");
    let own = format!("http://user:pass@{}", setup.server.address());
    for origin in [inside, own] {
        setup
            .server
            .configure(|settings| settings.own_goes_on_at = Some(origin.clone()));
        rejected(setup.own().await);
    }
}

#[tokio::test]
async fn a_raw_control_character_loses_no_page() {
    let setup = Setup::new(Api::Ignite).await;
    let page =
        "\u{feff}{\"items\": [{\"type\": \"domain\", \"value\": \"a.ru\", \"x\": \"a\u{1}\nb\"}]}";
    let own = setup.own_of(Reply::json(200, page)).await.unwrap();
    assert_eq!(own.listed.len(), 1);
}

#[tokio::test]
async fn pages_come_to_an_end() {
    let setup = Setup::new(Api::Ignite).await;
    let page = json!({"items": [own_indicator("domain", "a.ru", "malicious")], "pagination": {"next": format!("{PATH}?from=1")}});
    let own = setup
        .own_of(Reply::json(200, &page.to_string()))
        .await
        .unwrap();
    assert_eq!((own.listed.len(), setup.targets().len()), (20, 20));
    assert!(own.cut);
}

#[tokio::test]
async fn without_the_right_to_them_nothing_more_is_asked() {
    for status in [403, 521] {
        let setup = Setup::new(Api::Ignite).await;
        assert_eq!(setup.source().withheld(), None);
        setup
            .server
            .configure(|settings| settings.withholds_own = Some(status));
        let why = withheld(setup.own().await);
        // That may be the report's alone.
        assert_eq!(setup.source().withheld(), None);
        for id in ["r2", "r3"] {
            assert_eq!(withheld(setup.source().own(&report(id)).await), why);
        }
        assert_eq!(
            why,
            format!(
                "Flashpoint withholds its own indicators ({status}): the token has no access to technical intelligence; ask \
                 Flashpoint for technical intelligence, or take Flashpoint out of spec.indicatorSources; until then the text alone is looked at"
            )
        );
        assert_eq!(setup.source().withheld(), Some(why.clone()));
        assert_eq!(withheld(setup.own().await), why);
        assert_eq!(setup.targets().len(), 3);
        // Another key may have it.
        setup.server.configure(|settings| {
            settings.withholds_own = None;
            "another".clone_into(&mut settings.api_key);
        });
        setup.own().await.unwrap();
        assert_eq!(setup.source().withheld(), None);
    }
}

#[tokio::test]
async fn v4_is_not_asked_and_the_setting_is_named() {
    let setup = Setup::new(Api::V4).await;
    let why = withheld(setup.own().await);
    assert!(why.contains("set flashpoint.api=ignite"), "{why}");
    assert_eq!(setup.source().withheld(), Some(why));
    assert!(setup.targets().is_empty());
}

#[tokio::test]
async fn a_fault_is_told_from_a_refusal_and_neither_is_an_empty_list() {
    let setup = Setup::new(Api::Ignite).await;
    for status in [500, 502, 503, 301, 408] {
        let fault = fault(setup.own_of(Reply::status(status)).await);
        assert_ne!(fault.kind, FaultKind::Unauthorized, "{status}");
    }
    let of_edge = setup.own_of(Reply::json(521, "<html>down</html>")).await;
    assert_eq!(fault(of_edge).kind, FaultKind::Unavailable);
    let problem = json!({"detail": "Bad token", "status": 401});
    let unauthorized = setup.own_of(Reply::json(401, &problem.to_string())).await;
    assert_eq!(fault(unauthorized).kind, FaultKind::Unauthorized);
    for status in [400, 404, 422] {
        let fault = rejected(setup.own_of(Reply::status(status)).await);
        assert_eq!(fault.kind, FaultKind::UnexpectedResponse, "{status}");
    }
    let gateway = setup.own_of(Reply::json(403, "<html>no</html>")).await;
    rejected(gateway);
    for nonsense in ["", "{}", "[]", "<html></html>", r#"{"items": 7}"#] {
        rejected(setup.own_of(Reply::json(200, nonsense)).await);
    }
    assert_eq!(setup.source().withheld(), None);
}

#[tokio::test]
async fn a_wish_to_be_left_alone_holds_for_the_listing_too() {
    let setup = Setup::new(Api::Ignite).await;
    let wish = Reply::retry_after(429, "60");
    let fault_of = fault(setup.own_of(wish).await);
    assert_eq!(fault_of.kind, FaultKind::RateLimited);
    let calls = setup.targets().len();
    let again = fault(setup.own().await);
    assert!(again.message.contains("asked to be left alone"), "{again}");
    assert_eq!(setup.targets().len(), calls);
}

#[tokio::test]
async fn time_and_size_have_their_limits() {
    let mut setup = Setup::new(Api::Ignite).await;
    let large = format!(r#"{{"items": [], "x": "{}"}}"#, "a".repeat(5 << 20));
    let too_large = rejected(setup.own_of(Reply::json(200, &large)).await);
    assert!(too_large.message.contains("more than 4 MiB"), "{too_large}");
    // Asked for ever fewer, the server gave the same.
    assert_eq!(setup.targets().len(), 5);
    setup.timeout = Duration::from_millis(200);
    let late = fault(setup.own_of(Reply::Hang).await);
    assert_eq!(late.kind, FaultKind::Unavailable);
}

/// One of four is modified after the first page was read, so that it moves to the end, and another one to where was read.
#[tokio::test]
async fn a_list_that_changes_while_it_is_read_is_partial() {
    let setup = Setup::new(Api::Ignite).await;
    let item = |value: &str| own_indicator("domain", value, "malicious");
    let next = json!({"next": format!("{PATH}?from=2")});
    let first = json!({"items": [item("a.ru"), item("b.ru")], "total": 4, "pagination": next});
    let second = |total: usize, last: &str| json!({"items": [item("d.ru"), item(last)], "total": total, "pagination": {"next": null}});
    let faults = &setup.server.controls().faults;
    for (total, last, is_partial) in [(4, "a.ru", true), (4, "c.ru", false), (3, "a.ru", true)] {
        faults.clear_all();
        for (query, page) in [("tags=", &first), ("from=2", &second(total, last))] {
            let reply = Reply::json(200, &page.to_string());
            faults.set(Scripted::on("GET", PATH).query(query).reply(reply));
        }
        let own = setup.own().await.unwrap();
        assert_eq!((own.listed.len(), own.cut), (4, is_partial));
    }
}

/// More than are taken: those left out are not known to be gone.
#[tokio::test]
async fn a_list_that_is_cut_is_partial() {
    let mut setup = Setup::new(Api::Ignite).await;
    // Ten thousand in a debug build, beside other tests.
    setup.timeout = Duration::from_mins(1);
    let items = |count: usize, bytes: usize| {
        let path = "a".repeat(bytes);
        let item = move |at| {
            own_indicator(
                "url",
                &format!("http://evil-site.ru/{at}/{path}"),
                "malicious",
            )
        };
        (0..count).map(item)
    };
    for (count, bytes, most, is_partial) in [
        (10_000, 10, 10_000, false),
        (10_001, 10, 10_000, true),
        (1_500, 3_000, 1_400, true),
    ] {
        setup.server.forget_own();
        setup.server.list_own("r1", items(count, bytes));
        let own = setup.own().await.unwrap();
        assert!(own.listed.len() <= most, "{}", own.listed.len());
        assert_eq!(own.cut, is_partial, "{count} of {bytes}");
        assert_eq!(own.listed.len() == count, !is_partial);
    }
}

/// 500 indicators with 17 KB of description each, which nothing here reads.
#[tokio::test]
async fn pages_that_are_too_large_are_asked_for_in_halves() {
    let setup = Setup::new(Api::Ignite).await;
    let described = |at: usize| {
        let mut item = own_indicator("domain", &format!("a{at}.ru"), "malicious");
        item["malware_description"] = "x".repeat(17_000).into();
        item
    };
    setup.server.list_own("r1", (0..500).map(described));
    let own = setup.own().await.unwrap();
    assert_eq!((own.listed.len(), own.cut), (500, false));
    let targets = setup.targets();
    let sizes = [500, 250, 125].map(|size| format!("&size={size}&"));
    for (target, size) in targets.iter().zip(&sizes) {
        assert!(target.contains(size.as_str()), "{target}");
    }
    assert_eq!(targets.len(), 2 + 4);
}

/// A gateway answers one request of many with 403 and JSON.
#[tokio::test]
async fn one_reports_403_withholds_no_others_list() {
    let setup = Setup::new(Api::Ignite).await;
    let domain = own_indicator("domain", "a.ru", "malicious");
    setup.server.list_own("well", [domain]);
    let faults = &setup.server.controls().faults;
    let forbidden = Reply::json(403, r#"{"message":"Forbidden"}"#);
    faults.set(Scripted::on("GET", PATH).query("report:r").reply(forbidden));
    for id in ["r1", "r1", "r1", "r2", "well", "r3", "r1", "well"] {
        let own = setup.source().own(&report(id)).await;
        if id == "well" {
            assert_eq!(own.unwrap().listed.len(), 1);
        } else {
            assert!(withheld(own).contains("(403): Forbidden; ask"));
        }
        assert_eq!(setup.source().withheld(), None);
    }
}
