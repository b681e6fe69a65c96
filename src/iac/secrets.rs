//! Secrets that are written as text: told by the form of the value, or by the name that it is given to.
//!
//! A value is never part of what is given back: only where it stands and what it looks like. What is
//! known of forms comes from their makers' pages: AWS (IAM User Guide, "IAM identifiers", unique id
//! prefixes), GitHub ("About authentication to GitHub", token formats), GitLab ("Token overview"),
//! Slack ("Token types"), Stripe ("API keys"), npm, `PyPI`, `SendGrid`, Google Cloud ("API keys"),
//! RFC 7468 (PEM) and RFC 7519 (JWT).

/// Longest text that is looked through, in bytes. User data has at most 16 KiB, what Lambda takes as
/// environment 4 KiB.
const TEXT_LIMIT: usize = 256 * 1024;

/// Words of a name that is given to a password. Compared in lower case, without `_`, `-`, `.` and `/`.
const PASSWORDS: &[&str] = &["password", "passwd", "passphrase", "pwd"];

/// Words of a name that is given to another secret.
const SECRETS: &[&str] = &[
    "secret",
    "token",
    "credential",
    "apikey",
    "privatekey",
    "accesskey",
    "authkey",
    "signingkey",
    "encryptionkey",
    "connectionstring",
];

/// How a name ends that says where a secret is, or how it is handled, and not what it is.
const ABOUT: &[&str] = &[
    "arn",
    "arns",
    "name",
    "names",
    "id",
    "ids",
    "path",
    "file",
    "url",
    "uri",
    "endpoint",
    "host",
    "ttl",
    "expiry",
    "expiration",
    "expires",
    "expirein",
    "expiresin",
    "lifetime",
    "length",
    "enabled",
    "disabled",
    "version",
    "header",
    "type",
    "algorithm",
    "region",
    "prefix",
    "suffix",
    "field",
    "policy",
    "parameter",
    "param",
    "store",
    "manager",
    "rotation",
    "days",
    "hours",
    "minutes",
    "seconds",
    "limit",
    "count",
    "issuer",
    "audience",
    "provider",
    "scope",
    "required",
    "ref",
    "reference",
    "location",
    "bucket",
    "table",
    "username",
    "user",
    "use",
];

/// What is written where the value is yet to come, anywhere in it.
const PLACEHOLDERS: &[&str] = &[
    "changeme",
    "change-me",
    "change_me",
    "replaceme",
    "replace-me",
    "replace_me",
    "placeholder",
    "your-",
    "your_",
    "xxxx",
    "****",
];

/// The same, as a word of its own.
const PLACEHOLDER_WORDS: &[&str] = &[
    "replace",
    "todo",
    "tbd",
    "fixme",
    "dummy",
    "example",
    "sample",
    "insert",
    "redacted",
    "notset",
    "undefined",
    "none",
    "null",
    "unset",
    "empty",
    "yourpassword",
    "xxx",
];

/// Texts that AWS's documentation uses for a key, and that everybody copies.
const DOCUMENTED: &[&str] = &["EXAMPLE"];

/// What a value that is a secret looks like, for a reader.
pub(super) type Looks = &'static str;

/// What a value looks like that this name is given to, where it looks like a secret.
pub(super) fn in_value(name: &str, value: &str) -> Option<Looks> {
    let value = value.trim();
    if value.is_empty() || value.len() > TEXT_LIMIT {
        return None;
    }
    if let Some(looks) = of_known_form(value) {
        return Some(looks);
    }
    let name = folded(name);
    if names(&name, PASSWORDS) && !is_about(&name) {
        return is_literal(value).then_some("a password");
    }
    (names(&name, SECRETS) && !is_about(&name) && is_literal(value) && is_random(value)).then_some("a secret")
}

