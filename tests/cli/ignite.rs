//! `sync` against Ignite, over real sockets.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::{Map, json};
use simulators::flashpoint::{Change, Moment, Settings, WindowField};
use simulators::reports::Style;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use tokio::time::timeout;

use super::stage::{Run, Stage, command, feed, finish};

/// A stage whose Flashpoint is Ignite, with reports of the last 20 hours.
async fn stage(count: usize, style: Style, window: WindowField) -> Stage {
    let stage = Stage::with_reports(0).await;
    stage.flashpoint.configure(|settings| {
        *settings = Settings {
            api_key: settings.api_key.clone(),
            window,
            ..Settings::ignite()
        };
    });
    stage.flashpoint.seed(11, style);
    stage
        .flashpoint
        .generate(count, SignedDuration::from_hours(20));
    stage
}

async fn synced(stage: &Stage) -> Run {
    let arguments = ["--flashpoint-api", "ignite", "--state", "state.json"];
    stage.synced(&arguments).await
}

fn small() -> Style {
    Style {
        body_bytes: 600,
        ..Style::default()
    }
}

#[tokio::test]
async fn one_setting_is_enough() {
    let style = Style {
        image_bytes: 1 << 20,
        csv: 0.3,
        ..small()
    };
    let stage = stage(20, style, WindowField::Posted).await;
    let run = synced(&stage).await;
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    stage.assert_clean();
    let links = stage.trustar.reports();
    let links: Vec<_> = links
        .iter()
        .filter_map(|report| report.external_url.as_deref())
        .collect();
    assert!(links.len() > 5);
    for link in links {
        assert!(
            link.starts_with("https://app.flashpoint.io/cti/intelligence/report/"),
            "{link}"
        );
    }
    let by_variable = stage
        .sync(&["-f", "feed.yaml", "--secret", "secret.yaml"])
        .env("FLASHPOINT_API", "ignite")
        .spawn()
        .unwrap();
    let run = finish(by_variable, "").await;
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);

    let record = stage.flashpoint.controls().record.all();
    let listings = record.iter().filter(|call| {
        call.target
            .starts_with("/finished-intelligence/v1/reports?")
    });
    let mut listed = 0;
    for call in listings {
        let target = &call.target;
        assert!(target.contains("?since=20"), "{target}");
        assert!(
            target.contains("Z&sort=updated_at:asc&limit=50"),
            "{target}"
        );
        assert!(call.headers.contains_key("x-fp-integrationplatform"));
        listed += 1;
    }
    assert_eq!(listed, 2);
}

#[tokio::test]
async fn v4_to_ignite_is_told_how_to_be_mended() {
    let stage = stage(3, small(), WindowField::Posted).await;
    let run = stage.synced(&[]).await;
    assert_eq!(run.code, 1);
    assert!(
        run.ready()
            .ends_with("v4 was retired; with an Ignite key set flashpoint.api=ignite (on the command line --flashpoint-api ignite)"),
        "{}",
        run.ready()
    );
}

/// Reports are edited, come and go between any two requests of a listing of many pages; whichever time the window goes by.
#[tokio::test]
async fn a_listing_that_changes_while_it_is_read_is_delivered_whole() {
    for window in [WindowField::Posted, WindowField::Updated] {
        let stage = stage(230, small(), window).await;
        let reports = stage.flashpoint.reports();
        let id = |at: usize| reports[at].id.clone();
        let edited = |text: &str| {
            let mut fields = Map::new();
            fields.insert("title".to_owned(), json!(text));
            fields
        };
        for request in 1..6_u64 {
            let at = usize::try_from(request).unwrap() * 40;
            for report in [at, at - 17, 229 - at] {
                let change = Change::Edit(id(report), edited(&format!("Edited after {request}")));
                stage.flashpoint.script(Moment::After(request), change);
            }
            let gone = Change::Remove(id(at + 3));
            stage.flashpoint.script(Moment::After(request), gone);
        }
        // A `total` that moved is waited for; each run is one sync.
        for _ in 0..3 {
            let run = synced(&stage).await;
            assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
        }
        let truth = stage.flashpoint.truth();
        let verdict = stage
            .trustar
            .verdict(&[(simulators::trustar::ENCLAVE, truth)]);
        assert!(verdict.lost.is_empty(), "{window:?}: {verdict:?}");
        assert!(verdict.duplicated.is_empty(), "{window:?}: {verdict:?}");
        assert!(verdict.corrupt.is_empty(), "{window:?}: {verdict:?}");

        // Nothing is left: the next edits alone are written, from the newest page.
        let before = stage.flashpoint.controls().record.all().len();
        let writes = || {
            let record = &stage.trustar.controls().record;
            record.count("POST", "/api/1.3/reports/upsert", "")
        };
        let written = writes();
        let held = stage.trustar.reports()[0].external_id.clone().unwrap();
        assert!(
            stage
                .flashpoint
                .edit(&held, |fields| fields.extend(edited("Once more")))
        );
        let run = synced(&stage).await;
        assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
        assert_eq!(writes(), written + 1, "{window:?}");
        let limits = stage.flashpoint.controls().record.all();
        for call in &limits[before..] {
            assert!(call.target.contains("&limit=50"), "{}", call.target);
        }
    }
}

/// Which host is called where no address is given, as a proxy hears it.
#[tokio::test]
async fn the_api_says_where_it_is() {
    let stage = Stage::with_reports(0).await;
    for (api, host) in [
        ("ignite", "api.flashpoint.io:443"),
        ("v4", "docs.fp.tools:443"),
    ] {
        let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", proxy.local_addr().unwrap());
        let mut sync = command(&["sync", "-f", "feed.yaml", "--secret", "secret.yaml"]);
        sync.args(["--trustar-url", &stage.trustar.url()])
            .current_dir(stage.directory.path())
            .env("FLASHPOINT_API", api)
            .env("https_proxy", &address)
            .env("HTTPS_PROXY", &address)
            .env("NO_PROXY", "127.0.0.1")
            .env("no_proxy", "127.0.0.1");
        let child = sync.spawn().unwrap();
        let heard = async {
            let (mut stream, _) = proxy.accept().await.unwrap();
            let mut bytes = vec![0; 1_024];
            let length = stream.read(&mut bytes).await.unwrap();
            String::from_utf8_lossy(&bytes[..length]).into_owned()
        };
        let heard = timeout(Duration::from_secs(30), heard).await.unwrap();
        assert!(heard.starts_with(&format!("CONNECT {host} ")), "{heard}");
        drop(child);
    }
}

/// What the Ready condition would say besides: a dry run that finds nothing in the way has no condition, and says it all the same.
#[tokio::test]
async fn a_dry_run_says_that_v4_has_no_indicators_of_its_own() {
    let stage = Stage::with_reports(3).await;
    let mut own = feed("cybercrime");
    own["spec"]["indicatorSources"] = json!(["Text", "Flashpoint"]);
    stage.write("feed.yaml", &own.to_string());
    let told = "spec.indicatorSources names Flashpoint, whose own indicators v4 does not have";
    let run = stage.synced(&["--dry-run"]).await;
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(
        run.stdout.contains(&format!("\nnote: {told}")),
        "{}",
        run.stdout
    );
    let run = stage.synced(&["--dry-run", "-o", "json"]).await;
    let json = run.json();
    assert!(
        json["notes"][0].as_str().unwrap().starts_with(told),
        "{json}"
    );
}
