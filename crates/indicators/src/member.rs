//! Members that are spelt like domains: fields of logs and query languages, keywords of rules, objects of scripts.

use super::tlds;

/// Whether a member may end with what is a top-level domain too.
#[must_use]
pub fn may_end_with(top: &str) -> bool {
    !tlds::is_common(top) || top == "info"
}

/// Whether a name may as well be a member. `rest`: what precedes its top-level domain `top`; `written`: the name as it is written.
#[must_use]
pub fn is_likely(rest: &str, top: &str, written: &str) -> bool {
    if !may_end_with(top) {
        return false;
    }
    let first = rest.split('.').next().unwrap_or_default();
    (first.len() == rest.len() && OBJECTS.binary_search(&rest).is_ok())
        || MEMBERS.binary_search(&top).is_ok()
            && (OBJECTS.binary_search(&first).is_ok()
                || ROOTS.binary_search(&first).is_ok()
                || rest.len() <= 2
                || is_app_package(first, rest, top)
                || is_camel(written))
}

/// Whether it is a package of an app that is named by a country's code: `de.kestrel.app`.
fn is_app_package(first: &str, rest: &str, top: &str) -> bool {
    top == "app" && first.len() == 2 && first.len() < rest.len() && tlds::is_known(first)
}

/// Whether what stands around a name makes it a member or a placeholder of a template: `${user.name}`, `agent.id == 1`.
#[must_use]
pub fn is_used(before: &str, top: &str, after: &str) -> bool {
    if tlds::is_common(top) {
        return false;
    }
    let opened = before.trim_end_matches(' ');
    if opened.ends_with(['$', '!'])
        || ["${", "{{", "%{", "@{", "<%="]
            .into_iter()
            .any(|mark| opened.ends_with(mark))
    {
        return true;
    }
    let after = after.trim_start_matches(' ');
    MEMBERS.binary_search(&top).is_ok()
        && (after.starts_with('=')
            || after.starts_with("!=")
            || after.starts_with("&&")
            || after.starts_with("||")
            || after.starts_with(":\"")
            || after.starts_with(":*")
            || after.starts_with(": \"")
            || after.starts_with("|contains")
            || after.starts_with("|endswith")
            || after.starts_with("|startswith")
            || after.starts_with("|re"))
}

/// Whether a class of the package that a name is follows, with a member of its own: `.Api.send(`.
#[must_use]
pub fn is_package_of(after: &str) -> bool {
    let Some(class) = after.strip_prefix('.') else {
        return false;
    };
    let end = class.find(|c: char| !c.is_ascii_alphanumeric());
    let (class, rest) = class.split_at(end.unwrap_or(class.len()));
    let member = rest
        .strip_prefix('.')
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()));
    class.starts_with(|c: char| c.is_ascii_uppercase()) && (member || rest.starts_with('('))
}

/// Whether the first label is several words that are told apart by capitals, as no host is written: `userIdentity.id`.
fn is_camel(written: &str) -> bool {
    let first = written.split('.').next().unwrap_or_default().as_bytes();
    first.iter().any(u8::is_ascii_lowercase) && first.iter().skip(1).any(u8::is_ascii_uppercase)
}

/// What code calls things whose members are spelt like top-level domains, sorted.
const OBJECTS: [&str; 32] = [
    "android", "array", "client", "config", "console", "context", "ctx", "data", "document", "e",
    "event", "file", "item", "javax", "location", "log", "logger", "logging", "math", "model",
    "module", "node", "obj", "object", "process", "req", "request", "response", "self", "system",
    "this", "window",
];

/// What fields of logs, keywords of rules and elements of pages begin with, sorted.
const ROOTS: [&str; 154] = [
    "a",
    "agent",
    "androidx",
    "app",
    "args",
    "as",
    "aws",
    "azure",
    "body",
    "button",
    "cfg",
    "cloud",
    "cmd",
    "conf",
    "conn",
    "container",
    "data_stream",
    "date",
    "datetime",
    "db",
    "destination",
    "device",
    "div",
    "dll",
    "dns",
    "doc",
    "dst",
    "ecs",
    "el",
    "elem",
    "element",
    "elf",
    "email",
    "entry",
    "error",
    "evt",
    "exports",
    "faas",
    "flow",
    "form",
    "fs",
    "gcp",
    "geo",
    "group",
    "hash",
    "header",
    "headers",
    "host",
    "http",
    "img",
    "input",
    "interface",
    "io",
    "java",
    "jdk",
    "job",
    "json",
    "key",
    "kotlin",
    "krb5",
    "kubernetes",
    "label",
    "li",
    "link",
    "list",
    "macho",
    "message",
    "meta",
    "metadata",
    "mqtt",
    "msg",
    "network",
    "nfs",
    "o365",
    "objshell",
    "observer",
    "okta",
    "options",
    "opts",
    "orchestrator",
    "organization",
    "os",
    "p",
    "package",
    "params",
    "parent",
    "pe",
    "player",
    "plugin",
    "pod",
    "powershell",
    "ppid",
    "proc",
    "props",
    "quic",
    "record",
    "registry",
    "related",
    "repo",
    "resource",
    "result",
    "rfb",
    "row",
    "rpc",
    "rule",
    "scala",
    "search",
    "server",
    "service",
    "sess",
    "session",
    "settings",
    "shell",
    "sip",
    "smb",
    "smtp",
    "snmp",
    "sock",
    "socket",
    "source",
    "span",
    "src",
    "ssh",
    "state",
    "stats",
    "string",
    "suricata",
    "sysmon",
    "table",
    "target",
    "task",
    "td",
    "thread",
    "threat",
    "time",
    "tls",
    "token",
    "trace",
    "transaction",
    "ul",
    "url",
    "user",
    "user_agent",
    "value",
    "var",
    "volume",
    "vulnerability",
    "winlog",
    "worker",
    "wscript",
    "wsh",
    "wshell",
    "x509",
    "zeek",
];

/// Top-level domains that are words for members, sorted.
const MEMBERS: [&str; 30] = [
    "app",
    "codes",
    "community",
    "company",
    "contact",
    "date",
    "day",
    "domains",
    "email",
    "events",
    "exchange",
    "family",
    "group",
    "host",
    "id",
    "int",
    "link",
    "name",
    "network",
    "now",
    "page",
    "pid",
    "post",
    "properties",
    "report",
    "run",
    "show",
    "software",
    "style",
    "today",
];

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests"
    )]
    use super::*;

    #[test]
    fn the_lists_are_sorted() {
        for list in [&OBJECTS[..], &ROOTS, &MEMBERS] {
            assert!(list.is_sorted(), "{list:?}");
        }
        assert!(MEMBERS.iter().all(|top| crate::tlds::is_known(top)));
    }
}
