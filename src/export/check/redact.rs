//! Secrets taken out of a line of code before it is shown. The rule is to show only what is known to
//! be harmless: on a line that speaks of a secret every value but references, truth values and small
//! numbers goes, and a line whose form is not known is not shown at all.

/// What names an attribute, a variable or a block that holds a secret, in lower case, without `_` and `-`.
const SECRETIVE: &[&str] = &[
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "secret",
    "token",
    "credential",
    "privatekey",
    "apikey",
    "accesskey",
    "authkey",
    "sshkey",
    "signingkey",
    "keymaterial",
    "connectionstring",
    "userdata",
    "certificatebody",
    "authorization",
];

/// Names that only sound like it.
const HARMLESS: &[&str] = &["httptokens"];

/// Names that say nothing of what they hold: their neighbours tell.
const GENERIC: &[&str] = &["value", "default", "content", "stringvalue", "parametervalue"];

/// What a block says of itself where its value is a secret, whatever its name.
const DECLARED: &[&str] = &["sensitive", "noecho"];

/// What stands for a value that is not shown.
const HIDDEN: &str = "\"…\"";

/// Longest line that is shown, in bytes: a longer one is the work of a machine, and holds everything.
const LINE_LIMIT: usize = 240;

fn folded(line: &str) -> String {
    line.chars().filter(|c| !matches!(c, '_' | '-')).flat_map(char::to_lowercase).collect()
}

/// Whether a line speaks of a secret.
pub(super) fn is_secretive(line: &str) -> bool {
    let mut folded = folded(line);
    for harmless in HARMLESS {
        folded = folded.replace(harmless, "");
    }
    SECRETIVE.iter().chain(DECLARED).any(|word| folded.contains(word))
}

/// Whether a line declares the value of its block to be a secret.
pub(super) fn declares_secret(line: &str) -> bool {
    let folded = folded(line);
    DECLARED.iter().any(|word| folded.contains(word)) && folded.contains("true")
}

/// A line that may be shown, made from one of the code. `around` holds the lines beside it and the
/// block's first line, which tell what a value is of where its own line does not.
pub(super) fn redacted(line: &str, around: &[&str]) -> String {
    let line = line.trim_end();
    if line.len() > LINE_LIMIT {
        return format!("… (a line of {} bytes)", line.len());
    }
    let tokens = tokens(line);
    if line.contains("-----BEGIN") || !has_known_form(line, &tokens) {
        let indent = &line[..line.len() - line.trim_start().len()];
        return format!("{indent}…");
    }
    let own_name_is_generic = || first_name(&tokens).is_none_or(|name| GENERIC.contains(&folded(name).as_str()));
    let secretive = is_secretive(line)
        || (!is_block_head(line) && own_name_is_generic() && around.iter().any(|near| is_secretive(near)));
    if secretive { without_values(&tokens) } else { without_credentials(&tokens) }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    /// White space.
    Space(&'a str),
    /// A quoted string, its quotes included.
    Quoted(&'a str),
    /// Anything else up to white space, a quote or a mark.
    Word(&'a str),
    /// One of `= { } [ ] ( ) ,` and a colon that separates.
    Mark(char),
    /// A comment, up to the end of the line.
    Comment(&'a str),
}

const MARKS: &[char] = &['=', '{', '}', '[', ']', '(', ')', ','];

fn tokens(line: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let length = match c {
            c if c.is_whitespace() => rest.find(|c: char| !c.is_whitespace()).unwrap_or(rest.len()),
            '"' | '\'' => quoted_length(rest, c),
            c if MARKS.contains(&c) || separates(rest) => c.len_utf8(),
            '#' => rest.len(),
            '/' if rest.starts_with("//") => rest.len(),
            c => {
                let mut end = c.len_utf8();
                while let Some(next) = rest[end..].chars().next() {
                    if next.is_whitespace() || next == '"' || MARKS.contains(&next) || separates(&rest[end..]) {
                        break;
                    }
                    end += next.len_utf8();
                }
                end
            }
        };
        let (text, after) = rest.split_at(length);
        found.push(match c {
            c if c.is_whitespace() => Token::Space(text),
            '"' | '\'' => Token::Quoted(text),
            c if MARKS.contains(&c) || separates(rest) => Token::Mark(c),
            '#' => Token::Comment(text),
            '/' if text.starts_with("//") => Token::Comment(text),
            _ => Token::Word(text),
        });
        rest = after;
    }
    found
}

/// Whether a colon is here that ends a name: one before white space, a value or the end of the line.
fn separates(text: &str) -> bool {
    text.strip_prefix(':').is_some_and(|after| {
        after.chars().next().is_none_or(|c| c.is_whitespace() || matches!(c, '"' | '\'' | '[' | '{'))
    })
}

/// Bytes of a quoted string; to the end of the line where nothing closes it.
fn quoted_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if c == '\\' && quote == '"' {
            escaped = true;
        } else if c == quote {
            return at + 1;
        }
    }
    text.len()
}

fn is_identifier(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | '*'))
}

