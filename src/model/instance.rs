//! What tells one instance of a block from another: its address, its name, the module it is in. A text
//! in which these are left open says the same of all of them.

/// An address in its parts: `module.a["x"].aws_s3_bucket.b[0]` is the block `aws_s3_bucket.b`, with the key
/// `0`, in `module.a["x"]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts<'a> {
    /// The module instance; empty in a root module and in templates.
    pub module: &'a str,
    /// The block, without module and key.
    pub block: &'a str,
    /// The key with its brackets; empty where there is none.
    pub key: &'a str,
}

impl<'a> Parts<'a> {
    /// The parts of an address. What has another form is a block as it stands.
    #[must_use]
    pub fn of(address: &'a str) -> Self {
        let mut at = 0;
        while let Some(rest) = address[at..].strip_prefix("module.") {
            let name = rest.find(['.', '[']).unwrap_or(rest.len());
            let key = key_length(&rest[name..]);
            let after = at + "module.".len() + name + key;
            if !address[after..].starts_with('.') {
                break;
            }
            at = after + 1;
        }
        let (module, rest) = (&address[..at.saturating_sub(1)], &address[at..]);
        let open = rest.find('[').filter(|open| key_length(&rest[*open..]) == rest.len() - open);
        let (block, key) = rest.split_at(open.unwrap_or(rest.len()));
        Self { module, block, key }
    }
}

/// An address without the instance keys in it: `module.a.aws_s3_bucket.b`.
#[must_use]
pub fn without_keys(address: &str) -> String {
    let mut out = String::with_capacity(address.len());
    let mut rest = address;
    while let Some(open) = rest.find('[') {
        let key = key_length(&rest[open..]);
        out.push_str(&rest[..open]);
        if key == 0 {
            rest = &rest[open..];
            break;
        }
        rest = &rest[open + key..];
    }
    out + rest
}

/// The length of the instance key that a text begins with, with its brackets; 0 where it begins with none.
fn key_length(text: &str) -> usize {
    if !text.starts_with('[') {
        return 0;
    }
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ']' if !quoted => return at + 1,
            _ => {}
        }
    }
    0
}

/// What tells an instance from the others.
#[derive(Debug, Clone, Copy)]
pub struct Instance<'a> {
    /// Its address.
    pub address: &'a str,
    /// The name a person would use, where it has one other than its address.
    pub name: Option<&'a str>,
}

impl Instance<'_> {
    /// The text with what tells this instance from others left open: `{address}`, `{name}`, `{module}`. A
    /// brace is written twice.
    #[must_use]
    pub fn open(&self, text: &str) -> String {
        let module = Parts::of(self.address).module;
        let all = [("{address}", self.address), ("{name}", self.name.unwrap_or_default()), ("{module}", module)];
        let marks: Vec<(&str, &str)> = all.into_iter().filter(|(_, said)| !said.is_empty()).collect();
        let mut out = String::with_capacity(text.len());
        let mut before = None;
        let mut at = 0;
        while let Some(c) = text[at..].chars().next() {
            let begins = before.is_none_or(|before| !is_word(before) && before != '.');
            let found = marks.iter().filter(|(_, said)| begins && text[at..].starts_with(said)).find(|(_, said)| {
                text[at + said.len()..].chars().next().is_none_or(|after| !is_word(after) && after != '[')
            });
            if let Some((mark, said)) = found {
                out.push_str(mark);
                before = said.chars().next_back();
                at += said.len();
                continue;
            }
            out.push(c);
            if matches!(c, '{' | '}') {
                out.push(c);
            }
            before = Some(c);
            at += c.len_utf8();
        }
        out
    }

    /// The text with what was left open filled in.
    #[must_use]
    pub fn fill(&self, pattern: &str) -> String {
        let marks = [
            ("{{", "{"),
            ("}}", "}"),
            ("{address}", self.address),
            ("{name}", self.name.unwrap_or_default()),
            ("{module}", Parts::of(self.address).module),
        ];
        let mut out = String::with_capacity(pattern.len() + self.address.len());
        let mut rest = pattern;
        while let Some(at) = rest.find(['{', '}']) {
            out.push_str(&rest[..at]);
            rest = &rest[at..];
            let found = marks.iter().find_map(|(mark, said)| Some((rest.strip_prefix(mark)?, said)));
            if let Some((after, said)) = found {
                out.push_str(said);
                rest = after;
            } else {
                out.push_str(&rest[..1]);
                rest = &rest[1..];
            }
        }
        out + rest
    }
}

