//! `tickmark export`: every verdict of a scan, for other programs.

use std::io::{BufWriter, Write};
use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::stores::StoreArgument;
use crate::evidence::error::Failure;
use crate::evidence::stores::open_scan;
use crate::export::{EXPORTERS, ExportError};
use crate::model::exit;

#[derive(Args)]
pub(super) struct Arguments {
    /// Format of the export.
    #[arg(long, default_value = "json", value_parser = PossibleValuesParser::new(EXPORTERS.iter().map(|exporter| exporter.name())))]
    format: String,
    /// Number of the scan; the last sealed one where left out.
    #[arg(long, value_name = "N")]
    scan: Option<u64>,
    /// File to write; standard output where left out.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    store: StoreArgument,
}

pub(super) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let exporter = EXPORTERS
        .iter()
        .find(|exporter| exporter.name() == arguments.format)
        .ok_or_else(|| Failure::new(format!("find the format `{}`", arguments.format)))?;
    let (store, scan) = open_scan(&arguments.store.store, arguments.scan)?;
    let mut verdicts =
        store.verdicts(scan).map(|verdict| verdict.map_err(|error| ExportError::Source(Box::new(error))));
    match &arguments.out {
        None => {
            let mut out = BufWriter::new(std::io::stdout().lock());
            exporter.write(scan, &mut verdicts, &mut out).map_err(failed)?;
            out.flush()?;
        }
        Some(path) => {
            let what = format!("write {}", path.display());
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
            let dir = parent.map_or_else(|| PathBuf::from("."), ToOwned::to_owned);
            let mut file = tempfile::NamedTempFile::new_in(dir).map_err(Failure::io(what.clone()))?;
            {
                let mut out = BufWriter::new(file.as_file_mut());
                exporter.write(scan, &mut verdicts, &mut out).map_err(failed)?;
                out.flush().map_err(Failure::io(what.clone()))?;
            }
            file.as_file().sync_all().map_err(Failure::io(what.clone()))?;
            file.persist(path).map_err(|error| Failure::io(what)(error.error))?;
        }
    }
    Ok(exit::CLEAN)
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
