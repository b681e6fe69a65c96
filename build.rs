//! Control, policy and mapping files are in the binary: a new or changed one must build it anew.

fn main() {
    println!("cargo::rerun-if-changed=controls");
    println!("cargo::rerun-if-changed=policies");
    println!("cargo::rerun-if-changed=src/iac/mapping/types");
}
