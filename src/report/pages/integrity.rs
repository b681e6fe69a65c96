//! The seal, and the commands that check it with tools every laptop has.

use askama::Template;
use base64::Engine as _;

use crate::report::ReportError;
use crate::report::context::{Context, Findings};
use crate::report::input::ClaimState;
use crate::report::output::Output;
use crate::report::page::{Chrome, Section};
use crate::report::words::{clip, number, size};

use super::raw::RawSummary;

/// One claim of the seal.
struct ClaimView {
    claim: String,
    word: &'static str,
    class: &'static str,
    detail: String,
}

/// One pair of counts that must be the same.
struct CountView {
    what: &'static str,
    sealed: String,
    here: String,
    same: bool,
}

#[derive(Template)]
#[template(path = "integrity.html")]
struct IntegrityPage<'a> {
    page: Chrome<'a>,
    verified: String,
    claims: Vec<ClaimView>,
    seal: Vec<(&'static str, String)>,
    tool: Vec<(&'static str, String)>,
    checkpoint: String,
    signature: bool,
    key: bool,
    counts: Vec<CountView>,
    mismatched: Vec<(String, String)>,
    scan: u64,
}

/// The signed part of a C2SP checkpoint and the Ed25519 signature over it, where both are there.
///
/// A signed note is text that ends in a newline, an empty line, and signature lines `— name
/// base64`; the base64 holds a four-byte key hash and the signature (c2sp.org/signed-note).
fn part(checkpoint: &str) -> Option<(&str, Vec<u8>)> {
    let at = checkpoint.rfind("\n\n")?;
    let (body, signatures) = (&checkpoint[..=at], &checkpoint[at + 2..]);
    let signature = signatures.lines().find_map(|line| {
        let encoded = line.strip_prefix("\u{2014} ")?.split_once(' ')?.1;
        let bytes = base64::engine::general_purpose::STANDARD.decode(encoded).ok()?;
        (bytes.len() == 4 + 64).then(|| bytes[4..].to_vec())
    })?;
    Some((body, signature))
}

/// Writes the page and the files that its commands need.
pub(crate) fn write(
    context: &Context<'_>,
    output: &mut Output,
    findings: &Findings,
    raw: &RawSummary,
) -> Result<(), ReportError> {
    let input = context.input;
    let seal = input.seal;
    let parts = part(&seal.checkpoint);
    if !seal.checkpoint.is_empty() {
        output.file("seal/checkpoint", seal.checkpoint.as_bytes())?;
    }
    if let Some((body, signature)) = &parts {
        output.file("seal/checkpoint.body", body.as_bytes())?;
        output.file("seal/checkpoint.sig", signature)?;
    }
    if !seal.public_key_pem.is_empty() {
        output.file("seal/public-key.pem", seal.public_key_pem.as_bytes())?;
    }
    let claims = seal.claims.iter().take(100).map(|claim| {
        let (word, class) = match claim.state {
            ClaimState::Proved => ("proved", "ok"),
            ClaimState::Failed => ("failed", "exc"),
            ClaimState::NotProvable => ("not provable here", "gap"),
        };
        ClaimView { claim: clip(&claim.claim, 400), word, class, detail: clip(&claim.detail, 1000) }
    });
    let or_none = |text: &str| if text.is_empty() { "none".to_owned() } else { clip(text, 300) };
    let tool = &input.header.tool;
    let page = IntegrityPage {
        page: Chrome::new(context.facts, "integrity.html", Section::Integrity, "Integrity"),
        verified: clip(&seal.verified, 2000),
        claims: claims.collect(),
        seal: vec![
            ("Scan", number(input.header.number)),
            ("Scans in the log", number(seal.log_size)),
            ("Root of this scan's records", or_none(&seal.tree_root)),
            ("Root of the log", or_none(&seal.log_root)),
            ("Verdicts, SHA-256", or_none(&input.footer.verdict_sha256)),
            ("Public key, fingerprint", or_none(&seal.public_key_fingerprint)),
        ],
        tool: vec![
            ("tickmark", clip(&tool.version, 100)),
            ("Executable, SHA-256", or_none(&tool.executable_sha256)),
            ("Controls, SHA-256", or_none(&tool.controls_sha256)),
            ("Policy, SHA-256", or_none(&tool.policy_sha256)),
        ],
        checkpoint: clip(&seal.checkpoint, 4000),
        signature: parts.is_some() && seal.signed,
        key: !seal.public_key_pem.is_empty(),
        counts: counts(context, findings),
        mismatched: raw.mismatched.iter().take(500).map(|&n| (number(n), crate::report::raw::path(n))).collect(),
        scan: input.header.number,
    };
    output.page("integrity.html", &page)
}

/// The counts in the sealed footer against those that this report made by itself.
fn counts(context: &Context<'_>, findings: &Findings) -> Vec<CountView> {
    let footer = context.input.footer;
    let total = findings.total;
    let sealed = |name: &str| footer.verdicts.get(name).copied().unwrap_or(0);
    let row = |what, sealed: u64, here: u64| CountView {
        what,
        sealed: number(sealed),
        here: number(here),
        same: sealed == here,
    };
    vec![
        row("Exceptions (fail)", sealed("fail"), total.noted()),
        row("Not evaluated", sealed("not_evaluated"), total.unknown()),
        row("No exceptions (pass)", sealed("pass"), total.clean),
        row("Not applicable", sealed("not_applicable"), total.not_applicable + total.empty),
        row("Captures", footer.captures, size(context.input.captures.len())),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_is_parted_into_what_is_signed_and_the_signature() {
        let encoded = base64::engine::general_purpose::STANDARD.encode([7u8; 68]);
        let note = format!("example.com/log\n5\nroot\n\n\u{2014} example.com/log {encoded}\n");
        let (body, signature) = part(&note).expect("a signed note");
        assert_eq!(body, "example.com/log\n5\nroot\n");
        assert_eq!(signature, [7u8; 64]);
        assert_eq!(part("example.com/log\n5\nroot\n"), None);
        assert_eq!(part("a\n\n\u{2014} name AAAA\n"), None, "too short for a signature");
    }
}