/// The first line of a block of HCL: a word, labels, a brace.
fn is_block_head(line: &str) -> bool {
    let Some((head, _)) = line.split_once('{') else { return false };
    let mut tokens = tokens(head).into_iter().filter(|token| !matches!(token, Token::Space(_)));
    matches!(tokens.next(), Some(Token::Word(word)) if is_identifier(word))
        && tokens.all(|token| matches!(token, Token::Quoted(text) if is_label(text)))
}

/// A label of a block of HCL: a string in double quotes that ends. In what does not end may be anything.
fn is_label(quoted: &str) -> bool {
    quoted.len() >= 2 && quoted.starts_with('"') && quoted.ends_with('"')
}

/// The name that a value on this line is given to.
fn first_name<'a>(tokens: &[Token<'a>]) -> Option<&'a str> {
    let at = tokens.iter().position(|token| matches!(token, Token::Mark('=' | ':')))?;
    tokens[..at].iter().rev().find_map(|token| match token {
        Token::Word(word) => Some(*word),
        Token::Quoted(text) => Some(text.trim_matches(['"', '\''])),
        _ => None,
    })
}

/// Whether the line is of a form that can be judged: the head of a block, a name with its value, one
/// value of a list, or marks alone. What is left are lines of free text, in which a secret has no name.
fn has_known_form(line: &str, tokens: &[Token<'_>]) -> bool {
    if is_block_head(line) || first_name(tokens).is_some_and(|name| is_identifier(name.trim_start_matches('-'))) {
        return true;
    }
    let mut values = 0;
    for token in tokens {
        match token {
            Token::Word("-")
            | Token::Space(_)
            | Token::Mark('{' | '}' | '[' | ']' | '(' | ')' | ',')
            | Token::Comment(_) => {}
            Token::Word(word) if word.starts_with('!') => {}
            Token::Word(_) | Token::Quoted(_) => values += 1,
            Token::Mark(_) => return false,
        }
    }
    let listed = tokens.iter().filter(|token| matches!(token, Token::Mark(','))).count();
    values <= listed + 1
}

/// The line with its names, marks, references, truth values and small numbers, and nothing else.
fn without_values(tokens: &[Token<'_>]) -> String {
    let mut out = String::new();
    // The word before, where it is a tag of CloudFormation whose operand is a name.
    let mut tag = "";
    let block = tokens.iter().find(|t| !matches!(t, Token::Space(_)));
    let mut in_head = matches!(block, Some(Token::Word(word)) if is_identifier(word));
    for (at, token) in tokens.iter().enumerate() {
        let next = tokens[at + 1..].iter().find(|token| !matches!(token, Token::Space(_)));
        let names = matches!(next, Some(Token::Mark('=' | ':')));
        match *token {
            Token::Space(space) => out.push_str(space),
            Token::Comment(_) => break,
            Token::Mark(mark) => {
                in_head &= !matches!(mark, '{' | '=' | ':');
                out.push(mark);
            }
            Token::Quoted(text) => {
                let kept = (in_head && is_label(text)) || (names && opens_a_name(&tokens[..at]));
                out.push_str(if kept { text } else { HIDDEN });
            }
            Token::Word(word) => {
                let kept = word == "-"
                    || is_harmless(word)
                    || (names && is_identifier(word) && opens_a_name(&tokens[..at]))
                    || (in_head && tokens[..at].iter().all(|token| matches!(token, Token::Space(_))))
                    || (matches!(tokens.get(at + 1), Some(Token::Mark('('))) && is_identifier(word))
                    || (matches!(tag, "!Ref" | "!GetAtt") && is_identifier(word));
                if !kept {
                    out.push('…');
                    break;
                }
                out.push_str(word);
                tag = word;
            }
        }
    }
    out.trim_end().to_owned()
}

/// Whether a name may stand after these tokens: first on the line, or first after a brace or a comma.
fn opens_a_name(before: &[Token<'_>]) -> bool {
    match before.iter().rev().find(|token| !matches!(token, Token::Space(_) | Token::Word("-"))) {
        None => true,
        Some(Token::Mark(mark)) => matches!(mark, '{' | ',' | '('),
        Some(_) => false,
    }
}

/// Truth values, numbers of up to three digits, references, operators, and the tags of `CloudFormation`.
fn is_harmless(word: &str) -> bool {
    if matches!(word, "true" | "false" | "null" | "?" | ":" | "&&" | "||" | "!" | ">" | "<" | "+" | "*") {
        return true;
    }
    if word.len() <= 3 && word.bytes().all(|byte| byte.is_ascii_digit()) {
        return true;
    }
    if let Some(tag) = word.strip_prefix('!') {
        return !tag.is_empty() && tag.chars().all(|c| c.is_ascii_alphanumeric() || c == ':');
    }
    let Some((root, rest)) = word.split_once('.') else { return false };
    let known = matches!(root, "var" | "local" | "data" | "module" | "each" | "count" | "self")
        || ["aws_", "awscc_", "random_", "tls_", "vault_"].iter().any(|start| root.starts_with(start));
    known && is_identifier(rest)
}

/// The line without what is a credential by its look, whatever its name.
fn without_credentials(tokens: &[Token<'_>]) -> String {
    let mut out = String::new();
    for (at, token) in tokens.iter().enumerate() {
        match *token {
            Token::Space(text) => out.push_str(text),
            Token::Mark(mark) => out.push(mark),
            Token::Quoted(text) => out.push_str(if has_credential(text) { HIDDEN } else { text }),
            Token::Word(word) => {
                let names = matches!(tokens.get(at + 1), Some(Token::Mark(':')));
                out.push_str(if !names && has_credential(word) { "…" } else { word });
            }
            Token::Comment(text) => out.push_str(if has_credential(text) { "# …" } else { text }),
        }
    }
    out
}

/// Whether a text holds something that looks like a credential: a key id of AWS, a token of a known
/// maker, a password inside of a URL, or a long run of mixed characters.
fn has_credential(text: &str) -> bool {
    if let Some((_, after)) = text.split_once("://") {
        let authority = after.split(['/', '"', '\'', '?', '#']).next().unwrap_or_default();
        if authority.contains('@') {
            return true;
        }
    }
    text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '_' | '-'))).any(is_credential)
}

fn is_credential(word: &str) -> bool {
    const STARTS: &[&str] = &[
        "ghp_",
        "gho_",
        "ghs_",
        "github_pat_",
        "glpat-",
        "xoxb-",
        "xoxp-",
        "xapp-",
        "sk_live_",
        "rk_live_",
        "eyJ",
        "npm_",
    ];
    if STARTS.iter().any(|start| word.starts_with(start)) && word.len() >= 16 {
        return true;
    }
    let key_id = ["AKIA", "ASIA"].iter().any(|start| word.starts_with(start));
    if key_id && word.len() == 20 && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()) {
        return true;
    }
    // A logical id of the CDK ends in eight hexadecimal digits.
    let made_by_cdk = word.len() > 8
        && word.bytes().all(|b| b.is_ascii_alphanumeric())
        && word.bytes().rev().take(8).all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(&b));
    let mixed = word.bytes().any(|b| b.is_ascii_lowercase())
        && word.bytes().any(|b| b.is_ascii_uppercase())
        && word.bytes().filter(u8::is_ascii_digit).count() >= 2;
    word.len() >= 32 && mixed && !made_by_cdk
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn alone(line: &str) -> String {
        redacted(line, &[])
    }

    #[test]
    fn the_values_of_secret_attributes_are_not_shown() {
        for line in [
            r#"  master_password = "hunter2-hunter2""#,
            r#"  password = "${var.prefix}-hunter2-hunter2""#,
            r#"  password = "a\"hunter2-hunter2""#,
            "      MasterUserPassword: hunter2-hunter2",
            "      MasterUserPassword: 'hunter2-hunter2' # hunter2-hunter2",
            "      - Password: !Sub hunter2-hunter2",
            r#"{"MasterUserPassword":"hunter2-hunter2"}"#,
            r#"variable "db_password" { default = "hunter2-hunter2" }"#,
            r#"  environment = [{ name = "DB_PASSWORD", value = "hunter2-hunter2" }]"#,
            "  export DB_PASSWORD=hunter2-hunter2",
            "  password = hunter2-hunter2=",
            r#"  password = lookup({ a = "hunter2-hunter2" }, "hunter2-hunter2")"#,
            r#"  password = "${lookup(var.m, "hunter2-hunter2")}""#,
            "  mysql -u root -p hunter2-hunter2",
            "  postgres://admin:hunter2-hunter2@db/app",
            r#"  url = "postgres://admin:hunter2-hunter2@db/app""#,
            "  token = <<hunter2-hunter2",
            "-----BEGIN hunter2-hunter2",
        ] {
            let shown = alone(line);
            assert!(!shown.contains("hunter2"), "{line}\n{shown}");
        }
    }

    #[test]
    fn what_decides_a_verdict_is_shown() {
        for line in [
            r#"resource "aws_secretsmanager_secret" "db" {"#,
            "  minimum_password_length = 8",
            "  manage_master_user_password = false",
            r#"  http_tokens = "optional""#,
            "  password = var.db_password",
            "  password = random_password.db.result",
            "      MasterUserPassword: !Ref DbPassword",
            "  storage_encrypted = false",
            r#"  cidr_blocks = ["0.0.0.0/0", "::/0"]"#,
            "      - 0.0.0.0/0",
            r#"      "CidrIp": "0.0.0.0/0","#,
            r#"  "arn:aws:iam::123456789012:role/a","#,
            "  CustomerExportsBucketPolicy3F2A9C11:",
            "    Bucket: !Ref CustomerExportsBucketPolicyOfThisStack3F2A9C11",
            "}",
        ] {
            assert_eq!(alone(line), line);
        }
    }

    #[test]
    fn what_a_value_is_of_may_stand_beside_it() {
        let name = r#"      name  = "DB_PASSWORD""#;
        assert_eq!(redacted(r#"      value = "hunter2""#, &[name]), "      value = \"…\"");
        assert_eq!(redacted("      - hunter2", &["  Passwords:"]), "      - …");
        assert_eq!(redacted(r#"      cidr = "10.0.0.0/8""#, &[name]), "      cidr = \"10.0.0.0/8\"");
    }

    #[test]
    fn credentials_are_known_by_their_look() {
        assert_eq!(alone(r#"  key = "AKIAIOSFODNN7EXAMPLE""#), "  key = \"…\"");
        assert_eq!(alone(r#"  key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY00""#), "  key = \"…\"");
        assert_eq!(alone("  Key: ghp_abcdefghijklmnop1234"), "  Key: …");
    }

    #[test]
    fn a_line_too_long_to_be_written_by_hand_is_not_shown() {
        let line = format!(r#"{{"a": "{}"}}"#, "b".repeat(300));
        assert_eq!(alone(&line), "… (a line of 309 bytes)");
    }

    proptest! {
        #[test]
        fn a_quoted_secret_never_comes_through(
            name in "[a-z]{0,6}_?(password|secret|token|PRIVATE_KEY)_?[a-z]{0,6}",
            separator in prop::sample::select(vec![" = ", "=", ": ", "\": "]),
            secret in "[a-z0-9]{12,30}",
            before in ".{0,20}",
        ) {
            let line = format!("{before}{name}{separator}\"{secret}\"");
            prop_assert!(!redacted(&line, &[]).contains(&secret), "{}", line);
        }

        #[test]
        fn any_line_is_taken(line in any::<String>(), near in any::<String>()) {
            let _ = redacted(&line, &[&near]);
        }
    }
}
