//! Whole reports: what a reader sees, what a hostile account can do to it, and what it weighs.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::fixture::{self, Company};
use super::input::Input;
use super::{PAGE_LIMIT, ReportError, Summary, write, write_bounded};
use crate::model::gap::{Gap, GapCode};
use crate::model::verdict::{Read, Verdict};

/// A report in a folder that goes away with it.
struct Written {
    _room: tempfile::TempDir,
    folder: PathBuf,
    summary: Summary,
}

impl Written {
    fn of(company: &Company) -> Self {
        let room = tempfile::tempdir().expect("a temporary folder");
        let folder = room.path().join("report");
        let summary = company.with_input(|input| write(input, &folder)).expect("written");
        Self { _room: room, folder, summary }
    }

    fn text(&self, path: &str) -> String {
        fs::read_to_string(self.folder.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    fn files(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.folder.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("listed") {
                let path = entry.expect("an entry").path();
                if path.is_dir() { folders.push(path) } else { found.push(path) }
            }
        }
        found.sort();
        found
    }

    fn pages(&self) -> impl Iterator<Item = (PathBuf, String)> {
        let html = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "html");
        self.files().into_iter().filter(html).map(|path| {
            let text = fs::read_to_string(&path).expect("read");
            (path, text)
        })
    }
}

#[test]
fn the_cover_of_a_small_company() {
    insta::assert_snapshot!("cover", Written::of(&fixture::small()).text("index.html"));
}

#[test]
fn the_page_of_a_control() {
    insta::assert_snapshot!("control", Written::of(&fixture::small()).text("control/s3-tls-only.html"));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let company = fixture::sample();
    let (one, two) = (Written::of(&company), Written::of(&company));
    let bytes = |written: &Written| -> Vec<(PathBuf, Vec<u8>)> {
        let read = |path: PathBuf| {
            let name = path.strip_prefix(&written.folder).expect("below").to_owned();
            (name, fs::read(path).expect("read"))
        };
        written.files().into_iter().map(read).collect()
    };
    assert!(bytes(&one) == bytes(&two), "two reports of one input differ");
}

#[test]
fn every_control_and_criterion_has_a_page_and_every_link_leads_somewhere() {
    let company = fixture::sample();
    let written = Written::of(&company);
    assert_eq!(company.criteria.len(), 61);
    for criterion in &company.criteria {
        assert!(written.folder.join(format!("criterion/{}.html", criterion.id)).is_file(), "{}", criterion.id);
    }
    for control in &company.controls {
        assert!(written.folder.join(format!("control/{}.html", control.id)).is_file(), "{}", control.id);
    }
    for (path, text) in written.pages() {
        let here = path.parent().expect("a folder");
        for attribute in ["href=\"", "src=\""] {
            for link in text.split(attribute).skip(1).filter_map(|rest| rest.split('"').next()) {
                if link.starts_with("https://docs.aws.amazon.com/") || link.starts_with("data:image/svg+xml,") {
                    continue;
                }
                assert!(!link.contains(':'), "{}: {link}", path.display());
                let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
                let target = if file.is_empty() { path.clone() } else { here.join(file) };
                assert!(target.is_file(), "{}: {link}", path.display());
                if !anchor.is_empty() && target.extension().is_some_and(|extension| extension == "html") {
                    let there = fs::read_to_string(&target).expect("read");
                    assert!(there.contains(&format!("id=\"{anchor}\"")), "{}: {link}", path.display());
                }
            }
        }
    }
}

#[test]
fn every_page_has_the_strict_policy_and_no_style_or_script_of_its_own() {
    for (path, text) in Written::of(&fixture::sample()).pages() {
        assert!(text.contains("content=\"default-src 'none'; style-src 'self';"), "{}", path.display());
        assert_eq!(text.matches("<script").count(), 1, "{}", path.display());
        for banned in ["<style", " style=\"", " onclick", " onload", "http://", "<iframe", "<base"] {
            let found = text.replace("xmlns='http://www.w3.org/2000/svg'", "").contains(banned);
            assert!(!found, "{} has {banned}", path.display());
        }
    }
}

