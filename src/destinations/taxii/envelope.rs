//! Envelopes (TAXII 2.1, section 3.7): what goes by one request.

use crate::destinations::stix::Object;

/// The most bytes of a request, whatever the server says: `OpenCTI` announces 100 MiB and takes 50 MB.
const MOST: u64 = 8 << 20;

/// What is left of the server's limit, should it count more than the body.
const MARGIN: u64 = 1024;

const BEGIN: &str = r#"{"objects":["#;
const END: &str = "]}";

/// The bytes that an envelope may have.
pub(super) fn limit(max_content_length: Option<u64>) -> usize {
    // A limit that is no limit (some servers say 0) is none.
    let most = max_content_length
        .filter(|most| *most > 2 * MARGIN)
        .unwrap_or(MOST);
    usize::try_from(most.min(MOST) - MARGIN).unwrap_or(usize::MAX)
}

/// The objects in their order, as few groups as stay within the limit; an object over it is alone.
pub(super) fn split<'a>(
    objects: impl Iterator<Item = &'a Object>,
    limit: usize,
) -> Vec<Vec<&'a Object>> {
    let mut groups: Vec<Vec<&Object>> = Vec::new();
    let mut bytes = usize::MAX;
    for object in objects {
        let more = object.json.len() + 1;
        bytes = bytes.saturating_add(more);
        match groups.last_mut() {
            Some(group) if bytes <= limit => group.push(object),
            _ => {
                bytes = BEGIN.len() + END.len() + more;
                groups.push(vec![object]);
            }
        }
    }
    groups
}

/// The JSON.
pub(super) fn written(objects: &[&Object]) -> String {
    let bytes: usize = objects.iter().map(|object| object.json.len() + 1).sum();
    let mut json = String::with_capacity(bytes + BEGIN.len() + END.len());
    json.push_str(BEGIN);
    for (place, object) in objects.iter().enumerate() {
        if place > 0 {
            json.push(',');
        }
        json.push_str(&object.json);
    }
    json.push_str(END);
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    fn objects(sizes: &[usize]) -> Vec<Object> {
        let object = |size: &usize| Object {
            id: String::new(),
            modified: String::new(),
            json: "x".repeat(*size),
        };
        sizes.iter().map(object).collect()
    }

    #[test]
    fn no_envelope_is_over_the_limit_but_of_one_object() {
        let all = objects(&[30, 30, 30, 200, 1, 80, 5]);
        let groups = split(all.iter(), 100);
        let sizes: Vec<Vec<_>> = groups
            .iter()
            .map(|group| group.iter().map(|object| object.json.len()).collect())
            .collect();
        assert_eq!(
            sizes,
            [vec![30, 30], vec![30], vec![200], vec![1, 80], vec![5]]
        );
        for group in groups {
            let json = written(&group);
            assert!(json.len() <= 100 || group.len() == 1, "{}", json.len());
        }
        assert_eq!(split(all.iter(), 1 << 20).len(), 1);
        assert!(split([].iter(), 100).is_empty());
    }

    #[test]
    fn a_limit_that_is_none_is_ours() {
        assert_eq!(limit(None), limit(Some(0)));
        assert_eq!(limit(Some(104_857_600)), (8 << 20) - 1024);
        assert_eq!(limit(Some(65_536)), 64_512);
    }
}
