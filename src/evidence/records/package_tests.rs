//! The handover package: it verifies here and with stock tools, and no changed byte goes unseen.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::tests::{Chance, Kept, outcome, report};
use crate::seal::key::SigningKey;
use crate::seal::package::{self, Inputs, PackageError};
use crate::seal::{self, Claim, ClaimOutcome, Options};
use crate::store::Store;

/// A store and a package of its third scan.
struct Handed {
    kept: Kept,
    dir: tempfile::TempDir,
    path: PathBuf,
}

impl Handed {
    fn new() -> Self {
        let kept = Kept::new();
        let dir = tempfile::tempdir().expect("a temporary directory");
        let report = dir.path().join("report");
        fs::create_dir_all(report.join("controls")).expect("makes");
        fs::write(report.join("index.html"), "<!doctype html><title>r</title>").expect("writes");
        fs::write(report.join("controls").join("s3 tls.html"), "<p>s3</p>".repeat(100)).expect("writes");
        let path = dir.path().join("package.zip");
        let handed = Self { kept, dir, path };
        handed.write(3, &handed.path).expect("writes");
        handed
    }

    fn write(&self, scan: u64, to: &Path) -> Result<package::Written, PackageError> {
        let store = Store::open_read_only(&self.kept.path).expect("opens");
        let report = self.dir.path().join("report");
        package::write(to, &Inputs { records: &store, scan, report: Some(&report), key: &self.kept.key })
    }

    fn verify(&self, options: &Options) -> Vec<Claim> {
        package::verify(&self.path, options).expect("opens")
    }

    fn pinned(&self) -> Options {
        Options { beside: None, ..self.kept.pinned() }
    }
}

/// Runs a stock tool in `dir`; `None`, and a word about it, where it is not installed.
fn stock(dir: &Path, tool: &str, arguments: &[&str]) -> Option<(bool, String)> {
    let Ok(output) = Command::new(tool).args(arguments).current_dir(dir).output() else {
        report(&format!("skipped: {tool} is not installed here"));
        return None;
    };
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    Some((output.status.success(), text))
}

#[test]
fn a_package_is_proved_with_the_pinned_key() {
    let handed = Handed::new();
    let claims = handed.verify(&handed.pinned());
    for claim in &claims {
        let expected =
            if ["anchor", "evidence"].contains(&claim.id) { ClaimOutcome::NotProvable } else { ClaimOutcome::Proved };
        assert_eq!(claim.outcome, expected, "{claim:?}");
    }
    assert_eq!(seal::exit_code(&claims), 0);
    assert_eq!(seal::exit_code(&handed.verify(&Options::default())), 3, "without a key it cannot be proved");
    let other = Options { pinned: Some(SigningKey::from_seed([5; 32]).public_key()), ..Options::default() };
    assert_eq!(outcome(&handed.verify(&other), "signatures"), ClaimOutcome::Failed);
}

#[test]
fn the_same_scan_makes_the_same_bytes() {
    let handed = Handed::new();
    let again = handed.dir.path().join("again.zip");
    let written = handed.write(3, &again).expect("writes");
    let bytes = fs::read(&again).expect("reads");
    assert_eq!(bytes, fs::read(&handed.path).expect("reads"));
    assert_eq!(written.bytes, bytes.len() as u64);
    assert_eq!(written.sha256, crate::model::canonical::sha256_hex(&bytes));
}

#[test]
fn an_earlier_scan_and_an_aborted_one_make_packages_too() {
    let handed = Handed::new();
    for scan in [1, 2] {
        handed.write(scan, &handed.path).expect("writes");
        let claims = handed.verify(&handed.pinned());
        assert_eq!(seal::exit_code(&claims), 0, "{claims:?}");
    }
}

#[test]
fn a_head_kept_from_an_earlier_package_anchors_a_later_one() {
    let handed = Handed::new();
    let store = Store::open_read_only(&handed.kept.path).expect("opens");
    let heads = vec![store.seal(1).expect("reads").expect("sealed").checkpoint];
    let claims = handed.verify(&Options { heads, ..handed.pinned() });
    assert_eq!(outcome(&claims, "anchor"), ClaimOutcome::Proved);
    let foreign = Kept::new();
    let store = Store::open_read_only(&foreign.path).expect("opens");
    let heads = vec![store.seal(1).expect("reads").expect("sealed").checkpoint];
    let claims = handed.verify(&Options { heads, ..handed.pinned() });
    assert_eq!(outcome(&claims, "anchor"), ClaimOutcome::Failed);
}

#[test]
fn a_scan_that_is_not_sealed_makes_no_package() {
    let handed = Handed::new();
    let store = Store::open_read_only(&handed.kept.path).expect("opens");
    let other = SigningKey::from_seed([5; 32]);
    let inputs = Inputs { records: &store, scan: 3, report: None, key: &other };
    assert!(matches!(package::write(&handed.path, &inputs), Err(PackageError::OtherKey { scan: 3 })));
    assert!(matches!(handed.write(4, &handed.path), Err(PackageError::NotSealed { scan: 4 })));
}

#[test]
fn a_thousand_changed_bytes_of_a_package_are_all_found() {
    const CHANGES: usize = 1000;
    let handed = Handed::new();
    let options = handed.pinned();
    let sound = fs::read(&handed.path).expect("reads");
    let mut chance = Chance::new(14_032_026);
    for change in 0..CHANGES {
        let mut bytes = sound.clone();
        let at = chance.below(bytes.len());
        chance.change(&mut bytes[at..=at]);
        fs::write(&handed.path, &bytes).expect("writes");
        let found = seal::exit_code(&handed.verify(&options));
        assert_eq!(found, 1, "change {change}, of byte {at} of {}, was not found", sound.len());
        // Neither does it take the key to see it.
        assert_eq!(seal::exit_code(&handed.verify(&Options::default())), 1, "change {change}, of byte {at}");
    }
    report(&format!("{CHANGES} changed bytes of a package of {} bytes, all found", sound.len()));
}

