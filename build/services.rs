//! The list of services, from the modules of `src/collect/aws/mod.rs`.

use std::path::PathBuf;

/// Writes `services.rs`: a slice of the tables of all public modules, in their order.
///
/// # Errors
///
/// Where the module cannot be read or the list not written.
pub(crate) fn write() -> std::io::Result<()> {
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    let module = "src/collect/aws/mod.rs";
    println!("cargo::rerun-if-changed={module}");
    let text = std::fs::read_to_string(module)?;
    let tables: Vec<String> = text
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .map(|module| format!("&{module}::SERVICE"))
        .collect();
    std::fs::write(out.join("services.rs"), format!("&[{}]", tables.join(", ")))
}
