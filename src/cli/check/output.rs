//! Writing a check in the forms that were asked for.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::LazyLock;

use super::super::console::colours_out;
use crate::check::sensitive_lines;
use crate::evidence::error::Failure;
use crate::export::check::{CHECK_FORMATS, CheckFormat, Look};
use crate::iac::deployment::Code;
use crate::model::check::Check;

/// A form that was asked for, and the file that it goes to; standard output where none is named.
#[derive(Clone)]
pub(super) struct Wanted {
    format: &'static dyn CheckFormat,
    file: Option<PathBuf>,
}

impl FromStr for Wanted {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (name, file) = text.split_once('=').map_or((text, None), |(name, file)| (name, Some(PathBuf::from(file))));
        let format = CHECK_FORMATS.iter().copied().find(|format| format.name() == name).ok_or_else(|| {
            let names: Vec<&str> = CHECK_FORMATS.iter().map(|format| format.name()).collect();
            format!("there is no format `{name}`; formats: {}", names.join(", "))
        })?;
        if file.as_ref().is_some_and(|file| file.as_os_str().is_empty()) {
            return Err(format!("no file is named after `{name}=`"));
        }
        Ok(Self { format, file })
    }
}

/// What else was asked for.
pub(super) struct Shown {
    pub(super) explain: bool,
    pub(super) baseline: bool,
}

/// Whether each form has a place of its own: two in one would be neither.
pub(super) fn apart(formats: &[Wanted]) -> Result<(), Failure> {
    let mut places = BTreeSet::new();
    match formats.iter().find(|wanted| !places.insert(&wanted.file)) {
        None => Ok(()),
        Some(wanted) => {
            let place = wanted.file.as_ref().map_or("standard output".to_owned(), |file| file.display().to_string());
            Err(Failure::with_help(
                format!("write {} to {place}: another format goes there", wanted.format.name()),
                "give each format but one a file of its own: --format sarif=check.sarif",
            ))
        }
    }
}

/// Writes every form that was asked for. One that cannot be written does not keep the others back.
pub(super) fn write(formats: &[Wanted], check: &Check, code: &Code, shown: &Shown) -> Result<(), Failure> {
    let text = |file: &str| code.files.get(file).cloned();
    let hidden = LazyLock::new(|| sensitive_lines(code));
    let sensitive = |file: &str, line: u32| hidden.contains(&(file, line));
    let write = |wanted: &Wanted| -> Result<(), Failure> {
        let colour = wanted.file.is_none() && colours_out();
        let (explain, baseline) = (shown.explain, shown.baseline);
        let look = Look { colour, explain, baseline, sources: &text, sensitive: &sensitive };
        let rendered = wanted.format.render(check, &look).map_err(|error| Failure::new(error.to_string()))?;
        if let Some(file) = &wanted.file {
            std::fs::write(file, rendered).map_err(Failure::io(format!("write {}", file.display())))?;
        } else {
            let mut out = std::io::stdout().lock();
            out.write_all(rendered.as_bytes()).and_then(|()| out.flush()).map_err(Failure::io("write the output"))?;
        }
        let summary = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty());
        if let (Some(path), Some(table)) = (summary, wanted.format.summary(check, &look)) {
            let append = std::fs::OpenOptions::new().append(true).create(true).open(&path);
            append
                .and_then(|mut file| file.write_all(table.as_bytes()))
                .map_err(Failure::io(format!("write {}", path.display())))?;
        }
        Ok(())
    };
    let (closed, failed): (Vec<Failure>, Vec<Failure>) = formats
        .iter()
        .filter_map(|wanted| write(wanted).err())
        .partition(|failure| matches!(failure, Failure::ClosedPipe));
    // A reader that went away is of less weight than a file that could not be written.
    failed.into_iter().chain(closed).next().map_or(Ok(()), Err)
}
