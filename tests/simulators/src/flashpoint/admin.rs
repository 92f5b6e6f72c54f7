//! Flashpoint's own part of the admin API: look at, add, edit and take away reports.

use hyper::{Method, StatusCode};
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Answers, Change, Difference, Flashpoint, Moment};
use crate::admin::{body, done, segments};
use crate::message::{Answer, Request};
use crate::reports::{Planted, Report};

/// What `POST /_sim/reports` takes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum Add {
    /// So many generated reports, the first posted now and the others over the hour before.
    Generate(usize),
    /// This report; `planted` says which indicators it holds.
    Report {
        report: Value,
        #[serde(default)]
        planted: Vec<Planted>,
    },
}

/// What `POST /_sim/script` takes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum Line {
    /// What the listing holds changes.
    Change { at: Moment, to: Change },
    /// Some answers differ.
    Differ { answers: Answers, by: Difference },
}

pub(super) fn answer(flashpoint: &Flashpoint, request: &Request) -> Option<Answer> {
    let answer = match (&request.method, segments(request).as_slice()) {
        (&Method::GET, ["reports"]) => Ok(Answer::json(StatusCode::OK, &list(flashpoint))),
        (&Method::POST, ["reports"]) => body(request).map(|add| {
            match add {
                Add::Generate(count) => flashpoint.generate(count, SignedDuration::from_hours(1)),
                Add::Report { report, planted } => flashpoint.put(Report::new(&report, planted)),
            }
            done()
        }),
        (&Method::PATCH, ["reports", id]) => body::<Map<String, Value>>(request)
            .map(|changes| found(flashpoint.edit(id, |fields| fields.extend(changes)))),
        (&Method::POST, ["reports", id, "retract"]) => Ok(found(flashpoint.retract(id))),
        (&Method::DELETE, ["reports", id]) => Ok(found(flashpoint.remove(id))),
        (&Method::POST, ["script"]) => body(request).map(|line| {
            match line {
                Line::Change { at, to } => flashpoint.script(at, to),
                Line::Differ { answers, by } => flashpoint.differ(answers, by),
            }
            done()
        }),
        (&Method::DELETE, ["script"]) => {
            flashpoint.clear_script();
            Ok(done())
        }
        _ => return None,
    };
    Some(answer.unwrap_or_else(|refusal| refusal))
}

fn list(flashpoint: &Flashpoint) -> Vec<Value> {
    let reports = flashpoint.reports();
    let line = |report: &Report| {
        let fields = Value::Object(report.fields());
        json!({
            "id": report.id,
            "title": fields["title"],
            "posted_at": fields["posted_at"],
            "updated_at": fields["updated_at"],
            "planted": report.planted,
        })
    };
    reports.iter().map(line).collect()
}

fn found(found: bool) -> Answer {
    if found {
        done()
    } else {
        Answer::problem(StatusCode::NOT_FOUND, "no such report")
    }
}