/// What a value looks like that AWS takes for nothing but a secret: any text that is written there. A
/// password is one whatever it is, for it is set; another value may be a placeholder that is replaced later, or a
/// name that is kept there for convenience: a host, a user.
pub(super) fn as_written(name: &str, value: &str) -> Option<Looks> {
    let value = value.trim();
    let is_name = || value.chars().all(|c| c.is_ascii_lowercase() || matches!(c, '.' | '-' | '_'));
    let written = if is_password(name) { !stands_for_another(value) } else { is_literal(value) && !is_name() };
    (written && !value.is_empty()).then_some("a secret")
}

/// Whether a name is given to a password.
pub(super) fn is_password(name: &str) -> bool {
    names(&folded(name), PASSWORDS)
}

/// What a text of several lines holds, a script say: the name that a secret is given to, where it has one,
/// and what it looks like.
pub(super) fn in_text(text: &str) -> Vec<(Option<String>, Looks)> {
    if text.len() > TEXT_LIMIT {
        return Vec::new();
    }
    let mut found: Vec<(Option<String>, Looks)> = Vec::new();
    for line in text.lines() {
        let assigned = assignments(line).find_map(|(name, value)| Some((Some(name), in_value(name, value)?)));
        let told = assigned.or_else(|| of_known_form(line).map(|looks| (None, looks)));
        if let Some((name, looks)) = told {
            let name = name.map(|name| name.trim_start_matches('-').to_owned());
            if !found.contains(&(name.clone(), looks)) {
                found.push((name, looks));
            }
        }
    }
    found
}

/// The names and values that a line of a script, of YAML or of an environment file gives: `NAME=value`,
/// `name: value`, `--name value`.
fn assignments(line: &str) -> impl Iterator<Item = (&str, &str)> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let mut rest = line;
    std::iter::from_fn(move || {
        loop {
            let start = rest.find(is_name)?;
            let after = &rest[start..];
            let end = after.find(|c| !is_name(c)).unwrap_or(after.len());
            let (name, tail) = after.split_at(end);
            rest = tail;
            let tail = tail.trim_start_matches(['"', '\'']);
            let flag = name.starts_with("--").then(|| tail.strip_prefix(' ')).flatten();
            let value = tail.strip_prefix('=').or_else(|| tail.strip_prefix(": ")).or(flag);
            let Some(value) = value.map(str::trim_start) else { continue };
            let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
            let value = match quote {
                Some(quote) => value[1..].split(quote).next().unwrap_or_default(),
                None => {
                    value.split(|c: char| c.is_whitespace() || matches!(c, ';' | '&' | '|')).next().unwrap_or_default()
                }
            };
            return Some((name, value));
        }
    })
}

/// A name in lower case, without what parts its words.
fn folded(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-' | '.' | '/' | ' ')).flat_map(char::to_lowercase).collect()
}

fn names(folded: &str, words: &[&str]) -> bool {
    words.iter().any(|word| folded.contains(word))
}

fn is_about(folded: &str) -> bool {
    ABOUT.iter().any(|end| folded.ends_with(end))
}

/// Whether a value is the secret itself, and not where it is, nor what is to be put in its place.
fn is_literal(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    !stands_for_another(value)
        && !PLACEHOLDERS.iter().any(|placeholder| lower.contains(placeholder))
        && !lower.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| PLACEHOLDER_WORDS.contains(&word))
        && !matches!(lower.as_str(), "true" | "false" | "yes" | "no" | "on" | "off" | "password" | "secret")
}

/// Whether a value names another: a variable of a shell or a template, a reference that is resolved later,
/// an ARN, a path, an address.
fn stands_for_another(value: &str) -> bool {
    const STARTS: &[&str] = &[
        "arn:",
        "/",
        "./",
        "$",
        "`",
        "<",
        "{{",
        "%",
        "@",
        "ssm:",
        "vault:",
        "env:",
        "secretsmanager:",
        "secretsmanager/",
        "http://",
        "https://",
        "s3://",
        "file:",
        "fileb://",
        "ref+",
    ];
    STARTS.iter().any(|start| value.starts_with(start))
        || value.contains("${")
        || value.contains("$(")
        || value.contains("{{")
        || value.starts_with('*') && value.chars().all(|c| c == '*')
}

