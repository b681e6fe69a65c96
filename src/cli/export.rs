//! `tickmark export`: every verdict of a scan, for other programs; or its captures as a tape, to be played
//! back elsewhere.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;

use super::console::Console;
use super::stores::StoreArgument;
#[cfg(feature = "aws")]
use crate::collect::exchange::tape::{Tape, TapeError};
use crate::evidence::error::Failure;
use crate::evidence::stores::open_scan;
use crate::export::{EXPORTERS, ExportError, Exporter};
use crate::model::exit;
use crate::store::Store;

/// What is written.
#[derive(Clone, Copy)]
enum Kind {
    Verdicts(&'static dyn Exporter),
    #[cfg(feature = "aws")]
    Tape,
}

/// The name of the format that is no exporter's.
#[cfg(feature = "aws")]
const TAPE: &str = "tape";

impl Kind {
    fn named(name: &str) -> Option<Self> {
        #[cfg(feature = "aws")]
        if name == TAPE {
            return Some(Self::Tape);
        }
        EXPORTERS.iter().copied().find(|exporter| exporter.name() == name).map(Self::Verdicts)
    }

    fn names() -> Vec<&'static str> {
        let names = EXPORTERS.iter().map(|exporter| exporter.name());
        #[cfg(feature = "aws")]
        let names = names.chain([TAPE]);
        names.collect()
    }
}

/// A form that was asked for, and the file that it goes to; standard output where none is named.
#[derive(Clone)]
struct Wanted {
    kind: Kind,
    file: Option<PathBuf>,
}

impl FromStr for Wanted {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (name, file) = text.split_once('=').map_or((text, None), |(name, file)| (name, Some(PathBuf::from(file))));
        let kind = Kind::named(name)
            .ok_or_else(|| format!("there is no format `{name}`; formats: {}", Kind::names().join(", ")))?;
        if file.as_ref().is_some_and(|file| file.as_os_str().is_empty()) {
            return Err(format!("no file is named after `{name}=`"));
        }
        Ok(Self { kind, file })
    }
}

#[derive(Args)]
pub(super) struct Arguments {
    /// Output: json, csv or tape (the captures, to be played back elsewhere); with =FILE into a file.
    /// Repeatable.
    #[arg(long = "format", value_name = "FORMAT[=FILE]", default_value = "json")]
    formats: Vec<Wanted>,
    /// Number of the scan; the last sealed one where left out.
    #[arg(long, value_name = "N")]
    scan: Option<u64>,
    /// File to write, where one format is asked for; standard output where left out.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    store: StoreArgument,
}

pub(super) fn run(arguments: &Arguments, console: &Console) -> Result<u8, Failure> {
    let mut formats = arguments.formats.clone();
    if let Some(out) = &arguments.out {
        let [Wanted { file: file @ None, .. }] = formats.as_mut_slice() else {
            let what = "use --out with several formats, or with one that names its file";
            return Err(Failure::with_help(what, "write --format csv=FILE for each"));
        };
        *file = Some(out.clone());
    }
    let mut places = std::collections::BTreeSet::new();
    if let Some(twice) = formats.iter().find(|wanted| !places.insert(&wanted.file)) {
        let place = twice.file.as_ref().map_or("standard output".to_owned(), |file| file.display().to_string());
        return Err(Failure::with_help(
            format!("write two formats to {place}"),
            "give each format but one a file of its own: --format csv=FILE",
        ));
    }
    let (store, scan) = open_scan(&arguments.store.store, arguments.scan)?;
    for Wanted { kind, file } in &formats {
        match file {
            None => {
                let mut out = BufWriter::new(console.out());
                write(*kind, &store, scan, &mut out)?;
                out.flush()?;
            }
            Some(path) => {
                into_file(path, |out| write(*kind, &store, scan, out))?;
                console.note(format_args!("wrote {}", path.display()));
            }
        }
    }
    Ok(console.decide(exit::CLEAN))
}

/// The arguments of the old `tape`.
#[cfg(feature = "aws")]
#[derive(Args)]
pub(super) struct TapeArguments {
    /// File to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Number of the scan; the last sealed one where left out.
    #[arg(long, value_name = "N")]
    scan: Option<u64>,
    #[command(flatten)]
    store: StoreArgument,
}

/// `tickmark tape`, the old name of `export --format tape`.
#[cfg(feature = "aws")]
pub(super) fn tape(arguments: &TapeArguments, console: &Console) -> Result<u8, Failure> {
    let (store, scan) = open_scan(&arguments.store.store, arguments.scan)?;
    into_file(&arguments.out, |out| write(Kind::Tape, &store, scan, out))?;
    console.note(format_args!("wrote {}", arguments.out.display()));
    Ok(console.decide(exit::CLEAN))
}

fn write(kind: Kind, store: &Store, scan: u64, out: &mut dyn Write) -> Result<(), Failure> {
    match kind {
        Kind::Verdicts(exporter) => {
            let verdicts = store.verdicts(scan);
            let mut verdicts = verdicts.map(|verdict| verdict.map_err(|error| ExportError::Source(Box::new(error))));
            exporter.write(scan, &mut verdicts, out).map_err(failed)
        }
        #[cfg(feature = "aws")]
        Kind::Tape => {
            let exchanges = crate::scan::exchanges(store, scan)?;
            Tape::write(out, &store.header(scan)?, exchanges).map_err(|error| match error {
                TapeError::Io(error) => error.into(),
                other => Failure::new(format!("write the tape: {other}")),
            })
        }
    }
}

/// Writes a file beside its place first, then renames it: none that was there is lost to half of one.
fn into_file(path: &Path, write: impl FnOnce(&mut dyn Write) -> Result<(), Failure>) -> Result<(), Failure> {
    let what = format!("write {}", path.display());
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let mut file =
        tempfile::NamedTempFile::new_in(parent.unwrap_or(Path::new("."))).map_err(Failure::io(what.clone()))?;
    {
        let mut out = BufWriter::new(file.as_file_mut());
        write(&mut out)?;
        out.flush().map_err(Failure::io(what.clone()))?;
    }
    file.as_file().sync_all().map_err(Failure::io(what.clone()))?;
    file.persist(path).map_err(|error| Failure::io(what)(error.error))?;
    Ok(())
}

fn failed(error: ExportError) -> Failure {
    match error {
        ExportError::Io(error) => error.into(),
        ExportError::Csv(error) => match error.into_kind() {
            csv::ErrorKind::Io(error) => error.into(),
            other => Failure::new(format!("write the export: {other:?}")),
        },
        ExportError::Source(error) => Failure::new(format!("read a verdict: {error}")),
    }
}