#[test]
fn bytes_added_cut_off_or_hidden_are_found() {
    let handed = Handed::new();
    let sound = fs::read(&handed.path).expect("reads");
    let central = find(&sound, &[0x50, 0x4b, 1, 2]).expect("a directory");
    let changes: [Vec<u8>; 5] = [
        [sound.as_slice(), b"x"].concat(),
        [b"x", sound.as_slice()].concat(),
        sound[..sound.len() - 1].to_vec(),
        [&sound[..central], b"hidden", &sound[central..]].concat(),
        Vec::new(),
    ];
    for (index, bytes) in changes.into_iter().enumerate() {
        fs::write(&handed.path, bytes).expect("writes");
        assert_eq!(seal::exit_code(&handed.verify(&handed.pinned())), 1, "change {index}");
    }
}

#[test]
fn a_package_made_anew_without_the_key_fails_even_where_it_is_sound_in_itself() {
    let handed = Handed::new();
    let forged = Handed::new();
    assert_eq!(seal::exit_code(&forged.verify(&handed.pinned())), 1);
    assert_eq!(seal::exit_code(&forged.verify(&Options::default())), 3, "in itself it is sound");
}

#[test]
fn stock_tools_check_the_package_as_verify_txt_says() {
    let handed = Handed::new();
    let place = handed.dir.path().join("unpacked");
    fs::create_dir(&place).expect("makes");
    let mut zip = zip::ZipArchive::new(fs::File::open(&handed.path).expect("opens")).expect("a zip");
    zip.extract(&place).expect("unpacks");

    let text = fs::read_to_string(place.join("VERIFY.txt")).expect("reads");
    assert!(text.contains(&handed.kept.key.public_key().fingerprint()), "{text}");
    let openssl = [
        "pkeyutl",
        "-verify",
        "-rawin",
        "-pubin",
        "-inkey",
        "public-key.pem",
        "-sigfile",
        "SHA256SUMS.sig",
        "-in",
        "SHA256SUMS",
    ];
    let der = ["pkey", "-pubin", "-in", "public-key.pem", "-outform", "DER", "-out", "key.der"];
    let said: String = text.split_whitespace().filter(|word| *word != "\\").collect::<Vec<_>>().join(" ");
    assert!(said.contains(&format!("openssl {}", openssl.join(" "))), "VERIFY.txt says what is run here");
    assert!(said.contains(&format!("openssl {} | sha256sum", der[..6].join(" "))), "VERIFY.txt says what is run here");

    if let Some((good, said)) = stock(&place, "sha256sum", &["-c", "SHA256SUMS"]) {
        assert!(good && !said.contains("FAILED"), "{said}");
        assert_eq!(said.matches(": OK").count(), zip.len() - 2);
    }
    if let Some((good, said)) = stock(&place, "openssl", &openssl) {
        assert!(good && said.contains("Signature Verified Successfully"), "{said}");
        let (good, said) = stock(&place, "openssl", &der).expect("openssl was here just now");
        assert!(good, "{said}");
        let bytes = fs::read(place.join("key.der")).expect("reads");
        assert_eq!(crate::model::canonical::sha256_hex(&bytes), handed.kept.key.public_key().fingerprint());
        let (good, said) = stock(&handed.kept.path, "openssl", &["pkey", "-in", "key/signing-key.pem", "-pubout"])
            .expect("openssl was here just now");
        assert!(good, "{said}");
        assert_eq!(said, handed.kept.key.public_key().to_pem());
    }

    fs::write(place.join("verdicts.csv"), "control,verdict\r\n").expect("writes");
    if let Some((good, _)) = stock(&place, "sha256sum", &["-c", "SHA256SUMS"]) {
        assert!(!good, "a changed file must fail");
    }
    let mut sums = fs::read(place.join("SHA256SUMS")).expect("reads");
    sums[0] ^= 1;
    fs::write(place.join("SHA256SUMS"), sums).expect("writes");
    if let Some((good, _)) = stock(&place, "openssl", &openssl) {
        assert!(!good, "a changed list must fail");
    }
    if let Some((good, said)) = stock(handed.dir.path(), "unzip", &["-t", "package.zip"]) {
        assert!(good, "{said}");
    }
}

#[test]
fn answers_are_in_the_package_byte_for_byte_and_formulas_are_text() {
    let handed = Handed::new();
    let mut zip = zip::ZipArchive::new(fs::File::open(&handed.path).expect("opens")).expect("a zip");
    let mut read = |name: &str| {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut zip.by_name(name).expect(name), &mut bytes).expect("reads");
        bytes
    };
    assert_eq!(read("raw/00002-s3-GetBucketPolicy.json"), b"{\"Version\":\"2012-10-17\",\"night\":3}");
    assert_eq!(read("raw/00004-cloudwatch-GetMetricData.cbor"), [0xa0]);
    let verdicts = String::from_utf8(read("verdicts.csv")).expect("text");
    assert!(verdicts.contains(",'=cmd|' /C calc'!A0,"), "{verdicts}");
    assert!(verdicts.contains("access_denied"), "{verdicts}");
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}