/// Whether a text looks as if chance had made it: long, of letters and digits, not of words, and with so much
/// difference between its characters as words do not have.
fn is_random(value: &str) -> bool {
    let letters = value.chars().any(|c| c.is_ascii_alphabetic());
    let digits = value.chars().any(|c| c.is_ascii_digit());
    let made_of_words = value
        .split(|c: char| !c.is_ascii_alphanumeric())
        .all(|part| part.bytes().all(|b| b.is_ascii_alphabetic()) || part.len() <= 4);
    value.len() >= 12
        && letters
        && digits
        && !made_of_words
        && !value.contains(char::is_whitespace)
        && entropy(value) >= 3.0
}

/// Shannon's entropy of a text, in bits a character.
fn entropy(text: &str) -> f64 {
    let mut counts = std::collections::BTreeMap::new();
    let mut all = 0_u32;
    for c in text.chars() {
        *counts.entry(c).or_insert(0_u32) += 1;
        all += 1;
    }
    let all = f64::from(all.max(1));
    counts.values().map(|count| f64::from(*count) / all).map(|share| -share * share.log2()).sum()
}

/// A form that a maker gives its secrets.
struct Form {
    looks: Looks,
    start: &'static str,
    /// Characters after the start.
    rest: fn(char) -> bool,
    /// How many of them there are at least, and at most.
    length: (usize, usize),
}

const fn form(looks: Looks, start: &'static str, rest: fn(char) -> bool, least: usize, most: usize) -> Form {
    Form { looks, start, rest, length: (least, most) }
}

fn word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

fn alphanumeric(c: char) -> bool {
    c.is_ascii_alphanumeric()
}

fn base32(c: char) -> bool {
    c.is_ascii_uppercase() || matches!(c, '2'..='7')
}

fn dotted(c: char) -> bool {
    word(c) || c == '.'
}

fn path(c: char) -> bool {
    alphanumeric(c) || c == '/'
}

const FORMS: &[Form] = &[
    form("an AWS access key id", "AKIA", base32, 16, 16),
    form("a GitHub token", "ghp_", alphanumeric, 36, 251),
    form("a GitHub token", "gho_", alphanumeric, 36, 251),
    form("a GitHub token", "ghu_", alphanumeric, 36, 251),
    form("a GitHub token", "ghs_", alphanumeric, 36, 251),
    form("a GitHub token", "ghr_", alphanumeric, 36, 251),
    form("a GitHub token", "github_pat_", word, 60, 120),
    form("a GitLab token", "glpat-", word, 20, 300),
    form("a Slack token", "xoxb-", word, 20, 300),
    form("a Slack token", "xoxp-", word, 20, 300),
    form("a Slack token", "xoxa-", word, 20, 300),
    form("a Slack token", "xapp-", word, 20, 300),
    form("a Slack webhook", "hooks.slack.com/services/T", path, 30, 100),
    form("a Stripe key", "sk_live_", alphanumeric, 16, 250),
    form("a Stripe key", "rk_live_", alphanumeric, 16, 250),
    form("an npm token", "npm_", alphanumeric, 36, 36),
    form("a PyPI token", "pypi-AgEIcHlwaS5vcmc", word, 50, 1000),
    form("a SendGrid key", "SG.", dotted, 60, 70),
    form("a Google API key", "AIza", word, 35, 35),
    form("an Anthropic key", "sk-ant-", word, 40, 300),
    form("an OpenAI key", "sk-proj-", word, 40, 300),
];

