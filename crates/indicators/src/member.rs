//! Members that are spelt like domains: fields of logs and query languages, keywords of rules, objects of scripts.

/// Whether a name may as well be a member. `rest`: what precedes its top-level domain `top`; `written`: the name as it is written.
#[must_use]
pub fn is_likely(rest: &str, top: &str, written: &str) -> bool {
    let surely_a_host = super::tlds::is_common(top) && top != "info";
    if surely_a_host {
        return false;
    }
    let first = rest.split('.').next().unwrap_or_default();
    (first.len() == rest.len() && OBJECTS.binary_search(&rest).is_ok())
        || MEMBERS.binary_search(&top).is_ok()
            && (OBJECTS.binary_search(&first).is_ok()
                || ROOTS.binary_search(&first).is_ok()
                || rest.len() == 1
                || is_camel(written))
}

/// Whether what stands around a name makes it a member or a placeholder of a template: `${user.name}`, `agent.id == 1`.
#[must_use]
pub fn is_used(before: &str, top: &str, after: &str) -> bool {
    if super::tlds::is_common(top) {
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
            || after.starts_with(":\"")
            || after.starts_with(":*")
            || after.starts_with(": \"")
            || after.starts_with("|contains")
            || after.starts_with("|endswith")
            || after.starts_with("|startswith")
            || after.starts_with("|re"))
}

/// Whether the first label is several words that are told apart by capitals, as no host is written: `userIdentity.id`.
fn is_camel(written: &str) -> bool {
    let first = written.split('.').next().unwrap_or_default().as_bytes();
    first.iter().any(u8::is_ascii_lowercase) && first.iter().skip(1).any(u8::is_ascii_uppercase)
}

/// What code calls things whose members are spelt like top-level domains, sorted.
const OBJECTS: [&str; 59] = [
    "android", "app", "args", "array", "client", "config", "console", "context", "ctx", "data",
    "document", "e", "el", "elem", "element", "entry", "event", "evt", "exports", "file", "item",
    "javax", "json", "list", "location", "log", "logger", "logging", "math", "model", "module",
    "node", "obj", "object", "objshell", "options", "opts", "params", "parent", "player",
    "process", "props", "req", "request", "response", "result", "row", "self", "settings", "shell",
    "state", "string", "system", "this", "user", "window", "wscript", "wsh", "wshell",
];

/// What fields of logs, keywords of rules and elements of pages begin with, sorted.
const ROOTS: [&str; 88] = [
    "a",
    "agent",
    "androidx",
    "as",
    "body",
    "button",
    "cloud",
    "container",
    "data_stream",
    "date",
    "datetime",
    "destination",
    "device",
    "div",
    "dll",
    "dns",
    "dst",
    "ecs",
    "elf",
    "email",
    "error",
    "faas",
    "flow",
    "form",
    "geo",
    "group",
    "hash",
    "host",
    "http",
    "img",
    "input",
    "interface",
    "io",
    "java",
    "javax",
    "jdk",
    "kotlin",
    "krb5",
    "kubernetes",
    "label",
    "li",
    "link",
    "macho",
    "mqtt",
    "network",
    "nfs",
    "observer",
    "orchestrator",
    "organization",
    "os",
    "p",
    "package",
    "pe",
    "ppid",
    "quic",
    "registry",
    "related",
    "resource",
    "rfb",
    "rpc",
    "rule",
    "scala",
    "server",
    "service",
    "session",
    "sip",
    "smb",
    "smtp",
    "snmp",
    "source",
    "span",
    "src",
    "ssh",
    "table",
    "target",
    "td",
    "threat",
    "time",
    "tls",
    "trace",
    "transaction",
    "ul",
    "url",
    "user_agent",
    "volume",
    "vulnerability",
    "winlog",
    "x509",
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
