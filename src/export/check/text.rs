//! Text from the checked code made safe for the place it is written to. Names, addresses, paths and
//! sentences are data: none may draw on a terminal, forge a command of the runner, or mark up a page.

/// Longest text taken into an output, in characters; the rest is cut.
const LIMIT: usize = 2000;

/// Whether a character draws, reorders or hides instead of being read: controls, and the marks for
/// the direction of writing, by which code shows otherwise than it runs.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e007f}')
}

/// One line of text whose unseen characters are written out (`\u{202e}`), cut at [`LIMIT`]. The old
/// form of a command of GitHub's runner (`##[`), which counts anywhere in a line, is broken up.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (count, c) in text.chars().enumerate() {
        if count == LIMIT {
            out.push('…');
            break;
        }
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_unseen(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    if out.contains("##[") { out.replace("##[", "##\\[") } else { out }
}

/// A sentence for a Markdown page: marks of Markdown and HTML lose their meaning, and so do mentions,
/// references to issues, formulas, and addresses that a page would make links of.
pub(super) fn markdown(text: &str) -> String {
    let text = plain(text);
    let mut out = String::with_capacity(text.len() + 16);
    for (at, c) in text.char_indices() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // Looked for in the finished page, where a backslash is gone: a word joiner keeps them apart.
            '@' | '#' => out.extend(['\\', c, '\u{2060}']),
            '\\' | '`' | '*' | '_' | '~' | '[' | ']' | '|' | '$' => out.extend(['\\', c]),
            ':' if text[at + 1..].starts_with("//") => out.push_str("\\:"),
            '.' if ends_with_www(&text[..at]) => out.push_str("\\."),
            // A sentence that begins with one of these would be a list, a heading or a rule.
            '-' | '+' | '=' if at == 0 => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

fn ends_with_www(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 3 && bytes[bytes.len() - 3..].eq_ignore_ascii_case(b"www")
}

/// A name, an address or a path as a code span. Where it holds what could end the span, or the cell of
/// a table that it stands in, it is written by character references, which mark nothing up.
pub(super) fn code(text: &str) -> String {
    let text = plain(text);
    if text.is_empty() {
        return String::new();
    }
    if !text.contains(['`', '|', '\\']) && !text.starts_with(' ') && !text.ends_with(' ') {
        return format!("`{text}`");
    }
    let mut out = String::from("<code>");
    for c in text.chars() {
        if c.is_ascii_punctuation() {
            out.push_str(&format!("&#{};", u32::from(c)));
        } else {
            out.push(c);
        }
        // Addresses of mail are looked for in the finished page.
        if c == '@' {
            out.push('\u{2060}');
        }
    }
    out.push_str("</code>");
    out
}

/// Lines of code as a fenced block that nothing in them can end.
pub(super) fn fenced(text: &str, language: &str) -> String {
    let fence = "`".repeat((longest_run(text, '`') + 1).max(3));
    let lines: Vec<String> = text.lines().map(|line| plain(&line.replace('\t', "  "))).collect();
    format!("{fence}{language}\n{}\n{fence}\n", lines.join("\n"))
}

fn longest_run(text: &str, wanted: char) -> usize {
    let (mut longest, mut run) = (0, 0);
    for c in text.chars() {
        run = if c == wanted { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

/// The message of a command of GitHub's runner, as its toolkit escapes it.
pub(super) fn command_data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a command of GitHub's runner, as its toolkit escapes it.
pub(super) fn command_property(text: &str) -> String {
    command_data(text).replace(':', "%3A").replace(',', "%2C")
}

/// The path without the `./` before it.
pub(super) fn path(file: &str) -> &str {
    let mut rest = file;
    while let Some(shorter) = rest.strip_prefix("./") {
        rest = shorter.trim_start_matches('/');
    }
    if rest.is_empty() { file } else { rest }
}

/// Whether the path starts at a root: `/`, or a drive.
pub(super) fn is_absolute(file: &str) -> bool {
    let bytes = file.as_bytes();
    file.starts_with('/') || (bytes.len() > 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':' && bytes[2] == b'/')
}

/// The path as a URI reference (RFC 3986): relative, or with `file:` where it starts at a root.
pub(super) fn uri(file: &str) -> String {
    let file = path(file);
    let mut out = String::with_capacity(file.len());
    if is_absolute(file) {
        out.push_str("file://");
        if !file.starts_with('/') {
            out.push('/');
        }
    }
    for byte in file.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(char::from(byte)),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// The address of a page, where it is one that may be linked to: `https`, and nothing in it that ends a link.
pub(super) fn link(url: &str) -> Option<&str> {
    let plain = url.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>()[]\"'`\\|{}^".contains(&byte));
    (plain && url.starts_with("https://") && url.len() <= LIMIT).then_some(url)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_cannot_be_seen_is_written_out() {
        assert_eq!(plain("a\u{1b}[31m\r\n\u{202e}b"), "a\\u{1b}[31m\\r\\n\\u{202e}b");
        assert_eq!(plain("x ##[add-mask]y"), "x ##\\[add-mask]y");
        assert_eq!(plain(&"é".repeat(3000)).chars().count(), LIMIT + 1);
    }

    #[test]
    fn markup_mentions_and_links_lose_their_meaning() {
        assert_eq!(markdown("[x](y) **b** <img>"), "\\[x\\](y) \\*\\*b\\*\\* &lt;img&gt;");
        assert_eq!(markdown("@team #12"), "\\@\u{2060}team \\#\u{2060}12");
        assert_eq!(markdown("https://evil.example WWW.evil.example"), "https\\://evil.example WWW\\.evil.example");
        assert_eq!(markdown("$x$ a.b: c=1"), "\\$x\\$ a.b: c=1");
        assert_eq!(markdown("a | b"), "a \\| b");
        assert_eq!(markdown("- x"), "\\- x");
    }

    #[test]
    fn a_code_span_cannot_be_ended_from_within() {
        assert_eq!(code("aws_s3_bucket.a[\"b\"]"), "`aws_s3_bucket.a[\"b\"]`");
        assert_eq!(code("a`b"), "<code>a&#96;b</code>");
        assert_eq!(code("a\\|b"), "<code>a&#92;&#124;b</code>");
        assert_eq!(code("a|b@c"), "<code>a&#124;b&#64;\u{2060}c</code>");
        assert_eq!(fenced("a\n````\nb\n", "hcl"), "`````hcl\na\n````\nb\n`````\n");
    }

    #[test]
    fn paths_become_uris() {
        assert_eq!(uri("./a b/ö:1%.tf"), "a%20b/%C3%B6%3A1%25.tf");
        assert_eq!(uri("/srv/x.tf"), "file:///srv/x.tf");
        assert_eq!(uri("C:/x.tf"), "file:///C%3A/x.tf");
        assert_eq!(path(".//a.tf"), "a.tf");
        assert_eq!(path("./"), "./");
    }

    #[test]
    fn only_plain_https_pages_are_linked_to() {
        assert!(link("https://docs.aws.amazon.com/a.html#b").is_some());
        for wrong in ["javascript:alert(1)", "http://a", "https://a b", "https://a)b", "https://a\nb"] {
            assert_eq!(link(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_text_stays_one_line_that_is_seen(text in any::<String>()) {
            prop_assert!(!plain(&text).chars().any(is_unseen));
            prop_assert!(!command_property(&text).contains(['\n', '\r', ':', ',']));
            prop_assert!(uri(&text).is_ascii());
            let page = markdown(&text);
            prop_assert!(!page.contains('<') && !page.contains('>'));
        }
    }
}
