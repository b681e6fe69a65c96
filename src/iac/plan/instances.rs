//! The instances that a plan has.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The addresses of the resources and data sources that are there after the plan.
#[derive(Debug, Default)]
pub(super) struct Instances {
    all: HashSet<Arc<str>>,
    /// By address without the key: the instance, if there is one only.
    only: HashMap<Arc<str>, Option<Arc<str>>>,
}

impl Instances {
    pub(super) fn of<'a>(addresses: impl Iterator<Item = &'a str>) -> Self {
        let mut instances = Self::default();
        for address in addresses {
            let address: Arc<str> = Arc::from(address);
            if instances.all.insert(Arc::clone(&address)) {
                instances
                    .only
                    .entry(Arc::from(resource(&address)))
                    .and_modify(|only| *only = None)
                    .or_insert_with(|| Some(address));
            }
        }
        instances
    }

    /// Whether this is the address of an instance.
    pub(super) fn has(&self, address: &str) -> bool {
        self.all.contains(address)
    }

    /// Whether the resource, of which this is the address with or without a key, has instances.
    pub(super) fn has_any(&self, address: &str) -> bool {
        self.only.contains_key(resource(address))
    }

    /// The one instance that is meant: the address itself, or that of the only instance of the resource
    /// where the address has no key.
    pub(super) fn meant(&self, address: &str) -> Option<&str> {
        match self.all.get(address) {
            Some(instance) => Some(instance),
            None => self.only.get(address)?.as_deref(),
        }
    }
}

/// The address without the key of the instance.
pub(super) fn resource(address: &str) -> &str {
    if !address.ends_with(']') {
        return address;
    }
    // A key may hold brackets, but no quote that is not escaped.
    let start = match address.strip_suffix("\"]").and_then(|rest| rest.rfind("[\"")) {
        Some(start) => start,
        None => address.rfind('[').unwrap_or(address.len()),
    };
    &address[..start]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_a_key_means_the_only_instance() {
        let instances = Instances::of(["a.one[0]", "a.two[\"x\"]", "a.two[\"y\"]", "a.plain"].into_iter());
        assert_eq!(instances.meant("a.one"), Some("a.one[0]"));
        assert_eq!(instances.meant("a.two"), None);
        assert_eq!(instances.meant("a.two[\"y\"]"), Some("a.two[\"y\"]"));
        assert_eq!(instances.meant("a.plain"), Some("a.plain"));
        assert_eq!(instances.meant("a.one[1]"), None);
        assert!(instances.has_any("a.one[1]") && !instances.has_any("a.none[0]"));
    }

    #[test]
    fn the_key_is_cut_off_whatever_it_holds() {
        assert_eq!(resource("a.b[0]"), "a.b");
        assert_eq!(resource(r#"module.m["x"].a.b"#), r#"module.m["x"].a.b"#);
        assert_eq!(resource(r#"a.b["x[0]"]"#), "a.b");
        assert_eq!(resource(r#"a.b["x[\"y"]"#), "a.b");
    }
}