#[test]
fn the_report_never_says_compliant_or_passed_of_the_entity_nor_shows_a_score() {
    for (path, text) in Written::of(&fixture::small()).pages() {
        let text = text.to_lowercase();
        for banned in ["compliant", "compliance score", "criterion met", "% "] {
            assert!(!text.contains(banned), "{} says {banned}", path.display());
        }
    }
}

const HOSTILE: &str =
    "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>&lt;&#60;\u{202e}\u{0}javascript:alert(3)";

/// The small company with every text that comes from outside replaced by something nasty.
fn hostile() -> Company {
    let mut company = fixture::small();
    let nasty = || HOSTILE.to_owned();
    for verdict in &mut company.verdicts {
        verdict.name = nasty();
        verdict.id = nasty();
        verdict.region = nasty();
        if verdict.message.is_some() {
            verdict.message = Some(nasty());
        }
        if let Some(waived) = &mut verdict.waived {
            waived.reason = nasty();
            waived.owner = nasty();
        }
        if verdict.reason.is_some() {
            verdict.reason = Some(Gap::new(GapCode::AccessDenied, HOSTILE).at(HOSTILE, HOSTILE).error(Some(HOSTILE)));
        }
        let tags = json!({ HOSTILE: [HOSTILE, {"deep": HOSTILE}] });
        verdict.read.push(Read { attribute: format!("/tags/{HOSTILE}"), value: Some(tags), gap: None });
    }
    let control = &mut company.controls[0];
    control.fix.docs = Some("javascript:alert(4)".to_owned());
    control.fix.cli = Some(nasty());
    control.title = nasty();
    control.procedure = nasty();
    control.parameters.insert(nasty(), json!(HOSTILE));
    for why in control.criteria.values_mut() {
        *why = nasty();
    }
    for criterion in &mut company.criteria {
        criterion.text = nasty();
        criterion.evidence = nasty();
    }
    company.header.endpoint = Some(nasty());
    company.header.synthetic = true;
    company.header.accounts[0].id = nasty();
    company.header.accounts[0].caller_arn = nasty();
    company.header.accounts[0].regions[0].name = nasty();
    company.populations[0].gone = vec![nasty()];
    company.reconciled[0].id = nasty();
    company.reconciled[0].theirs = Some(nasty());
    company.not_tested[0].1 = nasty();
    company.policy.waivers[0].reason = nasty();
    company.seal.checkpoint = nasty();
    company.seal.verified = nasty();
    company.record("s3", HOSTILE, HOSTILE, 200, HOSTILE);
    company.captures[0].input = json!({ "path": HOSTILE });
    company.captures[0].request_id = Some(nasty());
    company.captures[0].headers = vec![(nasty(), nasty())];
    company
}

#[test]
fn whatever_comes_from_outside_is_text() {
    let written = Written::of(&hostile());
    let mut seen = 0;
    for (path, text) in written.pages() {
        assert!(!text.contains("<script>"), "{}", path.display());
        assert!(!text.contains("<img"), "{}", path.display());
        assert!(!text.contains("href=\"javascript:"), "{}", path.display());
        assert!(!text.contains("\"'>"), "{}", path.display());
        assert!(!text.contains('\u{202e}') && !text.contains('\0'), "{}", path.display());
        seen += text.matches("&#60;script&#62;alert(1)").count();
    }
    assert!(seen > 30, "the nasty text is shown, as text: {seen}");
    let index = written.text("search-index.js");
    assert!(index.contains("alert(1)") && !index.contains('<') && !index.contains('>'));
}

#[test]
fn no_template_switches_escaping_off() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports");
    for entry in fs::read_dir(folder).expect("the templates") {
        let path = entry.expect("an entry").path();
        let text = fs::read_to_string(&path).expect("read");
        for banned in ["|safe", "| safe", "|escape", "autoescape", "style=\"", "onclick", "innerHTML"] {
            assert!(!text.contains(banned), "{} has {banned}", path.display());
        }
    }
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report");
    let mut folders = vec![sources];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|name| name != "tests.rs") {
                let text = fs::read_to_string(&path).expect("read");
                assert!(!text.contains("HtmlSafe") && !text.contains("escape = \"none\""), "{}", path.display());
            }
        }
    }
}

