//! Members that are spelt like domains: fields of logs and query languages, keywords of rules, objects of scripts.

use super::terms::Terms;
use super::tlds;

/// Whether a member may end with what is a top-level domain too.
pub fn may_end_with(top: &str) -> bool {
    !tlds::is_common(top) || top == "info"
}

/// Whether a name may as well be a member. `rest`: what precedes its top-level domain `top`; `written`: the name as it is written.
pub fn is_likely(rest: &str, top: &str, written: &str) -> bool {
    if !may_end_with(top) {
        return false;
    }
    let first = rest.split('.').next().unwrap_or_default();
    (first.len() == rest.len() && OBJECTS.hold(rest))
        || MEMBERS.hold(top)
            && (OBJECTS.hold(first)
                || ROOTS.hold(first)
                || rest.len() <= 2
                || is_app_package(first, rest, top)
                || is_camel(written))
}

/// Whether it is a package of an app that is named by a country's code: `de.kestrel.app`.
fn is_app_package(first: &str, rest: &str, top: &str) -> bool {
    top == "app" && first.len() == 2 && first.len() < rest.len() && tlds::is_known(first)
}

/// Whether what stands around a name makes it a member or a placeholder of a template: `${user.name}`, `agent.id == 1`.
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
    MEMBERS.hold(top)
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

/// What code calls things whose members are spelt like top-level domains.
static OBJECTS: Terms = Terms::of(include_str!("../lists/terms/objects.txt"));

/// What fields of logs, keywords of rules and elements of pages begin with.
static ROOTS: Terms = Terms::of(include_str!("../lists/terms/field-roots.txt"));

/// Top-level domains that are words for members.
static MEMBERS: Terms = Terms::of(include_str!("../lists/terms/members.txt"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_top_level_domains() {
        assert!(MEMBERS.sorted().iter().all(|top| tlds::is_known(top)));
    }
}
