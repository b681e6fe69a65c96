//! What every target does with what its reader made: maps each scenario, and judges it by the controls.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use tickmark::control::load::{Library, policy};
use tickmark::evaluate::effective::{Enforced, effective};
use tickmark::evaluate::engine::evaluate;
use tickmark::evaluate::inventory::Inventory;
use tickmark::evaluate::needs::{join, needs};
use tickmark::iac::deployment::{ACCOUNT, Code, Language, REGION};
use tickmark::iac::mapping::{Mappings, map};
use tickmark::model::control::Source;
use tickmark::model::policy::Policy;
use tickmark::model::scan::{AccountScope, RegionScope, ScanSelection};

struct Rules {
    library: Library,
    policy: Policy,
    mappings: &'static Mappings,
}

static RULES: LazyLock<Rules> = LazyLock::new(|| Rules {
    library: Library::load(None).expect("the built-in controls load"),
    policy: policy("pre-merge").expect("the built-in policy loads"),
    mappings: Mappings::built_in(),
});

static TERRAFORM: LazyLock<Vec<Enforced<'static>>> = LazyLock::new(|| enforced(Source::Terraform));
static CLOUDFORMATION: LazyLock<Vec<Enforced<'static>>> = LazyLock::new(|| enforced(Source::Cloudformation));

fn enforced(source: Source) -> Vec<Enforced<'static>> {
    let rules: &'static Rules = &RULES;
    effective(&rules.library.controls, &rules.policy, &ScanSelection::default(), source).enforced
}

/// Maps every scenario of what was read, and judges it.
pub fn judge(code: &Code) {
    let now = chrono::DateTime::from_timestamp(1_790_000_000, 0).expect("a time");
    for deployment in &code.deployments {
        let controls: &[Enforced<'static>] = match deployment.language {
            Language::Terraform => &TERRAFORM,
            Language::Cloudformation => &CLOUDFORMATION,
        };
        for scenario in &deployment.scenarios {
            let mapped = map(deployment, scenario, RULES.mappings);
            for told in &mapped.places {
                assert!(told.block < scenario.blocks.len(), "a place is in a block of the scenario");
            }
            let present = |name: &str| mapped.resources.iter().any(|resource| resource.identity.r#type == name);
            let wanted: Vec<Enforced<'_>> = controls
                .iter()
                .filter(|control| control.loaded.reads.iter().any(|(name, _)| present(name)))
                .cloned()
                .collect();
            let mut inventory = Inventory::new(scope(), mapped.resources, mapped.populations);
            join(&mut inventory, &needs(&wanted));
            drop(evaluate(&wanted, &[], &inventory, now));
        }
    }
}

fn scope() -> AccountScope {
    AccountScope {
        id: ACCOUNT.to_owned(),
        partition: "aws".to_owned(),
        caller_arn: String::new(),
        caller_id: String::new(),
        regions: vec![RegionScope {
            name: REGION.to_owned(),
            opt_in_status: "opted-in".to_owned(),
            scanned: true,
            why_not: None,
        }],
        regions_incomplete: None,
    }
}

/// A directory of this process, in memory where the system has such a place.
pub fn directory() -> &'static Path {
    static DIRECTORY: LazyLock<PathBuf> = LazyLock::new(|| {
        let memory = Path::new("/dev/shm");
        let parent = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let directory = parent.join(format!("tickmark-fuzz-{}", std::process::id()));
        std::fs::create_dir_all(directory.join("m")).expect("makes a directory");
        directory
    });
    &DIRECTORY
}

/// The files an input may be made of. A line `#== NAME` begins one; what is before the first such line
/// is `main.tf`.
pub const FILES: [&str; 8] = [
    "main.tf",
    "other.tf",
    "main.tf.json",
    "terraform.tfvars",
    "x.auto.tfvars.json",
    "m/main.tf",
    "m/main.tf.json",
    "text.tftpl",
];

/// Writes an input as the files it is made of into [`directory`], and removes those it has none of.
pub fn write(input: &[u8]) -> &'static Path {
    let directory = directory();
    let mut files: [Option<Vec<u8>>; FILES.len()] = Default::default();
    let mut current = 0;
    files[current] = Some(Vec::new());
    for line in input.split_inclusive(|byte| *byte == b'\n') {
        let named = line.strip_prefix(b"#== ").and_then(|name| {
            let name = name.trim_ascii_end();
            FILES.iter().position(|file| file.as_bytes() == name)
        });
        match named {
            Some(file) => {
                current = file;
                files[file].get_or_insert_default();
            }
            None => files[current].get_or_insert_default().extend_from_slice(line),
        }
    }
    for (name, content) in FILES.iter().zip(files) {
        let path = directory.join(name);
        match content {
            Some(content) => std::fs::write(path, content).expect("writes a file"),
            None => drop(std::fs::remove_file(path)),
        }
    }
    directory
}