#[test]
fn texts_without_end_make_pages_that_still_open() {
    let mut company = fixture::small();
    let endless = "<&\"'".repeat(100_000);
    let deep = format!("{}{}", "[".repeat(50_000), "<".repeat(2_000_000));
    company.record("s3", "GetObject", "eu-west-1", 200, &format!("{{\"a\":\"{endless}\"}}"));
    company.record("s3", "GetObject", "eu-west-1", 200, &deep);
    let model = company.verdicts[0].clone();
    for n in 0..450 {
        let mut one = model.clone();
        one.id = format!("{endless}{n:04}");
        one.name = endless.clone();
        one.message = Some(endless.clone());
        one.read = vec![Read { attribute: format!("/{endless}"), value: Some(json!([endless])), gap: None }; 60];
        if n > 5 {
            // Enough of the worst; the rest is many small ones.
            one.name = format!("bucket-{n}");
            one.id = format!("arn:aws:s3:::bucket-{n:04}");
            one.message = None;
            one.read.clear();
        }
        company.verdicts.push(one);
    }
    let control = &mut company.controls[0];
    for text in [&mut control.title, &mut control.procedure, &mut control.assert, &mut control.fix.text] {
        text.clone_from(&endless);
    }
    for text in [&mut control.limits, &mut control.when, &mut control.fix.cli, &mut control.fix.terraform] {
        *text = Some(endless.clone());
    }
    company.seal.verified = endless;
    company.settle();
    let written = Written::of(&company);
    assert!(written.summary.largest_page <= PAGE_LIMIT, "{}", written.summary.largest_page);
    for (path, text) in written.pages() {
        assert!(text.len() <= PAGE_LIMIT, "{} weighs {}", path.display(), text.len());
    }
    let first = written.text("control/s3-tls-only.html");
    assert!(first.contains("[cut; 400,000 characters in all]"), "what is cut is said to be");
    assert!(written.folder.join("control/s3-tls-only/3.html").is_file(), "items are paged");
}

#[test]
fn items_are_paged_and_each_is_on_one_page() {
    let mut company = fixture::small();
    for n in 0..430 {
        company.verdicts.push(fixture::verdict("s3-tls-only", Verdict::Pass, &format!("bucket-{n:03}")));
    }
    company.settle();
    let written = Written::of(&company);
    let pages = ["control/s3-tls-only.html", "control/s3-tls-only/2.html", "control/s3-tls-only/3.html"];
    let all: String = pages.iter().map(|page| written.text(page)).collect();
    for n in 0..430 {
        let name = format!("<span class=\"name\">bucket-{n:03}</span>");
        assert_eq!(all.matches(&name).count(), 1, "bucket-{n:03}");
    }
    assert!(!written.folder.join("control/s3-tls-only/4.html").exists());
    assert!(written.text(pages[0]).contains("1 to 200 of 435 items"));
    assert!(written.text(pages[1]).contains("continued"));
}

#[test]
fn exceptions_stand_before_what_was_not_evaluated_and_that_before_the_rest() {
    let page = Written::of(&fixture::small()).text("control/s3-tls-only.html");
    let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text} is not on the page"));
    let order = ["id=\"g-exc\"", "id=\"g-wai\"", "id=\"g-gap\"", "Procedure performed", "id=\"g-ok\"", "id=\"g-na\""];
    assert!(order.windows(2).all(|pair| at(pair[0]) < at(pair[1])));
    assert!(page.contains("Exceptions noted: 2 of 3 items tested, 1 accepted by a waiver."));
    assert!(page.contains("ciso@example.com"));
    let cover = Written::of(&fixture::small()).text("index.html");
    assert!(cover.find("What was not looked at") < cover.find("id=\"exceptions\""));
    assert!(cover.find("id=\"exceptions\"") < cover.find("id=\"results\""));
}

#[test]
fn a_missing_permission_is_named_with_the_policy_that_grants_it() {
    let page = Written::of(&fixture::small()).text("gaps.html");
    assert!(page.contains("<code>s3:GetBucketPolicy</code>"));
    assert!(page.contains("&#34;Effect&#34;: &#34;Allow&#34;"));
}

#[test]
fn a_control_that_was_not_tested_says_so_and_why() {
    let page = Written::of(&fixture::small()).text("control/s3-access-logging.html");
    assert!(page.contains("Not tested in this scan."));
    assert!(page.contains("not selected: --control s3-tls-only"));
    let criterion = Written::of(&fixture::small()).text("criterion/CC7.2.html");
    assert!(criterion.contains("Not evaluated"));
}