/// Whether the name of the instance is left open in a pattern.
#[must_use]
pub fn names(pattern: &str) -> bool {
    pattern.replace("{{", "").contains("{name}")
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '-'
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parts(address: &str) -> (&str, &str, &str) {
        let parts = Parts::of(address);
        (parts.module, parts.block, parts.key)
    }

    #[test]
    fn an_address_has_a_module_a_block_and_a_key() {
        assert_eq!(parts("aws_s3_bucket.b"), ("", "aws_s3_bucket.b", ""));
        assert_eq!(parts("module.a.aws_s3_bucket.b[0]"), ("module.a", "aws_s3_bucket.b", "[0]"));
        let odd = r#"module.a["x].\"y"].module.b[1].aws_s3_bucket.b["module.c.d]"]"#;
        let module = r#"module.a["x].\"y"].module.b[1]"#;
        assert_eq!(parts(odd), (module, "aws_s3_bucket.b", r#"["module.c.d]"]"#));
        assert_eq!(parts("Bucket"), ("", "Bucket", ""));
        assert_eq!(parts("module.a"), ("", "module.a", ""));
        assert_eq!(parts("a[\"open"), ("", "a[\"open", ""));
        assert_eq!(parts(""), ("", "", ""));
    }

    #[test]
    fn keys_are_taken_out_wherever_they_stand() {
        assert_eq!(without_keys(r#"module.a["x].y"].aws_s3_bucket.b[0]"#), "module.a.aws_s3_bucket.b");
        assert_eq!(without_keys("a.b[\"open"), "a.b[\"open");
    }

    #[test]
    fn what_tells_instances_apart_is_left_open() {
        let one = Instance { address: "module.m[0].aws_s3_bucket.b[\"a\"]", name: Some("a") };
        let two = Instance { address: "module.m[1].aws_s3_bucket.b[\"rest\"]", name: Some("rest") };
        let said = "{name} is not at rest: {module}.var.x has no value";
        assert_eq!(one.open("a is not at rest: module.m[0].var.x has no value"), said);
        assert_eq!(
            two.open("rest is not at rest: module.m[1].var.x has no value"),
            "{name} is not at {name}: {module}.var.x has no value"
        );
        assert_eq!(one.open("module.m[0].aws_s3_bucket.b[\"a\"].policy"), "{address}.policy");
        assert_eq!(one.open("module.m[0].aws_s3_bucket.b[\"ab\"] a-b x.a"), "{module}.aws_s3_bucket.b[\"ab\"] a-b x.a");
    }

    proptest! {
        #[test]
        fn what_was_left_open_is_filled_in_again(
            text in "[a-c{}\\[\\]\". é]{0,40}", address in "(module\\.[ab](\\[0\\])?\\.)?[a-c{}.]{1,6}(\\[[01]\\])?",
            name in proptest::option::of("[a-c{}]{1,3}"),
        ) {
            let instance = Instance { address: &address, name: name.as_deref() };
            prop_assert_eq!(instance.fill(&instance.open(&text)), text.clone());
            let named = format!("{address} {text} {}", name.as_deref().unwrap_or("x"));
            let pattern = instance.open(&named);
            prop_assert_eq!(instance.fill(&pattern), named);
            if !names(&pattern) {
                prop_assert_eq!(Instance { name: None, ..instance }.fill(&pattern), instance.fill(&pattern));
            }
        }

        #[test]
        fn arbitrary_text_never_panics(text in any::<String>(), address in any::<String>()) {
            let instance = Instance { address: &address, name: None };
            prop_assert_eq!(instance.fill(&instance.open(&text)), text.clone());
            prop_assert!(without_keys(&text).len() <= text.len());
        }
    }
}
