//! Flashpoint's listing as Ignite has it.

use jiff::SignedDuration;
use serde_json::{Map, Value, json};
use simulators::Server;
use simulators::flashpoint::{Change, Flashpoint, Moment, Settings};
use simulators::reports::Style;

use crate::client::{Reply, send};

const LISTING: &str = "/finished-intelligence/v1/reports";

async fn ignite(reports: usize, style: Style) -> Server<Flashpoint> {
    let server = simulators::start(Flashpoint::new(Settings::ignite()))
        .await
        .unwrap();
    server.seed(4, style);
    server.generate(reports, SignedDuration::from_hours(20));
    server
}

async fn get(server: &Server<Flashpoint>, query: &str) -> Reply {
    let key = format!("Bearer {}", server.api_key());
    let target = format!("{LISTING}?{query}");
    send(
        server.address(),
        "GET",
        &target,
        &[("authorization", &key)],
        b"",
    )
    .await
}

fn texts(page: &Value, name: &str) -> Vec<String> {
    let data = page["data"].as_array().unwrap();
    let text = |report: &Value| report[name].as_str().unwrap().to_owned();
    data.iter().map(text).collect()
}

#[tokio::test]
async fn what_its_connectors_send_is_taken_and_sorted() {
    let server = ignite(60, Style::default()).await;
    let query = "since=2020-01-01T00:00:00Z&sort=updated_at:asc&limit=50";
    let page = get(&server, query).await.json();
    assert_eq!(
        (&page["total"], &page["limit"], &page["count"]),
        (&json!(60), &json!(50), &json!(50))
    );
    assert!(texts(&page, "updated_at").is_sorted());

    // What is edited is at the end from then on.
    let first = texts(&page, "id")[0].clone();
    server.script(
        Moment::After(1),
        Change::Edit(
            first.clone(),
            Map::from_iter([("title".into(), json!("E"))]),
        ),
    );
    get(&server, query).await;
    let rest = get(&server, &format!("{query}&skip=50")).await.json();
    assert_eq!(texts(&rest, "id").last(), Some(&first));
}

#[tokio::test]
async fn what_nobody_sends_is_refused_with_a_reason() {
    let server = ignite(1, Style::default()).await;
    for (query, status, says) in [
        ("until=now", 400, "until"),
        ("highlight_tag=x-fp-highlight", 400, "highlight_tag"),
        ("fragment_size=256", 400, "fragment_size"),
        ("since=-1d", 400, "date-time"),
        ("since=2020-01-01T00:00:00%2B00:00", 400, "date-time"),
        ("since=2020-01-01T00:00:00", 400, "date-time"),
        ("sort=updated_at", 400, "sort"),
        ("sort=title:asc", 400, "sort"),
        ("limit=1&limit=2", 400, "twice"),
        ("limit=501", 422, "from 1 to 500"),
        ("limit=0", 422, "from 1 to 500"),
        ("skip=-1", 422, "Input should be"),
    ] {
        let reply = get(&server, query).await;
        assert_eq!(reply.status, status, "{query}");
        let body = reply.json();
        let detail = match status {
            422 => &body["errors"][0]["msg"],
            _ => &body["detail"],
        };
        assert!(detail.as_str().unwrap().contains(says), "{query}: {body}");
        if status == 400 {
            assert_eq!(
                reply.header("content-type"),
                Some("application/problem+json")
            );
        }
    }
    for status in [403, 521] {
        server.configure(|settings| settings.unentitled = Some(status));
        let reply = get(&server, "limit=1").await;
        assert_eq!(reply.status, status);
        assert_eq!(reply.json()["status"], json!(status));
    }
}

#[tokio::test]
async fn bodies_hold_their_images() {
    let style = Style {
        image_bytes: 2 << 20,
        ..Style::default()
    };
    let server = ignite(2, style).await;
    for report in server.reports() {
        assert!(report.json.len() > 2 << 20);
        let body = report.fields()["body"].as_str().unwrap().to_owned();
        assert!(body.contains("src=\"data:image/png;base64,"));
    }
}

mod own_indicators {
    use serde_json::Value;
    use simulators::flashpoint::own_indicator;

    use super::{Flashpoint, Reply, Server, Style, ignite, send};

    const PATH: &str = "/technical-intelligence/v2/indicators";
    const SINCE: &str = "last_seen_after=2021-01-01T00:00:00Z";

    async fn at(server: &Server<Flashpoint>, target: &str) -> Reply {
        let key = format!("Bearer {}", server.api_key());
        let headers = [("authorization", key.as_str())];
        send(server.address(), "GET", target, &headers, b"").await
    }

    fn values(page: &Value) -> Vec<&str> {
        let items = page["items"].as_array().unwrap();
        items
            .iter()
            .map(|item| item["value"].as_str().unwrap())
            .collect()
    }

    #[tokio::test]
    async fn they_are_had_by_their_reports_tag_page_by_page() {
        let server = ignite(0, Style::default()).await;
        let domains = ["a.ru", "b.ru", "c.ru"].map(|one| own_indicator("domain", one, "malicious"));
        server.list_own("r1", domains);
        server.list_own("r2", [own_indicator("ipv4", "45.77.1.9", "suspicious")]);
        let first = at(
            &server,
            &format!("{PATH}?tags=report:r1&embed=all&size=2&sort=modified_at:asc&{SINCE}"),
        )
        .await;
        assert_eq!(first.status, 200);
        let first = first.json();
        assert_eq!(
            (values(&first), &first["total"]),
            (vec!["a.ru", "b.ru"], &3.into())
        );
        assert!(first["items"][0]["external_references"].is_array());
        let next = first["pagination"]["next"].as_str().unwrap();
        let next = at(&server, next.strip_prefix(&server.url()).unwrap())
            .await
            .json();
        assert_eq!(values(&next), ["c.ru"]);
        assert_eq!(next["pagination"]["next"], Value::Null);
        // Without a date: what was seen in the last 30 days.
        let recent = at(&server, &format!("{PATH}?tags=report:r1")).await.json();
        assert_eq!(recent["total"], 0);
    }

    #[tokio::test]
    async fn what_nobody_sends_is_refused() {
        let server = ignite(0, Style::default()).await;
        for query in [
            "tags=report:a&limit=5",
            "size=1001",
            "size=501&embed=all",
            "embed=everything",
            "sort=value:asc",
            "last_seen_after=2021-01-01T00:00:00%2B00:00",
            "tags=a&tags=b",
        ] {
            let reply = at(&server, &format!("{PATH}?{query}")).await;
            assert_eq!(reply.status, 422, "{query}");
            assert!(reply.json()["errors"][0]["loc"].is_array());
        }
        server.configure(|settings| settings.withholds_own = Some(403));
        let reply = at(&server, &format!("{PATH}?tags=report:a")).await;
        assert_eq!((reply.status, &reply.json()["status"]), (403, &403.into()));
    }
}