#[test]
fn a_synthetic_or_unsigned_scan_says_so_on_every_page() {
    let mut company = fixture::small();
    company.header.synthetic = true;
    company.seal.signed = false;
    for (path, text) in Written::of(&company).pages() {
        assert!(text.contains("this is no evidence"), "{}", path.display());
        assert!(text.contains("A missing signature is a failure"), "{}", path.display());
    }
}

#[test]
fn an_answer_whose_bytes_were_altered_is_called_out() {
    let mut company = fixture::small();
    let sha = company.captures[0].body_sha256.clone().expect("a body");
    company.bodies.insert(sha, b"<Forged/>".to_vec());
    let written = Written::of(&company);
    assert_eq!(written.summary.mismatched, [1]);
    assert!(written.text("raw/000001.html").contains("Do not rely on this answer"));
    assert!(written.text("index.html").contains("In the store, 1 raw answer is"));
    assert!(written.text("integrity.html").contains("raw/000001.html"));
    let sums = written.text("raw/SHA256SUMS");
    let on_record = company.captures[0].body_sha256.clone().expect("a body");
    assert!(sums.contains(&format!("{on_record}  000001.xml.txt")), "the sum on record, not a new one");
}

#[test]
fn answers_beyond_the_bound_are_counted_and_not_linked() {
    let room = tempfile::tempdir().expect("a temporary folder");
    let folder = room.path().join("report");
    let company = fixture::small();
    let summary = company.with_input(|input: &Input<'_>| write_bounded(input, &folder, 1)).expect("written");
    assert_eq!((summary.raw_pages, summary.raw_without_page), (1, 2));
    let index = fs::read_to_string(folder.join("raw.html")).expect("read");
    assert!(index.contains("The other 2 are in the store."));
}

#[test]
fn counts_that_differ_from_the_record_are_shown() {
    let mut company = fixture::small();
    company.footer.verdicts.insert("pass".to_owned(), 77);
    assert!(Written::of(&company).text("integrity.html").contains("not the same"));
    assert!(!Written::of(&fixture::small()).text("integrity.html").contains("not the same"));
}

#[test]
fn verdicts_that_cannot_be_read_make_no_report() {
    struct Broken;
    impl super::Verdicts for Broken {
        fn of_control(
            &self,
            _: &str,
        ) -> Result<std::borrow::Cow<'_, [crate::model::verdict::ItemVerdict]>, Box<dyn std::error::Error + Send + Sync>>
        {
            Err("the store is locked".into())
        }
    }
    let room = tempfile::tempdir().expect("a temporary folder");
    let folder = room.path().join("report");
    let company = fixture::small();
    let error = company.with_input(|input| {
        let broken = Input { verdicts: &Broken, ..*input };
        write(&broken, &folder).expect_err("no report")
    });
    assert!(matches!(error, ReportError::Verdicts { .. }));
    assert!(!folder.exists());
}

/// `TICKMARK_SAMPLE=/tmp/report cargo test --lib write_the_sample -- --ignored` writes a report to
/// look at in a browser; `TICKMARK_SAMPLE_KIND` names another company: hostile, large, estate.
#[test]
#[ignore = "writes a report to look at"]
fn write_the_sample() {
    let folder = std::env::var("TICKMARK_SAMPLE").expect("TICKMARK_SAMPLE names the folder");
    let company = match std::env::var("TICKMARK_SAMPLE_KIND").as_deref() {
        Ok("hostile") => hostile(),
        Ok("large") => fixture::large(100_000),
        Ok("estate") => fixture::estate(),
        _ => fixture::sample(),
    };
    let summary = company.with_input(|input| write(input, Path::new(&folder))).expect("written");
    assert!(summary.pages > 0);
}

/// 100,000 verdicts in five seconds, in a release build.
#[test]
#[ignore = "a measurement; run it in a release build"]
fn a_hundred_thousand_verdicts_are_rendered_in_five_seconds() {
    let company = fixture::large(100_000);
    let start = std::time::Instant::now();
    let written = Written::of(&company);
    let took = start.elapsed();
    assert_eq!(written.summary.verdicts, 100_000);
    assert!(took.as_secs_f64() < 5.0, "took {took:?}");
}
