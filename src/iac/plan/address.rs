//! Terraform's addresses and references, taken apart.

/// One step of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step<'a> {
    /// `aws_s3_bucket`, `logs`.
    Name(&'a str),
    /// `0`, `"eu"`: what stands in brackets, as written.
    Index(&'a str),
}

/// The most steps that are taken apart.
const STEP_LIMIT: usize = 256;

/// The steps of an address or a reference (`module.a["x.y"].aws_s3_bucket.b[0].arn`); `None` for what is
/// none, such as one whose bracket is not closed.
pub(super) fn steps(address: &str) -> Option<Vec<Step<'_>>> {
    let mut steps = Vec::new();
    let mut rest = address;
    while !rest.is_empty() {
        if steps.len() == STEP_LIMIT {
            return None;
        }
        if let Some(inside) = rest.strip_prefix('[') {
            let end = index_end(inside)?;
            steps.push(Step::Index(&inside[..end]));
            rest = &inside[end + 1..];
        } else {
            let name = if steps.is_empty() { rest } else { rest.strip_prefix('.')? };
            let end = name.find(['.', '[']).unwrap_or(name.len());
            if end == 0 {
                return None;
            }
            steps.push(Step::Name(&name[..end]));
            rest = &name[end..];
        }
    }
    Some(steps)
}

/// Where the bracket closes: behind the text, if the index is one.
fn index_end(inside: &str) -> Option<usize> {
    if !inside.starts_with('"') {
        return inside.find(']');
    }
    let bytes = inside.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return (bytes.get(at + 1) == Some(&b']')).then_some(at + 1),
            _ => at += 1,
        }
    }
    None
}

/// The modules on the way to `module.a["x"].module.b`: for each the name of its call, and the part of
/// the address that is its (`module.a["x"]`). `None` for what is no address of a module.
pub(super) fn modules(address: &str) -> Option<Vec<(&str, &str)>> {
    let mut parts = Vec::new();
    let mut offset = 0;
    let mut steps = steps(address)?.into_iter().peekable();
    while let Some(step) = steps.next() {
        let (Step::Name("module"), Some(Step::Name(name))) = (step, steps.next()) else { return None };
        let mut end = offset + "module.".len() + name.len();
        if let Some(Step::Index(index)) = steps.peek() {
            end += index.len() + 2;
            steps.next();
        }
        parts.push((name, address.get(offset..end)?));
        offset = end + 1;
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_apart_whatever_its_keys_hold() {
        use Step::{Index, Name};
        assert_eq!(
            steps(r#"module.a["x.y]\"z"].aws_s3_bucket.b[0].arn"#).unwrap(),
            [
                Name("module"),
                Name("a"),
                Index(r#""x.y]\"z""#),
                Name("aws_s3_bucket"),
                Name("b"),
                Index("0"),
                Name("arn")
            ]
        );
        for broken in ["a[", "a[\"x", "a[\"x\"", "a..b", ".a", "a.", "a]b[", "a[\"x\\"] {
            assert!(steps(broken).is_none(), "{broken}");
        }
    }

    #[test]
    fn modules_are_named_with_their_part_of_the_address() {
        assert_eq!(modules(r#"module.a["x"].module.b"#).unwrap(), [("a", r#"module.a["x"]"#), ("b", "module.b")]);
        assert_eq!(modules("").unwrap(), []);
        assert!(modules("aws_s3_bucket.b").is_none());
    }
}
