//! Names that may be hosts, files or members, and numbers that may be addresses or versions, in the rows and columns of HTML and
//! CSV.

use crate::{IndicatorType, Markup, Rules};

/// The domains and addresses in a source.
fn hosts(markup: Markup, source: &str) -> Vec<String> {
    let found = crate::find(&[(markup, source)], &Rules::default());
    found
        .into_iter()
        .filter(|found| matches!(found.kind, IndicatorType::Domain | IndicatorType::Ip))
        .map(|found| found.value)
        .collect()
}

#[test]
fn cells_of_html_are_what_their_row_and_column_say() {
    for (source, expected) in [
        (
            "<table><tr><th>Domain</th><th>Seen</th></tr><tr><td>kestrl.so</td><td>May</td></tr>\
             <tr><td>zorvex.rs</td><td>June</td></tr></table>",
            vec!["kestrl.so", "zorvex.rs"],
        ),
        (
            "<table><tr><th>File name</th><th>Seen</th></tr><tr><td>kestrl.cc</td><td>May</td></tr></table>",
            vec![],
        ),
        (
            "<table><tr><td>kestrl.pl</td><td>Domain</td></tr><tr><td>loader.pl</td><td>File</td></tr></table>",
            vec!["kestrl.pl"],
        ),
        (
            "<table><tr><td>Hostname</td><td>kestrl.pl</td></tr><tr><td>Script</td><td>loader.pl</td></tr></table>",
            vec!["kestrl.pl"],
        ),
        (
            "<table><tr><td>kestrl.one</td><td>3395856ce81f2b7382dee72602f798b642f14140</td></tr>\
             <tr><td>zorvex.one</td><td>3395856ce81f2b7382dee72602f798b642f14141</td></tr></table>",
            vec![],
        ),
        (
            "<ul><li>palegate.com</li><li>kestrl.so</li></ul>",
            vec!["palegate.com", "kestrl.so"],
        ),
        ("<ul><li>kes.dll</li><li>kestrl.so</li></ul>", vec![]),
        (
            "<h3>Domains</h3><p>kestrl.pl<br>zorvex.so</p>",
            vec!["kestrl.pl", "zorvex.so"],
        ),
        ("<h3>Files</h3><p>kestrl.pl<br>zorvex.so</p>", vec![]),
        (
            "<p>The domain <code>kestrl.so</code> is new.</p>",
            vec!["kestrl.so"],
        ),
        ("<p>The script <code>kestrl.pl</code> is new.</p>", vec![]),
        // Of two names only one is described.
        (
            "<table><tr><td>kestrl.pl</td><td>server of the loader</td></tr><tr><td>zor.pl</td><td>thing</td></tr></table>",
            vec!["kestrl.pl"],
        ),
        // A host below it speaks for a name in its column.
        (
            "<table><tr><td>kestrl.so</td><td>x</td></tr><tr><td>evil.com</td><td>thing</td></tr></table>",
            vec!["kestrl.so", "evil.com"],
        ),
        // The cell for the type is stronger than a description nearer by.
        (
            "<table><tr><td>kestrl.pl</td><td>script of domain</td><td>Domain</td></tr><tr><td>a</td><td>b</td><td>c</td></tr></table>",
            vec!["kestrl.pl"],
        ),
    ] {
        assert_eq!(hosts(Markup::Html, source), expected, "{source}");
    }
}

#[test]
fn columns_of_html_tell_versions_from_addresses() {
    for (source, expected) in [
        (
            "<table><tr><th>Product</th><th>Fixed in version</th></tr><tr><td>Kestrel</td><td>7.2.4.11</td></tr>\
             <tr><td>Zorvex</td><td>115.0.200.3</td></tr></table>",
            vec![],
        ),
        (
            "<table><tr><th>Product</th><th>Affected</th><th>Fixed</th></tr><tr><td>Kestrel</td><td>7.2.0.1 - 7.2.4.10</td>\
             <td>7.2.4.11</td></tr><tr><td>Zorvex</td><td>&lt; 8.1.0.2</td><td>8.1.0.2</td></tr></table>",
            vec![],
        ),
        (
            "<table><tr><th>IP</th><th>Version</th></tr><tr><td>5.9.1.2</td><td>4.2.0.1</td></tr></table>",
            vec!["5.9.1.2"],
        ),
        (
            "<table><tr><th>Version</th></tr><tr><td>4.2.0.1</td></tr></table><p>5.9.1.2</p>",
            vec!["5.9.1.2"],
        ),
        (
            "<p>Fixed versions</p><ul><li>7.2.4.11</li><li>7.4.0.3</li></ul>",
            vec![],
        ),
        (
            "<p>C2 servers</p><ul><li>7.2.4.11</li><li>7.4.0.3</li></ul>",
            vec!["7.2.4.11", "7.4.0.3"],
        ),
    ] {
        assert_eq!(hosts(Markup::Html, source), expected, "{source}");
    }
}

#[test]
fn cells_of_csv_are_what_their_row_and_column_say() {
    for (source, expected) in [
        (
            "domain,seen\nkestrl.pl,2024\nzorvex.rs,2023\n",
            vec!["kestrl.pl", "zorvex.rs"],
        ),
        ("filename,seen\r\nkestrl.pl,2024\r\n", vec![]),
        (
            "file,loader.pl\ndomain,kestrl.pl\nip,5.9.1.2\n",
            vec!["kestrl.pl", "5.9.1.2"],
        ),
        (
            "\"kestrl.so\",\"domain\"\n\"libkes.so\",\"file\"\n",
            vec!["kestrl.so"],
        ),
        ("product,fixed_version\nkestrel,7.2.4.11\n", vec![]),
        ("ip,agent_version\n5.9.1.2,7.2.4.11\n", vec!["5.9.1.2"]),
        (
            "kestrl.one,3395856ce81f2b7382dee72602f798b642f14140\n",
            vec![],
        ),
    ] {
        assert_eq!(hosts(Markup::Csv, source), expected, "{source}");
    }
}
