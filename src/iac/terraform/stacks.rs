//! Stacks of HCP Terraform (<https://developer.hashicorp.com/terraform/language/stacks>): which directories
//! their components deploy. What the components are given is not evaluated, so that these modules are
//! judged with unknown inputs, and the run says so.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::files::{is_local, read_text};
use super::lower;
use super::syntax::Expr;
use crate::iac::deployment::Problem;
use crate::iac::display_path::{Named, join_shown};

/// What the names of a stack's files end with: components, deployments, and components as they were
/// called at first.
const ENDINGS: [&str; 3] = [".tfcomponent.hcl", ".tfdeploy.hcl", ".tfstack.hcl"];

/// Whether a file belongs to a stack, by its name.
fn is_of_stack(name: &str) -> bool {
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// The directories that components of stacks deploy, of stacks in these directories and in those above
/// them that were looked through as well. Says of each stack what is not judged.
pub(super) fn components(tree: &[Named], problems: &mut Vec<Problem>) -> HashSet<PathBuf> {
    let mut looked_at = HashSet::new();
    let mut deployed = HashSet::new();
    for (directory, shown) in tree {
        // As far up as the path that is shown leads.
        let steps = Path::new(shown).components().count();
        let (mut directory, mut shown) = (Some(directory.as_path()), Some(Path::new(shown)));
        for _ in 0..=steps {
            let (Some(here), Some(as_shown)) = (directory, shown) else { break };
            if looked_at.insert(here.to_owned()) {
                stack(here, &as_shown.to_string_lossy(), &mut deployed, problems);
            }
            (directory, shown) = (here.parent(), as_shown.parent());
        }
    }
    deployed
}

/// The components of a stack in one directory, where there is one.
fn stack(directory: &Path, shown: &str, deployed: &mut HashSet<PathBuf>, problems: &mut Vec<Problem>) {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.retain(|name| is_of_stack(name));
    names.sort();
    for name in names {
        let file = join_shown(shown, &name);
        let parsed = read_text(&directory.join(&name))
            .map_err(|message| (None, message))
            .and_then(|text| lower::parse(&text, 0).map_err(|error| (Some(error.line), error.message)));
        let body = match parsed {
            Ok(body) => body,
            Err((line, message)) => {
                problems.push(Problem { file, line, message });
                continue;
            }
        };
        for block in body.blocks.iter().filter(|block| &*block.kind == "component") {
            let source = match block.body.value("source") {
                Some(Expr::Text(source)) if is_local(source) => directory.join(source.replace('\\', "/")),
                _ => continue,
            };
            deployed.extend(source.canonicalize());
        }
        let what = if name.ends_with(".tfdeploy.hcl") { "deployments" } else { "components" };
        let message = format!(
            "evaluate the {what} of this stack: the modules that its components deploy are judged with unknown inputs"
        );
        problems.push(Problem { file, line: None, message });
    }
}