/// What a text holds that has the form of a secret, whatever its name.
fn of_known_form(text: &str) -> Option<Looks> {
    if is_private_key(text) {
        return Some("a private key");
    }
    let of = |form: &Form| {
        text.match_indices(form.start).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            let rest = &text[at + form.start.len()..];
            let length = rest.find(|c| !(form.rest)(c)).unwrap_or(rest.len());
            let whole = &text[at..at + form.start.len() + length];
            let ends = rest[length..].chars().next().is_none_or(|c| !alphanumeric(c));
            !before.is_some_and(alphanumeric)
                && ends
                && (form.length.0..=form.length.1).contains(&length)
                && !DOCUMENTED.iter().any(|known| whole.contains(known))
        })
    };
    if let Some(form) = FORMS.iter().find(|form| of(form)) {
        return Some(form.looks);
    }
    if is_web_token(text) {
        return Some("a signed token (JWT)");
    }
    has_password_in_address(text).then_some("an address with its password")
}

/// The first line of a private key in PEM (RFC 7468) or of `OpenPGP`, with something after it.
fn is_private_key(text: &str) -> bool {
    text.match_indices("-----BEGIN ").any(|(at, begin)| {
        let label = text[at + begin.len()..].split("-----").next().unwrap_or_default();
        (label.ends_with("PRIVATE KEY") || label == "PGP PRIVATE KEY BLOCK") && label.len() < 40
    })
}

/// A JSON Web Token in compact form: a header and a body of JSON, and a signature (RFC 7519, section 3.1).
fn is_web_token(text: &str) -> bool {
    text.match_indices("eyJ").any(|(at, _)| {
        let rest = &text[at..];
        let end = rest.find(|c| !dotted(c)).unwrap_or(rest.len());
        let parts: Vec<&str> = rest[..end].split('.').collect();
        parts.len() == 3 && parts[1].starts_with("eyJ") && parts[0].len() >= 16 && parts[2].len() >= 20
    })
}

