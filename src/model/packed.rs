//! What the build worked out and put in the binary, unpacked when it is first asked for.

use std::ops::Deref;
use std::sync::OnceLock;

use serde::de::DeserializeOwned;

/// A value that lies in the binary as JSON until it is first asked for, or that was made here.
#[derive(Debug)]
pub struct Packed<T> {
    json: &'static str,
    value: OnceLock<T>,
}

impl<T> Packed<T> {
    /// A value that lies in the binary as this JSON.
    #[must_use]
    pub const fn new(json: &'static str) -> Self {
        Self { json, value: OnceLock::new() }
    }
}

impl<T> From<T> for Packed<T> {
    fn from(value: T) -> Self {
        Self { json: "", value: OnceLock::from(value) }
    }
}

impl<T: DeserializeOwned> Deref for Packed<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value.get_or_init(|| serde_json::from_str(self.json).expect("the build packed it as this type"))
    }
}

#[cfg(test)]
mod tests {
    use super::Packed;

    #[test]
    fn a_value_is_unpacked_when_it_is_asked_for() {
        let packed: Packed<Vec<u8>> = Packed::new("[1, 2]");
        assert!(packed.value.get().is_none());
        assert_eq!(*packed, [1, 2]);
        assert!(packed.value.get().is_some());
        assert_eq!(*Packed::from(3_u8), 3);
    }
}