/// An address such as `postgres://user:password@host` whose password is written (RFC 3986, section 3.2.1).
fn has_password_in_address(text: &str) -> bool {
    text.match_indices("://").any(|(at, mark)| {
        let scheme = text[..at].chars().next_back().is_some_and(alphanumeric);
        let authority = text[at + mark.len()..]
            .split(|c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\'' | '?' | '#' | '`'))
            .next()
            .unwrap_or_default();
        let Some((user, _)) = authority.rsplit_once('@') else { return false };
        let Some((_, password)) = user.split_once(':') else { return false };
        scheme && !password.is_empty() && is_literal(password) && !matches!(password, "pass" | "pw")
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Put together here, so that no other scanner takes this file for a leak.
    fn joined(parts: &[&str]) -> String {
        parts.concat()
    }

    #[test]
    fn a_value_of_a_known_form_is_a_secret_whatever_its_name() {
        for (value, looks) in [
            (joined(&["AKIA", "Q3EGRVZ2M5TNPXYB"]), "an AWS access key id"),
            (joined(&["-----BEGIN RSA ", "PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----"]), "a private key"),
            (joined(&["-----BEGIN ", "PRIVATE KEY-----\nMIIE"]), "a private key"),
            (joined(&["ghp_", "16C7e42F292c6912E7710c838347Ae178B4a"]), "a GitHub token"),
            (joined(&["glpat-", "x9Kq2LmN7PwRt5VzB8Yc"]), "a GitLab token"),
            (joined(&["xoxb-", "2345678901-234567890123-AbCdEfGhIjKl"]), "a Slack token"),
            (
                joined(&["https://hooks.slack.com/services/", "T00000001/B00000001/AbCdEfGhIjKlMnOpQrStUvWx"]),
                "a Slack webhook",
            ),
            (joined(&["sk_live_", "4eC39HqLyjWDarjtT1zdp7dc"]), "a Stripe key"),
            (joined(&["AIza", "SyD4k9fQ2bTz7XcVn1MwLpRe8YuHgJsKoA3"]), "a Google API key"),
            (joined(&["postgres://app:", "hunter2@db.internal:5432/app"]), "an address with its password"),
        ] {
            assert_eq!(in_value("SETTING", &value), Some(looks), "{looks}");
            assert_eq!(in_text(&format!("echo hello\ncurl {value}\n")).len(), 1, "{looks}");
        }
    }

    #[test]
    fn what_is_given_to_the_name_of_a_secret_is_one() {
        for (name, value) in [
            ("DB_PASSWORD", "hunter2"),
            ("db-passwd", "correct horse"),
            ("SPRING_DATASOURCE_PASSWORD", "S3cr3t!"),
            ("API_KEY", "9f86d081884c7d659a2feaa0c55ad015"),
            ("AWS_SECRET_ACCESS_KEY", "vQ8kz3Lm9xP2rT7wY5nB1cD4fG6hJ0sAeUiOqWzX"),
            ("session-token", "b7d1e8aa-90fc-4d52-8c1f-5a6e0b9d7c33"),
        ] {
            assert!(in_value(name, value).is_some(), "{name}");
        }
    }

    #[test]
    fn what_names_a_secret_or_stands_for_one_is_none() {
        for (name, value) in [
            ("DB_PASSWORD_SECRET_ARN", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf"),
            ("DB_SECRET_NAME", "prod/db/main-9f86d081884c7d65"),
            ("SECRET_ID", "prod-db-4f9a8b7c6d5e"),
            ("DB_PASSWORD", "/app/prod/db-password"),
            ("DB_PASSWORD", "${ssm:/app/db}"),
            ("DB_PASSWORD", "{{resolve:secretsmanager:db:SecretString:password}}"),
            ("DB_PASSWORD", "CHANGE_ME"),
            ("DB_PASSWORD", "<your password>"),
            ("DB_PASSWORD", ""),
            ("TOKEN_TTL", "3600"),
            ("TOKEN", "3600"),
            ("SECRET", "my-application-secret"),
            ("TOKEN_URL", "https://login.example.org/oauth2/token"),
            ("PASSWORD_MIN_LENGTH", "14"),
            ("HTTP_TOKENS_REQUIRED", "true"),
            ("AWS_ACCESS_KEY_ID", &joined(&["AKIA", "IOSFODNN7EXAMPLE"])),
            ("DATABASE_URL", "postgres://db.internal:5432/app"),
            ("DATABASE_URL", "postgres://app:${PASSWORD}@db.internal/app"),
            ("BUILD", "9f86d081884c7d659a2feaa0c55ad015"),
            ("PUBLIC_KEY", "-----BEGIN PUBLIC KEY-----\nMIIB"),
        ] {
            assert_eq!(in_value(name, value), None, "{name}={value}");
        }
    }

    #[test]
    fn a_script_says_where_it_holds_one() {
        let script = "#!/bin/bash\nexport DB_PASSWORD='hunter2'\nexport PASSWORD=$(aws ssm get-parameter)\n\
                      mysql --password tr0ub4dor\nTOKEN=$TOKEN\npassword: \"from yaml\"\n";
        let found = in_text(script);
        let names: Vec<&str> = found.iter().filter_map(|(name, _)| name.as_deref()).collect();
        assert_eq!(names, ["DB_PASSWORD", "password"], "{found:?}");
        assert_eq!(in_text("yum install -y httpd\nsystemctl start httpd\n"), []);
    }

    #[test]
    fn whatever_is_written_for_a_secret_is_one() {
        assert!(as_written("master_password", "changeme").is_some());
        assert_eq!(as_written("secret_string", "changeme"), None);
        assert_eq!(as_written("secret_string", "db.internal.example.org"), None);
        assert!(as_written("secret_string", "hunter2").is_some());
        assert_eq!(as_written("master_password", "{{resolve:secretsmanager:db}}"), None);
        assert_eq!(as_written("master_password", " "), None);
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(name in any::<String>(), text in any::<String>()) {
            let _ = (in_value(&name, &text), in_text(&text), as_written(&name, &text));
        }

        #[test]
        fn no_value_is_given_back(value in "[a-z]{3}[A-Z]{3}[0-9]{6}[a-z]{4}") {
            let said = format!("{:?} {:?}", in_value("API_TOKEN", &value), in_text(&format!("API_TOKEN={value}")));
            prop_assert!(!said.contains(&value));
        }
    }
}
